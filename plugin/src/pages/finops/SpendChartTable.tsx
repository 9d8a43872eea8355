import { DataTable } from '../../components/DataTable';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import type { SpendCell, SpendGroup } from './spend-groups';

interface Props {
  title: string;
  groups: readonly SpendGroup[];
  /** What the dimensions are called. */
  dims: readonly string[];
  currency: string;
}

interface Row extends SpendCell {
  group: string;
}

/** The numbers of the chart, for those who cannot or do not want to read a picture. */
export function SpendChartTable({ title, groups, dims, currency }: Props) {
  const rows = groups.flatMap(({ name, cells, ...group }): Row[] =>
    cells.length === 0 ? [{ ...group, name, group: name }] : cells.map((cell) => ({ ...cell, group: name })),
  );
  return (
    <DataTable
      name={title}
      columns={[
        { id: 'group', header: dims[0] ?? '', value: ({ group }) => group },
        ...(dims.length > 1 ? [{ id: 'cell', header: dims[1] ?? '', value: ({ name }: Row) => name }] : []),
        {
          id: 'cost',
          header: t('spend.cost', 'Cost ({{currency}})', { currency }),
          value: ({ cost }) => Number(cost),
          render: ({ cost }) => formatMoney(cost, currency, { digits: 2 }),
          align: 'right',
        },
        {
          id: 'share',
          header: t('spend.share', 'Share'),
          value: ({ share }) => share,
          render: ({ share }) => formatShare(share),
          align: 'right',
        },
      ]}
      rows={rows}
      rowKey={({ group, name }, index) => `${group}/${name}/${index}`}
      empty={t('spend.none', 'No bill line fits.')}
    />
  );
}
