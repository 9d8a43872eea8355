/** A rate of the price book, or why there is none. */
export type Rate =
  { priceId: string; unitPrice: string; currency: string; unit: string; formula: string } | { unpriced: string };

export interface RateQuery {
  kind: 'gpu' | 'node' | 'storage' | 'cpu' | 'memory';
  item: string;
  provider?: string;
  region?: string;
  /** Instant, ISO 8601. */
  at: string;
  unit?: string;
  purchase?: 'on-demand' | 'spot' | 'reserved';
}

/** What this room asks of the price book. */
export interface ClusterPrices {
  book(tenant: string): Promise<{ rate(query: RateQuery): Rate }>;
}
