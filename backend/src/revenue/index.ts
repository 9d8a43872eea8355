import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { RevenueLine } from './contract.ts';
import { RevenueBook } from './revenue-book.ts';
import type { Revenue as RevenueOfPeriod } from './revenue-line.ts';
import { revenueRoutes } from './routes.ts';

export { dayText, revenueOfDays } from './revenue-line.ts';

/** What customers paid. */
export interface Revenue {
  /**
   * Puts the lines in the place of all that stood for their periods; the same again changes nothing.
   * @throws AppError UNPROCESSABLE with the lines that are wrong: nothing is kept
   */
  keep(lines: readonly RevenueLine[], caller: Caller): Promise<void>;
  /** Lines whose periods share a day with the span of Unix milliseconds; none for who may not see the whole tenant. */
  between(span: { from: number; to: number }, scope: Scope): Promise<RevenueOfPeriod[]>;
}

/** The room that keeps revenue per customer. */
export function createRevenueRoom(platform: Platform): Room & { revenue: Revenue } {
  const book = new RevenueBook(platform);
  return {
    name: 'revenue',
    routes: (app) => revenueRoutes(app, book),
    revenue: {
      keep: async (lines, caller) => {
        await book.keep(
          lines.map((fields, index) => ({ line: index + 1, fields })),
          caller,
        );
      },
      between: (span, scope) => book.between(span, scope),
    },
  };
}
