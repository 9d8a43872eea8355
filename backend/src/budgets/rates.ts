import { AppError } from '../platform/errors/index.ts';
import type { Budget } from './budget.ts';
import type { BudgetPorts } from './ports.ts';

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
