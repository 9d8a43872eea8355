import { dayMs } from '../cost/index.ts';
import { textSql } from '../platform/sql/index.ts';

/** How amounts of several currencies become amounts of one. */
export interface Exchange {
  /** ISO 4217; empty where there is no cost. */
  currency: string;
  /** Rate of each other currency, by day from `firstDay`. */
  rates: ReadonlyMap<string, readonly string[]>;
  /** Unix milliseconds of the day of the first rate. */
  firstDay: number;
  /** Newest rate of each currency, for the reader. */
  shown: readonly { currency: string; rate: string; rateDay: string; source: string }[];
  /** Currencies whose amounts are left out because no rate is known. */
  left: readonly string[];
}

const code = /^[A-Za-z0-9 _.-]{1,40}$/;
const rateText = /^\d{1,20}(\.\d{1,30})?$/;

/**
 * SQL of a Decimal(76, 30) in the currency of the exchange; an amount is converted by the rate of its own day and cut at the
 * thirtieth digit, row by row, so that sums by any grouping agree. Columns are names of ours.
 */
export function amountSql(column: string, exchange: Exchange, currencyColumn = 'BillingCurrency'): string {
  const exact = currencyColumn === 'BillingCurrency' ? column : `CAST(${column} AS Decimal(76, 30))`;
  if (exchange.rates.size === 0) return exact;
  const branches = [...exchange.rates].flatMap(([currency, rates]) => [
    `${currencyColumn} = ${textSql(currency)}`,
    `CAST(${exact} * arrayElement([${rates.map(rateSql).join(', ')}], toUInt32(Day) - ${exchange.firstDay / dayMs} + 1) AS Decimal(76, 30))`,
  ]);
  return `multiIf(${branches.join(', ')}, ${exact})`;
}

/** SQL condition that keeps the rows whose currency is shown or can be converted. */
export function currencySql(exchange: Exchange, currencyColumn = 'BillingCurrency'): string {
  const all = [exchange.currency, ...exchange.rates.keys()];
  return `${currencyColumn} IN (${all.map(textSql).join(', ')})`;
}

export function isCurrencyName(text: string): boolean {
  return code.test(text);
}

function rateSql(rate: string): string {
  if (!rateText.test(rate)) throw new TypeError('A rate is not a plain decimal');
  const [whole = '0', fraction = ''] = rate.split('.');
  return `toDecimal128('${whole}.${fraction.slice(0, 18).padEnd(1, '0')}', 18)`;
}
