import type { LiveCall } from '@amadeus/backend/routing-panels/contract.ts';
import type { BadgeColor } from '@grafana/ui';
import { formatUnitCost } from '../../format/unit-cost';
import { t } from '../../i18n';

/** Milliseconds as people read them: `840 ms`, `1.2 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}\u00a0ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}\u00a0s`;
}

/** An amount that may be a small part of a cent; without a currency there was nothing to pay. */
export function smallMoney(amount: string, currency: string): string {
  return currency === '' ? '–' : formatUnitCost(amount, currency);
}

/** How often a route was asked for the answer; a judge is asked for none. */
export function triesOf({ tries }: Pick<LiveCall, 'tries'>): number {
  return tries.filter(({ judge }) => judge !== true).length;
}

/** Stands in the place of a route where none was asked. */
export const noRoute = 'none';

/** Where a call was answered, in words. */
export function routeName(route: string): string {
  if (route === noRoute) return t('routing.no-route', 'no route');
  return route || t('routing.a-cache', 'a cache');
}

/** How a call or a try ended, in words. */
export function endName(status: string): string {
  const names: Record<string, string> = {
    ok: t('routing.end.ok', 'Answered'),
    error: t('routing.end.error', 'Failed'),
    timeout: t('routing.end.timeout', 'Too late'),
    cancelled: t('routing.end.cancelled', 'Caller hung up'),
    open: t('routing.end.open', 'Being taken over'),
  };
  return names[status] ?? status;
}

export function endColor(status: string): BadgeColor {
  if (status === 'ok') return 'green';
  if (status === 'open') return 'orange';
  return status === 'cancelled' ? 'blue' : 'red';
}

/** What calls are grouped by, in words. */
export function routingDimensionName(name: string): string {
  const names: Record<string, string> = {
    policy: t('routing.dim.policy', 'Policy'),
    version: t('routing.dim.version', 'Version'),
    route: t('routing.dim.route', 'Route'),
    model: t('routing.dim.model', 'Model'),
    asked: t('routing.dim.asked', 'Model asked for'),
    provider: t('routing.dim.provider', 'Provider'),
    team: t('routing.dim.team', 'Team'),
    product: t('routing.dim.product', 'Product'),
    customer: t('routing.dim.customer', 'Customer'),
    feature: t('routing.dim.feature', 'Feature'),
    key: t('routing.dim.key', 'Key'),
    cache: t('routing.dim.cache', 'Cache'),
  };
  return names[name] ?? name;
}
