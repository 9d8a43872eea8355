import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { draftOf, inputOf, problemsOf } from './budget-draft';

describe('a budget as a person types it', () => {
  test('a new one begins with a month, the usual thresholds and what is still to be said', () => {
    const draft = draftOf(undefined, 'Asia/Seoul');
    expect(draft).toMatchObject({
      window: { kind: 'calendar', unit: 'month' },
      timeZone: 'Asia/Seoul',
      currency: 'USD',
    });
    expect(problemsOf(draft)).toEqual({ name: true, amount: true });
  });

  test.each([
    ['0', true],
    ['-5', true],
    ['1e9', true],
    ['12,5', true],
    ['25000.50', undefined],
  ])('the amount %s', (amount, wrong) => {
    expect(problemsOf({ ...draftOf(undefined, 'UTC'), name: 'a', amount }).amount).toBe(wrong);
  });

  test('a rolling window needs days, a time zone a name that exists, a threshold a number', () => {
    const draft = { ...draftOf(undefined, 'Mars/Olympus'), name: 'a', amount: '1' };
    expect(
      problemsOf({
        ...draft,
        window: { kind: 'rolling', unit: 'month', days: '0' },
        thresholds: [{ kind: 'percent', value: '', on: 'actual' }],
      }),
    ).toEqual({ days: true, timeZone: true, thresholds: true });
  });

  test('what the form does not show stays as it was', () => {
    const of = {
      ...inputOf({ ...draftOf(undefined, 'UTC'), name: 'Search', amount: '100' }, undefined),
      regions: ['eu'],
      quiet: [{ from: '20:00', to: '07:00' }],
      enforcement: 'enforce',
      window: { kind: 'calendar', unit: 'month', startDay: 15 },
    } as unknown as BudgetView;
    const again = inputOf({ ...draftOf(of, 'UTC'), amount: '200' }, of);
    expect(again).toMatchObject({
      amount: '200',
      regions: ['eu'],
      quiet: of.quiet,
      enforcement: 'enforce',
      window: { startDay: 15 },
    });
    const quarterly = inputOf({ ...draftOf(of, 'UTC'), window: { kind: 'calendar', unit: 'quarter', days: '30' } }, of);
    expect(quarterly.window).toEqual({ kind: 'calendar', unit: 'quarter' });
  });

  test('half a filter is not sent; no channels means every channel', () => {
    const draft = draftOf(undefined, 'UTC');
    const input = inputOf({ ...draft, filters: [{ dimension: 'x_Team', values: [] }] }, undefined);
    expect(input.filters).toEqual([]);
    expect(input).not.toHaveProperty('channels');
  });
});
