import type { Report, ReportRow } from '@amadeus/backend/showback/contract.ts';
import { DataTable, type Column } from '../../components/DataTable';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { Part } from '../PageFrame';

/** A table for each level; the rows of each add up to the bills. */
export function ReportLevels({ report }: { report: Report }) {
  return (
    <>
      {report.levels.map(({ dim, label, rows, rowCount }, depth) => (
        <Part key={dim} title={t('showback.by', 'By {{level}}', { level: label })}>
          <DataTable
            name={t('showback.by', 'By {{level}}', { level: label })}
            columns={columns(report, depth)}
            rows={rows}
            rowKey={({ keys, kind }, index) => `${keys.join('/')}-${kind}-${index}`}
            empty={t('showback.none', 'Nothing was spent.')}
          />
          {rowCount > rows.length && (
            <p>
              {t('showback.more', 'The first {{shown}} of {{total}} rows; the files hold all of them.', {
                shown: rows.length,
                total: rowCount,
              })}
            </p>
          )}
        </Part>
      ))}
    </>
  );
}

function columns({ levels, currency }: Report, depth: number): Array<Column<ReportRow>> {
  const money = (id: string, header: string, of: (row: ReportRow) => string): Column<ReportRow> => ({
    id,
    header,
    align: 'right',
    value: (row) => Number(of(row)),
    render: (row) => <span title={`${of(row)} ${currency}`}>{formatMoney(of(row), currency)}</span>,
  });
  const sharedOf = (row: ReportRow) =>
    row.kind === 'shared' ? row.total : String(row.shared.reduce((sum, { amount }) => sum + Number(amount), 0));
  return [
    ...levels.slice(0, depth + 1).map(({ dim, label }, index) => ({
      id: dim,
      header: label,
      value: (row: ReportRow) => keyText(row, index),
    })),
    money('direct', t('showback.direct', 'Direct'), ({ direct }) => direct),
    {
      ...money('shared', t('showback.shared-part', 'Shared'), sharedOf),
      render: (row) => (
        <span title={row.shared.map(({ rule, amount }) => `${rule}: ${amount} ${currency}`).join('\n')}>
          {formatMoney(sharedOf(row), currency)}
        </span>
      ),
    },
    money('total', t('showback.total', 'Total'), ({ total }) => total),
    {
      id: 'share',
      header: t('spend.share', 'Share'),
      align: 'right',
      value: ({ share }) => Number(share ?? 0),
      render: ({ share }) => (share === undefined ? '–' : formatShare(share)),
    },
    {
      id: 'lines',
      header: t('spend.lines', 'Bill lines'),
      align: 'right',
      hidden: true,
      value: ({ lines }) => lines,
    },
  ];
}

function keyText({ keys, kind }: ReportRow, index: number): string {
  if (kind === 'unallocated') return index === 0 ? t('showback.nobody', '(not allocated)') : '';
  const key = keys[index];
  if (kind === 'shared' && index > 0) return index === 1 ? t('showback.shared-row', '(shared costs)') : '';
  if (key === undefined) return '';
  return key === '' ? t('scope.none', '(none)') : key;
}
