import type { Notification, Severity } from '../platform/notify/index.ts';
import type { Assessment, PassedThreshold } from './assessment.ts';
import type { Budget } from './budget.ts';
import { Money } from './money.ts';

export interface NoticeContext {
  budget: Budget;
  assessment: Assessment;
  publicUrl?: string;
}

/** One incident per threshold and window. */
function incidentOf({ tenant, id }: Budget, threshold: string, windowFrom: string): string {
  return `budget:${tenant}:${id}:${threshold}:${windowFrom}`;
}

/** What people are told when a threshold is passed. */
export function firedNotification(
  { budget, assessment, publicUrl }: NoticeContext,
  threshold: PassedThreshold,
  windowFrom: string,
  drivers: readonly { service: string; cost: string }[],
): Notification {
  const { status } = assessment;
  return {
    title: titleOf(status, threshold),
    text: [
      `Window ${status.windowFrom} to ${status.windowTo} (${budget.settings.timeZone}).`,
      ...(assessment.dataUntil === undefined ? [] : [`The bills are complete up to ${assessment.dataUntil}.`]),
      ...assessment.notices.map(({ text }) => text),
    ].join(' '),
    severity: severityOf(threshold, status.amount),
    fields: {
      Budget: money(status.amount, status.currency),
      Spent: `${money(status.spent, status.currency)} (${percent(status.share)})`,
      ...(status.forecast === undefined
        ? {}
        : {
            Forecast: `${money(status.forecast, status.currency)} (80 %: ${money(status.forecastLow ?? '', '')} to ${money(status.forecastHigh ?? '', '')})`,
          }),
      ...(status.passesOn === undefined ? {} : { 'Passes on': status.passesOn }),
      Threshold: threshold.label,
      ...(drivers.length === 0
        ? {}
        : { 'Costs most': drivers.map(({ service, cost }) => `${service || 'other'} ${money(cost, '')}`).join(', ') }),
    },
    ...linkTo(budget, publicUrl),
    dedupKey: incidentOf(budget, threshold.key, windowFrom),
    event: 'trigger',
  };
}

const ends = {
  dropped: 'is under its threshold again',
  ended: 'began a new window',
  removed: 'no longer has this threshold',
} as const;

/** What people are told when it is over. */
export function resolvedNotification(
  { budget, assessment, publicUrl }: NoticeContext,
  alert: { threshold: string; windowFrom: string },
  why: keyof typeof ends,
): Notification {
  const { status } = assessment;
  return {
    title: `Budget ${status.name} ${ends[why]}`,
    text: `${money(status.spent, status.currency)} of ${money(status.amount, status.currency)} spent (${percent(status.share)}).`,
    severity: 'info',
    fields: { Threshold: alert.threshold.replaceAll(':', ' ') },
    ...linkTo(budget, publicUrl),
    dedupKey: incidentOf(budget, alert.threshold, alert.windowFrom),
    event: 'resolve',
  };
}

/** A pair that shows that a budget's alerts arrive, and leaves no incident open. */
export function testNotifications(budget: Budget, person: string, publicUrl?: string): [Notification, Notification] {
  const { settings } = budget;
  const common = {
    title: `Alerts of budget ${settings.name} arrive here`,
    severity: 'info' as const,
    fields: { Budget: money(settings.amount, settings.currency), By: person },
    ...linkTo(budget, publicUrl),
    dedupKey: `budget:${budget.tenant}:${budget.id}:test`,
  };
  return [
    { ...common, text: 'This is a test; nothing needs to be done.', event: 'trigger' },
    { ...common, text: 'The test is over.', event: 'resolve' },
  ];
}

function titleOf(status: Assessment['status'], { threshold, label }: PassedThreshold): string {
  const of = `of ${money(status.amount, status.currency)}`;
  if (threshold.on === 'actual')
    return `Budget ${status.name} has spent ${money(status.spent, status.currency)} ${of}: ${percent(status.share)}`;
  const day = status.passesOn === undefined ? '' : `, passes its amount on ${status.passesOn}`;
  return `Budget ${status.name} heads for ${money(status.forecast ?? '0', status.currency)} ${of}${day} (${label})`;
}

function severityOf({ threshold, limit }: PassedThreshold, amount: string): Severity {
  return threshold.on === 'actual' && limit.gte(amount) ? 'error' : 'warning';
}

function money(amount: string, currency: string): string {
  const [whole = '', places] = new Money(amount === '' ? 0 : amount).toFixed(2).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${places ?? '00'}${currency === '' ? '' : ` ${currency}`}`;
}

function percent(share: string): string {
  return `${new Money(share).times(100).toDecimalPlaces(1).toFixed()} %`;
}

function linkTo({ id }: Budget, publicUrl: string | undefined): { url?: string } {
  return publicUrl === undefined ? {} : { url: `${publicUrl.replace(/\/$/, '')}/api/budgets/${id}` };
}
