import type { DailySpend } from './assessment.ts';
import type { BudgetInput, Notice } from './contract.ts';
import { Money, zero } from './money.ts';
import type { BillsRow, SpendRow } from './spend-repository.ts';
import { addDays, dayOf, startOfDay, type Day } from './zoned-day.ts';

/** Day (UTC) to what one unit of a currency is worth in the currency of the budget. */
export type Rates = ReadonlyMap<Day, { rate: string }>;

const hourMs = 3_600_000;
/** A charge that lasts longer says nothing of how far the bills reach: fees are billed for a month in advance. */
const longestTelling = 24 * hourMs;
/** A source that has been silent for so long is not waited for. */
const staleMs = 14 * 24 * hourMs;

/**
 * Spend by day in the currency of the budget, and up to which day the bills of its sources are complete. Costs in a currency
 * without a rate are left out, and a notice says so.
 */
export function dailySpend(
  rows: readonly SpendRow[],
  bills: readonly BillsRow[],
  settings: Pick<BudgetInput, 'currency' | 'timeZone'>,
  now: Date,
  rates: ReadonlyMap<string, Rates>,
): DailySpend {
  const all = new Map<Day, Money>();
  const usual = new Map<Day, Money>();
  const uncounted = new Map<string, Day>();
  for (const row of rows) {
    const rate = row.currency === settings.currency ? '1' : rates.get(row.currency)?.get(row.day)?.rate;
    if (rate === undefined) {
      const last = uncounted.get(row.currency);
      uncounted.set(row.currency, last !== undefined && last > row.day ? last : row.day);
    } else {
      all.set(row.day, (all.get(row.day) ?? zero).plus(new Money(row.cost).times(rate)));
      usual.set(row.day, (usual.get(row.day) ?? zero).plus(new Money(row.usual).times(rate)));
    }
  }
  const reach = reachOf(rows, bills, settings.timeZone, now);
  return {
    all,
    usual,
    ...reach.known,
    notices: [...uncountedNotices(uncounted, rates, settings.currency), ...reach.notices],
  };
}

/** @param uncounted the last day of each currency whose costs no rate converts */
function uncountedNotices(
  uncounted: ReadonlyMap<string, Day>,
  rates: ReadonlyMap<string, Rates>,
  own: string,
): Notice[] {
  const isRatedLater = (currency: string) => (rates.get(currency)?.size ?? 0) > 0;
  const currencies = [...uncounted.keys()].sort();
  const never = currencies.filter((currency) => !isRatedLater(currency));
  const texts = [
    ...(never.length === 0 ? [] : [`Costs in ${never.join(', ')} are not counted: there is no rate to ${own}.`]),
    ...currencies
      .filter(isRatedLater)
      .map(
        (currency) =>
          `Costs in ${currency} up to ${uncounted.get(currency)} are not counted: there is no rate to ${own} of those days.`,
      ),
  ];
  return texts.map((text) => ({ severity: 'warning', text }));
}

/** How far the bills of the sources reach that this budget has costs from; where it has none, of all sources. */
function reachOf(
  rows: readonly SpendRow[],
  bills: readonly BillsRow[],
  zone: string,
  now: Date,
): { known: Pick<DailySpend, 'completeUntil' | 'since'>; notices: Notice[] } {
  const own = new Set(rows.flatMap(({ sources }) => sources));
  const telling = own.size === 0 ? bills : bills.filter(({ source }) => own.has(source));
  const isStale = (bill: BillsRow) => bill.chargeLast * 1000 < now.getTime() - staleMs;
  const fresh = telling.filter((bill) => !isStale(bill));
  const counted = fresh.length > 0 ? fresh : telling;
  if (counted.length === 0) return { known: {}, notices: [] };
  const completeUntil = counted.map((bill) => lastCompleteDay(bill, zone, now)).reduce(earlier);
  const since = telling.map(({ chargeFrom }) => dayOf(chargeFrom * 1000, zone)).reduce(earlier);
  const silent = fresh.length > 0 ? telling.filter(isStale).map(({ source }) => source) : [];
  return {
    known: { completeUntil, since },
    notices:
      silent.length === 0
        ? []
        : [
            {
              severity: 'info',
              text: `No newer bills than 14 days from ${silent.slice(0, 10).join(', ')}: they are not waited for.`,
            },
          ],
  };
}

function lastCompleteDay({ chargeLast, chargeTo }: BillsRow, zone: string, now: Date): Day {
  const last = chargeLast * 1000;
  const end = chargeTo * 1000 - last > longestTelling ? last + hourMs : chargeTo * 1000;
  const day = dayOf(last, zone);
  const isOver = Math.min(end, now.getTime()) >= startOfDay(addDays(day, 1), zone);
  const complete = isOver ? day : addDays(day, -1);
  // Charges of days to come are no bill of today.
  return earlier(complete, addDays(dayOf(now.getTime(), zone), -1));
}

function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}
