import type { GatewayKey } from '@amadeus/backend/gateway/contract.ts';
import type { RouteRow } from '@amadeus/backend/routing-panels/contract.ts';
import { Badge, Button } from '@grafana/ui';
import { DataTable, type Column } from '../../components/DataTable';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { routingDimensionName, smallMoney } from './call-words';
import { keyState, type KeyState } from './key-draft';

interface Props {
  keys: readonly GatewayKey[];
  /** What each key used in the range, by its id. */
  used: ReadonlyMap<string, RouteRow>;
  currency: string;
  onRevoke: ((key: GatewayKey) => void) | undefined;
}

/** The keys with whose they are, what they may ask for, and what they used. */
export function KeyTable({ keys, used, currency, onRevoke }: Props) {
  return (
    <DataTable
      name={t('routing.key.list', 'Keys')}
      columns={columns(used, currency, onRevoke)}
      rows={keys}
      rowKey={({ id }) => id}
      empty={t('routing.key.none', 'There is no key yet')}
    />
  );
}

function stateText(state: KeyState): string {
  if (state === 'live') return t('routing.key.live', 'In use');
  return state === 'revoked' ? t('routing.key.revoked', 'Revoked') : t('routing.key.over', 'Over');
}

function columns(
  used: ReadonlyMap<string, RouteRow>,
  currency: string,
  onRevoke: Props['onRevoke'],
): Array<Column<GatewayKey>> {
  const now = new Date();
  const of = ({ id }: GatewayKey) => used.get(id);
  const right = 'right' as const;
  const shown: Array<Column<GatewayKey>> = [
    { id: 'name', header: t('routing.key.name', 'Key'), value: ({ name }) => name },
    {
      id: 'state',
      header: t('routing.key.state', 'State'),
      value: (key) => stateText(keyState(key, now)),
      render: (key) => {
        const state = keyState(key, now);
        return <Badge color={state === 'live' ? 'green' : 'darkgrey'} text={stateText(state)} />;
      },
    },
    { id: 'team', header: routingDimensionName('team'), value: ({ team = '' }) => team },
    { id: 'feature', header: routingDimensionName('feature'), value: ({ feature = '' }) => feature },
    { id: 'models', header: t('routing.key.models', 'Models'), value: ({ models }) => models.join(', ') },
    {
      id: 'requests',
      header: t('routing.requests', 'Requests'),
      align: right,
      value: (key) => of(key)?.calls ?? 0,
      render: (key) => (of(key)?.calls ?? 0).toLocaleString('en-US'),
    },
    {
      id: 'cost',
      header: t('routing.spend', 'Spend'),
      align: right,
      value: (key) => Number(of(key)?.cost ?? 0),
      render: (key) => smallMoney(of(key)?.cost ?? '0', currency),
    },
    { id: 'hint', header: t('routing.key.secret', 'Secret'), value: ({ hint }) => hint },
    {
      id: 'expires',
      header: t('routing.key.expires', 'Ends'),
      value: ({ expiresAt = '' }) => expiresAt,
      render: ({ expiresAt }) => (expiresAt ? moment(expiresAt) : '–'),
    },
    { id: 'product', header: routingDimensionName('product'), hidden: true, value: ({ product = '' }) => product },
    { id: 'customer', header: routingDimensionName('customer'), hidden: true, value: ({ customer = '' }) => customer },
    {
      id: 'environment',
      header: t('routing.key.environment', 'Stage'),
      hidden: true,
      value: ({ environment = '' }) => environment,
    },
    { id: 'region', header: t('routing.key.region', 'Region'), hidden: true, value: ({ region }) => region },
    { id: 'by', header: t('routing.key.by', 'Made by'), hidden: true, value: ({ createdBy }) => createdBy },
    {
      id: 'made',
      header: t('routing.key.made', 'Made'),
      hidden: true,
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => moment(createdAt),
    },
  ];
  if (onRevoke === undefined) return shown;
  return [
    ...shown,
    {
      id: 'act',
      header: t('routing.key.act', 'Take back'),
      value: () => '',
      render: (key) =>
        keyState(key, now) === 'live' && (
          <Button
            size="sm"
            variant="destructive"
            fill="text"
            onClick={() => onRevoke(key)}
            aria-label={t('routing.key.revoke-named', 'Revoke {{name}}', { name: key.name })}
          >
            {t('routing.key.revoke', 'Revoke')}
          </Button>
        ),
    },
  ];
}
