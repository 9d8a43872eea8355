import type { Quality } from '@amadeus/backend/tag-rules/contract.ts';
import { DataTable, type Column } from '../../components/DataTable';
import { Notices } from '../../components/Notices';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { Columns, Part } from '../PageFrame';
import { fieldName } from './rule-words';

type Missing = Quality['overall'][number];
interface Row extends Missing {
  owner: string;
}

/** What is missing, by team and by source, in money. */
export function MissingTables({ quality }: { quality: Quality }) {
  const { byTeam, bySource, currency, notices } = quality;
  const teams: Row[] = byTeam.flatMap(({ team, tags }) => tags.map((tag) => ({ owner: team, ...tag })));
  const sources: Row[] = bySource.flatMap(({ source, tags }) => tags.map((tag) => ({ owner: source, ...tag })));
  const table = (name: string, header: string, rows: Row[]) => (
    <Part title={name}>
      <DataTable
        name={name}
        columns={columns(header, currency)}
        rows={rows.filter(({ missing }) => Number(missing) > 0)}
        rowKey={({ owner, tag }) => `${owner}-${tag}`}
        empty={t('rule.none-missing', 'Nothing is missing.')}
        initialSort={{ id: 'missing', descending: true }}
      />
    </Part>
  );
  return (
    <>
      <Notices notices={notices} />
      <Columns>
        {table(t('rule.by-team', 'Missing by team'), t('unit.dim.team', 'Team'), teams)}
        {table(t('rule.by-source', 'Missing by source'), t('rule.source', 'Source'), sources)}
      </Columns>
    </>
  );
}

function columns(header: string, currency: string): Array<Column<Row>> {
  return [
    { id: 'owner', header, value: ({ owner }) => owner || t('scope.none', '(none)') },
    { id: 'tag', header: t('rule.field.tag', 'Tag'), value: ({ tag }) => fieldName(tag) },
    {
      id: 'share',
      header: t('spend.share', 'Share'),
      align: 'right',
      value: ({ share }) => Number(share ?? 0),
      render: ({ share }) => (share === undefined ? '–' : formatShare(share)),
    },
    {
      id: 'missing',
      header: t('rule.without', 'Without it'),
      align: 'right',
      value: ({ missing }) => Number(missing),
      render: ({ missing }) => formatMoney(missing, currency),
    },
  ];
}
