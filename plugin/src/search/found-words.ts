import type { Found } from '@amadeus/backend/search/contract.ts';
import { formatMoney } from '../format/money';
import { t } from '../i18n';

/** What a find is, in words. */
export function typeName(type: Found['type']): string {
  const names: Record<Found['type'], string> = {
    team: t('search.type.team', 'Team'),
    product: t('search.type.product', 'Product'),
    customer: t('search.type.customer', 'Customer'),
    feature: t('search.type.feature', 'Feature'),
    model: t('search.type.model', 'Model'),
    service: t('search.type.service', 'Service'),
    account: t('search.type.account', 'Account'),
    provider: t('search.type.provider', 'Provider'),
    budget: t('search.type.budget', 'Budget'),
    view: t('search.type.view', 'Saved view'),
    source: t('search.type.source', 'Source'),
    workload: t('search.type.workload', 'Workload'),
    resource: t('search.type.resource', 'Resource'),
  };
  return names[type];
}

/** What it cost in the last 30 days, in each currency; undefined for what has no cost of its own. */
export function spendText({ spend }: Found): string | undefined {
  if (spend === undefined) return undefined;
  if (spend.length === 0) return t('search.no-spend', 'no cost in 30 days');
  return t('search.spend', '{{amount}} in 30 days', {
    amount: spend.map(({ amount, currency }) => formatMoney(amount, currency)).join(' + '),
  });
}

/** A text in pieces: those that were looked for, and those between them. */
export function piecesOf(text: string, marks: readonly number[][]): Array<{ text: string; marked: boolean }> {
  const pieces: Array<{ text: string; marked: boolean }> = [];
  let at = 0;
  for (const [from = 0, to = 0] of marks) {
    if (from > at) pieces.push({ text: text.slice(at, from), marked: false });
    if (to > from) pieces.push({ text: text.slice(from, to), marked: true });
    at = Math.max(at, to);
  }
  if (at < text.length) pieces.push({ text: text.slice(at), marked: false });
  return pieces;
}
