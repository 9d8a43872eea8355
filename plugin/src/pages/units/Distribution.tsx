import type { Breakdown, Quantiles } from '@amadeus/backend/unit-economics/contract.ts';
import { DataTable } from '../../components/DataTable';
import { formatUnitCost } from '../../format/unit-cost';
import { t } from '../../i18n';

/** How the cost of single sessions and requests spreads: an average hides the few that cost most. */
export function Distribution({ breakdown: { distribution, currency } }: { breakdown: Breakdown }) {
  const rows = [
    { what: t('unit.session', 'Session'), ...distribution.session },
    { what: t('unit.request', 'Request'), ...distribution.request },
  ].filter((row): row is { what: string } & Quantiles => 'count' in row);
  if (rows.length === 0) return null;
  const column = (id: keyof Quantiles, header: string) => ({
    id,
    header,
    align: 'right' as const,
    value: (row: Quantiles) => Number(row[id]),
    render: (row: Quantiles) => formatUnitCost(String(row[id]), currency),
  });
  return (
    <DataTable
      name={t('unit.distribution', 'Spread of single sessions and requests, by the price book')}
      columns={[
        { id: 'what', header: t('unit.one', 'One'), value: ({ what }) => what },
        {
          id: 'count',
          header: t('unit.quantity', 'Count'),
          align: 'right',
          value: ({ count }) => count,
          render: ({ count }) => count.toLocaleString('en-US'),
        },
        column('p10', t('unit.p10', '10 % cost less than')),
        column('p50', t('unit.p50', 'Half cost less than')),
        column('p90', t('unit.p90', '90 % cost less than')),
        column('p99', t('unit.p99', '99 % cost less than')),
        column('max', t('unit.max', 'The dearest')),
      ]}
      rows={rows}
      rowKey={({ what }) => what}
      empty=""
    />
  );
}
