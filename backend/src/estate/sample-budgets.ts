import type { BudgetSettings } from '../platform/config/index.ts';

const usual: Omit<BudgetSettings, 'id' | 'name' | 'filters' | 'amount' | 'window'> = {
  currency: 'USD',
  metric: 'EffectiveCost',
  timeZone: 'UTC',
  thresholds: [
    { kind: 'percent', value: '80', on: 'actual' },
    { kind: 'percent', value: '100', on: 'actual' },
    { kind: 'percent', value: '100', on: 'forecast' },
  ],
  quiet: [],
  cooldownMinutes: 1_440,
  enforcement: 'none',
};

const ofTeam = (team: string) => [{ dimension: 'x_Team', values: [team] }];

/**
 * Budgets of the generated company: one that holds, one that its team passes in the last week of the month, and a rolling one
 * that the mistake in the bills breaks.
 */
export const sampleBudgets: readonly BudgetSettings[] = [
  {
    ...usual,
    id: 'search-month',
    name: 'Search, month',
    description: 'Search and its models.',
    filters: ofTeam('search'),
    amount: '16000',
    window: { kind: 'calendar', unit: 'month' },
  },
  {
    ...usual,
    id: 'research-month',
    name: 'Research, month',
    description: 'GPUs and models of the researchers.',
    filters: ofTeam('research'),
    amount: '15000',
    window: { kind: 'calendar', unit: 'month' },
  },
  {
    ...usual,
    id: 'platform-week',
    name: 'Platform, seven days',
    description: 'Observability and what else every team uses.',
    filters: ofTeam('platform'),
    amount: '900',
    window: { kind: 'rolling', days: 7 },
  },
];
