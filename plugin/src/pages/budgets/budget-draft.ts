import type { BudgetInput, BudgetView } from '@amadeus/backend/budgets/contract.ts';

/** What a person types; texts until it is sent. */
export interface BudgetDraft {
  name: string;
  description: string;
  filters: BudgetInput['filters'];
  amount: string;
  currency: string;
  metric: BudgetInput['metric'];
  window: { kind: 'calendar' | 'rolling'; unit: NonNullable<BudgetInput['window']['unit']>; days: string };
  timeZone: string;
  thresholds: BudgetInput['thresholds'];
  /** Undefined: every configured channel. */
  channels: string[] | undefined;
  cooldownHours: string;
}

export type DraftProblems = Partial<Record<'name' | 'amount' | 'currency' | 'days' | 'timeZone' | 'thresholds', true>>;

/** A new draft, or one that says what the budget says. */
export function draftOf(budget: BudgetView | undefined, timeZone: string): BudgetDraft {
  return {
    name: budget?.name ?? '',
    description: budget?.description ?? '',
    filters: budget?.filters ?? [],
    amount: budget?.amount ?? '',
    currency: budget?.currency ?? 'USD',
    metric: budget?.metric ?? 'EffectiveCost',
    window: {
      kind: budget?.window.kind ?? 'calendar',
      unit: budget?.window.unit ?? 'month',
      days: String(budget?.window.days ?? 30),
    },
    timeZone: budget?.timeZone ?? timeZone,
    thresholds: budget?.thresholds ?? [
      { kind: 'percent', value: '80', on: 'actual' },
      { kind: 'percent', value: '100', on: 'actual' },
      { kind: 'percent', value: '100', on: 'forecast' },
    ],
    channels: budget?.channels,
    cooldownHours: String((budget?.cooldownMinutes ?? 1440) / 60),
  };
}

const decimal = /^\d{1,15}(\.\d{1,6})?$/;

/** What has to be mended before the draft can be sent. */
export function problemsOf(draft: BudgetDraft): DraftProblems {
  const days = Number(draft.window.days);
  return {
    ...(draft.name.trim() === '' ? { name: true } : {}),
    ...(decimal.test(draft.amount.trim()) && Number(draft.amount) > 0 ? {} : { amount: true }),
    ...(/^[A-Z]{3}$/.test(draft.currency) ? {} : { currency: true }),
    ...(draft.window.kind === 'calendar' || (Number.isInteger(days) && days >= 1 && days <= 366) ? {} : { days: true }),
    ...(isTimeZone(draft.timeZone) ? {} : { timeZone: true }),
    ...(draft.thresholds.every(({ value }) => decimal.test(value) && Number(value) > 0) ? {} : { thresholds: true }),
  };
}

/** The draft as the service takes it; what the form does not show stays as `of` has it. */
export function inputOf(draft: BudgetDraft, of: BudgetView | undefined): BudgetInput {
  const { kind, unit, days } = draft.window;
  const same = of?.window.kind === kind && of.window.unit === unit;
  const { startDay, startMonth } = (same ? of?.window : undefined) ?? {};
  return {
    name: draft.name.trim(),
    ...(draft.description.trim() === '' ? {} : { description: draft.description.trim() }),
    filters: draft.filters.filter(({ dimension, values }) => dimension !== '' && values.length > 0),
    ...(of?.regions === undefined ? {} : { regions: of.regions }),
    amount: draft.amount.trim(),
    currency: draft.currency,
    metric: draft.metric,
    window:
      kind === 'rolling'
        ? { kind, days: Number(days) }
        : {
            kind,
            unit,
            ...(startDay === undefined ? {} : { startDay }),
            ...(startMonth === undefined ? {} : { startMonth }),
          },
    timeZone: draft.timeZone,
    thresholds: draft.thresholds,
    ...(draft.channels === undefined ? {} : { channels: draft.channels }),
    quiet: of?.quiet ?? [],
    cooldownMinutes: Math.round(Number(draft.cooldownHours) * 60),
    enforcement: of?.enforcement ?? 'none',
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
