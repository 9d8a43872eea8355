import type { Meter } from './meter.ts';

export const priceKinds = ['llm', 'gpu', 'node', 'storage', 'cpu', 'memory', 'credit'] as const;
/** `credit`: what a provider's own unit of account costs, e.g. a Databricks DBU. */
export type PriceKind = (typeof priceKinds)[number];

export const serviceTiers = ['standard', 'batch', 'flex', 'priority'] as const;
export type ServiceTier = (typeof serviceTiers)[number];

export const purchases = ['on-demand', 'spot', 'reserved'] as const;
export type Purchase = (typeof purchases)[number];

/** Where an entry comes from. What people wrote (`manual`, `yaml`) is never overwritten by an import. */
export const priceSources = ['manual', 'yaml', 'litellm', 'portkey', 'list'] as const;
export type PriceSource = (typeof priceSources)[number];

/** When a component applies. Every condition given must hold; the component with the most conditions wins. */
export interface PriceCondition {
  tier?: Exclude<ServiceTier, 'standard'>;
  /** More tokens of prompt than this: then every token of the call has this price, not only those above. */
  promptAbove?: number;
  /** At least this many results in one search. */
  resultsAbove?: number;
  /** A video looked at at intervals above this many seconds. */
  intervalAbove?: number;
  /** Choices of the call, e.g. { size: '1024x1024', quality: 'hd' }, { searchContext: 'low' }, { region: 'eu' }. */
  options?: Readonly<Record<string, string>>;
}

/** One line of a price. */
export interface PriceComponent {
  /** `factor` multiplies all tokens' prices instead (regional uplifts, fast modes). */
  meter: Meter | 'factor';
  /** Exact decimal for one unit of the meter: per token, per second, per image. Never negative. */
  price: string;
  when?: PriceCondition;
  /** Where the price is not money but the provider's own unit of account, its name, e.g. `DBU`. */
  inCredits?: string;
}

/** What tells one price from another: at any instant one entry of these is in effect. */
export interface PriceKey {
  kind: PriceKind;
  /** Lower case, e.g. `openai`; empty: whoever runs it (on-premises). */
  provider: string;
  /** Model, GPU type, machine type, storage class. */
  item: string;
  /** Empty: everywhere that has no price of its own. */
  region: string;
  /** Empty for language models. */
  purchase: Purchase | '';
}

/** A version of a price. It never changes; a new price closes it and opens another. */
export interface PriceEntry extends PriceKey {
  /** `p` and a number. */
  id: string;
  /** Empty: shared by all tenants. */
  tenant: string;
  /** What `unitPrice` is for (GPU-Hours, GB-Hours, ...); `usage` where the components have meters. */
  unit: string;
  currency: string;
  /** Of kinds other than llm: exact decimal per `unit`. */
  unitPrice?: string;
  /** Of kind llm. */
  components: readonly PriceComponent[];
  /** ISO 8601 UTC. In effect in [validFrom, validTo); null: without end. */
  validFrom: string;
  validTo: string | null;
  source: PriceSource;
  /** Name in the imported file. */
  sourceKey: string;
  /** Where the figure was read and when, or why it was agreed. */
  note: string;
}

export interface Discount {
  id: string;
  tenant: string;
  kind: PriceKind;
  /** Empty: any. */
  provider: string;
  /** Empty: any. A trailing `*` stands for any end. */
  item: string;
  /** Exact decimal between 0 and 100. */
  percent: string;
  validFrom: string;
  validTo: string | null;
  note: string;
}

/**
 * `spend`: an amount that was committed or prepaid for a span; use up to it costs as the discounts say, and what is left is
 * lost. `throughput`: capacity paid by the hour; calls that it serves cost nothing beside it.
 */
export interface Commitment {
  id: string;
  tenant: string;
  type: 'spend' | 'throughput';
  kind: PriceKind;
  provider: string;
  item: string;
  /** spend: the amount of the whole span. throughput: per unit and hour. */
  amount: string;
  currency: string;
  /** throughput: units of capacity. */
  units: string;
  prepaid: boolean;
  validFrom: string;
  validTo: string;
  note: string;
}
