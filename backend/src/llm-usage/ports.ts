import type { LlmRequest, RowRules, SendCharges, SourceSettings } from '../anycost/index.ts';

/** What a call cost by the price book. Amounts are exact decimals. */
export interface PricedUsage {
  cost: string;
  currency: string;
  priceId: string;
  formula: string;
}

/** The prices of one tenant as they stand now; asking is cheap and does no I/O. */
export interface UsagePriceBook {
  priceLlm(usage: LlmRequest): PricedUsage | { unpriced: string };
}

export interface UsagePrices {
  book(tenant: string): Promise<UsagePriceBook>;
}

/** What other rooms bring to the usage of language models. */
export interface LlmUsagePorts {
  prices: UsagePrices;
  /** Makes a drop of charges for sources whose usage no bill covers. */
  sendCharges?: SendCharges;
  /** Settings of a declared source; undefined where nobody declared it. */
  findSource?(tenant: string, source: string): Promise<SourceSettings | undefined>;
  /** What must not be kept is masked before anything is kept; used by what comes in by OTLP. */
  rules?(tenant: string): Promise<RowRules>;
}
