import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Budget } from './budget.ts';
import type { Rates } from './daily-spend.ts';
import type { BudgetPorts } from './ports.ts';
import { addDays, daysBetween, type Day } from './zoned-day.ts';

/**
 * @returns what one unit of `currency` is worth in the currency of each of the budgets, as exact decimals
 * @throws AppError UNPROCESSABLE where there is no rate
 */
export async function ratesOf(
  { currency, tenant }: { currency: string; tenant: string },
  budgets: readonly Pick<Budget, 'settings'>[],
  { at, prices }: { at: Date; prices: BudgetPorts['prices'] },
): Promise<Map<string, string>> {
  const rates = new Map([[currency, '1']]);
  const day = at.toISOString().slice(0, 10);
  for (const { settings } of budgets) {
    if (rates.has(settings.currency)) continue;
    const found = await prices?.rates(currency, settings.currency, day, day, tenant);
    const rate = found?.get(day)?.rate;
    if (rate === undefined)
      throw new AppError('UNPROCESSABLE', `There is no rate from ${currency} to ${settings.currency}.`, {
        help: 'Add one under prices, or make the budget in the currency of the calls.',
      });
    rates.set(settings.currency, rate);
  }
  return rates;
}

/**
 * @returns what one unit of a currency is worth in another on each day of the span that has a rate; the days before the first
 * known rate are left out
 */
export async function ratesInSpan(
  prices: NonNullable<BudgetPorts['prices']>,
  [from, to]: readonly [string, string],
  span: { from: Day; to: Day },
  tenant: string,
): Promise<Rates> {
  const since = async (first: Day): Promise<Rates | undefined> => {
    try {
      return await prices.rates(from, to, first, span.to, tenant);
    } catch (error) {
      if (isAppError(error) && error.code === 'UNPROCESSABLE') return undefined;
      throw error;
    }
  };
  const all = await since(span.from);
  if (all !== undefined) return all;
  // A rate holds from its day on, so that the first day with one is found by halves.
  let [unrated, rated, found]: [Day, Day, Rates] = [span.from, addDays(span.to, 1), new Map()];
  while (daysBetween(unrated, rated) > 1) {
    const middle = addDays(unrated, Math.floor(daysBetween(unrated, rated) / 2));
    const some = await since(middle);
    if (some === undefined) unrated = middle;
    else [rated, found] = [middle, some];
  }
  return found;
}
