import type { LlmRequest } from '../anycost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { ChoosableModel } from './would-have.ts';

/** What other rooms bring to the routing panels. */
export interface RoutingPanelPorts {
  prices: {
    book(tenant: string): Promise<{
      priceLlm(usage: Omit<LlmRequest, 'requestId'>): { cost: string; currency: string } | { unpriced: string };
    }>;
  };
  /**
   * Models that each policy in force can choose, and those that the named versions could, by the policy's name.
   * @param served versions that served calls of the tenant
   */
  policyModels(
    scope: Scope,
    served: readonly { policy: string; version: string }[],
  ): Promise<ReadonlyMap<string, readonly ChoosableModel[]>>;
}
