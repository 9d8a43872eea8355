import type { BudgetStatus, BudgetView } from '@amadeus/backend/budgets/contract.ts';

/** What the page says first: the budget that is worst off. */
export type BudgetStory =
  | { kind: 'none' }
  | { kind: 'waiting' }
  | { kind: 'over'; budget: BudgetStatus; others: number }
  | { kind: 'at-risk'; budget: BudgetStatus; others: number }
  | { kind: 'fine'; fullest: BudgetStatus; count: number };

/** Passed budgets come first, the furthest one at the top; then those that will pass, the soonest first. */
export function budgetStory(budgets: readonly Pick<BudgetView, 'status'>[]): BudgetStory {
  if (budgets.length === 0) return { kind: 'none' };
  const known = budgets.flatMap(({ status }) => (status === undefined || status.state === 'waiting' ? [] : [status]));
  if (known.length === 0) return { kind: 'waiting' };
  const byShare = [...known].sort((a, b) => Number(b.share) - Number(a.share));
  const over = byShare.filter(({ state }) => state === 'over');
  if (over[0]) return { kind: 'over', budget: over[0], others: over.length - 1 };
  const soon = known
    .filter(({ state }) => state === 'at-risk')
    .sort((a, b) => (a.passesOn ?? '9').localeCompare(b.passesOn ?? '9'));
  if (soon[0]) return { kind: 'at-risk', budget: soon[0], others: soon.length - 1 };
  return { kind: 'fine', fullest: byShare[0]!, count: known.length };
}
