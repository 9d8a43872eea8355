import { expect, test } from '@jest/globals';
import { Slots } from './slots.ts';

const stays = new AbortController().signal;

test('at most so many hold a slot, the rest waits in order', async () => {
  const slots = new Slots(2, 10);
  const order: number[] = [];
  const first = await slots.acquire(stays);
  const second = await slots.acquire(stays);
  const waiting = [3, 4, 5].map(async (who) => {
    const release = await slots.acquire(stays);
    order.push(who);
    release();
  });
  expect(order).toEqual([]);
  first();
  first(); // given back twice counts once
  await Promise.all(waiting);
  expect(order).toEqual([3, 4, 5]);
  second();
});

test('a full queue is refused with code 202', async () => {
  const slots = new Slots(1, 1);
  await slots.acquire(stays);
  void slots.acquire(stays);
  await expect(slots.acquire(stays)).rejects.toMatchObject({ code: 202, status: 503 });
});

test('who goes away leaves the queue', async () => {
  const slots = new Slots(1, 1);
  const release = await slots.acquire(stays);
  const gone = new AbortController();
  const waiting = slots.acquire(gone.signal);
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  const next = slots.acquire(stays);
  release();
  await next;
});
