import { chooseFactor, choosePrice, type Circumstances } from './component-choice.ts';
import { plain, unitsOf, type Exact, type ExactUnits } from './exact.ts';
import { countsTokens, type Meter } from './meter.ts';
import type { PriceComponent } from './price-entry.ts';

/** What one unit of a meter costs a call. */
export interface UnitPrice {
  /** As listed, with the factors of the call. */
  listText: string;
  /** After discount or commitment. */
  net: Exact;
  netText: string;
  /** The net price in whole units of its last digit, where these are few enough to be counted exactly. */
  units: ExactUnits | undefined;
  notes: readonly string[];
}

/** The prices that count for calls of one kind: same tier, same side of every threshold, same options. */
export interface PriceSheet {
  /** What the factors are. */
  notes: readonly string[];
  of(meter: Meter): UnitPrice | undefined;
}

/** Kinds of calls that are remembered for one entry. */
const maxSheets = 200;

/** Chooses each price of an entry once for each kind of call. */
export class MeterPrices {
  readonly components: readonly PriceComponent[];
  /** Meters that have a price under some condition. */
  readonly priced: ReadonlySet<string>;
  readonly #share: Exact;
  readonly #thresholds: readonly number[];
  readonly #sheets = new Map<string, PriceSheet>();

  /** `share` of the list price is what is paid. */
  constructor(components: readonly PriceComponent[], share: Exact) {
    this.components = components;
    this.priced = new Set(components.map(({ meter }) => meter));
    this.#share = share;
    this.#thresholds = [...new Set(components.flatMap(({ when }) => when?.promptAbove ?? []))];
  }

  sheet(circumstances: Circumstances): PriceSheet {
    const { tier, promptTokens, results, intervalSeconds, options } = circumstances;
    let crossed = 0;
    for (const threshold of this.#thresholds) if (promptTokens > threshold) crossed += 1;
    const key = `${tier}|${crossed}|${results}|${intervalSeconds}|${JSON.stringify(options)}`;
    const known = this.#sheets.get(key);
    if (known) return known;
    if (this.#sheets.size >= maxSheets) this.#sheets.clear();
    const made = this.#make(circumstances);
    this.#sheets.set(key, made);
    return made;
  }

  #make(circumstances: Circumstances): PriceSheet {
    const { factor, notes } = chooseFactor(this.components, circumstances);
    const prices = new Map<Meter, UnitPrice | undefined>();
    const priceOf = (meter: Meter): UnitPrice | undefined => {
      const chosen = choosePrice(this.components, meter, circumstances);
      if (!chosen) return undefined;
      const list = countsTokens(meter) ? chosen.unitPrice.times(factor) : chosen.unitPrice;
      const net = list.times(this.#share);
      return { listText: plain(list), net, netText: plain(net), units: unitsOf(net), notes: chosen.notes };
    };
    return {
      notes,
      of: (meter) => {
        if (!prices.has(meter)) prices.set(meter, priceOf(meter));
        return prices.get(meter);
      },
    };
  }
}
