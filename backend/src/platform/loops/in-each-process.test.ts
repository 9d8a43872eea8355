import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import { inEachProcess } from './in-each-process.ts';

test('turns follow each other, none overtakes another, and a fault ends none of the later ones', async () => {
  const turns = new EventEmitter();
  const faults: unknown[] = [];
  let running = 0;
  let most = 0;
  let count = 0;
  const timer = inEachProcess(
    1,
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      count += 1;
      if (count === 3) turns.emit('third');
      if (count === 1) throw new Error('the first fails');
    },
    (error) => faults.push(error),
  );
  const keptAlive = setTimeout(() => undefined, 60_000);
  await once(turns, 'third');
  clearTimeout(keptAlive);
  clearInterval(timer);
  expect(most).toBe(1);
  expect(faults).toEqual([new Error('the first fails')]);
});
