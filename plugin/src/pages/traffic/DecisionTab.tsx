import type { ScalingDetail } from '@amadeus/backend/scaling/contract.ts';
import { Alert, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { DataTable, type Column } from '../../components/DataTable';
import { Figure, Figures } from '../../components/Figure';
import { ReasonField } from '../../components/ReasonField';
import { FailureNote } from '../../components/States';
import { ago, moment } from '../../format/age';
import { formatUnitCost } from '../../format/unit-cost';
import { spoken, t } from '../../i18n';
import { act } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';

interface Props {
  detail: ScalingDetail;
  onChange: (id: number) => void;
  onReleased: () => void;
}

/** How many replicas were decided on and why: what asked for how many, what a pod can serve, who else scales it. */
export function DecisionTab({ detail, onChange, onReleased }: Props) {
  const { reason, does, notices, decidedAt, isStale, changeId } = detail;
  return (
    <Stack direction="column" gap={3}>
      {isStale && (
        <Alert
          severity="warning"
          title={t('decision.stale', 'Nobody has decided since {{when}}', { when: ago(decidedAt) })}
        >
          {t(
            'decision.stale-help',
            'No replica of the service holds the lease of the cluster, or the cluster does not answer.',
          )}
        </Alert>
      )}
      {detail.holdUntil !== null && <Hold detail={detail} onReleased={onReleased} />}
      <DecisionFigures detail={detail} />
      <Section title={t('decision.why', 'Why')}>
        <p>{spoken(reason)}</p>
        {notices.length > 0 && (
          <ul>
            {notices.map((notice) => (
              <li key={notice}>{noticeText(notice)}</li>
            ))}
          </ul>
        )}
        {changeId !== null && (
          <Button size="sm" variant="secondary" onClick={() => onChange(changeId)}>
            {t('decision.change', 'The Change that did it, and undo')}
          </Button>
        )}
      </Section>
      <Section title={t('decision.terms', 'What asked for how many')}>
        <DataTable
          name={t('decision.terms', 'What asked for how many')}
          columns={termColumns()}
          rows={detail.terms}
          rowKey={({ term }, index) => `${term} ${index}`}
          empty={t('decision.no-terms', 'Nothing could be reckoned.')}
        />
      </Section>
      <Section title={t('decision.hand', 'Who else scales it')}>
        <p>{spoken(does)}</p>
      </Section>
    </Stack>
  );
}

function DecisionFigures({ detail }: { detail: ScalingDetail }) {
  const { capacity, hourCost, costFormula } = detail;
  const whole = (value: number | null) => (value === null ? '–' : Math.round(value).toLocaleString('en-US'));
  return (
    <Figures>
      <Figure
        label={t('decision.replicas', 'Replicas')}
        value={detail.wanted === detail.replicas ? detail.replicas : `${detail.replicas} → ${detail.wanted}`}
        how={t('decision.replicas-help', 'What the workload has, and what was decided {{when}}.', {
          when: ago(detail.decidedAt),
        })}
        note={t('decision.ready', '{{ready}} ready, {{needed}} needed', {
          ready: detail.readyReplicas,
          needed: detail.needed,
        })}
      />
      <Figure
        label={t('decision.pod', 'A pod can serve')}
        value={t('decision.rpm', '{{load}} / min', { load: whole(capacity.perPod) })}
        how={sourceText(capacity.source)}
        note={
          capacity.low === null || capacity.high === null
            ? sourceText(capacity.source)
            : t('decision.pod-range', '{{low}} to {{high}}; {{usable}} are used', {
                low: whole(capacity.low),
                high: whole(capacity.high),
                usable: whole(capacity.usable),
              })
        }
      />
      <Figure
        label={t('decision.start', 'A pod needs to start')}
        value={t('decision.seconds', '{{seconds}} s', { seconds: Math.round(detail.startUpSeconds) })}
        how={t('decision.start-help', 'Learned from its own pods: nine of ten are ready after it.')}
        note={t('decision.lead', 'decided {{seconds}} s ahead', { seconds: Math.round(detail.leadSeconds) })}
      />
      <Figure
        label={t('decision.cost', 'A replica and hour')}
        value={hourCost === null ? '–' : formatUnitCost(hourCost.amount, hourCost.currency)}
        how={t('decision.cost-help', 'What a replica requests, at the rates of the price book.')}
        note={costFormula ?? ''}
      />
    </Figures>
  );
}

/** It is left alone for a while; a person may end that. */
function Hold({ detail, onReleased }: { detail: ScalingDetail; onReleased: () => void }) {
  const { may } = useMe();
  const [reason, setReason] = useState('');
  const [isMissing, setMissing] = useState(false);
  const release = useAction(() =>
    act(`/api/scaling/workloads/${encodeURIComponent(detail.workload)}/release`, { reason: reason.trim() }),
  );
  const submit = async () => {
    if (reason.trim() === '') setMissing(true);
    else if (await release.run()) onReleased();
  };
  return (
    <Alert
      severity="warning"
      title={t('decision.held', 'Left alone until {{when}}', { when: moment(detail.holdUntil ?? '') })}
    >
      <Stack direction="column" gap={1} alignItems="flex-start">
        <span>{detail.holdReason && spoken(detail.holdReason)}</span>
        {may('changes:apply') && (
          <>
            <ReasonField id="amadeus-release-reason" value={reason} isMissing={isMissing} onChange={setReason} />
            <Button size="sm" disabled={release.busy} onClick={() => void submit()}>
              {t('decision.release', 'Scale it again')}
            </Button>
          </>
        )}
        {release.failure && <FailureNote failure={release.failure} />}
      </Stack>
    </Alert>
  );
}

function termColumns(): Array<Column<ScalingDetail['terms'][number]>> {
  return [
    { id: 'text', header: t('decision.term', 'What'), value: ({ text }) => spoken(text), wraps: true },
    { id: 'replicas', header: t('decision.replicas', 'Replicas'), value: ({ replicas }) => replicas, align: 'right' },
    {
      id: 'load',
      header: t('decision.load', 'Requests / min'),
      value: ({ load }) => load ?? -1,
      render: ({ load }) => (load === null ? '–' : Math.round(load).toLocaleString('en-US')),
      align: 'right',
    },
  ];
}

function sourceText(source: string): string {
  const texts: Record<string, string> = {
    stated: t('decision.source.stated', 'Given in the settings'),
    latency: t('decision.source.latency', 'Learned from where latency bends'),
    cpu: t('decision.source.cpu', 'Learned from CPU over requests'),
    'cpu-request': t('decision.source.cpu-request', 'Reckoned from the CPU in use; not seen full yet'),
    proven: t('decision.source.proven', 'What went well so far'),
    unknown: t('decision.source.unknown', 'Not known yet'),
  };
  return texts[source] ?? source;
}

function noticeText(notice: string): string {
  const texts: Record<string, string> = {
    'capacity-unsure': t('decision.notice.unsure', 'It is not sure yet what a pod can serve: none was seen full.'),
    'forecast-stale': t('decision.notice.stale', 'The newest forecast is too old, and was left out.'),
    'forecast-missing': t('decision.notice.missing', 'There is no forecast yet.'),
  };
  return texts[notice] ?? notice;
}
