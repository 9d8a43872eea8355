import { t } from '../../i18n';
import { Estimate } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { TopSentence } from '../../components/TopSentence';
import { ago, clock, moment } from '../../format/age';
import type { Accuracy, TrafficSeries, Workload } from '../../service/contract';
import { comingPeak, loadChange, type Peak } from './coming-peak';

interface Props {
  workload: Workload;
  series: TrafficSeries;
  accuracy: Accuracy | undefined;
}

/** What is coming on one workload, in a sentence, and where the prediction is from. */
export function TrafficAnswer({ workload, series, accuracy }: Props) {
  const peak = comingPeak(series.ahead);
  return (
    <TopSentence
      aside={
        peak && (
          <>
            <Estimate />
            <PeakExplained peak={peak} series={series} accuracy={accuracy} />
          </>
        )
      }
    >
      {peak ? peakSentence(workload, peak) : waitingSentence(workload)}
    </TopSentence>
  );
}

/** "Up to 4,610 requests a minute are expected on shop at 20:10 (4,100 to 5,000), 12 % more than now; 6 pods are ready." */
export function peakSentence(workload: Workload, peak: Peak): string {
  const parts = [
    t(
      'traffic.said',
      'Up to {{load}} requests a minute are expected on {{workload}} at {{time}} ({{lower}} to {{upper}})',
      {
        load: whole(peak.predicted),
        lower: whole(peak.lower),
        upper: whole(peak.upper),
        workload: workload.workload,
        time: clock(peak.at),
      },
    ),
  ];
  const change = loadChange(workload.requestsPerMinute, peak.predicted);
  if (change !== undefined) {
    const percent = `${Math.abs(change).toFixed(0)}\u00a0%`;
    parts.push(
      change >= 0
        ? t('traffic.said-more', '{{percent}} more than now', { percent })
        : t('traffic.said-less', '{{percent}} less than now', { percent }),
    );
  }
  const pods =
    typeof workload.replicas === 'number'
      ? t('traffic.said-pods', '; {{pods}} pods are ready', { pods: workload.replicas })
      : '';
  return `${parts.join(', ')}${pods}.`;
}

function waitingSentence(workload: Workload): string {
  return typeof workload.requestsPerMinute === 'number'
    ? t('traffic.waiting', '{{workload}} has {{load}} requests a minute; its first forecast is being learned.', {
        workload: workload.workload,
        load: whole(workload.requestsPerMinute),
      })
    : t('traffic.silent', '{{workload}} has sent nothing lately, so nothing can be predicted.', {
        workload: workload.workload,
      });
}

function PeakExplained({
  peak,
  series,
  accuracy,
}: {
  peak: Peak;
  series: TrafficSeries;
  accuracy: Accuracy | undefined;
}) {
  const name = series.forecaster ?? accuracy?.champion ?? '–';
  const score = accuracy?.forecasters.find(({ forecaster, horizon }) => forecaster === name && horizon === 10);
  return (
    <ExplainButton
      subject={t('traffic.explain-subject', 'The coming peak')}
      how={t(
        'traffic.explain',
        'The forecaster reads the last sixty minutes, predicts the next ten, and gives a band that held eight of ten past values. This is its largest minute.',
      )}
      terms={[
        { name: t('traffic.term-predicted', 'Predicted'), value: whole(peak.predicted) },
        { name: t('traffic.term-band', '80 % band'), value: `${whole(peak.lower)} – ${whole(peak.upper)}` },
        { name: t('traffic.term-at', 'For'), value: moment(peak.at) },
        { name: t('traffic.term-issued', 'Issued'), value: series.ahead ? ago(series.ahead.issuedAt) : '–' },
        { name: t('traffic.term-forecaster', 'Forecaster'), value: name },
        ...(typeof score?.mape === 'number'
          ? [
              {
                name: t('traffic.term-error', 'Its error, 10 minutes ahead, last day'),
                value: `${(score.mape * 100).toFixed(1)} %`,
              },
            ]
          : []),
      ]}
      alternatives={
        accuracy && (
          <p>
            {t('traffic.alternatives', 'Also running, and scored against the same minutes: {{names}}.', {
              names: [...new Set(accuracy.forecasters.map(({ forecaster }) => forecaster))]
                .filter((one) => one !== name)
                .join(', '),
            })}
          </p>
        )
      }
    />
  );
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
