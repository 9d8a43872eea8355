import type { AllocationRuleSettings } from '../platform/config/index.ts';
import type { Cost } from '../cost/index.ts';

/** Rates between currencies. */
export interface Rates {
  /** Day (`2026-11-21`) to the newest rate on or before it, for each day of the span. */
  rates(
    from: string,
    to: string,
    firstDay: string,
    lastDay: string,
    tenant: string,
  ): Promise<ReadonlyMap<string, { rate: string; rateDay: string; source: string }>>;
}

/** What the room needs of others. Without rates, amounts in other currencies are left out with a notice. */
export interface AllocationPorts {
  /** Rules that hold while the configuration has none, e.g. those of the generated estate. */
  samples?: readonly AllocationRuleSettings[];
  cost: Pick<Cost, 'bills'>;
  prices?: Rates;
}
