import { spoken, t } from '../../i18n';
import { locationService } from '@grafana/runtime';
import { Button, LinkButton, Stack } from '@grafana/ui';
import { scopeSuffix } from '../../app/scope-memory';
import { Estimate, Generated } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { Figure, Figures } from '../../components/Figure';
import { Notices } from '../../components/Notices';
import { TopSentence } from '../../components/TopSentence';
import { pageUrls } from '../../constants';
import { clock } from '../../format/age';
import { changePercent, formatChange, formatMoney } from '../../format/money';
import { newestBill } from '../../format/freshness';
import type { ChangeSummary, Overview } from '../../service/contract';

interface Props {
  overview: Overview;
  changes: ChangeSummary[];
  onChange: (id: number) => void;
}

/** The sentence, the figures behind it, and the next step. */
export function OverviewAnswer({ overview, changes, onChange }: Props) {
  const { sentence, spend, traffic, estate, notices } = overview;
  const waiting = changes.find(({ state }) => state === 'proposed');
  return (
    <>
      <TopSentence
        aside={
          <>
            {estate && <Generated />}
            <SpendExplained overview={overview} />
            <NextStep overview={overview} waiting={waiting} onChange={onChange} />
          </>
        }
      >
        {spoken(sentence)}
      </TopSentence>
      <Notices notices={notices} />
      <Figures>
        <MonthFigure overview={overview} />
        {spend.forecastMonth !== null && (
          <Figure
            label={t('overview.forecast', 'Whole month, at this pace')}
            value={formatMoney(spend.forecastMonth, spend.currency)}
            how={t(
              'overview.forecast-how',
              'Spend so far, plus for each day left the mean of the last four weeks’ complete days of its kind (weekday or weekend).',
            )}
            note={<Estimate />}
          />
        )}
        {traffic.nextPeak && (
          <Figure
            label={t('overview.peak', 'Next peak, requests / min')}
            value={Math.round(traffic.nextPeak.requestsPerMinute).toLocaleString('en-US')}
            how={t(
              'overview.peak-how',
              'The largest prediction of the next ten minutes; eight of ten times it falls into the range below.',
            )}
            note={t('overview.peak-note', '{{workload}} at {{time}}; {{lower}} to {{upper}}', {
              workload: traffic.nextPeak.workload,
              time: clock(traffic.nextPeak.at),
              lower: Math.round(traffic.nextPeak.lower).toLocaleString('en-US'),
              upper: Math.round(traffic.nextPeak.upper).toLocaleString('en-US'),
            })}
          />
        )}
        {traffic.accuracy && traffic.accuracy.mape10 !== null && (
          <Figure
            label={t('overview.accuracy', 'Forecast error, 10 minutes ahead')}
            value={`${(traffic.accuracy.mape10 * 100).toFixed(1)} %`}
            how={t(
              'overview.accuracy-how',
              'Mean of |predicted − actual| / actual over the last day, each forecast scored against what came.',
            )}
            note={
              traffic.accuracy.coverage === null
                ? undefined
                : t('overview.coverage', '{{coverage}} % fell into the 80 % band', {
                    coverage: Math.round(traffic.accuracy.coverage * 100),
                  })
            }
          />
        )}
      </Figures>
    </>
  );
}

function MonthFigure({ overview: { spend, sources } }: { overview: Overview }) {
  const change = changePercent(spend.month, spend.previousToDate);
  const newest = newestBill(sources);
  return (
    <Figure
      label={t('overview.month', 'Spend this month')}
      value={formatMoney(spend.month, spend.currency)}
      how={[
        t('overview.month-how', 'Effective cost of all bill lines charged since the first of the month (UTC).'),
        newest && t('overview.month-fresh', 'Newest data: {{when}}.', { when: newest }),
      ]
        .filter(Boolean)
        .join(' ')}
      note={
        change === undefined
          ? undefined
          : t('overview.month-change', '{{change}} against last month at this point', { change: formatChange(change) })
      }
    />
  );
}

function SpendExplained({ overview: { spend, sources } }: { overview: Overview }) {
  const money = (amount: string) => formatMoney(amount, spend.currency, { digits: 2 });
  return (
    <ExplainButton
      subject={t('overview.month', 'Spend this month')}
      how={t(
        'overview.explain',
        'Amadeus adds the effective cost of every bill line whose charge period begins in this month, in one currency, and compares it with the same part of the last month.',
      )}
      terms={[
        { name: t('overview.month', 'Spend this month'), value: money(spend.month) },
        { name: t('overview.to-date', 'Last month, to the same day'), value: money(spend.previousToDate) },
        { name: t('overview.last-month', 'Last month, whole'), value: money(spend.previousMonth) },
        {
          name: t('overview.forecast', 'Whole month, at this pace'),
          value:
            spend.forecastMonth === null ? t('overview.too-early', 'too little data yet') : money(spend.forecastMonth),
        },
        { name: t('overview.currency', 'Currency'), value: spend.currency },
        { name: t('overview.newest', 'Newest data'), value: newestBill(sources) ?? '–' },
      ]}
    />
  );
}

interface StepProps {
  overview: Overview;
  waiting: ChangeSummary | undefined;
  onChange: (id: number) => void;
}

/** The one thing to open next: a decision that waits, then load that comes, then the money. */
function NextStep({ overview, waiting, onChange }: StepProps) {
  const suffix = scopeSuffix(locationService.getLocation().search);
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      {waiting && (
        <Button size="sm" onClick={() => onChange(waiting.id)}>
          {t('overview.decide', 'Decide on what waits')}
        </Button>
      )}
      {overview.traffic.nextPeak && (
        <LinkButton
          size="sm"
          variant="secondary"
          href={`${pageUrls.traffic}?workload=${encodeURIComponent(overview.traffic.nextPeak.workload)}`}
        >
          {t('overview.see-peak', 'See the coming peak')}
        </LinkButton>
      )}
      <LinkButton size="sm" variant="secondary" href={`${pageUrls.finops}/explore${suffix}`}>
        {t('overview.see-money', 'See where the money goes')}
      </LinkButton>
    </Stack>
  );
}
