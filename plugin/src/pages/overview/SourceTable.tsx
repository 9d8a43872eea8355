import { t } from '../../i18n';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { ago, moment } from '../../format/age';
import type { DataSourceState } from '../../service/contract';

/** Where the data comes from, how fresh it is, and what could not be read. */
export function SourceTable({ sources }: { sources: DataSourceState[] }) {
  const states = {
    fresh: t('source.fresh', 'Fresh'),
    stale: t('source.stale', 'Stale'),
    empty: t('source.empty', 'No data yet'),
  };
  const columns: Array<Column<DataSourceState>> = [
    { id: 'source', header: t('source.name', 'Source'), value: ({ source }) => source },
    { id: 'kind', header: t('source.kind', 'Kind'), value: ({ kind }) => kind },
    {
      id: 'state',
      header: t('source.state', 'State'),
      value: ({ state }) => states[state],
      render: ({ state }) => (
        <Badge color={state === 'fresh' ? 'green' : state === 'stale' ? 'orange' : 'blue'} text={states[state]} />
      ),
    },
    {
      id: 'last',
      header: t('source.last', 'Newest data'),
      value: ({ lastAt }) => lastAt ?? '',
      render: ({ lastAt }) => (lastAt === null ? '–' : <span title={moment(lastAt)}>{ago(lastAt)}</span>),
    },
    {
      id: 'rows',
      header: t('source.rows', 'Rows'),
      value: ({ rows }) => rows,
      render: ({ rows }) => rows.toLocaleString('en-US'),
      align: 'right',
    },
    {
      id: 'quarantined',
      header: t('source.quarantined', 'Set aside'),
      value: ({ quarantined }) => quarantined,
      render: ({ quarantined }) => quarantined.toLocaleString('en-US'),
      align: 'right',
    },
  ];
  return (
    <DataTable
      name={t('source.table', 'Sources')}
      columns={columns}
      rows={sources}
      rowKey={({ source, kind }) => `${source}/${kind}`}
      empty={t(
        'source.none',
        'No source has sent anything. Send a FOCUS file to /api/ingest/focus, or name a Prometheus in the configuration of the service.',
      )}
    />
  );
}
