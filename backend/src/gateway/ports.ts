import type { LlmRequest } from '../anycost/index.ts';
import type { CallLayer, LayerTools } from './call-layer.ts';
import type { Json } from './dialects/json.ts';

/** A call in money, by the price book. */
export interface CallPrice {
  cost: string;
  currency: string;
}

/** The price book of a tenant, asked without I/O. */
export interface CallPrices {
  priceLlm(usage: LlmRequest): CallPrice | { unpriced: string };
}

/** A budget that has no room for a call. */
export interface FullBudget {
  name: string;
  amount: string;
  currency: string;
  left: string;
  windowEnds?: string;
}

/** What other rooms bring to the gateway. */
export interface GatewayPorts {
  prices: {
    book(tenant: string): Promise<CallPrices>;
    /** By the newest rate on or before the day. @throws where there is none */
    convert(
      amount: { amount: string; currency: string },
      to: string,
      day: string,
      tenant: string,
    ): Promise<{ amount: string }>;
  };
  budgets: {
    /** Whether any budget of the tenant is counted by gateways; known for a second. */
    counts(tenant: string): Promise<boolean>;
    reserve(request: {
      tenant: string;
      keys: Readonly<Record<string, string>>;
      amount: string;
      currency: string;
      ttlMs: number;
      id: string;
    }): Promise<{ ok: true; reservationId: string } | { ok: false; refusedBy: FullBudget[] }>;
    settle(reservationId: string, actual: string): Promise<unknown>;
  };
  /** What stands around the serving of calls, from the outside to the inside. Asked once, before the first call. */
  layers?(tools: LayerTools): readonly CallLayer[];
  usage: {
    /** Keeps calls; the same ones again change nothing. @throws where they could not be kept */
    keep(place: { tenant: string; region: string; source: string }, requests: Iterable<LlmRequest>): Promise<unknown>;
    /** Tokens of a `usage` object of any provider. */
    tokens(usage: Json): Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest>;
    /** Service tier as an answer tells it. */
    tier(tier: unknown): Pick<LlmRequest, 'serviceTier'>;
  };
}
