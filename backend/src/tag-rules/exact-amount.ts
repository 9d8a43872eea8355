import { Decimal } from 'decimal.js';

/** Amounts as the warehouse keeps them, Decimal(76, 30), and sums of them, exactly. */
export const Amount = Decimal.clone({ precision: 120, toExpNeg: -200, toExpPos: 200 });
export type Amount = InstanceType<typeof Amount>;

export const nothing = new Amount(0);

/** Sums by a key, in the order of their size. */
export class Sums {
  readonly #byKey = new Map<string, { amount: Amount; lines: number }>();

  add(key: string, amount: string | Amount, lines: number): void {
    const known = this.#byKey.get(key);
    this.#byKey.set(key, { amount: (known?.amount ?? nothing).plus(amount), lines: (known?.lines ?? 0) + lines });
  }

  get(key: string): { amount: Amount; lines: number } {
    return this.#byKey.get(key) ?? { amount: nothing, lines: 0 };
  }

  /** Largest first, at most so many. */
  largest(limit: number): { key: string; amount: Amount; lines: number }[] {
    return [...this.#byKey]
      .map(([key, sum]) => ({ key, ...sum }))
      .sort((one, other) => other.amount.abs().cmp(one.amount.abs()) || (one.key < other.key ? -1 : 1))
      .slice(0, limit);
  }
}

/** part / whole, six places; undefined where the whole is 0. */
export function shareOf(part: Amount, whole: Amount): string | undefined {
  return whole.isZero() ? undefined : part.div(whole).toDecimalPlaces(6).toFixed();
}
