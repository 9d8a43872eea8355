import { expect, test } from '@jest/globals';
import { ManualClock } from '../clock/index.ts';
import { ResultCache } from './result-cache.ts';

const cacheOf = (maxEntries: number, maxCharacters: number, clock = new ManualClock()) =>
  new ResultCache({ clock, maxEntries, maxCharacters });

test('an answer is as old as it is, and too old after its time', async () => {
  const clock = new ManualClock();
  const cache = cacheOf(10, 1_000, clock);
  cache.set('a', 'text');
  await clock.advance(5_000);
  expect(cache.get('a', 10)).toEqual({ text: 'text', ageSeconds: 5 });
  expect(cache.get('a', 4)).toBeUndefined();
  await clock.advance(-60_000);
  expect(cache.get('a', 10)).toBeUndefined();
});

test('the longest unused goes first, by number and by size', () => {
  const cache = cacheOf(2, 1_000);
  cache.set('a', '1');
  cache.set('b', '2');
  cache.get('a', 1);
  cache.set('c', '3');
  expect(['a', 'b', 'c'].filter((key) => cache.get(key, 1))).toEqual(['a', 'c']);
  const small = cacheOf(100, 40);
  for (const key of ['a', 'b', 'c', 'd', 'e']) small.set(key, '0123456789');
  expect([small.entries, small.characters]).toEqual([4, 40]);
});

test('one large answer does not empty it', () => {
  const cache = cacheOf(10, 100);
  cache.set('small', 'x');
  cache.set('large', 'x'.repeat(80));
  expect(cache.get('large', 1)).toBeUndefined();
  expect(cache.get('small', 1)).toBeDefined();
});
