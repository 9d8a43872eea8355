import { describe, expect, test } from '@jest/globals';
import { assess, assessPast, type DailySpend } from './assessment.ts';
import { alertSteps, type AlertRow } from './alerting.ts';
import { covers, isWithin, limitOf, problemsOf, tidied, type Budget } from './budget.ts';
import type { BudgetInput } from './contract.ts';
import { plainBudget } from './fixtures/budget-stand.ts';
import { Money } from './money.ts';
import { isQuiet } from './quiet.ts';
import { daysFrom, type Day } from './zoned-day.ts';

function budget(settings: Partial<BudgetInput> = {}): Budget {
  const at = new Date('2026-11-01T00:00:00Z');
  const by = { id: 'user:1', name: 'Ada' };
  return {
    tenant: 'default',
    id: 'b-1',
    settings: { ...plainBudget, ...settings },
    origin: 'api',
    version: 1,
    createdBy: by,
    createdAt: at,
    updatedAt: at,
  };
}

function steady(from: Day, until: Day, cost: string, partial: Record<Day, string> = {}): DailySpend {
  const all = new Map(daysFrom(from, until).map((day) => [day, new Money(cost)]));
  for (const [day, amount] of Object.entries(partial)) all.set(day, new Money(amount));
  return { all, usual: all, since: from, completeUntil: until, notices: [] };
}

describe('an assessment', () => {
  test('adds up the window, forecasts its end and names the day on which it passes', () => {
    const { status, thresholds, days } = assess(budget(), steady('2026-10-01', '2026-11-20', '40'), '2026-11-21');
    expect(status).toEqual({
      id: 'b-1',
      name: 'Search',
      spent: '800',
      amount: '1000',
      share: '0.8',
      forecast: '1200',
      forecastLow: '1200',
      forecastHigh: '1200',
      passesOn: '2026-11-26',
      state: 'at-risk',
      currency: 'USD',
      windowFrom: '2026-11-01',
      windowTo: '2026-11-30',
    });
    expect(thresholds.map(({ key, passed }) => [key, passed])).toEqual([
      ['actual:percent:80', true],
      ['actual:percent:100', false],
      ['forecast:percent:100', true],
    ]);
    expect(days).toHaveLength(30);
    expect(days[19]).toEqual({ day: '2026-11-20', spent: '40', actual: '800', complete: true, plan: '666.67' });
    expect(days[25]).toEqual({
      day: '2026-11-26',
      complete: false,
      plan: '866.67',
      forecast: '1040',
      low: '1040',
      high: '1040',
    });
  });

  test('takes a day whose bills are not complete as the pattern says, or as billed where that is more', () => {
    const little = assess(budget(), steady('2026-10-01', '2026-11-20', '40', { '2026-11-21': '5' }), '2026-11-21');
    const much = assess(budget(), steady('2026-10-01', '2026-11-20', '40', { '2026-11-21': '90' }), '2026-11-21');
    expect([little.status.spent, little.status.forecast]).toEqual(['805', '1200']);
    expect([much.status.spent, much.status.forecast]).toEqual(['890', '1250']);
  });

  test('says on which day the amount was passed', () => {
    const { status } = assess(budget({ amount: '500' }), steady('2026-10-01', '2026-11-20', '40'), '2026-11-21');
    expect([status.state, status.passesOn]).toEqual(['over', '2026-11-13']);
  });

  test('forecasts nothing before a week of bills', () => {
    const { status, method } = assess(budget(), steady('2026-11-15', '2026-11-20', '40'), '2026-11-21');
    expect([status.forecast, status.state, method]).toEqual([
      undefined,
      'ok',
      'No forecast before there are 7 days of complete bills.',
    ]);
  });

  test('follows a rolling window day by day', () => {
    const rolling = budget({ window: { kind: 'rolling', days: 7 }, amount: '100' });
    const spend = steady('2026-10-01', '2026-11-20', '10', { '2026-11-20': '50', '2026-11-19': '10' });
    const { status, days } = assess(rolling, spend, '2026-11-21');
    expect([status.spent, status.windowFrom, status.windowTo]).toEqual(['100', '2026-11-15', '2026-11-21']);
    expect(days.at(-1)?.day).toBe('2026-11-28');
    // The dear day leaves the window on the 27th, a week after it.
    expect(Number(days.at(-1)?.forecast)).toBeLessThan(Number(days.at(-3)?.forecast));
  });

  test('shows a window that is over as it was', () => {
    const past = assessPast(budget(), steady('2026-10-01', '2026-11-20', '40'), '2026-10-31');
    expect([past.status.spent, past.status.forecast, past.days.length, past.days.at(-1)?.actual]).toEqual([
      '1240',
      undefined,
      31,
      '1240',
    ]);
  });
});

describe('alerts', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const assessed = (cost: string) =>
    assess(budget(), steady('2026-10-01', '2026-11-20', cost), '2026-11-21').thresholds;
  const row = (more: Partial<AlertRow>): AlertRow => ({
    id: '1',
    threshold: 'actual:percent:80',
    windowFrom: '2026-11-01',
    firing: true,
    firedAt: new Date('2026-11-20T12:00:00Z'),
    told: true,
    ...more,
  });
  const told = (steps: ReturnType<typeof alertSteps>) =>
    steps.map((step) =>
      step.kind === 'fire'
        ? `fire ${step.threshold.key}${step.quietly ? ' quietly' : ''}`
        : `${step.why} ${step.alert.threshold}`,
    );

  test('fire once per threshold and window', () => {
    expect(told(alertSteps(assessed('40'), [], '2026-11-01', now, 60))).toEqual([
      'fire actual:percent:80',
      'fire forecast:percent:100',
    ]);
    const known = [row({}), row({ threshold: 'forecast:percent:100' })];
    expect(alertSteps(assessed('40'), known, '2026-11-01', now, 60)).toEqual([]);
  });

  test('tell of the highest threshold where several are passed at once', () => {
    expect(told(alertSteps(assessed('60'), [], '2026-11-01', now, 60))).toEqual([
      'fire actual:percent:80 quietly',
      'fire actual:percent:100',
      'fire forecast:percent:100',
    ]);
  });

  test('resolve when the value drops, the window ends or the threshold goes', () => {
    expect(told(alertSteps(assessed('10'), [row({})], '2026-11-01', now, 60))).toEqual(['dropped actual:percent:80']);
    expect(told(alertSteps(assessed('10'), [row({ windowFrom: '2026-10-01' })], '2026-11-01', now, 60))).toEqual([
      'ended actual:percent:80',
    ]);
    expect(told(alertSteps([], [row({})], '2026-11-01', now, 60))).toEqual(['removed actual:percent:80']);
  });

  test('fire again in the same window only after the cooldown', () => {
    const resolved = [row({ firing: false }), row({ threshold: 'forecast:percent:100', firing: true })];
    expect(told(alertSteps(assessed('40'), resolved, '2026-11-01', now, 24 * 60 + 1))).toEqual([]);
    expect(told(alertSteps(assessed('40'), resolved, '2026-11-01', now, 24 * 60))).toEqual(['fire actual:percent:80']);
  });
});

describe('a budget', () => {
  test('is seen by those who may see all that it counts', () => {
    const all = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' } as const;
    const search = plainBudget;
    expect(isWithin(all, { filters: [] })).toBe(true);
    expect(isWithin({ ...all, teams: ['search', 'ads'] }, search)).toBe(true);
    expect(isWithin({ ...all, teams: ['ads'] }, search)).toBe(false);
    expect(isWithin({ ...all, teams: ['search'] }, { filters: [] })).toBe(false);
    expect(isWithin({ ...all, products: ['shop'] }, search)).toBe(false);
    expect(isWithin({ ...all, regions: ['eu'] }, search)).toBe(false);
    expect(isWithin({ ...all, regions: ['eu', 'us'] }, { ...search, regions: ['eu'] })).toBe(true);
  });

  test('covers calls that fit every filter; a key that is absent counts as none', () => {
    const filters = [
      { dimension: 'x_Team', values: ['search', ''] },
      { dimension: 'tag:stage', values: ['ci'] },
    ];
    expect(covers({ filters }, { x_Team: 'search', 'tag:stage': 'ci' })).toBe(true);
    expect(covers({ filters }, { 'tag:stage': 'ci' })).toBe(true);
    expect(covers({ filters }, { x_Team: 'search' })).toBe(false);
    expect(covers({ filters: [] }, {})).toBe(true);
  });

  test('names everything that is wrong with it', () => {
    const wrong = {
      ...plainBudget,
      amount: '0',
      currency: 'QQQ',
      timeZone: 'Mars',
      window: { kind: 'rolling' },
      filters: [
        { dimension: 'x_Team', values: ['a'] },
        { dimension: 'x_Team', values: ['b'] },
        { dimension: 'BilledCost) OR 1', values: ['b'] },
        { dimension: 'tag:', values: ['b'] },
      ],
      channels: ['nobody'],
      thresholds: [plainBudget.thresholds[0]!, { kind: 'percent', value: '80.0', on: 'actual' }],
      quiet: [{ from: '10:00', to: '10:00' }],
    } satisfies BudgetInput;
    const problems = problemsOf(wrong, ['ops']).join('\n');
    for (const word of [
      'window.days',
      'timeZone',
      'ISO 4217',
      'amount',
      'x_Team twice',
      'OR 1',
      '`tag:`',
      'nobody',
      'twice',
      'quiet',
    ])
      expect(problems).toContain(word);
    expect(problemsOf(plainBudget, [])).toEqual([]);
  });

  test('is kept in one spelling', () => {
    const kept = tidied({ ...plainBudget, name: ' Search ', amount: '0100.50', timeZone: 'asia/seoul' });
    expect([kept.name, kept.amount, kept.timeZone]).toEqual(['Search', '100.5', 'Asia/Seoul']);
    expect(limitOf({ kind: 'percent', value: '33.3', on: 'actual' }, '100.5').toFixed()).toBe('33.4665');
  });

  test('is quiet by its own clocks, also over midnight', () => {
    const at = (text: string) => Date.parse(text);
    const nights = [{ days: [5], from: '20:00', to: '07:00' }];
    // Friday 20 November 2026, 20:00 in Seoul is 11:00 UTC.
    expect(isQuiet(nights, 'Asia/Seoul', at('2026-11-20T10:59:00Z'))).toBe(false);
    expect(isQuiet(nights, 'Asia/Seoul', at('2026-11-20T11:00:00Z'))).toBe(true);
    expect(isQuiet(nights, 'Asia/Seoul', at('2026-11-20T21:59:00Z'))).toBe(true);
    expect(isQuiet(nights, 'Asia/Seoul', at('2026-11-20T22:00:00Z'))).toBe(false);
    expect(isQuiet([{ from: '09:00', to: '17:00' }], 'UTC', at('2026-11-20T12:00:00Z'))).toBe(true);
  });
});
