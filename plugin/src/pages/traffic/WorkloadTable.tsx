import { t } from '../../i18n';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { ago } from '../../format/age';
import type { Workload } from '../../service/contract';

interface Props {
  workloads: Workload[];
  chosen: string;
  onOpen: (workload: string) => void;
}

export function WorkloadTable({ workloads, chosen, onOpen }: Props) {
  const columns: Array<Column<Workload>> = [
    {
      id: 'workload',
      header: t('workload.name', 'Workload'),
      value: ({ workload }) => workload,
      render: ({ workload }) => (workload === chosen ? <strong>{workload}</strong> : workload),
    },
    {
      id: 'load',
      header: t('workload.load', 'Requests / min'),
      value: ({ requestsPerMinute }) => requestsPerMinute ?? -1,
      render: ({ requestsPerMinute }) =>
        typeof requestsPerMinute === 'number' ? Math.round(requestsPerMinute).toLocaleString('en-US') : '–',
      align: 'right',
    },
    {
      id: 'pods',
      header: t('workload.pods', 'Pods'),
      value: ({ replicas }) => replicas ?? -1,
      render: ({ replicas }) => replicas ?? '–',
      align: 'right',
    },
    {
      id: 'state',
      header: t('workload.state', 'State'),
      value: ({ state }) => state ?? '',
      render: ({ state }) => (
        <Badge
          color={state === 'stale' ? 'orange' : 'green'}
          text={state === 'stale' ? t('workload.stale', 'Stale') : t('workload.fresh', 'Fresh')}
        />
      ),
    },
    {
      id: 'last',
      header: t('workload.last', 'Last minute'),
      value: ({ lastMinute }) => lastMinute ?? '',
      render: ({ lastMinute }) => (lastMinute ? ago(lastMinute) : '–'),
    },
    {
      id: 'champion',
      header: t('workload.champion', 'Forecaster'),
      value: ({ champion }) => champion ?? '–',
      hidden: true,
    },
  ];
  return (
    <DataTable
      name={t('workload.table', 'Workloads')}
      columns={columns}
      rows={workloads}
      rowKey={({ workload, region }) => `${workload}/${region ?? ''}`}
      empty={t('workload.none', 'No workload has been seen yet.')}
      onOpen={({ workload }) => onOpen(workload)}
      openLabel={({ workload }) => t('workload.open', 'Show {{workload}}', { workload })}
      initialSort={{ id: 'load', descending: true }}
    />
  );
}
