import { spoken, t } from '../../i18n';
import { Badge } from '@grafana/ui';
import type { ScalingReport, ScalingWorkload } from '@amadeus/backend/scaling/contract.ts';
import { DataTable, type Column } from '../../components/DataTable';
import { FailureNote, Skeleton } from '../../components/States';
import { ago } from '../../format/age';
import { formatMoney } from '../../format/money';
import { useService, type Loaded } from '../../service/use-service';
import { Part } from '../PageFrame';

interface Props {
  decided: Loaded<{ workloads: ScalingWorkload[] }>;
  refreshKey: unknown;
  onOpen: (workload: string) => void;
}

/** What is decided about replicas, why, and what it came to within a day. Nothing is shown where no cluster is configured. */
export function ScalingPart({ decided, refreshKey, onOpen }: Props) {
  const isUsed = (decided.data?.workloads.length ?? 0) > 0;
  const report = useService<ScalingReport>(isUsed ? '/api/scaling/report' : undefined, {}, refreshKey);
  if (decided.failure) {
    return (
      <FailureNote failure={decided.failure} what={t('scaling.name', 'What scaling decides')} retry={decided.reload} />
    );
  }
  if (!isUsed) return null;
  return (
    <>
      <Part title={t('scaling.title', 'Are there enough replicas?')}>
        <DecisionTable workloads={decided.data!.workloads} onOpen={onOpen} />
      </Part>
      <Part title={t('scaling.report', 'What did scaling do, or would have done, today?')}>
        {report.failure ? (
          <FailureNote failure={report.failure} what={t('scaling.report-name', 'The report')} retry={report.reload} />
        ) : report.data ? (
          <ReportTable report={report.data} />
        ) : (
          <Skeleton height={200} />
        )}
      </Part>
    </>
  );
}

function DecisionTable({ workloads, onOpen }: { workloads: ScalingWorkload[]; onOpen: (workload: string) => void }) {
  const columns: Array<Column<ScalingWorkload>> = [
    { id: 'workload', header: t('scaling.workload', 'Workload'), value: ({ workload }) => workload },
    {
      id: 'replicas',
      header: t('scaling.replicas', 'Replicas'),
      value: ({ replicas }) => replicas,
      render: ({ replicas, wanted }) => (wanted === replicas ? replicas : `${replicas} → ${wanted}`),
      align: 'right',
    },
    {
      id: 'mode',
      header: t('scaling.mode', 'Mode'),
      value: ({ mode }) => mode,
      render: (row) => <ModeBadge row={row} />,
    },
    {
      id: 'why',
      header: t('scaling.why', 'Why'),
      value: ({ reason }) => spoken(reason),
      render: ({ reason, holdReason }) =>
        holdReason === null ? spoken(reason) : `${spoken(holdReason)} ${spoken(reason)}`,
      wraps: true,
    },
    {
      id: 'pod',
      header: t('scaling.pod', 'A pod serves, requests / min'),
      value: ({ perPod }) => perPod ?? -1,
      render: ({ perPod }) => (perPod === null ? '–' : Math.round(perPod).toLocaleString('en-US')),
      align: 'right',
    },
    {
      id: 'cluster',
      header: t('scaling.cluster', 'Cluster'),
      value: ({ cluster }) => cluster,
      hidden: true,
    },
    {
      id: 'decided',
      header: t('scaling.decided', 'Decided'),
      value: ({ decidedAt }) => decidedAt,
      render: ({ decidedAt }) => ago(decidedAt),
      hidden: true,
    },
  ];
  return (
    <DataTable
      name={t('scaling.table', 'Replicas and why')}
      columns={columns}
      rows={workloads}
      rowKey={({ cluster, workload }) => `${cluster}/${workload}`}
      onOpen={({ workload }) => onOpen(workload)}
      openLabel={({ workload }) => t('workload.open', 'Show {{workload}}', { workload })}
      empty={t('scaling.none', 'Nothing is decided yet.')}
    />
  );
}

function ModeBadge({ row }: { row: ScalingWorkload }) {
  if (row.isStale) return <Badge color="orange" text={t('scaling.stale', 'Nobody decides')} />;
  if (row.holdUntil !== null) return <Badge color="orange" text={t('scaling.held', 'Left alone')} />;
  const texts = {
    observe: t('scaling.observe', 'Observes'),
    approve: t('scaling.approve', 'Asks first'),
    auto: t('scaling.auto', 'Acts'),
  };
  return <Badge color={row.mode === 'auto' ? 'green' : 'blue'} text={texts[row.mode]} />;
}

export function ReportTable({ report }: { report: ScalingReport }) {
  type Row = ScalingReport['rows'][number];
  const hours = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  const money = (cost: Row['cost']) => (cost === null ? '–' : formatMoney(cost.amount, cost.currency));
  const columns: Array<Column<Row>> = [
    { id: 'workload', header: t('scaling.workload', 'Workload'), value: ({ workload }) => workload },
    {
      id: 'hours',
      header: t('scaling.hours', 'Replica-hours: had, decided'),
      value: ({ replicaHours }) => replicaHours,
      render: ({ replicaHours, wantedReplicaHours }) => `${hours(replicaHours)}, ${hours(wantedReplicaHours)}`,
      align: 'right',
    },
    {
      id: 'slow',
      header: t('scaling.slow', 'Slow minutes: had, decided'),
      value: ({ slowMinutes }) => slowMinutes,
      render: ({ slowMinutes, wantedSlowMinutes }) => `${slowMinutes}, ${wantedSlowMinutes}`,
      align: 'right',
    },
    {
      id: 'cost',
      header: t('scaling.cost', 'Cost: had, decided'),
      value: ({ cost }) => Number(cost?.amount ?? -1),
      render: ({ cost, wantedCost }) => `${money(cost)}, ${money(wantedCost)}`,
      align: 'right',
    },
    { id: 'acts', header: t('scaling.acts', 'Changes'), value: ({ acts }) => acts, align: 'right' },
  ];
  return (
    <DataTable
      name={t('scaling.report-table', 'Scaling within a day')}
      columns={columns}
      rows={report.rows}
      rowKey={({ cluster, workload }) => `${cluster}/${workload}`}
      empty={t('scaling.report-none', 'Nothing was decided within the last day.')}
    />
  );
}
