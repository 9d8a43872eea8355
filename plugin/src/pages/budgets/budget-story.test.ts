import type { BudgetStatus } from '@amadeus/backend/budgets/contract.ts';
import { budgetStory } from './budget-story';

function budget(name: string, over: Partial<BudgetStatus>) {
  const status: BudgetStatus = {
    id: name,
    name,
    spent: '0',
    amount: '100',
    share: '0',
    state: 'ok',
    currency: 'USD',
    windowFrom: '2026-11-01',
    windowTo: '2026-11-30',
    ...over,
  };
  return { status };
}

describe('what the budgets page says first', () => {
  test('nothing to say without budgets, and before the first look at them', () => {
    expect(budgetStory([])).toEqual({ kind: 'none' });
    expect(budgetStory([{}, budget('new', { state: 'waiting' })])).toEqual({ kind: 'waiting' });
  });

  test('the one furthest over its amount, before any that is only at risk', () => {
    const story = budgetStory([
      budget('a', { state: 'over', share: '1.1' }),
      budget('b', { state: 'at-risk', share: '0.9', passesOn: '2026-11-22' }),
      budget('c', { state: 'over', share: '1.4' }),
    ]);
    expect(story).toMatchObject({ kind: 'over', budget: { name: 'c' }, others: 1 });
  });

  test('the one that passes soonest', () => {
    const story = budgetStory([
      budget('late', { state: 'at-risk', passesOn: '2026-11-29' }),
      budget('soon', { state: 'at-risk', passesOn: '2026-11-24' }),
      budget('fine', { share: '0.2' }),
    ]);
    expect(story).toMatchObject({ kind: 'at-risk', budget: { name: 'soon' }, others: 1 });
  });

  test('the fullest, where all is fine', () => {
    const story = budgetStory([budget('a', { share: '0.2' }), budget('b', { share: '0.74' })]);
    expect(story).toMatchObject({ kind: 'fine', fullest: { name: 'b' }, count: 2 });
  });
});
