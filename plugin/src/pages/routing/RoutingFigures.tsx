import type { RoutingOverview } from '@amadeus/backend/routing-panels/contract.ts';
import { Figure, Figures } from '../../components/Figure';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration, smallMoney } from './call-words';

/** The numbers behind the sentence. */
export function RoutingFigures({ overview: { total, currency, wouldHave } }: { overview: RoutingOverview }) {
  const count = (value: number) => value.toLocaleString('en-US');
  const latency = (value: { p50: number; p95: number } | undefined) => (value ? duration(value.p95) : '–');
  return (
    <Figures>
      <Figure
        label={t('routing.requests', 'Requests')}
        value={count(total.calls)}
        how={t('routing.requests-how', 'Calls of applications, each once, however often it was tried.')}
        note={t('routing.tries', '{{tries}} tries', { tries: count(total.tries) })}
      />
      <Figure
        label={t('routing.answered', 'Answered')}
        value={total.errorShare === undefined ? '–' : formatShare(1 - total.errorShare, 2)}
        how={t(
          'routing.answered-how',
          'Part of the requests that some route answered. Those whose caller hung up do not count.',
        )}
        note={t('routing.failed', '{{failed}} failed, {{cancelled}} hung up', {
          failed: count(total.failed),
          cancelled: count(total.cancelled),
        })}
      />
      <Figure
        label={t('routing.first-token', 'First token, p95')}
        value={latency(total.firstTokenMs)}
        how={t('routing.latency-how', 'Of 100 requests 95 were at least as fast; within 2.5 % of the exact value.')}
        note={t('routing.latency-note', 'median {{median}}; whole answer {{whole}}', {
          median: total.firstTokenMs ? duration(total.firstTokenMs.p50) : '–',
          whole: latency(total.durationMs),
        })}
      />
      <Figure
        label={t('routing.spend', 'Spend')}
        value={smallMoney(total.cost, currency)}
        how={t('routing.spend-how', 'Tokens of every try by the price book, also of those that were cut off.')}
        note={
          wouldHave
            ? t('routing.instead', 'instead of {{cost}}', { cost: smallMoney(wouldHave.cost, currency) })
            : total.unpriced > 0 && t('routing.unpriced', '{{count}} without a price', { count: count(total.unpriced) })
        }
      />
      <Figure
        label={t('routing.cache-hits', 'From a cache')}
        value={total.cacheShare === undefined ? '–' : formatShare(total.cacheShare)}
        how={t(
          'routing.cache-how',
          'Part of the requests that a cache of the gateway answered, and what they would have cost.',
        )}
        note={t('routing.saved', '{{amount}} saved', { amount: smallMoney(total.saved, currency || 'USD') })}
      />
    </Figures>
  );
}
