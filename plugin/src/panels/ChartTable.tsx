import { useMemo } from 'react';
import { t } from '../i18n';
import { DataTable, type Column } from '../components/DataTable';
import type { ChartPanel } from './ChartPanel';
import { frameRows } from './frame-rows';

type Row = Array<string | number | null>;

/** The numbers of a chart, for those who cannot or do not want to read a picture. */
export function ChartTable({ chart, title }: { chart: ChartPanel; title: string }) {
  const { panel } = chart.useState();
  const { data } = panel.state.$data!.useState();
  const series = data?.series;
  const table = useMemo(() => frameRows(series ?? []), [series]);
  const columns: Array<Column<Row>> = table.header.map((name, index) => ({
    id: `${index}`,
    header: name === 'Time' ? t('table.time', 'Time') : name,
    value: (row) => row[index] ?? '',
    align: typeof table.rows[0]?.[index] === 'number' ? 'right' : 'left',
    ...(typeof table.rows[0]?.[index] === 'number'
      ? {
          render: (row: Row) =>
            row[index] === null ? '' : Number(row[index]).toLocaleString(undefined, { maximumFractionDigits: 2 }),
        }
      : {}),
  }));
  return (
    <DataTable
      name={title}
      columns={columns}
      rows={table.rows}
      rowKey={(row, index) => `${index}-${row[0]}`}
      empty={t('table.none', 'The chart has no data in this range.')}
    />
  );
}
