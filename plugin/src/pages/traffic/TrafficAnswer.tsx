import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { t } from '../../i18n';
import { Estimate } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { TopSentence } from '../../components/TopSentence';
import { ago, clock, moment, soon } from '../../format/age';
import type { Accuracy, TrafficSeries, Workload } from '../../service/contract';
import { expectedFactor, phaseOf } from '../events/event-words';
import { comingPeak, loadChange, type Peak } from './coming-peak';
import { forecasterName } from './forecaster-words';
import type { Readiness } from './readiness';

interface Props {
  workload: Workload;
  series: TrafficSeries;
  accuracy: Accuracy | undefined;
  /** Undefined where no cluster is known, or nothing of what a pod can serve. */
  ready: Readiness | undefined;
  /** The next event that is known ahead, if any. */
  coming: EventView | undefined;
}

/** What is coming on one workload, in a sentence, and where the prediction is from. */
export function TrafficAnswer({ workload, series, accuracy, ready, coming }: Props) {
  const peak = comingPeak(series.ahead);
  return (
    <TopSentence
      aside={
        peak && (
          <>
            <Estimate />
            <PeakExplained peak={peak} series={series} accuracy={accuracy} ready={ready} />
          </>
        )
      }
    >
      {peak ? peakSentence(workload, peak, ready) : waitingSentence(workload)}
      {coming && ` ${eventSentence(coming)}`}
    </TopSentence>
  );
}

/** "Up to 4,610 requests a minute are expected on shop at 20:10 (4,100 to 5,000), 12 % more than now; 6 pods are ready." */
export function peakSentence(workload: Workload, peak: Peak, ready?: Readiness): string {
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
  if (change !== undefined && Math.abs(change) >= 0.5) {
    const percent = `${Math.abs(change).toFixed(0)}\u00a0%`;
    parts.push(
      change >= 0
        ? t('traffic.said-more', '{{percent}} more than now', { percent })
        : t('traffic.said-less', '{{percent}} less than now', { percent }),
    );
  }
  if (ready) return `${parts.join(', ')}. ${readySentence(ready)}`;
  const pods =
    typeof workload.replicas === 'number'
      ? t('traffic.said-pods', '; {{pods}} pods are ready', { pods: workload.replicas })
      : '';
  return `${parts.join(', ')}${pods}.`;
}

/** "The 6 pods that are ready serve 2,100: too few from 20:06 on. 8 are needed, ordered by 20:04." */
function readySentence(ready: Readiness): string {
  const values = { count: ready.replicas, capacity: whole(ready.capacity) };
  switch (ready.kind) {
    case 'ready':
      return t('traffic.ready', 'Ready: the {{count}} pods can serve {{capacity}}.', {
        ...values,
        defaultValue_one: 'Ready: the one pod can serve {{capacity}}.',
      });
    case 'tight':
      return t('traffic.tight', 'Just enough: the {{count}} pods can serve {{capacity}}, not {{upper}}.', {
        ...values,
        upper: whole(ready.upper),
        defaultValue_one: 'Just enough: the one pod can serve {{capacity}}, not {{upper}}.',
      });
    case 'coming':
      return t(
        'traffic.coming',
        'On the way: {{count}} pods are ready, {{ordered}} are ordered and can serve {{coming}}; needed from {{time}} on.',
        {
          ...values,
          ordered: ready.ordered,
          coming: whole(ready.coming),
          time: clock(ready.at),
          defaultValue_one:
            'On the way: one pod is ready, {{ordered}} are ordered and can serve {{coming}}; needed from {{time}} on.',
        },
      );
    case 'short':
      return t(
        'traffic.short',
        'Not ready: the {{count}} pods can serve {{capacity}}, too little from {{time}} on. {{needed}} are needed, ordered by {{orderBy}}.',
        {
          ...values,
          time: clock(ready.at),
          needed: ready.needed,
          orderBy: clock(ready.orderBy),
          defaultValue_one:
            'Not ready: the one pod can serve {{capacity}}, too little from {{time}} on. {{needed}} are needed, ordered by {{orderBy}}.',
        },
      );
  }
}

/** "flash-sale begins at 20:00, 3.1 times the usual." */
function eventSentence(event: EventView): string {
  const factor = expectedFactor(event);
  if (phaseOf(event, Date.now()) === 'running')
    return t('traffic.event-runs', '{{name}} runs until {{end}}.', { name: event.name, end: soon(event.endsAt) });
  const values = { name: event.name, when: soon(event.startsAt) };
  return factor === undefined
    ? t('traffic.event', 'Known ahead: {{name}}, {{when}}.', values)
    : t('traffic.event-times', 'Known ahead: {{name}}, {{when}}, about {{factor}} times the usual.', {
        ...values,
        factor: factor.toLocaleString('en-US', { maximumFractionDigits: 1 }),
      });
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
  ready,
}: {
  peak: Peak;
  series: TrafficSeries;
  accuracy: Accuracy | undefined;
  ready: Readiness | undefined;
}) {
  const id = series.forecaster ?? accuracy?.champion ?? '–';
  const score = accuracy?.forecasters.find(({ forecaster, horizon }) => forecaster === id && horizon === 10);
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
        { name: t('traffic.term-forecaster', 'Forecaster'), value: forecasterName(id) },
        ...(typeof score?.mape === 'number'
          ? [
              {
                name: t('traffic.term-error', 'Its error, 10 minutes ahead, last day'),
                value: `${(score.mape * 100).toFixed(1)} %`,
              },
            ]
          : []),
        ...(ready
          ? [
              { name: t('traffic.term-pods', 'Ready pods'), value: ready.replicas },
              { name: t('traffic.term-capacity', 'They can serve, requests / min'), value: whole(ready.capacity) },
            ]
          : []),
      ]}
      alternatives={
        accuracy && (
          <p>
            {t('traffic.alternatives', 'Also running, and scored against the same minutes: {{names}}.', {
              names: [...new Set(accuracy.forecasters.map(({ forecaster }) => forecaster))]
                .filter((one) => one !== id)
                .map(forecasterName)
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
