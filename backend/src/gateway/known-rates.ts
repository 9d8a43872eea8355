/** Rates change by the day. */
const knownMs = 10 * 60_000;
/** Where there is none, somebody may give one, or the store comes back. */
const missingMs = 2_000;
const mostKnown = 10_000;

/** Rates between currencies, at once: one that is asked for the first time is known a moment later. */
export class KnownRates {
  readonly #read: (from: string, to: string, tenant: string) => Promise<string>;
  readonly #now: () => number;
  readonly #reading = new Set<Promise<void>>();
  #known = new Map<string, { rate: string | undefined; until: number }>();

  /** @param read what one unit is worth; rejects where there is no rate */
  constructor(read: (from: string, to: string, tenant: string) => Promise<string>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /** @returns the rate as it was known last; undefined where there is none, or none yet */
  of(from: string, to: string, tenant: string): string | undefined {
    const name = `${tenant}\u0000${from}\u0000${to}`;
    const known = this.#known.get(name);
    if (known && this.#now() < known.until) return known.rate;
    if (this.#known.size >= mostKnown) this.#known = new Map();
    const entry = { rate: known?.rate, until: this.#now() + missingMs };
    this.#known.set(name, entry);
    const reading = this.#read(from, to, tenant).then(
      (rate) => {
        entry.rate = rate;
        entry.until = this.#now() + knownMs;
      },
      () => undefined,
    );
    this.#reading.add(reading);
    void reading.finally(() => this.#reading.delete(reading));
    return entry.rate;
  }

  /** @returns undefined where no rate is being read; else resolves when those that are have come, or cannot */
  underWay(): Promise<unknown> | undefined {
    return this.#reading.size === 0 ? undefined : Promise.all(this.#reading);
  }
}
