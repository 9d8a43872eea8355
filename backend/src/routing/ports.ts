import type { LlmRequest } from '../anycost/index.ts';

/** The price book of a tenant, asked without I/O. */
export interface RoutePrices {
  priceLlm(usage: LlmRequest): { cost: string; currency: string } | { unpriced: string };
}

/** What other rooms bring to routing. */
export interface RoutingPorts {
  prices: {
    book(tenant: string): Promise<RoutePrices>;
    /** By the newest rate on or before the day. @throws where there is none */
    convert(
      amount: { amount: string; currency: string },
      to: string,
      day: string,
      tenant: string,
    ): Promise<{ amount: string }>;
  };
  /** Name of a provider of the gateway as usage and prices know it. */
  usageName(provider: string): string;
}
