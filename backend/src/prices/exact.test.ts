import { describe, expect, test } from '@jest/globals';
import { costOf, Exact, plain, plainUnits, unitsOf } from './exact.ts';

describe('amounts in whole units of their last digit', () => {
  test('products with counts are written as exact decimals write them', () => {
    const prices = [
      '0',
      '1',
      '10',
      '0.000002',
      '0.00000015',
      '3.5',
      '0.000000000000000001',
      '120.0100',
      '0.1',
      '25000',
    ];
    const counts = [0, 1, 7, 10, 250, 1_000, 999_999, 1_048_576];
    for (const price of prices)
      for (const count of counts) {
        const exact = new Exact(price);
        const { units, places } = unitsOf(exact)!;
        if (!Number.isSafeInteger(units * count)) continue;
        expect(plainUnits({ units: units * count, places })).toBe(plain(costOf(exact.times(count))));
      }
  });

  test('what has too many digits has no such units', () => {
    for (const amount of ['0.0000000000000000001', '12345678.1234567891', '-1'])
      expect(unitsOf(new Exact(amount))).toBeUndefined();
  });
});
