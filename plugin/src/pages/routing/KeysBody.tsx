import type { GatewayKey } from '@amadeus/backend/gateway/contract.ts';
import type { RouteRow, RouteUsage } from '@amadeus/backend/routing-panels/contract.ts';
import { sceneGraph, SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { smallMoney } from './call-words';
import { keyState } from './key-draft';
import { KeyForm } from './KeyForm';
import { KeyRevocation } from './KeyRevocation';
import { KeyTable } from './KeyTable';
import { LimitsPart } from './LimitsPart';

/** Who calls, with which key, and how much of it? */
export class KeysBody extends SceneObjectBase<SceneObjectState> {
  static Component = KeysPage;
}

function KeysPage({ model }: SceneComponentProps<KeysBody>) {
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const { may } = useMe();
  const { data, failure, reload } = useService<{ keys: GatewayKey[] }>('/api/gateway/keys', {}, range);
  const usage = useService<RouteUsage>(
    '/api/routing/usage',
    { from: range.from.toISOString(), to: range.to.toISOString(), by: 'key', limit: 500 },
    range,
  );
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<GatewayKey | undefined>();
  const used = new Map((usage.data?.rows ?? []).map((row): [string, RouteRow] => [row.keys['key'] ?? '', row]));
  const create = may('gateway:write') && (
    <Button icon="plus" onClick={() => setMaking(true)}>
      {t('routing.key.new', 'New key')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('routing.key.list', 'Keys')} retry={reload} />}
      {!data && !failure && <Skeleton height={240} />}
      {data && <TopSentence>{sentence(data.keys, used, usage.data?.currency ?? '')}</TopSentence>}
      {usage.failure && (
        <FailureNote failure={usage.failure} what={t('routing.key.usage', 'What the keys used')} retry={usage.reload} />
      )}
      {data && data.keys.length === 0 && (
        <Empty message={t('routing.key.none', 'There is no key yet')}>
          <p>
            {t(
              'routing.key.none-help',
              'An application calls the gateway with a key of its own: it says whose calls these are, which models they may ask for, and it can be taken back without touching another.',
            )}
          </p>
          {create}
        </Empty>
      )}
      {data && data.keys.length > 0 && (
        <Part title={t('routing.key.list', 'Keys')} aside={create}>
          <KeyTable
            keys={data.keys}
            used={used}
            currency={usage.data?.currency ?? ''}
            onRevoke={may('gateway:write') ? setRevoking : undefined}
          />
        </Part>
      )}
      {data && <LimitsPart mayWrite={may('gateway:write')} refresh={range} />}
      {making && (
        <KeyForm
          onClose={() => {
            setMaking(false);
            reload();
          }}
        />
      )}
      {revoking && (
        <KeyRevocation
          of={revoking}
          onClose={() => setRevoking(undefined)}
          onDone={() => {
            setRevoking(undefined);
            reload();
          }}
        />
      )}
    </PageFrame>
  );
}

function sentence(keys: readonly GatewayKey[], used: ReadonlyMap<string, RouteRow>, currency: string): string {
  const live = keys.filter((key) => keyState(key, new Date()) === 'live');
  const [most] = [...live].sort((a, b) => Number(used.get(b.id)?.cost ?? 0) - Number(used.get(a.id)?.cost ?? 0));
  const cost = most && used.get(most.id)?.cost;
  const count = live.length;
  if (most === undefined || cost === undefined)
    return t('routing.key.said', '{{count}} keys are in use.', { count, defaultValue_one: '{{count}} key is in use.' });
  return t('routing.key.said-most', '{{count}} keys are in use; {{name}} spent most, {{cost}} in this range.', {
    ...{ count, name: most.name, cost: smallMoney(cost, currency) },
    defaultValue_one: '{{count}} key is in use; {{name}} spent {{cost}} in this range.',
  });
}
