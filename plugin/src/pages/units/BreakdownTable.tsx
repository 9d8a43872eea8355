import type { Breakdown, BreakdownKey, BreakdownRow } from '@amadeus/backend/unit-economics/contract.ts';
import { InlineField } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { DataTable, type Column } from '../../components/DataTable';
import { Skeleton } from '../../components/States';
import { formatChange, formatMoney, formatShare } from '../../format/money';
import { formatUnitCost } from '../../format/unit-cost';
import { t } from '../../i18n';

interface Props {
  breakdown: Breakdown | undefined;
  by: string;
  onBy: (by: string) => void;
  onOpen: (key: string) => void;
}

/** Dimensions of the bill that the page's filters know; sessions and jobs are single things. */
const narrowing = new Set(['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model']);

/** The same costs by customer, feature, model: with their units, change, and margin where revenue is known. */
export function BreakdownTable({ breakdown, by, onBy, onOpen }: Props) {
  const label = t('unit.by', 'By');
  return (
    <>
      <InlineField label={label}>
        <Choice
          name={label}
          width={24}
          options={dimensionNames()}
          value={by}
          onChange={(option) => onBy(option.value)}
        />
      </InlineField>
      {!breakdown && <Skeleton height={320} />}
      {breakdown && (
        <DataTable
          key={by}
          name={t('unit.breakdown', 'Where it differs')}
          columns={columnsOf(breakdown, by)}
          rows={breakdown.rows}
          rowKey={({ key }, index) => `${key}-${index}`}
          empty={t('unit.none', 'Nothing fits.')}
          initialSort={{ id: 'cost', descending: true }}
          {...(narrowing.has(by)
            ? {
                onOpen: ({ key }: BreakdownRow) => onOpen(key),
                openLabel: ({ key }: BreakdownRow) => t('spend.open', 'Look into {{name}}', { name: nameOf(key) }),
              }
            : {})}
        />
      )}
    </>
  );
}

function dimensionNames(): Array<{ value: string; label: string }> {
  const names: Record<BreakdownKey, string> = {
    x_Customer: t('unit.dim.customer', 'Customer'),
    x_Feature: t('unit.dim.feature', 'Feature'),
    x_Model: t('unit.dim.model', 'Model'),
    ModelVersion: t('unit.dim.version', 'Model version'),
    x_Environment: t('unit.dim.stage', 'Stage'),
    x_Team: t('unit.dim.team', 'Team'),
    x_Product: t('unit.dim.product', 'Product'),
    session: t('unit.session', 'Session'),
    job: t('unit.dim.job', 'Job'),
  };
  return Object.entries(names).map(([value, label]) => ({ value, label }));
}

const nameOf = (key: string): string => (key === '' ? t('scope.none', '(none)') : key);

function columnsOf({ rows, currency }: Breakdown, by: string): Array<Column<BreakdownRow>> {
  const known = (name: keyof BreakdownRow) => rows.some((row) => row[name] !== undefined);
  const money = (id: keyof BreakdownRow, header: string, format = formatMoney): Column<BreakdownRow> => ({
    id,
    header,
    align: 'right',
    value: (row) => Number(row[id] ?? 0),
    render: (row) => (row[id] === undefined ? '–' : format(String(row[id]), currency)),
  });
  const count = (id: 'requests' | 'tokens' | 'sessions', header: string, hidden = false): Column<BreakdownRow> => ({
    id,
    header,
    align: 'right',
    hidden,
    value: (row) => row[id],
    render: (row) => row[id].toLocaleString('en-US'),
  });
  const share = (id: 'changeShare' | 'marginShare', header: string): Column<BreakdownRow> => ({
    id,
    header,
    align: 'right',
    value: (row) => Number(row[id] ?? 0),
    render: (row) => {
      const part = row[id];
      if (part === undefined) return '–';
      return id === 'changeShare' ? formatChange(Number(part) * 100) : formatShare(part);
    },
  });
  return [
    {
      id: 'key',
      header: dimensionNames().find(({ value }) => value === by)?.label ?? by,
      value: ({ key }) => nameOf(key),
    },
    money('cost', t('unit.cost', 'Cost')),
    ...(known('changeShare') ? [share('changeShare', t('spend.change', 'Change'))] : []),
    ...(known('revenue')
      ? [
          money('revenue', t('unit.revenue', 'Revenue')),
          money('margin', t('unit.margin', 'Margin')),
          share('marginShare', t('unit.margin-share', 'Margin, share')),
        ]
      : []),
    money('costPerRequest', t('unit.per-request', 'Per request'), formatUnitCost),
    money('costPerSession', t('unit.per-session', 'Per session'), formatUnitCost),
    money('costPer1000Tokens', t('unit.per-tokens', 'Per 1,000 tokens'), formatUnitCost),
    count('requests', t('unit.requests', 'Requests')),
    count('sessions', t('unit.sessions', 'Sessions'), true),
    count('tokens', t('unit.tokens', 'Tokens'), true),
    ...(known('shared') ? [money('shared', t('unit.shared', 'Shared cost'))] : []),
    { ...money('billed', t('unit.basis.billed', 'Billed')), hidden: true },
    { ...money('estimated', t('unit.basis.estimated', 'Estimated')), hidden: true },
    ...(known('gpuHours') ? [{ ...gpuHours(), hidden: true }] : []),
  ];
}

function gpuHours(): Column<BreakdownRow> {
  return {
    id: 'gpuHours',
    header: t('unit.gpu-hours', 'GPU-hours'),
    align: 'right',
    value: (row) => Number(row.gpuHours ?? 0),
    render: (row) => (row.gpuHours === undefined ? '–' : Number(row.gpuHours).toLocaleString('en-US')),
  };
}
