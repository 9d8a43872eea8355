import { t } from '../i18n';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../components/DataTable';
import { FailureNote, Skeleton } from '../components/States';
import { ago, moment } from '../format/age';
import type { ChangeSummary } from '../service/contract';
import type { Loaded } from '../service/use-service';
import { stateColor, stateName } from './change-words';

interface Props {
  loaded: Loaded<{ changes: ChangeSummary[] }>;
  onOpen: (id: number) => void;
}

/** Changes as a table; opening one shows the drawer. */
export function ChangeList({ loaded, onOpen }: Props) {
  const { data, failure, loading, reload } = loaded;
  if (failure) return <FailureNote failure={failure} what={t('changes.name', 'Changes')} retry={reload} />;
  if (!data) return loading ? <Skeleton height={120} /> : null;
  const columns: Array<Column<ChangeSummary>> = [
    { id: 'summary', header: t('changes.what', 'Change'), value: ({ summary }) => summary },
    { id: 'target', header: t('changes.target', 'Target'), value: ({ target }) => target },
    {
      id: 'state',
      header: t('changes.state', 'State'),
      value: ({ state }) => stateName(state),
      render: ({ state }) => <Badge color={stateColor(state)} text={stateName(state)} />,
    },
    {
      id: 'approvals',
      header: t('changes.approvals', 'Approvals'),
      value: ({ approvals, approvalsNeeded }) => `${approvals} / ${approvalsNeeded}`,
      align: 'right',
    },
    { id: 'author', header: t('changes.author', 'Proposed by'), value: ({ author }) => author.name, hidden: true },
    {
      id: 'updated',
      header: t('changes.updated', 'Last step'),
      value: ({ updatedAt }) => updatedAt,
      render: ({ updatedAt }) => <span title={moment(updatedAt)}>{ago(updatedAt)}</span>,
    },
  ];
  return (
    <DataTable
      name={t('changes.name', 'Changes')}
      columns={columns}
      rows={data.changes}
      rowKey={({ id }) => String(id)}
      empty={t(
        'changes.none',
        'Nothing waits for a decision. Amadeus proposes a Change when it finds something to do.',
      )}
      onOpen={({ id }) => onOpen(id)}
      openLabel={({ summary }) => t('changes.open', 'Open the Change "{{summary}}"', { summary })}
      initialSort={{ id: 'updated', descending: true }}
    />
  );
}
