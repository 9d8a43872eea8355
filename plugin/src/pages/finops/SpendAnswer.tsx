import { t } from '../../i18n';
import { Cached, MissingTags } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { Notices } from '../../components/Notices';
import { TopSentence } from '../../components/TopSentence';
import { ago, moment } from '../../format/age';
import { formatChange, formatMoney, formatShare } from '../../format/money';
import type { CostSummary, Dimension } from '../../service/contract';
import { spendStory, type SpendStory } from './spend-story';

interface Props {
  summary: CostSummary;
  compare: boolean;
  dims: Dimension[];
  /** Leads to what of it has no team. */
  ownerless: string;
}

/** The spend in a sentence, with what drove it, and how it was computed. */
export function SpendAnswer({ summary, compare, dims, ownerless }: Props) {
  const { total, currency, quality, cachedAgeSeconds, freshness, notices } = summary;
  const newest = freshness?.newestChargePeriodEnd;
  const label = (name: string) => dims.find((dim) => dim.name === name)?.label ?? name;
  return (
    <>
      <TopSentence
        aside={
          <>
            <MissingTags share={quality?.withoutTeamShare} href={ownerless} />
            <Cached seconds={cachedAgeSeconds} />
            {newest && (
              <span title={moment(newest)}>{t('finops.fresh', 'Bills up to {{when}}', { when: ago(newest) })}</span>
            )}
            <ExplainButton
              subject={t('finops.explain-subject', 'Spend in this range')}
              how={t(
                'finops.explain',
                'The sum of {{metric}} over all bill lines whose charge period begins in the range and that fit the filters. Exact decimals: it equals the bills to the last digit.',
                { metric: summary.metric },
              )}
              terms={[
                { name: t('finops.sum', 'Sum'), value: `${total.cost} ${currency}` },
                { name: t('finops.lines', 'Bill lines'), value: total.lines.toLocaleString('en-US') },
                { name: t('finops.from', 'From'), value: moment(summary.from) },
                { name: t('finops.to', 'To'), value: moment(summary.to) },
                ...(total.previousCost === undefined
                  ? []
                  : [
                      {
                        name: t('finops.previous', 'The period before'),
                        value: `${total.previousCost} ${currency}`,
                      },
                    ]),
                { name: t('finops.split', 'Split by'), value: summary.dims.map(label).join(', ') },
                { name: t('finops.newest', 'Newest charge period'), value: newest ? moment(newest) : '–' },
              ]}
            />
          </>
        }
      >
        {sentence(spendStory(summary), currency, compare)}
      </TopSentence>
      <Notices notices={notices} />
    </>
  );
}

/** The story as one sentence. */
export function sentence(story: SpendStory, currency: string, compare: boolean): string {
  const amount = formatMoney(story.total, currency);
  const parts =
    compare && story.changePercent !== undefined
      ? [
          t('finops.said-change', 'You spent {{amount}}, {{change}} against the period before', {
            amount,
            change: formatChange(story.changePercent),
          }),
        ]
      : [t('finops.said', 'You spent {{amount}}', { amount })];
  if (compare && story.driver) {
    const values = { share: formatShare(story.driver.share, 0), name: joined(story.driver.names) };
    parts.push(
      story.driver.direction === 'growth'
        ? t('finops.said-growth', '{{share}} of the growth is {{name}}', values)
        : t('finops.said-decline', '{{share}} of the saving is {{name}}', values),
    );
  } else if (story.largest) {
    parts.push(
      t('finops.said-largest', '{{share}} of it is {{name}}', {
        share: formatShare(story.largest.share, 0),
        name: joined(story.largest.names),
      }),
    );
  }
  return `${parts.join('; ')}.`;
}

/** `gpt-4.1 on search`: the first dimension, and where it was spent. */
function joined([first = '', ...rest]: string[]): string {
  return rest.length === 0 ? first : t('finops.on', '{{first}} on {{rest}}', { first, rest: rest.join(', ') });
}
