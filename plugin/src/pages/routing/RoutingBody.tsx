import type { RouteUsage, RoutingOverview } from '@amadeus/backend/routing-panels/contract.ts';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Alert, LinkButton, Stack } from '@grafana/ui';
import { useEffect } from 'react';
import { Choice } from '../../components/Choice';
import { Notices } from '../../components/Notices';
import { FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { pageUrls } from '../../constants';
import { t } from '../../i18n';
import type { ChartPanel } from '../../panels/ChartPanel';
import { findDatasource } from '../../panels/find-datasource';
import { routingChart } from '../../panels/routing-chart';
import { scopeOf } from '../../scope/ScopeControl';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { Columns, PageFrame, Part } from '../PageFrame';
import { CachePart } from './CachePart';
import { routingDimensionName } from './call-words';
import { GatewayStart } from './GatewayStart';
import { RouteTable } from './RouteTable';
import { RoutingAnswer } from './RoutingAnswer';
import { RoutingFigures } from './RoutingFigures';
import { routingParams, routingScope } from './routing-scope';

interface RoutingState extends SceneObjectState {
  /** What the charts and the table are grouped by. */
  by: GroupName;
  charts: ChartPanel[];
}

const groupNames = ['route', 'policy', 'version', 'feature', 'team', 'model', 'customer', 'key'] as const;
type GroupName = (typeof groupNames)[number];

/** Are requests going where they should? */
export class RoutingBody extends SceneObjectBase<RoutingState> {
  static Component = RoutingPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['by'] });

  constructor() {
    super({ by: 'route', charts: [] });
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid !== undefined && this.state.charts.length === 0) this.setState({ charts: charts(uid) });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    return { by: this.state.by === 'route' ? undefined : this.state.by };
  }

  updateFromUrl({ by }: SceneObjectUrlValues) {
    this.setState({ by: groupNames.find((name) => name === by) ?? 'route' });
  }
}

function charts(uid: string): ChartPanel[] {
  return [
    routingChart(uid, {
      title: t('routing.chart.requests', 'Where requests went'),
      query: { measure: 'tries' },
      stacked: true,
    }),
    routingChart(uid, {
      title: t('routing.chart.first-token', 'First token, 95th percentile'),
      query: { measure: 'firstTokenP95' },
    }),
    routingChart(uid, {
      title: t('routing.chart.cost', 'Spend'),
      query: { measure: 'cost' },
      stacked: true,
    }),
    routingChart(uid, {
      title: t('routing.chart.errors', 'Tries that failed'),
      description: t(
        'routing.chart.errors-help',
        'A try that fails is taken over by the next route of the policy; the caller notices nothing as long as one answers.',
      ),
      query: { measure: 'tryErrorShare' },
    }),
  ];
}

function RoutingPage({ model }: SceneComponentProps<RoutingBody>) {
  const { by, charts } = model.useState();
  const { may } = useMe();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const { filters, left } = routingScope(scopeOf(model).useState().filters);
  const params = routingParams(range, filters);
  const { data, failure, reload } = useService<RoutingOverview>('/api/routing/overview', params, range);
  const groups = useService<RouteUsage>('/api/routing/usage', { ...params, by, limit: 100 }, range);
  const asked = JSON.stringify({ by, filters });

  useEffect(() => {
    for (const chart of charts) chart.ask({ groupBy: [by], filters, limit: 7 });
    // The text says what the objects hold, and changes only with it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [charts, asked]);

  if (failure)
    return (
      <PageFrame>
        <FailureNote failure={failure} what={t('routing.name', 'The routing')} retry={reload} />
      </PageFrame>
    );
  if (!data)
    return (
      <PageFrame>
        <Skeleton height={72} />
        <Skeleton height={280} />
      </PageFrame>
    );
  const groupLabel = t('routing.group', 'Group by');
  return (
    <PageFrame>
      <RoutingAnswer overview={data} />
      <Notices notices={data.notices} />
      {left.length > 0 && (
        <Alert
          severity="info"
          title={t('routing.left', 'Requests are not narrowed by {{dims}}: calls through the gateway do not have it.', {
            dims: left.join(', '),
          })}
        />
      )}
      {data.state !== 'ok' && <GatewayStart state={data.state} port={data.port} />}
      {data.state === 'ok' && (
        <>
          <RoutingFigures overview={data} />
          <Part
            title={t('routing.choices', 'What was chosen')}
            aside={
              <Stack direction="row" gap={1} alignItems="center" wrap="wrap">
                <Choice
                  name={groupLabel}
                  width={24}
                  value={by}
                  options={groupNames.map((value) => ({ value, label: routingDimensionName(value) }))}
                  onChange={({ value }) => model.setState({ by: value })}
                />
                <LinkButton size="sm" variant="secondary" icon="list-ul" href={`${pageUrls.routing}/live`}>
                  {t('routing.live', 'Live requests')}
                </LinkButton>
                {may('gateway:write') && (
                  <LinkButton size="sm" icon="plus" href={`${pageUrls.routing}/policies?draft=new`}>
                    {t('routing.draft', 'Draft a policy')}
                  </LinkButton>
                )}
              </Stack>
            }
          >
            {groups.failure && (
              <FailureNote
                failure={groups.failure}
                what={t('routing.choices', 'What was chosen')}
                retry={groups.reload}
              />
            )}
            {groups.data ? <RouteTable usage={groups.data} by={by} /> : !groups.failure && <Skeleton height={200} />}
          </Part>
          <CachePart from={range.from.toISOString()} to={range.to.toISOString()} refreshKey={range} />
          {charts.length === 0 ? (
            <NoDatasource />
          ) : (
            <Columns>
              {charts.map((chart) => (
                <chart.Component key={chart.state.key} model={chart} />
              ))}
            </Columns>
          )}
        </>
      )}
    </PageFrame>
  );
}
