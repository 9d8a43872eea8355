import { t } from '../i18n';
import { Badge } from '@grafana/ui';
import { formatShare } from '../format/money';

/** How much of the spend has no owner; `href` leads to what that is. */
export function MissingTags({ share, href }: { share: string | null | undefined; href?: string }) {
  if (share === null || share === undefined || !(Number(share) > 0)) return null;
  const badge = (
    <Badge
      color={Number(share) > 0.1 ? 'orange' : 'blue'}
      icon="tag-alt"
      text={t('badge.tags', '{{share}} without a team', { share: formatShare(share) })}
      tooltip={t('badge.tags-help', 'Share of the cost in this view whose bill lines carry no team tag.')}
    />
  );
  return href === undefined ? badge : <a href={href}>{badge}</a>;
}

/** The answer was kept from an earlier question. */
export function Cached({ seconds }: { seconds: number | undefined }) {
  if (seconds === undefined || seconds < 1) return null;
  return (
    <Badge
      color="blue"
      icon="clock-nine"
      text={t('badge.cached', 'from {{seconds}} s ago', { seconds: Math.round(seconds) })}
      tooltip={t(
        'badge.cached-help',
        'The same question was asked before; its answer is shown again until it ages out.',
      )}
    />
  );
}

/** Computed ahead, not billed. */
export function Estimate() {
  return (
    <Badge
      color="purple"
      icon="chart-line"
      text={t('badge.estimate', 'Estimate')}
      tooltip={t('badge.estimate-help', 'A forecast, not a bill.')}
    />
  );
}

/** The data comes from the generator that ships with Amadeus. */
export function Generated() {
  return (
    <Badge
      color="orange"
      icon="cube"
      text={t('badge.estate', 'Sample data')}
      tooltip={t(
        'badge.estate-help',
        'A generated estate, so that there is something to look at. Bring your own bills and Prometheus to replace it.',
      )}
    />
  );
}
