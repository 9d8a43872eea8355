import { describe, expect, test } from '@jest/globals';
import { RateTable, type CurrencyRate } from './currency-rate.ts';
import { parseEcbRates } from './ecb-rates.ts';

const rate = (base: string, quote: string, day: string, text: string, source = 'test'): CurrencyRate => ({
  ...{ base, quote, day, rate: text, source },
});

describe('the rate of a day', () => {
  const table = new RateTable([
    rate('EUR', 'USD', '2026-01-02', '1.25'),
    rate('EUR', 'KRW', '2026-01-02', '1600'),
    rate('EUR', 'KRW', '2026-01-05', '1700'),
    rate('USD', 'JPY', '2026-01-03', '150'),
  ]);

  test.each([
    ['as given', 'EUR', 'USD', '2026-01-02', '1.25', '2026-01-02'],
    ['the newest before', 'EUR', 'USD', '2026-02-01', '1.25', '2026-01-02'],
    ['inverse', 'USD', 'EUR', '2026-01-02', '0.8', '2026-01-02'],
    ['across the euro', 'USD', 'KRW', '2026-01-02', '1280', '2026-01-02'],
    ['of a cross rate the older day', 'USD', 'KRW', '2026-01-05', '1360', '2026-01-02'],
    ['across the dollar', 'EUR', 'JPY', '2026-01-04', '187.5', '2026-01-02'],
    ['of one currency', 'CHF', 'CHF', '2026-01-04', '1', '2026-01-04'],
  ])('%s', (_name, from, to, day, text, rateDay) => {
    expect(table.find(from, to, day)).toMatchObject({ rate: text, rateDay });
  });

  test('does not come from the future', () => {
    expect(table.find('EUR', 'USD', '2026-01-01')).toBeUndefined();
    expect(table.find('EUR', 'CHF', '2026-02-01')).toBeUndefined();
  });

  test('of several ways the newest day counts', () => {
    const both = new RateTable([
      rate('USD', 'KRW', '2026-01-01', '1300'),
      rate('EUR', 'USD', '2026-01-02', '1.25'),
      rate('EUR', 'KRW', '2026-01-02', '1600'),
    ]);
    expect(both.find('USD', 'KRW', '2026-01-01')).toMatchObject({ rate: '1300' });
    expect(both.find('USD', 'KRW', '2026-01-02')).toMatchObject({ rate: '1280' });
  });
});

describe('the file of the European Central Bank', () => {
  test('gives a rate per day and currency; N/A and empty are none', () => {
    const file = parseEcbRates('Date,USD,KRW,\r\n2026-01-02,1.25,N/A,\r\n2026-01-01,,1600,\r\n');
    expect(file.rates.map(({ quote, day, rate: text }) => [quote, day, text])).toEqual([
      ['USD', '2026-01-02', '1.25'],
      ['KRW', '2026-01-01', '1600'],
    ]);
  });

  test('names the cells that hold no rate', () => {
    expect(parseEcbRates('Date,USD\n2026-01-02,x\nyesterday,1\n2026-01-01,0\n').refused).toEqual([
      'line 2, USD',
      'line 3, Date',
      'line 4, USD',
    ]);
  });

  test('is refused where it is another file', () => {
    expect(() => parseEcbRates('day;usd\n1;2')).toThrow('not the CSV file of the European Central Bank');
  });
});
