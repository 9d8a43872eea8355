import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { RevenueLine } from './contract.ts';
import { RevenueBook } from './revenue-book.ts';
import { ProvisionedRevenue } from './provisioned-revenue.ts';
import { readLines, type Revenue as RevenueOfPeriod } from './revenue-line.ts';
import { revenueRoutes } from './routes.ts';

export { dayText, revenueOfDays } from './revenue-line.ts';

/** What customers paid. */
export interface Revenue {
  /**
   * Puts the lines in the place of all that stood for their periods; the same again changes nothing. Lines of days for which
   * the configuration keeps revenue are left out.
   * @throws AppError UNPROCESSABLE with the lines that are wrong: nothing is kept
   */
  keep(lines: readonly RevenueLine[], caller: Caller): Promise<void>;
  /** Lines whose periods share a day with the span of Unix milliseconds; none for who may not see the whole tenant. */
  between(span: { from: number; to: number }, scope: Scope): Promise<RevenueOfPeriod[]>;
}

/** The room that keeps revenue per customer. */
export function createRevenueRoom(platform: Platform): Room & { revenue: Revenue } {
  const book = new RevenueBook(platform);
  const files = new ProvisionedRevenue(platform, book);
  return {
    name: 'revenue',
    routes: (app) => revenueRoutes(app, book, files),
    start: () => files.start(),
    loops:
      platform.config.revenue.folder === undefined
        ? []
        : [{ name: 'revenue-folder', everyMs: 300_000, run: () => files.turn() }],
    revenue: {
      keep: async (lines, caller) => {
        const numbered = lines.map((fields, index) => ({ line: index + 1, fields }));
        const kept = await book.provisioned(caller.scope.tenant);
        const { revenues, problems } = readLines(numbered);
        const free = revenues.filter((line) => !kept.some(({ from, to }) => line.from <= to && from <= line.to));
        const isPart = problems.length === 0 && free.length < revenues.length;
        const left = isPart ? free.map((fields, index) => ({ line: index + 1, fields })) : numbered;
        if (left.length > 0) await book.keep(left, caller);
      },
      between: (span, scope) => book.between(span, scope),
    },
  };
}
