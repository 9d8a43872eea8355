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

export function sum(amounts: Iterable<Exact>): Exact {
  let total = new Exact(0);
  for (const amount of amounts) total = total.plus(amount);
  return total;
}
