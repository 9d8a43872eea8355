import { expect, test } from '@jest/globals';
import { WritePace } from './write-pace.ts';

test('lets through what a second has room for, and more as it passes', () => {
  let now = 1_000_000;
  const pace = new WritePace(10, () => now);
  const taken = (tries: number): number => Array.from({ length: tries }, () => pace.take()).filter(Boolean).length;
  expect(taken(15)).toBe(10);
  now += 250;
  expect(taken(15)).toBe(2);
  now += 50;
  expect(taken(15)).toBe(1);
  now += 60_000;
  expect(taken(15)).toBe(10);
});

test('goes on with a clock that was set back', () => {
  let now = 1_000_000;
  const pace = new WritePace(1, () => now);
  expect(pace.take()).toBe(true);
  now -= 500_000;
  expect(pace.take()).toBe(false);
  now += 1_000;
  expect(pace.take()).toBe(true);
});
