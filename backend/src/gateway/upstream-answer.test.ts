import { describe, expect, test } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { setImmediate } from 'node:timers/promises';
import { AnswerBody, Exchange } from './upstream-answer.ts';

/** A wire that tells what was asked of it. */
function wire(): { body: AnswerBody; asked: string[] } {
  const asked: string[] = [];
  const body = new AnswerBody({
    pause: () => asked.push('pause'),
    resume: () => asked.push('resume'),
    abort: ({ message }) => asked.push(`abort: ${message}`),
  });
  return { body, asked };
}

function take(body: AnswerBody, seen: string[]): Promise<void> {
  return body.each((piece) => {
    seen.push(piece.toString());
    return undefined;
  });
}

/** Holds the wire up at the first piece, until `held` is resolved. */
function takeSlowly(body: AnswerBody): { taken: string[]; held: PromiseWithResolvers<void>; over: Promise<void> } {
  const taken: string[] = [];
  const held = Promise.withResolvers<void>();
  const over = body.each((piece) => {
    taken.push(piece.toString());
    return taken.length === 1 ? held.promise : undefined;
  });
  return { taken, held, over };
}

describe('the body of an answer', () => {
  test('what came before anybody asked is handed over first, and the rest as it comes', async () => {
    const { body } = wire();
    body.push(Buffer.from('a'));
    body.push(Buffer.from('b'));
    const whole = body.whole(100);
    body.push(Buffer.from('c'));
    body.end();
    expect((await whole).toString()).toBe('abc');
    await expect(AnswerBody.of(Buffer.from('{"x":1}')).json()).resolves.toEqual({ x: 1 });
  });

  test('who takes a piece slowly gets no other before it is done, and the wire waits', async () => {
    const { body, asked } = wire();
    const { taken, held, over } = takeSlowly(body);
    body.push(Buffer.from('a'));
    await setImmediate();
    body.push(Buffer.from('b'));
    body.push(Buffer.from('c'));
    body.end();
    await setImmediate();
    expect(taken).toEqual(['a']);
    expect(asked.at(-1)).toBe('pause');
    held.resolve();
    await over;
    expect(taken).toEqual(['a', 'bc']);
  });

  test('a wire that breaks is told once everything before was handed over, or at once where nobody asked yet', async () => {
    const { body } = wire();
    const seen: string[] = [];
    const over = take(body, seen);
    body.push(Buffer.from('a'));
    body.fail(new Error('cut'));
    await expect(over).rejects.toThrow('cut');
    expect(seen).toEqual(['a']);
    const early = wire().body;
    early.fail(new Error('gone'));
    await expect(early.whole(1)).rejects.toThrow('gone');
  });

  test('a wire that breaks while somebody takes a piece slowly loses none of those behind it', async () => {
    const { body } = wire();
    const { taken, held, over } = takeSlowly(body);
    body.push(Buffer.from('a'));
    await setImmediate();
    body.push(Buffer.from('b'));
    body.fail(new Error('cut'));
    held.resolve();
    await expect(over).rejects.toThrow('cut');
    expect(taken).toEqual(['a', 'b']);
  });

  test('who stops it waits for no piece', async () => {
    const { body } = wire();
    const over = body.each(() => new Promise(() => undefined));
    body.push(Buffer.from('a'));
    await setImmediate();
    body.push(Buffer.from('b'));
    expect(body.isHeldUp).toBe(true);
    body.stop(new Error('hung up'));
    await expect(over).rejects.toThrow('hung up');
    expect(body.left().toString()).toBe('b');
    expect(body.left()).toHaveLength(0);
  });

  test('what is too large, or what its reader cannot take, ends the request', async () => {
    const { body, asked } = wire();
    const whole = body.whole(3);
    body.push(Buffer.from('abcd'));
    await expect(whole).rejects.toThrow(RangeError);
    expect(asked.at(-1)).toMatch(/^abort: .*larger than 3 bytes/);
    const other = wire();
    const first = other.body.first(2);
    other.body.push(Buffer.from('abc'));
    expect((await first).toString()).toBe('ab');
    expect(other.asked.at(-1)).toMatch(/^abort/);
  });

  test('pieces that nobody asks for do not fill the memory: the wire waits', async () => {
    const { body, asked } = wire();
    for (let piece = 0; piece < 5; piece++) body.push(Buffer.alloc(64 * 1024));
    expect(asked).toContain('pause');
    const whole = body.whole(1024 * 1024);
    expect(asked.at(-1)).toBe('resume');
    body.end();
    expect((await whole).length).toBe(5 * 64 * 1024);
  });
});

describe('one request to a provider', () => {
  const controller = {
    ...{ paused: false, aborted: false, reason: null, rawHeaders: [] },
    ...{ pause: () => undefined, resume: () => undefined, abort: () => undefined },
  } as Partial<Dispatcher.DispatchController> as Dispatcher.DispatchController;
  const opened = (): Exchange => {
    const exchange = new Exchange(new AbortController().signal);
    exchange.onRequestStart(controller);
    return exchange;
  };

  test('what breaks together with its head and first words is an answer all the same', async () => {
    const exchange = opened();
    exchange.onResponseStart(controller, 200, { 'x-request-id': 'r' });
    exchange.onResponseData(controller, Buffer.from('half'));
    exchange.onResponseError(controller, new Error('cut'));
    const { statusCode, body } = await exchange.answer;
    expect(statusCode).toBe(200);
    const seen: string[] = [];
    await expect(take(body, seen)).rejects.toThrow('cut');
    expect(seen).toEqual(['half']);
  });

  test('without a head it is no answer', async () => {
    const exchange = opened();
    exchange.onResponseStart(controller, 103, {});
    exchange.onResponseError(controller, new Error('refused'));
    await expect(exchange.answer).rejects.toThrow('refused');
  });
});
