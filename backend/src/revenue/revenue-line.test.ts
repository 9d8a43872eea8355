import { describe, expect, test } from '@jest/globals';
import { exact, exactText } from '../platform/amounts/index.ts';
import { overlapOf, readLines, revenueOfDays } from './revenue-line.ts';

const line = (fields: Record<string, string>) => ({
  line: 2,
  fields: { customer: 'acme', amount: '1', currency: 'USD', ...fields },
});

test('a month or a span of days is a period', () => {
  expect(readLines([line({ month: '2028-02', amount: '1200.50', currency: 'usd' })]).revenues).toEqual([
    { customer: 'acme', from: '2028-02-01', to: '2028-02-29', amount: '1200.5', currency: 'USD' },
  ]);
  expect(readLines([line({ from: '2026-10-10', to: '2026-10-12' })]).revenues[0]).toMatchObject({ to: '2026-10-12' });
});

test.each([
  [{ month: '2026-13' }, 'has a month that is not written 2026-11'],
  [{ month: '2026-10', from: '2026-10-01' }, 'needs either a month'],
  [{}, 'needs either a month'],
  [{ from: '2026-02-30', to: '2026-03-01' }, 'has a day that is not written'],
  [{ from: '2026-03-02', to: '2026-03-01' }, 'ends before it begins'],
  [{ month: '2026-10', amount: '1,200' }, 'no plain decimal'],
  [{ month: '2026-10', amount: '1e3' }, 'no plain decimal'],
  [{ month: '2026-10', currency: 'euro' }, 'no ISO 4217 code'],
  [{ month: '2026-10', customer: '  ' }, 'names no customer'],
  [{ month: '2026-10', customer: 'a\u0007' }, 'control character'],
])('%j is refused', (fields, reason) => {
  const { revenues, problems } = readLines([line(fields)]);
  expect(revenues).toEqual([]);
  expect(problems).toEqual([{ line: 2, reason: expect.stringContaining(reason) }]);
});

test('the same customer twice in a period is refused', () => {
  const twice = [line({ month: '2026-10' }), { ...line({ from: '2026-10-01', to: '2026-10-31' }), line: 3 }];
  expect(readLines(twice).problems).toEqual([{ line: 3, reason: expect.stringContaining('line 2') }]);
});

test('periods of a customer that share a day are found', () => {
  const one = { customer: 'a', currency: 'USD', from: '2026-10-01', to: '2026-10-31' };
  expect(overlapOf([one, { ...one, from: '2026-11-01', to: '2026-11-30' }, { ...one, customer: 'b' }])).toBeUndefined();
  expect(overlapOf([{ ...one, from: '2026-10-31', to: '2026-11-02' }, one])).toBeDefined();
});

describe('spread over days', () => {
  const october = { customer: 'a', currency: 'USD', from: '2026-10-01', to: '2026-10-31', amount: '100' };
  const span = (from: string, to: string) => ({ from: Date.parse(from), to: Date.parse(to) });
  const sum = (part: ReturnType<typeof revenueOfDays>) => exactText(part!.each * BigInt(part!.days - 1) + part!.last);

  test('the whole period is the amount, and its parts add up to it', () => {
    expect(sum(revenueOfDays(october, span('2026-01-01', '2027-01-01')))).toBe('100');
    const [first, second] = [
      sum(revenueOfDays(october, span('2026-10-01', '2026-10-11'))),
      sum(revenueOfDays(october, span('2026-10-11', '2026-11-05'))),
    ];
    expect(exact(first) + exact(second)).toBe(exact('100'));
    expect(Number(first)).toBeCloseTo((100 * 10) / 31, 9);
  });
  test('outside of it there is nothing', () => {
    expect(revenueOfDays(october, span('2026-11-01', '2026-12-01'))).toBeUndefined();
  });
});
