import { describe, expect, test } from '@jest/globals';
import { moneyOf, unitsOf } from './money-units.ts';

describe('units of the last place', () => {
  test.each([
    ['0', 0n],
    ['12', 12_000_000_000_000_000_000n],
    ['0.000123', 123_000_000_000_000n],
    ['1.000000000000000001', 1_000_000_000_000_000_001n],
    ['999999999999999.999999999999999999', 999_999_999_999_999_999_999_999_999_999_999n],
    ['-0.5', -500_000_000_000_000_000n],
  ])('hold %s exactly', (amount, units) => {
    expect(unitsOf(amount)).toBe(units);
    expect(moneyOf(units).toFixed()).toBe(amount);
  });

  test('take what is beyond the last place up', () => {
    expect(unitsOf('0.0000000000000000001')).toBe(1n);
    expect(unitsOf('1e-19')).toBe(1n);
  });
});
