import type { Allocation, Rates } from '../allocation/index.ts';
import type { Cost } from '../cost/index.ts';
import type { Revenue } from '../revenue/index.ts';

/** What the room needs of others. Without rates only one currency is shown; without revenue no margin. */
export interface UnitEconomicsPorts {
  cost: Pick<Cost, 'bills'>;
  allocation: Allocation;
  prices?: Rates;
  revenue?: Revenue;
}
