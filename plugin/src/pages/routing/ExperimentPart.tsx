import type { Comparison, ExperimentView } from '@amadeus/backend/experiments/contract.ts';
import { Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { duration } from './call-words';
import { leftOutSentence, verdictSentence } from './experiment-words';
import { experimentColor, experimentState, kindName } from './ExperimentTable';
import { WhyForm } from './WhyForm';

interface Props {
  id: string;
  turns: number;
  onChanged: () => void;
  onChange: (id: number) => void;
}

type Detail = ExperimentView & { comparison: Comparison };
type Step = 'start' | 'stop' | 'promote';

/** One experiment: which is better by what, within which interval, and what can be done. */
export function ExperimentPart({ id, turns, onChanged, onChange }: Props) {
  const { data, failure, reload } = useService<Detail>(`/api/experiments/${id}`, {}, turns);
  const { may } = useMe();
  const [step, setStep] = useState<Step | undefined>();
  if (failure)
    return <FailureNote failure={failure} what={t('routing.experiment.one', 'The experiment')} retry={reload} />;
  if (!data) return <Skeleton height={240} />;
  const { name, state, kind, comparison, changeId, endReason } = data;
  const leftOut = leftOutSentence(data);
  return (
    <Part
      title={name}
      aside={
        <Stack direction="row" gap={1} wrap="wrap">
          {state === 'draft' && changeId === undefined && may('changes:propose') && (
            <Button size="sm" icon="play" onClick={() => setStep('start')}>
              {t('routing.experiment.start', 'Propose to begin')}
            </Button>
          )}
          {state === 'running' && may('gateway:write') && (
            <Button size="sm" variant="secondary" icon="square-shape" onClick={() => setStep('stop')}>
              {t('routing.experiment.stop', 'Stop')}
            </Button>
          )}
          {state !== 'draft' && may('changes:propose') && (
            <Button size="sm" variant="secondary" icon="arrow-up" onClick={() => setStep('promote')}>
              {t('routing.experiment.promote', 'Promote B')}
            </Button>
          )}
          {changeId !== undefined && (
            <Button size="sm" fill="text" onClick={() => onChange(changeId)}>
              {t('routing.policy.who', 'Who approved it')}
            </Button>
          )}
        </Stack>
      }
    >
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <Badge color={experimentColor(state)} text={experimentState(state)} />
        <span>{[kindName(kind), ...(endReason ? [endReason] : [])].join(' · ')}</span>
      </Stack>
      <p>
        <strong>{verdictSentence(data, comparison)}</strong>
      </p>
      {leftOut && <p>{leftOut}</p>}
      <DataTable
        name={t('routing.experiment.comparison', 'B against A')}
        columns={measureColumns()}
        rows={measures(comparison)}
        rowKey={({ name: measure }) => measure}
        empty={t('routing.experiment.no-data', 'Nothing has been observed yet.')}
      />
      {step && (
        <WhyForm
          title={stepText(step).title}
          help={stepText(step).help}
          label={stepText(step).label}
          path={`/api/experiments/${id}/${step}`}
          onClose={() => setStep(undefined)}
          onDone={(made) => {
            setStep(undefined);
            onChanged();
            if (made !== undefined) onChange(made);
          }}
        />
      )}
    </Part>
  );
}

function stepText(step: Step): { title: string; help: string; label: string } {
  if (step === 'start')
    return {
      title: t('routing.experiment.start-title', 'Propose that it begins?'),
      help: t(
        'routing.experiment.start-help',
        'It runs when somebody else has approved it, and never spends more than its budget.',
      ),
      label: t('routing.policy.propose', 'Propose'),
    };
  if (step === 'stop')
    return {
      title: t('routing.experiment.stop-title', 'Stop it now?'),
      help: t('routing.experiment.stop-help', 'What it has found so far stays.'),
      label: t('routing.experiment.stop', 'Stop'),
    };
  return {
    title: t('routing.experiment.promote-title', 'Propose that B serves everybody?'),
    help: t('routing.experiment.promote-help', 'A Change: somebody else approves it, and it can be rolled back.'),
    label: t('routing.policy.propose', 'Propose'),
  };
}

interface Measure {
  name: string;
  estimate: string;
  low: string;
  high: string;
}

/** Each measure that could be compared, as B less A. */
function measures(comparison: Comparison): Measure[] {
  const row = (name: string, interval: Comparison['cost'], say: (value: number) => string): Measure[] =>
    interval ? [{ name, estimate: say(interval.estimate), low: say(interval.low), high: say(interval.high) }] : [];
  const share = (value: number) => signed(value, formatShare(Math.abs(value)));
  const time = (value: number) => signed(value, duration(Math.abs(value)));
  return [
    ...row(t('routing.cost', 'Cost'), comparison.cost, share),
    ...row(t('routing.experiment.duration', 'Whole answer'), comparison.totalMs, time),
    ...row(t('routing.first', 'First token'), comparison.firstTokenMs, time),
    ...row(t('routing.experiment.failures', 'Failures'), comparison.failures, share),
    ...row(t('routing.policy.quality', 'Quality'), comparison.quality, (value) =>
      signed(value, Math.abs(value).toFixed(3)),
    ),
  ];
}

function signed(value: number, text: string): string {
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}

function measureColumns(): Array<Column<Measure>> {
  const right = 'right' as const;
  return [
    { id: 'name', header: t('routing.experiment.measure', 'Measure'), value: ({ name }) => name },
    {
      id: 'estimate',
      header: t('routing.experiment.estimate', 'B less A'),
      align: right,
      value: ({ estimate }) => estimate,
    },
    { id: 'low', header: t('routing.experiment.low', 'At least'), align: right, value: ({ low }) => low },
    { id: 'high', header: t('routing.experiment.high', 'At most'), align: right, value: ({ high }) => high },
  ];
}
