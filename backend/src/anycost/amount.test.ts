import { describe, expect, test } from '@jest/globals';
import { parseAmount } from './amount.ts';

const value = (text: string) => {
  const amount = parseAmount(text);
  return amount.ok ? amount.value : amount.reason;
};

describe('an amount', () => {
  test.each([
    ['0.00000080000', '0.0000008'],
    ['-12.50', '-12.5'],
    ['+3', '3'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-0.000', '0'],
    ['000120', '120'],
    [' 7.25 ', '7.25'],
    ['1.5e3', '1500'],
    ['-2.5E-7', '-0.00000025'],
    ['1e-30', '0.000000000000000000000000000001'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['0.123456789012345678901234567890', '0.12345678901234567890123456789'],
    ['1234567890123456789012345678901234567890123456.5', '1234567890123456789012345678901234567890123456.5'],
  ])('%s is kept exactly as %s', (text, exact) => {
    expect(value(text)).toBe(exact);
  });

  test.each([
    '1,234.56',
    '$5',
    '',
    '.',
    '-',
    '1e',
    '0x10',
    'NaN',
    'Infinity',
    '--1',
    '1 2',
    '=1+1',
    '1_000',
    '1e99999',
    '٣',
  ])('%p is refused', (text) => {
    expect(parseAmount(text).ok).toBe(false);
  });

  test('a number with more digits than the warehouse keeps is refused, never rounded', () => {
    expect(value(`1${'0'.repeat(46)}`)).toMatch(/47 digits before the point/);
    expect(value(`0.${'0'.repeat(30)}1`)).toMatch(/31 digits after the point/);
    expect(value('1e-31')).toMatch(/31 digits after the point/);
    expect(value('1e46')).toMatch(/47 digits before the point/);
  });

  test('a text of a million digits is refused without being worked through', () => {
    expect(parseAmount('9'.repeat(1_000_000)).ok).toBe(false);
  });
});
