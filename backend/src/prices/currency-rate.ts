import { Exact, plain } from './exact.ts';

/** One `base` is `rate` of `quote` on `day`. */
export interface CurrencyRate {
  base: string;
  quote: string;
  /** `2026-11-20` */
  day: string;
  /** Exact decimal, positive. */
  rate: string;
  source: string;
}

export interface FoundRate {
  /** How much of `to` one `from` is; exact where the rate was given so, else rounded to 18 significant digits. */
  rate: string;
  /** The day it is of; of a cross rate the older of its two. */
  rateDay: string;
  source: string;
}

const significantDigits = 18;
const pivots = ['EUR', 'USD'] as const;

/** Rates by pair, to be asked for many days. Pure. */
export class RateTable {
  readonly #pairs = new Map<string, CurrencyRate[]>();

  constructor(rates: Iterable<CurrencyRate>) {
    for (const rate of rates) {
      const pair = `${rate.base}${rate.quote}`;
      const known = this.#pairs.get(pair);
      if (known) known.push(rate);
      else this.#pairs.set(pair, [rate]);
    }
    for (const known of this.#pairs.values()) known.sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  /**
   * The newest rate on or before the day: as it was given, else its inverse, else across the euro or the dollar. Of several
   * ways the one with the newest day counts, and of equal days the most direct.
   */
  find(from: string, to: string, day: string): FoundRate | undefined {
    if (from === to) return { rate: '1', rateDay: day, source: 'same currency' };
    const ways = [
      this.#straight(from, to, day),
      ...pivots.filter((pivot) => pivot !== from && pivot !== to).map((pivot) => this.#across(from, pivot, to, day)),
    ];
    return ways.reduce<FoundRate | undefined>(
      (best, way) => (way && (!best || way.rateDay > best.rateDay) ? way : best),
      undefined,
    );
  }

  #straight(from: string, to: string, day: string): FoundRate | undefined {
    const given = this.#newest(from, to, day);
    const inverse = this.#newest(to, from, day);
    if (given && (!inverse || given.day >= inverse.day))
      return { rate: plain(new Exact(given.rate)), rateDay: given.day, source: given.source };
    return (
      inverse && {
        rate: plain(new Exact(1).div(inverse.rate).toSignificantDigits(significantDigits)),
        rateDay: inverse.day,
        source: `${inverse.source} (inverse)`,
      }
    );
  }

  #across(from: string, pivot: string, to: string, day: string): FoundRate | undefined {
    const [inFrom, inTo] = [this.#leg(pivot, from, day), this.#leg(pivot, to, day)];
    if (!inFrom || !inTo) return undefined;
    const source = inFrom.source === inTo.source ? inFrom.source : `${inFrom.source}, ${inTo.source}`;
    return {
      rate: plain(inTo.rate.div(inFrom.rate).toSignificantDigits(significantDigits)),
      rateDay: inFrom.day < inTo.day ? inFrom.day : inTo.day,
      source: `${source} (across ${pivot})`,
    };
  }

  /** How much of the currency one pivot is. */
  #leg(pivot: string, currency: string, day: string): { rate: Exact; day: string; source: string } | undefined {
    const given = this.#newest(pivot, currency, day);
    const inverse = this.#newest(currency, pivot, day);
    if (given && (!inverse || given.day >= inverse.day)) return { ...given, rate: new Exact(given.rate) };
    return inverse && { ...inverse, rate: new Exact(1).div(inverse.rate) };
  }

  #newest(base: string, quote: string, day: string): CurrencyRate | undefined {
    const rates = this.#pairs.get(`${base}${quote}`) ?? [];
    let [low, high] = [0, rates.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rates[middle]!.day <= day) low = middle + 1;
      else high = middle;
    }
    return rates[low - 1];
  }
}

/** The days of [first, last], `2026-11-20` each. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(`${first}T00:00:00Z`); at <= Date.parse(`${last}T00:00:00Z`); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}
