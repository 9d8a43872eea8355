import type { Cost } from '../cost/index.ts';

/** What the room needs of others. */
export interface BudgetPorts {
  cost: Pick<Cost, 'summary'>;
  /** Rates of currencies; without them, costs in other currencies than the budget's are told of and not counted. */
  prices?: {
    rates(
      from: string,
      to: string,
      firstDay: string,
      lastDay: string,
      tenant: string,
    ): Promise<ReadonlyMap<string, { rate: string; rateDay: string; source: string }>>;
  };
}
