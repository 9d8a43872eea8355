import { Decimal } from 'decimal.js';

/** Decimals that no product of a price and a quantity rounds: 100 significant digits, never in exponent notation. */
export const Exact = Decimal.clone({ precision: 100, toExpNeg: -200, toExpPos: 200 });
export type Exact = Decimal;

/** Digits after the point that the warehouse keeps of a cost. */
const costDigits = 18;

/** A cost as the warehouse keeps it; half a unit of the last digit goes to the even neighbour. */
export function costOf(amount: Exact): Exact {
  return amount.toDecimalPlaces(costDigits, Decimal.ROUND_HALF_EVEN);
}

/** Plain notation without superfluous zeros. */
export function plain(amount: Exact): string {
  return amount.toFixed();
}

/** An amount as `units` × 10^-`places`, both small enough that products with counts are exact in a number. */
export interface ExactUnits {
  units: number;
  places: number;
}

/** @returns undefined where the amount has more digits than that */
export function unitsOf(amount: Exact): ExactUnits | undefined {
  const places = amount.decimalPlaces();
  if (places > costDigits) return undefined;
  const units = amount.times(new Exact(10).pow(places)).toNumber();
  return Number.isSafeInteger(units) && units >= 0 ? { units, places } : undefined;
}

/** The same text as `plain` writes. @param units a whole number of 0 or more, exactly */
export function plainUnits({ units, places }: ExactUnits): string {
  if (units === 0 || places === 0) return String(units);
  const digits = String(units).padStart(places + 1, '0');
  let end = digits.length;
  while (end > digits.length - places && digits.charCodeAt(end - 1) === 0x30) end--;
  const whole = digits.slice(0, digits.length - places);
  return end === digits.length - places ? whole : `${whole}.${digits.slice(digits.length - places, end)}`;
}

export function sum(amounts: Iterable<Exact>): Exact {
  let total = new Exact(0);
  for (const amount of amounts) total = total.plus(amount);
  return total;
}
