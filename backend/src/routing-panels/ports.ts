import type { LlmRequest } from '../anycost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { PricedModel } from './would-have.ts';

/** What other rooms bring to the routing panels. */
export interface RoutingPanelPorts {
  prices: {
    book(tenant: string): Promise<{
      priceLlm(usage: Omit<LlmRequest, 'requestId'>): { cost: string; currency: string } | { unpriced: string };
    }>;
  };
  /** Models that each policy in force can choose, by the policy's name. */
  policyModels(scope: Scope): Promise<ReadonlyMap<string, readonly PricedModel[]>>;
}
