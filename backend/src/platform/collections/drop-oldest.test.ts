import { describe, expect, test } from '@jest/globals';
import { dropOldest } from './index.ts';

const numbered = (count: number): Map<number, string> =>
  new Map(Array.from({ length: count }, (_, at) => [at, String(at)]));

describe('dropOldest', () => {
  test('leaves a map alone that has room', () => {
    const map = numbered(100);
    dropOldest(map, 100);
    expect(map.size).toBe(100);
  });

  test('drops what was put first, and a hundredth at once', () => {
    const map = numbered(1_001);
    map.delete(0);
    map.set(0, 'again');
    dropOldest(map, 1_000);
    expect(map.size).toBe(990);
    expect([...map.keys()].slice(0, 2)).toEqual([12, 13]);
    expect(map.has(0)).toBe(true);
  });

  test('of a small map only what is too much goes, and a few', () => {
    const map = numbered(4);
    dropOldest(map, 3);
    expect([...map.keys()]).toEqual([2, 3]);
  });

  test('tells what goes', () => {
    const map = numbered(201);
    const gone: number[] = [];
    dropOldest(map, 200, (key) => {
      gone.push(key);
      map.delete(key);
    });
    expect(gone).toEqual([0, 1, 2]);
    expect(map.size).toBe(198);
  });
});
