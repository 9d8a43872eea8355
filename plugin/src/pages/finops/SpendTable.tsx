import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '../../i18n';
import { useStyles2 } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { changePercent, formatChange, formatMoney, formatShare } from '../../format/money';
import type { CostRow, CostSummary, Dimension } from '../../service/contract';
import { groupName, noValue } from './spend-story';

interface Props {
  summary: CostSummary;
  dims: Dimension[];
  onOpen: (row: CostRow) => void;
}

/** Each group with its cost, share and change. Opening one goes a level down. */
export function SpendTable({ summary, dims, onOpen }: Props) {
  const { currency, total, rows } = summary;
  const compared = rows.some(({ previousCost }) => previousCost !== undefined);
  const whole = Number(total.cost);
  const share = (row: CostRow) =>
    row.share === undefined ? (whole > 0 ? Number(row.cost) / whole : 0) : Number(row.share);
  const label = (name: string) => dims.find((dim) => dim.name === name)?.label ?? name;
  const columns: Array<Column<CostRow>> = [
    ...summary.dims.map((dim) => ({ id: dim, header: label(dim), value: (row: CostRow) => row.keys[dim] || noValue })),
    {
      id: 'cost',
      header: t('spend.cost', 'Cost ({{currency}})', { currency }),
      value: (row) => Number(row.cost),
      render: (row) => <span title={`${row.cost} ${currency}`}>{formatMoney(row.cost, currency, { digits: 2 })}</span>,
      align: 'right',
    },
    {
      id: 'share',
      header: t('spend.share', 'Share'),
      value: share,
      render: (row) => <ShareBar share={share(row)} />,
      align: 'right',
    },
    ...(compared
      ? [
          {
            id: 'previous',
            header: t('spend.previous', 'Period before'),
            value: (row: CostRow) => Number(row.previousCost ?? 0),
            render: (row: CostRow) => formatMoney(row.previousCost ?? '0', currency, { digits: 2 }),
            align: 'right' as const,
          },
          {
            id: 'change',
            header: t('spend.change', 'Change'),
            value: (row: CostRow) => changePercent(row.cost, row.previousCost) ?? 0,
            render: (row: CostRow) => {
              const change = changePercent(row.cost, row.previousCost);
              return change === undefined ? t('spend.new', 'new') : formatChange(change);
            },
            align: 'right' as const,
          },
        ]
      : []),
    {
      id: 'lines',
      header: t('spend.lines', 'Bill lines'),
      value: ({ lines }) => lines ?? 0,
      render: ({ lines }) => (lines ?? 0).toLocaleString('en-US'),
      align: 'right',
      hidden: true,
    },
  ];
  return (
    <DataTable
      key={summary.dims.join()}
      name={t('spend.table', 'Spend by {{dims}}', { dims: summary.dims.map(label).join(', ') })}
      columns={columns}
      rows={rows}
      rowKey={(row, index) => `${groupName(row, summary.dims)}-${index}`}
      empty={t('spend.none', 'No bill line fits.')}
      onOpen={onOpen}
      openLabel={(row) => t('spend.open', 'Look into {{name}}', { name: groupName(row, summary.dims) })}
      initialSort={{ id: 'cost', descending: true }}
    />
  );
}

function ShareBar({ share }: { share: number }) {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.share}>
      <span className={styles.track} aria-hidden>
        <span className={styles.bar} style={{ width: `${Math.max(0, Math.min(100, share * 100))}%` }} />
      </span>
      <span className={styles.text}>{formatShare(share)}</span>
    </span>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  share: css({ display: 'inline-flex', alignItems: 'center', gap: theme.spacing(1), justifyContent: 'flex-end' }),
  track: css({
    width: 80,
    height: 6,
    borderRadius: 3,
    background: theme.colors.background.secondary,
    overflow: 'hidden',
  }),
  bar: css({ display: 'block', height: '100%', background: theme.colors.primary.main }),
  text: css({ minWidth: 52 }),
});
