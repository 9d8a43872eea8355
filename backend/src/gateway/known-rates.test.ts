import { expect, test } from '@jest/globals';
import { KnownRates } from './known-rates.ts';

test('a rate is known a moment after it was asked for first, and one that is missing is asked for again', async () => {
  let now = 0;
  const asked: string[] = [];
  let rate: string | undefined = '0.0007';
  const rates = new KnownRates(
    (from, to, tenant) => {
      asked.push(`${tenant} ${from} ${to}`);
      return rate === undefined ? Promise.reject(new Error('no rate')) : Promise.resolve(rate);
    },
    () => now,
  );
  expect(rates.underWay()).toBeUndefined();
  expect(rates.of('KRW', 'USD', 't')).toBeUndefined();
  await rates.underWay();
  expect(rates.of('KRW', 'USD', 't')).toBe('0.0007');
  expect(rates.underWay()).toBeUndefined();
  expect(asked).toEqual(['t KRW USD']);
  // What was known goes on counting while it is read anew, and where it cannot be.
  now = 600_000;
  rate = undefined;
  expect(rates.of('KRW', 'USD', 't')).toBe('0.0007');
  await rates.underWay();
  expect(rates.of('KRW', 'USD', 't')).toBe('0.0007');
  expect(rates.of('JPY', 'USD', 't')).toBeUndefined();
  await rates.underWay();
  rate = '0.0064';
  now += 2_000;
  expect(rates.of('JPY', 'USD', 't')).toBeUndefined();
  await rates.underWay();
  expect(rates.of('JPY', 'USD', 't')).toBe('0.0064');
  expect(rates.of('JPY', 'USD', 'other')).toBeUndefined();
});
