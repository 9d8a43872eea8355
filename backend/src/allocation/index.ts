import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { AllocationReports, type ReportAsked } from './allocation-reports.ts';
import type { AllocationReport } from './contract.ts';
import type { AllocationPorts } from './ports.ts';
import { allocationRoutes } from './routes.ts';
import { Rules } from './rules.ts';

export { wholeDays, within } from './allocation-reports.ts';
export type { AllocationReport } from './contract.ts';
export { amountSql, currencySql, type Exchange } from './exchange.ts';
export { exchangeFor } from './exchange-repository.ts';
export type { Rates } from './ports.ts';

export interface Allocation {
  /**
   * Direct and shared cost by owner: bills = the totals of all rows + unallocated, to the last digit.
   * @throws AppError VALIDATION_FAILED, QUERY_LIMIT, UNAVAILABLE
   */
  report(query: ReportAsked, scope: Scope): Promise<AllocationReport>;
}

/** The room that says who bears shared costs. */
export function createAllocationRoom(platform: Platform, ports: AllocationPorts): Room & { allocation: Allocation } {
  const rules = new Rules(platform);
  const reports = new AllocationReports(platform, ports, rules);
  return {
    name: 'allocation',
    routes: (app) => allocationRoutes(app, reports, rules, platform.clock),
    start: () => {
      const configured = platform.config.allocation.rules;
      return rules.takeOver(configured.length > 0 ? configured : (ports.samples ?? []));
    },
    allocation: { report: (query, scope) => reports.report(query, scope) },
  };
}
