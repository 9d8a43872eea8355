import type { RouteRow, RouteUsage } from '@amadeus/backend/routing-panels/contract.ts';
import { locationService } from '@grafana/runtime';
import { DataTable, type Column } from '../../components/DataTable';
import { pageUrls } from '../../constants';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { filterParams } from '../../service/cost-params';
import { duration, noRoute, routingDimensionName, smallMoney } from './call-words';

/** Each group with its part of the requests, its errors, latency and cost; a row opens its newest requests. */
export function RouteTable({ usage, by }: { usage: RouteUsage; by: string }) {
  const all = usage.rows.reduce((sum, row) => sum + counted(row, by), 0);
  return (
    <DataTable
      name={t('routing.by', 'Requests by {{dimension}}', { dimension: routingDimensionName(by) })}
      columns={columns(by, usage.currency, all)}
      rows={usage.rows}
      rowKey={(row, index) => `${index} ${row.keys[by] ?? ''}`}
      empty={t('routing.none', 'Nothing was called in this range')}
      onOpen={(row) => {
        if (row.other !== true) locationService.push(liveUrl(by, row.keys[by] ?? ''));
      }}
      openLabel={(row) => t('routing.open', 'Live requests of {{name}}', { name: nameOf(row, by) })}
    />
  );
}

function liveUrl(by: string, value: string): string {
  const [only] = filterParams([{ dim: by, values: [value] }]);
  return `${pageUrls.routing}/live?only=${encodeURIComponent(only!)}`;
}

function nameOf(row: RouteRow, by: string): string {
  if (row.other === true) return t('routing.other', '(all others)');
  const name = row.keys[by] ?? '';
  if (by === 'route' && name === noRoute) return t('routing.no-route', 'no route');
  if (name !== '') return name;
  return by === 'route' ? t('routing.from-cache', '(answered by a cache)') : t('scope.none', '(none)');
}

/** A route and its model are tried, and another one where they fail; everything else belongs to the request as a whole. */
const isTried = (by: string) => by === 'route' || by === 'model';
const counted = ({ tries, calls }: RouteRow, by: string) => (isTried(by) ? tries : calls);
const failing = ({ tryErrorShare, errorShare }: RouteRow, by: string) => (isTried(by) ? tryErrorShare : errorShare);

const formatted = (share: number | undefined) => (share === undefined ? '–' : formatShare(share));

function perThousand(row: RouteRow, by: string): number {
  const count = counted(row, by);
  return count > 0 ? (Number(row.cost) / count) * 1000 : 0;
}

function columns(by: string, currency: string, all: number): Array<Column<RouteRow>> {
  const right = 'right' as const;
  const time = (value: { p95: number } | undefined) => (value ? duration(value.p95) : '–');
  return [
    { id: by, header: routingDimensionName(by), value: (row) => nameOf(row, by) },
    {
      id: 'share',
      header: t('routing.part', 'Part'),
      align: right,
      value: (row) => (all > 0 ? counted(row, by) / all : 0),
      render: (row) => (all > 0 ? formatShare(counted(row, by) / all) : '–'),
    },
    {
      id: 'requests',
      header: isTried(by) ? t('routing.tried-times', 'Tries') : t('routing.requests', 'Requests'),
      align: right,
      value: (row) => counted(row, by),
      render: (row) => counted(row, by).toLocaleString('en-US'),
    },
    {
      id: 'errors',
      header: isTried(by) ? t('routing.chart.errors', 'Tries that failed') : t('routing.not-answered', 'Not answered'),
      align: right,
      value: (row) => failing(row, by) ?? 0,
      render: (row) => formatted(failing(row, by)),
    },
    {
      id: 'first',
      header: t('routing.first-token', 'First token, p95'),
      align: right,
      value: ({ firstTokenMs }) => firstTokenMs?.p95 ?? 0,
      render: ({ firstTokenMs }) => time(firstTokenMs),
    },
    {
      id: 'duration',
      header: t('routing.duration', 'Whole answer, p95'),
      align: right,
      value: ({ durationMs }) => durationMs?.p95 ?? 0,
      render: ({ durationMs }) => time(durationMs),
    },
    {
      id: 'cost',
      header: t('routing.spend', 'Spend'),
      align: right,
      value: ({ cost }) => Number(cost),
      render: ({ cost }) => smallMoney(cost, currency),
    },
    {
      id: 'each',
      header: t('routing.each', 'Per 1,000'),
      align: right,
      value: (row) => perThousand(row, by),
      render: (row) => (counted(row, by) > 0 ? smallMoney(perThousand(row, by).toFixed(6), currency) : '–'),
    },
    {
      id: 'cache',
      header: t('routing.cache-hits', 'From a cache'),
      align: right,
      hidden: true,
      value: ({ cacheShare }) => cacheShare ?? 0,
      render: ({ cacheShare }) => formatted(cacheShare),
    },
    {
      id: 'input',
      header: t('routing.input', 'Input tokens'),
      align: right,
      hidden: true,
      value: ({ inputTokens }) => inputTokens,
    },
    {
      id: 'output',
      header: t('routing.output', 'Output tokens'),
      align: right,
      hidden: true,
      value: ({ outputTokens }) => outputTokens,
    },
  ];
}
