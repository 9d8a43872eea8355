import type { PolicySummary } from '@amadeus/backend/routing/contract.ts';
import type { BadgeColor } from '@grafana/ui';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import type { Strategy } from './policy-draft';

/** What a policy does now, in a word or two. */
export function policyState({ state, rollout, origin }: PolicySummary): string {
  if (origin === 'file' && state === 'active') return t('routing.policy.by-file', 'Serves, by configuration');
  const names: Record<PolicySummary['state'], string> = {
    draft: t('routing.policy.is-draft', 'Draft'),
    inactive: t('routing.policy.is-inactive', 'Serves nobody'),
    scheduled: t('routing.policy.is-scheduled', 'Begins later'),
    'rolling-out': t('routing.policy.is-rolling', '{{share}} on {{version}}', {
      share: formatShare(rollout?.share ?? 0, 0),
      version: rollout?.candidate ?? '',
    }),
    active: t('routing.policy.is-active', 'Serves'),
  };
  return names[state];
}

export function policyColor(state: PolicySummary['state']): BadgeColor {
  if (state === 'active') return 'green';
  if (state === 'rolling-out' || state === 'scheduled') return 'blue';
  return state === 'draft' ? 'orange' : 'darkgrey';
}

export function strategyName(strategy: Strategy): string {
  const names: Record<Strategy, string> = {
    ordered: t('routing.strategy.ordered', 'In the order of the list'),
    weights: t('routing.strategy.weights', 'By weight'),
    cheapest: t('routing.strategy.cheapest', 'The cheapest'),
    fastest: t('routing.strategy.fastest', 'The fastest'),
    score: t('routing.strategy.score', 'The best score of cost, latency, errors and quality'),
  };
  return names[strategy];
}
