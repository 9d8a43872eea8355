import type { LlmRequest } from '../anycost/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { CallLayer, LayerTools } from './call-layer.ts';
import type { Json } from './dialects/json.ts';
import type { VirtualKey } from './virtual-key.ts';

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

/** What came of asking for money. */
export type HeldMoney = { ok: true; reservationId?: string } | { ok: false; refusedBy: FullBudget[] };

/** Money that is held for calls: a call rarely waits for it. */
export interface CallLedger {
  /** Names of the keys by which budgets of the tenant tell calls apart. */
  dimensions(tenant: string): ReadonlySet<string> | Promise<ReadonlySet<string>>;
  reserve(request: {
    tenant: string;
    keys: Readonly<Record<string, string>>;
    amount: string;
    currency: string;
    ttlMs: number;
  }): HeldMoney | Promise<HeldMoney>;
  /** Place of the call among those that settle: to be in the journal before it is settled. */
  orderOf(reservationId: string): number | undefined;
  settle(reservationId: string, actual: string, order?: number): Promise<void> | undefined;
  /** Resolves when the journal may forget the calls. */
  told(calls: Iterable<{ reservationId: string; order: number }>): Promise<void>;
  /** Settles what a dead process left in its journal. */
  recover(remains: {
    holder: string;
    settled: Iterable<{ reservationId: string; actual: string; order?: number }>;
    lost: Iterable<{ reservationId: string; actual: string }>;
  }): Promise<void>;
  close(): Promise<void>;
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
    /** Opens the ledger of this process; `holder` names its journal. */
    openLedger(holder: string): CallLedger;
  };
  /** What stands around the serving of calls, from the outside to the inside. Asked once, before the first call. */
  layers?(tools: LayerTools): readonly CallLayer[];
  /** Classes of personal data in a call. Asked where a policy of the tenant is for some of them only. */
  classesOf?(call: Pick<AdmittedCall, 'body'>): readonly string[];
  /** Takes what an application says of an answer that its key was given. Absent: nobody takes it. */
  feedback?(key: Pick<VirtualKey, 'id' | 'name' | 'tenant'>, said: unknown): Promise<object>;
  usage: {
    /**
     * Keeps calls; the same ones again change nothing. @param options milliseconds over which either half of the work may be done
     * @throws where they could not be kept
     */
    keep(
      place: { tenant: string; region: string; source: string },
      requests: Iterable<LlmRequest>,
      options: { spreadMs: number },
    ): Promise<unknown>;
    /** Tokens of a `usage` object of any provider. */
    tokens(usage: Json): Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest>;
    /** Service tier as an answer tells it. */
    tier(tier: unknown): Pick<LlmRequest, 'serviceTier'>;
  };
}
