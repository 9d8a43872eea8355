import { Decimal } from 'decimal.js';

/**
 * decimal.js with room for every digit of two amounts multiplied: sums and products of what a bill holds are exact, and no
 * float is ever involved.
 */
export const Exact = Decimal.clone({ precision: 160, toExpNeg: -9000, toExpPos: 9000 });
export type Exact = Decimal;

/** What fits a Decimal(76, 30) of the warehouse. */
const integerDigits = 46;
const fractionDigits = 30;
const number = /^[+-]?(?:\d{1,100}(?:\.\d{0,200})?|\.\d{1,200})(?:[eE][+-]?\d{1,3})?$/;

export type ReadAmount = { ok: true; value: Exact } | { ok: false; reason: string };

/** The exact decimal that `text` denotes (`1.5E-7` too), or why it is none that can be kept to the last digit. */
export function readAmount(text: string): ReadAmount {
  const trimmed = text.trim();
  if (!number.test(trimmed)) return { ok: false, reason: 'is not a decimal number' };
  const value = new Exact(trimmed);
  if (value.decimalPlaces() > fractionDigits)
    return { ok: false, reason: `has more than ${fractionDigits} digits after the point; it cannot be kept exactly` };
  if (value.abs().gte(`1e${integerDigits}`))
    return { ok: false, reason: `has more than ${integerDigits} digits before the point; it cannot be kept exactly` };
  return { ok: true, value };
}

/** Plain notation (`-1500`, never `-1.5e3`) for the warehouse. Products are rounded to the 30 digits that are kept. */
export function amountText(value: Exact): string {
  const text = value.toDecimalPlaces(fractionDigits, Decimal.ROUND_HALF_EVEN).toFixed();
  return text === '-0' ? '0' : text;
}

export function sum(...values: readonly (Exact | undefined)[]): Exact {
  return values.reduce<Exact>((total, value) => (value === undefined ? total : total.plus(value)), new Exact(0));
}
