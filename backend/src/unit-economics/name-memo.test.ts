import { expect, test } from '@jest/globals';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { NameMemo } from './name-memo.ts';

test('names are found under what was asked of one warehouse, the oldest give way, and none is held for good', () => {
  const [one, other] = [{}, {}] as [Warehouse, Warehouse];
  const memo = NameMemo.of(one);
  const rows = [{ model: 'm' }];
  memo.keep('first', rows, 60_000);
  expect(NameMemo.of(one).find('first')).toBe(rows);
  expect(NameMemo.of(other).find('first')).toBeUndefined();
  for (let n = 0; n < 199; n++) memo.keep(`n${n}`, [], 60_000);
  expect(memo.find('first')).toBe(rows);
  memo.keep('last', [], 60_000);
  expect([memo.find('first'), memo.find('n0')]).toEqual([undefined, []]);
  memo.keep('n0', [], 0);
  expect(memo.find('n0')).toBeUndefined();
});
