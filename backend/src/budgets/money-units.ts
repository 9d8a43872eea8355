import { Money } from './money.ts';

const places = 18;
const zeros = '0'.repeat(places);
const plain = /^\d+(?:\.\d{1,18})?$/;

/**
 * The amount in units of the last place of the counters, 10^-18: whole numbers, which add up exactly in a tenth of the time
 * that decimals take.
 * @param amount an exact decimal; what is beyond the last place is rounded up @throws Error where it is no decimal
 */
export function unitsOf(amount: string): bigint {
  if (!plain.test(amount)) return BigInt(new Money(amount).times(`1e${places}`).ceil().toFixed());
  const point = amount.indexOf('.');
  if (point < 0) return BigInt(amount + zeros);
  return BigInt(amount.slice(0, point) + amount.slice(point + 1) + zeros.slice(amount.length - point - 1));
}

export function moneyOf(units: bigint): Money {
  return new Money(units.toString()).times(`1e-${places}`);
}

export function largerOf(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

export function smallerOf(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
