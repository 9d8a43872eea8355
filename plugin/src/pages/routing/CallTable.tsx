import type { LiveCall } from '@amadeus/backend/routing-panels/contract.ts';
import { Badge } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { moment, toSecond } from '../../format/age';
import { t } from '../../i18n';
import { duration, endColor, endName, routeName, routingDimensionName, smallMoney, triesOf } from './call-words';

interface Props {
  calls: readonly LiveCall[];
  onOpen: (call: LiveCall) => void;
}

/** The newest calls; one opens with what was tried and why. */
export function CallTable({ calls, onOpen }: Props) {
  return (
    <DataTable
      name={t('routing.live', 'Live requests')}
      columns={columns()}
      rows={calls}
      rowKey={({ id }) => id}
      empty={t('routing.live-none', 'No request fits')}
      onOpen={onOpen}
      openLabel={({ at }) =>
        t('routing.explain-call', 'Why did the request of {{when}} go there?', { when: moment(at) })
      }
    />
  );
}

function columns(): Array<Column<LiveCall>> {
  const right = 'right' as const;
  return [
    {
      id: 'at',
      header: t('routing.at', 'When'),
      value: ({ at }) => at,
      render: ({ at }) => <span title={moment(at)}>{toSecond(at)}</span>,
    },
    {
      id: 'status',
      header: t('routing.ended', 'Outcome'),
      value: ({ status }) => endName(status),
      render: (call) => (
        <>
          <Badge color={endColor(call.status)} text={endName(call.status)} />{' '}
          {triesOf(call) > 1 && (
            <Badge color="orange" text={t('routing.tries', '{{tries}} tries', { tries: triesOf(call) })} />
          )}{' '}
          {call.cache !== '' && (
            <Badge color="purple" text={t('routing.cached', 'cache: {{kind}}', { kind: call.cache })} />
          )}
        </>
      ),
    },
    { id: 'asked', header: routingDimensionName('asked'), value: ({ asked }) => asked },
    { id: 'route', header: routingDimensionName('route'), value: ({ route }) => routeName(route) },
    { id: 'feature', header: routingDimensionName('feature'), value: ({ feature }) => feature },
    {
      id: 'first',
      header: t('routing.first', 'First token'),
      align: right,
      value: ({ firstTokenMs }) => firstTokenMs ?? 0,
      render: ({ firstTokenMs }) => (firstTokenMs === undefined ? '–' : duration(firstTokenMs)),
    },
    {
      id: 'duration',
      header: t('routing.took', 'Took'),
      align: right,
      value: ({ durationMs }) => durationMs ?? 0,
      render: ({ durationMs }) => (durationMs === undefined ? '–' : duration(durationMs)),
    },
    {
      id: 'tokens',
      header: t('routing.tokens', 'Tokens'),
      align: right,
      hidden: true,
      value: ({ inputTokens, outputTokens }) => inputTokens + outputTokens,
      render: ({ inputTokens, outputTokens }) =>
        `${inputTokens.toLocaleString('en-US')} + ${outputTokens.toLocaleString('en-US')}`,
    },
    {
      id: 'cost',
      header: t('routing.cost', 'Cost'),
      align: right,
      value: ({ cost }) => Number(cost),
      render: ({ cost, currency }) => smallMoney(cost, currency),
    },
    { id: 'why', header: t('routing.why', 'Why'), value: ({ why }) => why },
    { id: 'policy', header: routingDimensionName('policy'), hidden: true, value: ({ policy }) => policy },
    { id: 'team', header: routingDimensionName('team'), hidden: true, value: ({ team }) => team },
    { id: 'version', header: routingDimensionName('version'), hidden: true, value: ({ version }) => version },
    { id: 'product', header: routingDimensionName('product'), hidden: true, value: ({ product }) => product },
    { id: 'customer', header: routingDimensionName('customer'), hidden: true, value: ({ customer }) => customer },
    { id: 'session', header: t('routing.session', 'Session'), hidden: true, value: ({ session }) => session },
    { id: 'id', header: t('routing.id', 'Id'), hidden: true, value: ({ id }) => id },
  ];
}
