import type { RolloutGuard } from '@amadeus/backend/rollout-guard/contract.ts';
import type { PolicyDetail } from '@amadeus/backend/routing/contract.ts';
import { Alert, Badge, Button } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { moment } from '../../format/age';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { costGapSentence, measured, measureName, stopSentence, type Finding } from './guard-words';
import { policyPath } from './policy-path';

interface Props {
  policy: PolicyDetail;
  onChanged: () => void;
  onChange: (id: number) => void;
}

const lookEveryMs = 10_000;

/** How the version on its way does beside what serves the rest, as new as ten seconds; and the last one that was stopped. */
export function RolloutPart({ policy, onChanged, onChange }: Props) {
  const { name, state } = policy;
  const isMoving = state === 'rolling-out';
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => setTurn((count) => count + 1), lookEveryMs);
    return () => clearInterval(timer);
  }, [isMoving]);
  const { data, failure, reload } = useService<RolloutGuard>(
    `${policyPath(name)}/rollout`,
    {},
    `${turn} ${policy.rollout?.changeId ?? ''} ${state}`,
  );
  // It went through or was stopped since the page was read.
  const isOver = isMoving && data !== undefined && data.running === undefined;
  useEffect(() => {
    if (isOver) onChanged();
    // Told once: the page then reads anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [isOver]);
  const [stop] = data?.stops ?? [];
  return (
    <>
      {stop && isLast(stop, policy) && (
        <Alert severity="warning" title={stopSentence(stop)}>
          <p>
            {t('routing.guard.stopped-help', '{{version}} was taken back {{when}}; everybody has {{stable}}.', {
              version: stop.version,
              when: moment(stop.at),
              stable: stop.stable ?? t('routing.policy.behind', 'the policies behind it'),
            })}
          </p>
          <Button size="sm" variant="secondary" onClick={() => onChange(stop.changeId)}>
            {t('routing.guard.change', 'Show the Change')}
          </Button>
        </Alert>
      )}
      {isMoving && failure && (
        <FailureNote failure={failure} what={t('routing.guard.title', 'The two side by side')} retry={reload} />
      )}
      {isMoving && !data && !failure && <Skeleton height={120} />}
      {data?.running && <Sides running={data.running} />}
    </>
  );
}

/** Whether nothing has come since: without a stable version before it, the policy serves nobody any more. */
function isLast(stop: RolloutGuard['stops'][number], { rollout, state, versions }: PolicyDetail): boolean {
  if (rollout) return rollout.changeId === stop.changeId;
  return state === 'inactive' && versions[0]?.version === stop.version;
}

function Sides({ running }: { running: NonNullable<RolloutGuard['running']> }) {
  const { evidence, stable, version, share, stopsItself, minCalls, state } = running;
  const behind = stable ?? t('routing.policy.behind', 'the policies behind it');
  const { candidateCalls, stableCalls } = evidence;
  const gap = costGapSentence(running, behind);
  return (
    <Part
      title={t('routing.guard.title', 'The two side by side')}
      aside={<Badge color={stateColor(state)} text={stateName(state)} />}
    >
      <p>
        {t('routing.guard.calls', '{{version}} at {{share}}: {{own}} calls; {{stable}}: {{others}} calls.', {
          version,
          share: formatShare(share, 0),
          own: candidateCalls.toLocaleString('en-US'),
          stable: behind,
          others: stableCalls.toLocaleString('en-US'),
        })}{' '}
        {stopsItself
          ? t(
              'routing.guard.by-itself',
              'From {{calls}} calls of each on, it goes back to 0 % by itself where it is clearly worse.',
              { calls: minCalls },
            )
          : t('routing.guard.by-people', 'Its policy leaves it to people to take it back.')}
      </p>
      <DataTable
        name={t('routing.guard.title', 'The two side by side')}
        columns={columns(version, behind, evidence.currency)}
        rows={evidence.findings}
        rowKey={({ measure }) => measure}
        empty={t('routing.guard.none', 'No calls yet')}
      />
      {gap && <p>{gap}</p>}
    </Part>
  );
}

function columns(version: string, stable: string, currency: string): Array<Column<Finding>> {
  const right = 'right' as const;
  const column = (id: 'candidate' | 'candidateLow' | 'stable' | 'stableHigh' | 'bound', header: string) => ({
    ...{ id, header, align: right, value: (row: Finding) => row[id] ?? -1 },
    render: (row: Finding) => {
      const value = row[id];
      return value === undefined ? '–' : measured(row.measure, value, currency);
    },
  });
  return [
    {
      id: 'measure',
      header: t('routing.guard.measure', 'Measure'),
      value: ({ measure }) => measureName(measure),
    },
    column('candidate', version),
    column('stable', stable),
    column('candidateLow', t('routing.guard.at-least', '{{version}}, at least', { version })),
    column('bound', t('routing.guard.bound', 'Allowed')),
    {
      id: 'worse',
      header: t('routing.guard.verdict', 'Verdict'),
      value: ({ isWorse }) => (isWorse ? 1 : 0),
      render: ({ isWorse, bound }) =>
        isWorse
          ? t('routing.guard.is-worse', 'Clearly worse')
          : bound === undefined
            ? t('routing.guard.unknown', 'Not known yet')
            : t('routing.guard.not-worse', 'Not clearly worse'),
    },
  ];
}

function stateName(state: NonNullable<RolloutGuard['running']>['state']): string {
  if (state === 'waiting') return t('routing.guard.waiting', 'Too few calls yet');
  return state === 'fine'
    ? t('routing.guard.not-worse', 'Not clearly worse')
    : t('routing.guard.is-worse', 'Clearly worse');
}

function stateColor(state: NonNullable<RolloutGuard['running']>['state']): 'blue' | 'green' | 'red' {
  if (state === 'waiting') return 'blue';
  return state === 'fine' ? 'green' : 'red';
}
