import { expect, test } from '@jest/globals';
import { PassingMap } from './passing-map.ts';

test('holds what was set and not deleted, in its order, however much came and went', () => {
  const map = new PassingMap<number, string>();
  const plain = new Map<number, string>();
  let seed = 7;
  const draw = (most: number): number => (seed = (seed * 48_271) % 2_147_483_647) % most;
  for (let turn = 0; turn < 5_000; turn++) {
    const key = draw(300);
    if (draw(2) === 0) {
      map.set(key, `${key} at ${turn}`);
      plain.set(key, `${key} at ${turn}`);
    } else expect(map.delete(key)).toBe(plain.delete(key));
    expect(map.size).toBe(plain.size);
    expect(map.get(key)).toBe(plain.get(key));
  }
  expect([...map.values()]).toEqual([...plain.values()]);
  for (const key of plain.keys()) map.delete(key);
  expect([map.size, ...map.values()]).toEqual([0]);
});
