import type { LiveCall } from '@amadeus/backend/routing-panels/contract.ts';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button, RadioButtonGroup, Stack } from '@grafana/ui';
import { TopSentence } from '../../components/TopSentence';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { scopeOf } from '../../scope/ScopeControl';
import { filterParams, parseFilters } from '../../service/cost-params';
import type { DimensionFilter } from '../../datasource/types';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { CallDrawer } from './CallDrawer';
import { CallTable } from './CallTable';
import { routingDimensionName, triesOf } from './call-words';
import { routingParams, routingScope } from './routing-scope';

interface LiveState extends SceneObjectState {
  /** Only calls that ended so; empty: all. */
  status: '' | 'ok' | 'failed' | 'cancelled';
  /** What another page asked to see. */
  only: DimensionFilter[];
  /** Id of the call that is explained. */
  call: string;
}

/** The newest requests, each with why it went where it went. */
export class LiveBody extends SceneObjectBase<LiveState> {
  static Component = LivePage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['status', 'only', 'call'] });

  constructor() {
    super({ status: '', only: [], call: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    const { status, only, call } = this.state;
    return { status: status || undefined, only: filterParams(only), call: call || undefined };
  }

  updateFromUrl({ status, only, call }: SceneObjectUrlValues) {
    const known = (['ok', 'failed', 'cancelled'] as const).find((one) => one === status);
    this.setState({
      status: known ?? '',
      only: parseFilters([only ?? []].flat()),
      call: typeof call === 'string' ? call : '',
    });
  }
}

const mostShown = 200;

function LivePage({ model }: SceneComponentProps<LiveBody>) {
  const { status, only, call } = model.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const { filters } = routingScope(scopeOf(model).useState().filters);
  const { data, failure, reload } = useService<{ calls: LiveCall[] }>(
    '/api/routing/calls',
    { ...routingParams(range, [...filters, ...only]), status, limit: mostShown },
    range,
  );
  const calls = data?.calls ?? [];
  const opened = calls.find(({ id }) => id === call);
  const label = t('routing.ended', 'Outcome');
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('routing.live', 'Live requests')} retry={reload} />}
      {!data && !failure && <Skeleton height={320} />}
      {data && (
        <>
          <TopSentence>{sentence(calls)}</TopSentence>
          <Part
            title={t('routing.live', 'Live requests')}
            aside={
              <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
                {only.map(({ dim, values }) => (
                  <Button
                    key={dim}
                    size="sm"
                    variant="secondary"
                    icon="times"
                    onClick={() => model.setState({ only: only.filter((one) => one.dim !== dim) })}
                    aria-label={t('routing.drop-filter', 'Do not narrow by {{dimension}}', {
                      dimension: routingDimensionName(dim),
                    })}
                  >
                    {`${routingDimensionName(dim)}: ${values.map((value) => value || t('scope.none', '(none)')).join(', ')}`}
                  </Button>
                ))}
                <RadioButtonGroup
                  size="sm"
                  aria-label={label}
                  options={[
                    { value: '' as const, label: t('routing.end.all', 'All') },
                    { value: 'ok' as const, label: t('routing.end.ok', 'Answered') },
                    { value: 'failed' as const, label: t('routing.end.error', 'Failed') },
                    { value: 'cancelled' as const, label: t('routing.end.cancelled', 'Caller hung up') },
                  ]}
                  value={status}
                  onChange={(next) => model.setState({ status: next })}
                />
                <Button size="sm" variant="secondary" icon="sync" onClick={reload}>
                  {t('routing.newer', 'Look again')}
                </Button>
              </Stack>
            }
          >
            {calls.length === 0 ? (
              <Empty message={t('routing.live-none', 'No request fits')}>
                {t(
                  'routing.live-none-help',
                  'Choose a longer range, or drop a filter. A request stands here a few seconds after it ended.',
                )}
              </Empty>
            ) : (
              <CallTable calls={calls} onOpen={({ id }) => model.setState({ call: id })} />
            )}
          </Part>
        </>
      )}
      {opened && <CallDrawer call={opened} onClose={() => model.setState({ call: '' })} />}
    </PageFrame>
  );
}

function sentence(calls: readonly LiveCall[]): string {
  const count = calls.length;
  if (count === 0) return t('routing.said-live-none', '0 requests in this range.');
  const failed = calls.filter(({ status }) => !['ok', 'cancelled', 'open'].includes(status)).length;
  const again = calls.filter((call) => triesOf(call) > 1).length;
  const first =
    count >= mostShown
      ? t('routing.newest', 'Of the newest {{count}} requests', { count })
      : t('routing.of', 'Of {{count}} requests', { count });
  return t('routing.said-live', '{{first}} {{failed}} failed and {{again}} were taken over by another route.', {
    first,
    failed,
    again,
  });
}
