import type { Source } from '@amadeus/backend/anycost/contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { ago } from '../../format/age';
import { t } from '../../i18n';

/** Each source with its health, freshness and what was left out. */
export function SourcesTable({ sources, onOpen }: { sources: readonly Source[]; onOpen: (source: Source) => void }) {
  return (
    <DataTable
      name={t('sources.title', 'Sources')}
      columns={columns()}
      rows={sources}
      rowKey={({ source, region }) => `${region}/${source}`}
      empty={t('sources.none', 'Nothing has come in yet')}
      onOpen={onOpen}
      openLabel={({ source }) => t('sources.open', 'Look at {{name}}', { name: source })}
    />
  );
}

/** How a source fares, in a word. */
export function SourceState({ source }: { source: Source }) {
  const { health, state, lastError } = source;
  if (health === 'failing')
    return <Badge color="red" text={t('sources.failing', 'Cannot be read')} tooltip={lastError} />;
  if (health === 'off') return <Badge color="blue" text={t('sources.off', 'Switched off')} />;
  const names = {
    fresh: t('sources.fresh', 'Fresh'),
    stale: t('sources.stale', 'Stale'),
    empty: t('sources.waiting', 'Nothing yet'),
  };
  return <Badge color={state === 'fresh' ? 'green' : state === 'stale' ? 'orange' : 'blue'} text={names[state]} />;
}

function columns(): Array<Column<Source>> {
  return [
    { id: 'source', header: t('sources.name', 'Source'), value: ({ source }) => source },
    { id: 'title', header: t('sources.kind', 'Kind'), value: ({ title }) => title },
    {
      id: 'state',
      header: t('budget.state.name', 'State'),
      value: ({ health, state }) => `${health} ${state}`,
      render: (source) => <SourceState source={source} />,
    },
    {
      id: 'last',
      header: t('sources.last', 'Last came'),
      value: ({ lastAt }) => lastAt ?? '',
      render: ({ lastAt }) => (lastAt === null ? '–' : ago(lastAt)),
    },
    {
      id: 'next',
      header: t('sources.next', 'Next look'),
      value: ({ nextAt }) => nextAt ?? '',
      render: ({ nextAt, fetches }) => (nextAt ? ago(nextAt) : fetches ? '–' : t('sources.sent', 'when it is sent')),
    },
    {
      id: 'rows',
      header: t('sources.rows', 'Rows'),
      align: 'right',
      value: ({ rows }) => rows,
      render: ({ rows }) => rows.toLocaleString('en-US'),
    },
    {
      id: 'quarantined',
      header: t('sources.quarantined', 'Left out'),
      align: 'right',
      value: ({ quarantined }) => quarantined,
      render: ({ quarantined }) =>
        quarantined === 0 ? '0' : <Badge color="orange" text={quarantined.toLocaleString('en-US')} />,
    },
    { id: 'region', header: t('price.region', 'Region'), value: ({ region }) => region, hidden: true },
  ];
}
