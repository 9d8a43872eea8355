import { Decimal } from 'decimal.js';

/** Amounts as the warehouse keeps them, Decimal(76, 30), and sums of them, exactly. */
export const Money = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
export type Money = InstanceType<typeof Money>;

export const zero = new Money(0);

/** part / whole, six places; '0' where the whole is 0. */
export function shareOf(part: Money, whole: Money): string {
  return whole.isZero() ? '0' : part.div(whole).toDecimalPlaces(6).toFixed();
}

/** An estimate as it is shown: two places are more than it knows. */
export function estimate(amount: Money): string {
  return amount.toDecimalPlaces(2).toFixed();
}
