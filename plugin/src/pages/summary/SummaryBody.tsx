import type { FinopsOverview, OverviewFigure, OverviewRole } from '@amadeus/backend/unit-economics/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { LinkButton, RadioButtonGroup, Stack } from '@grafana/ui';
import { Figure, Figures } from '../../components/Figure';
import { Notices } from '../../components/Notices';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { pageUrls } from '../../constants';
import { ago } from '../../format/age';
import { formatChange, formatMoney, formatShare } from '../../format/money';
import { formatUnitCost } from '../../format/unit-cost';
import { spoken, t } from '../../i18n';
import { exploreUrl, ownerlessUrl } from '../../service/explore-url';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame } from '../PageFrame';

const roles = ['finops', 'platform', 'product'] as const;

interface SummaryState extends SceneObjectState {
  /** Undefined: that of the person who looks. */
  role?: OverviewRole;
}

/** What finance, the platform and the product each look at first. */
export class SummaryBody extends SceneObjectBase<SummaryState> {
  static Component = SummaryPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['role'] });

  constructor() {
    super({});
  }

  getUrlState(): SceneObjectUrlValues {
    return { role: this.state.role };
  }

  updateFromUrl({ role }: SceneObjectUrlValues) {
    this.setState({ role: roles.find((one) => one === role) });
  }
}

function SummaryPage({ model }: SceneComponentProps<SummaryBody>) {
  const { role: chosen } = model.useState();
  const { me } = useMe();
  const role = chosen ?? roles.find((one) => me?.roles.includes(one)) ?? 'finops';
  const { data, failure, reload } = useService<FinopsOverview>('/api/finops/overview', { role });
  const shown = data?.role === role ? data : undefined;
  const newest = shown?.freshness.newestChargePeriodEnd;
  return (
    <PageFrame>
      <div>
        <RadioButtonGroup
          aria-label={t('summary.role', 'For')}
          options={[
            { value: 'finops' as const, label: t('summary.finops', 'Finance') },
            { value: 'platform' as const, label: t('summary.platform', 'Platform') },
            { value: 'product' as const, label: t('summary.product', 'Product') },
          ]}
          value={role}
          onChange={(next) => model.setState({ role: next })}
        />
      </div>
      {failure && <FailureNote failure={failure} what={t('summary.name', 'The summary')} retry={reload} />}
      {!shown && !failure && <Skeleton height={220} />}
      {shown && shown.figures.length === 0 && (
        <Empty message={t('summary.empty', 'There is nothing to sum up yet')}>
          {t('summary.empty-help', 'Send a bill, or connect a source, and it stands here.')}
        </Empty>
      )}
      {shown && shown.figures.length > 0 && (
        <>
          <TopSentence
            aside={newest && <span>{t('finops.fresh', 'Bills up to {{when}}', { when: ago(newest) })}</span>}
          >
            {spoken(shown.sentence)}
          </TopSentence>
          <Notices notices={shown.notices} />
          <Figures>
            {shown.figures.map((figure) => (
              <Figure
                key={figure.id}
                label={spoken(figure.label)}
                value={valueOf(figure, shown.currency)}
                how={spoken(figure.how)}
                note={noteOf(figure, shown.currency)}
                href={behind(figure.id)}
              />
            ))}
          </Figures>
          <NextSteps role={role} />
        </>
      )}
    </PageFrame>
  );
}

function valueOf({ value, unit }: OverviewFigure, currency: string): string {
  if (value === undefined) return '–';
  if (unit === 'money') return formatUnitCost(value, currency);
  if (unit === 'share') return formatShare(value);
  return unit === 'count' ? Number(value).toLocaleString('en-US') : value;
}

function noteOf(figure: OverviewFigure, currency: string): string {
  const { note, changeShare, previous, unit } = figure;
  const parts = [
    ...(changeShare === undefined ? [] : [formatChange(Number(changeShare) * 100)]),
    ...(previous === undefined || unit !== 'money' || Number(previous) === 0
      ? []
      : [t('summary.before', '{{amount}} before', { amount: formatMoney(previous, currency) })]),
    ...(note === undefined ? [] : [note]),
  ];
  return parts.join(' · ');
}

/** The costs that a figure sums up; undefined where they are no costs of bills. */
function behind(id: string): string | undefined {
  const month = { from: 'now/M', to: 'now' };
  switch (id) {
    case 'month':
      return exploreUrl([], month);
    case 'previous-month':
      return exploreUrl([], { from: 'now-1M/M', to: 'now-1M/M' });
    case 'without-owner':
      return ownerlessUrl([], month);
    case 'largest-growth':
      return exploreUrl([], { from: 'now-30d', to: 'now' }, ['x_Team', 'ServiceName']);
    default:
      return undefined;
  }
}

/** Where each role goes from here. */
function NextSteps({ role }: { role: OverviewRole }) {
  const explore = { href: `${pageUrls.finops}/explore`, text: t('summary.to-explore', 'See where the money goes') };
  const units = { href: `${pageUrls.finops}/units`, text: t('summary.to-units', 'See what one costs') };
  const budgets = { href: `${pageUrls.finops}/budgets`, text: t('summary.to-budgets', 'See the budgets') };
  const gpus = {
    href: `${pageUrls.finops}/units?unit=gpu-hour&by=job`,
    text: t('summary.to-gpus', 'See which jobs cost most'),
  };
  const steps = { finops: [explore, budgets], platform: [gpus, explore], product: [units, budgets] }[role];
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {steps.map(({ href, text }) => (
        <LinkButton key={href} href={href} variant="secondary">
          {text}
        </LinkButton>
      ))}
    </Stack>
  );
}
