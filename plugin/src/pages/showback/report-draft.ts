import type { Definition } from '@amadeus/backend/showback/contract.ts';

/** What is chosen on the page; kept in the address, so that a link opens the same report. */
export interface ReportDraft {
  /** `lastMonth`, `month`, `30d`, or one month `2026-10`. */
  period: string;
  levels: string[];
  /** Empty: the currency of most lines, alone. */
  currency: string;
  timeZone: string;
  sharedCosts: boolean;
}

export const usualReport: ReportDraft = {
  period: 'lastMonth',
  levels: ['x_Team', 'x_Product'],
  currency: '',
  timeZone: 'UTC',
  sharedCosts: true,
};

export const mostLevels = 4;
/** Outermost levels to which shared costs can be given. */
const owners = new Set(['x_Team', 'x_Product', 'x_Customer']);

export function definitionOf(draft: ReportDraft): Definition {
  const { period, levels, currency, timeZone, sharedCosts } = draft;
  return {
    levels: levels.slice(0, mostLevels),
    period: /^\d{4}-\d{2}$/.test(period) ? { month: period } : { range: period },
    timeZone,
    ...(currency === '' ? {} : { currency }),
    sharedCosts: sharedCosts && owners.has(levels[0] ?? ''),
  };
}

/** The draft that says the same as a saved definition, as far as the page can say it. */
export function draftOfDefinition(definition: Definition): ReportDraft {
  const { levels, period, timeZone = 'UTC', currency = '', sharedCosts = false } = definition;
  return {
    period: 'month' in period ? period.month : 'range' in period ? period.range : usualReport.period,
    levels: [...levels],
    currency,
    timeZone,
    sharedCosts,
  };
}

/** The last twelve months before `now`, newest first, as `2026-10`. */
export function recentMonths(now: Date): string[] {
  return Array.from({ length: 12 }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back - 1, 1)).toISOString().slice(0, 7),
  );
}
