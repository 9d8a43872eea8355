import type { LlmRequest } from '../anycost/index.ts';
import type { Meter } from './meter.ts';
import type { Purchase } from './price-entry.ts';

/**
 * One call as the book prices it. Any LlmRequest is one; what providers charge besides (pages, pixels, sessions, tokens of
 * images) and the choices that a price depends on can be told beside it.
 */
export type LlmUsage = Omit<LlmRequest, 'requestId'> & {
  requestId?: string;
  /** Further quantities by meter; they are added to those of the request. Exact decimals or whole numbers. */
  quantities?: Readonly<Partial<Record<Meter, string | number>>>;
  /** Choices of the call: size (`1024x1024`), quality, steps, resolution, searchContext, region, speed. */
  options?: Readonly<Record<string, string>>;
  /** Results asked for in one search, and seconds between looked-at frames of a video. */
  results?: number;
  videoIntervalSeconds?: number;
};

export interface PriceTerm {
  /** What was counted, as people call it, e.g. `cached input`. */
  component: string;
  /** The meter's name, e.g. `cached_input`. */
  meter: Meter;
  quantity: string;
  unitPrice: string;
  cost: string;
}

export interface PricedUsage {
  /** Exact decimal, the sum of the terms; at most 18 digits after the point. */
  cost: string;
  currency: string;
  priceId: string;
  /** With the quantities: `1200 × 0.000002 USD input + 800 × 0.0000005 USD cached input`. */
  formula: string;
  /** Without them, few texts for many calls: `input × 0.000002 USD + cached input × 0.0000005 USD`. */
  rule: string;
  terms: PriceTerm[];
  /** Where the price list was silent and a rule of docs/prices.md filled the gap. */
  notes: string[];
}

export interface RateQuery {
  kind: 'gpu' | 'node' | 'storage' | 'cpu' | 'memory';
  item: string;
  /** Absent: hardware of one's own (on-premises). */
  provider?: string;
  region?: string;
  /** ISO 8601. */
  at: string;
  /** Default: the unit of the entry. GPU-Hours, GPU-Seconds, Hours, ... are converted; others must be equal. */
  unit?: string;
  /** Default on-demand. */
  purchase?: Purchase;
}

export interface RatedUnit {
  priceId: string;
  unitPrice: string;
  currency: string;
  unit: string;
  formula: string;
}

/** The prices of one tenant at the moment it was asked for. Pure: equal questions have equal answers. */
export interface PriceBook {
  priceLlm(usage: LlmUsage): PricedUsage | { unpriced: string };
  rate(query: RateQuery): RatedUnit | { unpriced: string };
  /** Changes when any price that the tenant sees does. */
  readonly version: string;
}

export interface ConvertedAmount {
  amount: string;
  currency: string;
  rate: string;
  /** The day whose rate it is, `2026-11-20`: the newest on or before the day asked for. */
  rateDay: string;
  rateSource: string;
}

/** What other rooms use of prices. */
export interface Prices {
  /** Snapshot of the tenant's book for many questions; cheap to ask again (cached, refreshed when the book changes). */
  book(tenant: string): Promise<PriceBook>;
  /** Converts by the newest rate on or before the day. @throws AppError UNPROCESSABLE naming the missing rate */
  convert(
    amount: { amount: string; currency: string },
    to: string,
    day: string,
    tenant: string,
  ): Promise<ConvertedAmount>;
  /** Rates of many days at once: day → rate text. @throws AppError UNPROCESSABLE naming the first day without one */
  rates(
    from: string,
    to: string,
    firstDay: string,
    lastDay: string,
    tenant: string,
  ): Promise<Map<string, { rate: string; rateDay: string; source: string }>>;
}
