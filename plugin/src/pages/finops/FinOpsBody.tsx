import { t } from '../../i18n';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { useEffect } from 'react';
import { Empty, FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { withDefaults } from '../../datasource/default-query';
import { costMetrics, type CostMetric } from '../../datasource/types';
import { spendChart } from '../../panels/charts';
import type { ChartPanel } from '../../panels/ChartPanel';
import { findDatasource } from '../../panels/find-datasource';
import { scopeOf } from '../../scope/ScopeControl';
import type { CostSummary, Dimension } from '../../service/contract';
import { scopeParams } from '../../service/cost-params';
import { ownerlessUrl, rawRange } from '../../service/explore-url';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { BillLines } from './BillLines';
import { Drivers } from './Drivers';
import { GroupControls } from './GroupControls';
import { spendCharts, type SpendChartKind } from './spend-view';
import { SpendAnswer } from './SpendAnswer';
import { SpendChart } from './SpendChart';
import { SpendTable } from './SpendTable';

interface FinOpsState extends SceneObjectState {
  groupBy: string[];
  metric: CostMetric;
  chart: SpendChartKind;
  /** Show the lines of the bill below the groups. */
  lines: boolean;
  /** Only lines of this resource; empty: of all. */
  resource: string;
  trend?: ChartPanel;
}

const usual: Pick<FinOpsState, 'groupBy' | 'metric' | 'chart'> = {
  groupBy: ['ServiceName', 'x_Team'],
  metric: 'EffectiveCost',
  chart: 'trend',
};

/** The order in which opening a row goes down, where nothing else was chosen. */
const wayDown = ['ProviderName', 'ServiceName', 'x_Team', 'x_Product', 'x_Model', 'x_Feature', 'RegionId'];

/** Where does the money go? */
export class FinOpsBody extends SceneObjectBase<FinOpsState> {
  static Component = FinOpsPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, {
    keys: ['group', 'metric', 'chart', 'lines', 'resource'],
  });

  constructor() {
    super({ ...usual, lines: false, resource: '' });
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid === undefined || this.state.trend) return;
      const { groupBy, metric } = this.state;
      this.setState({ trend: spendChart(uid, t('finops.trend', 'Spend over time'), { groupBy, metric }, 340) });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    const { groupBy, metric, chart, lines, resource } = this.state;
    return {
      group: groupBy,
      metric,
      chart: chart === usual.chart ? undefined : chart,
      lines: lines ? '1' : undefined,
      resource: resource || undefined,
    };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    // What an address leaves open is as usual: a link opens the same whatever was looked at before.
    if ('group' in values) this.setState({ groupBy: values.group ? [values.group].flat().slice(0, 3) : usual.groupBy });
    if ('metric' in values) this.setState({ metric: costMetrics.find((one) => one === values.metric) ?? usual.metric });
    if ('chart' in values) this.setState({ chart: spendCharts.find((one) => one === values.chart) ?? usual.chart });
    if ('lines' in values) this.setState({ lines: values.lines === '1' });
    if ('resource' in values) this.setState({ resource: [values.resource].flat()[0] ?? '' });
  }

  /** Something that a person chooses; the browser's Back undoes it. */
  choose(part: Partial<FinOpsState>) {
    this._urlSync.performBrowserHistoryAction(() => this.setState(part));
  }

  /** One level down: only this group, seen by the next dimension; at the end the lines of the bill. */
  open(keys: Record<string, string>) {
    const scope = scopeOf(this);
    scope.narrowAll(keys);
    const used = new Set(scope.state.filters.map(({ dim }) => dim));
    const next = wayDown.find((dim) => !used.has(dim));
    if (next === undefined) this.setState({ lines: true });
    else this.setState({ groupBy: [next] });
  }
}

function FinOpsPage({ model }: SceneComponentProps<FinOpsBody>) {
  const { groupBy, metric, chart, lines, resource, trend } = model.useState();
  const scope = scopeOf(model);
  const { filters, currency, compare } = scope.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const { data: known } = useService<{ dims: Dimension[] }>('/api/cost/dimensions');
  const asked = scopeParams({ filters, currency }, { from: range.from.toISOString(), to: range.to.toISOString() });
  const { data, failure, reload } = useService<CostSummary>('/api/cost/summary', {
    ...asked,
    metric,
    dims: groupBy.join(','),
    granularity: 'total',
    limit: 500,
    compare: compare ? 'previous' : undefined,
  });

  useEffect(() => {
    if (data) scope.setState({ currencies: data.currencies });
  }, [scope, data]);
  useEffect(() => {
    trend?.ask({ filters, currency, groupBy, metric });
  }, [trend, filters, currency, groupBy, metric]);

  const dims = known?.dims ?? [];
  const uid = findDatasource();
  const tableQuery = withDefaults({
    ...{ refId: 'A', queryType: 'cost' as const, format: 'table' as const, granularity: 'total' as const, limit: 100 },
    ...{ groupBy, metric, filters, currency },
  });
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('finops.name', 'The spend')} retry={reload} />}
      {!data && !failure && <Skeleton height={72} />}
      {data && (
        <SpendAnswer
          summary={data}
          compare={compare}
          dims={dims}
          ownerless={ownerlessUrl(filters, rawRange(range.raw))}
        />
      )}
      <GroupControls
        dims={dims}
        groupBy={groupBy}
        metric={metric}
        chart={chart}
        onGroup={(next) => model.choose({ groupBy: next })}
        onMetric={(next) => model.choose({ metric: next })}
        onChart={(next) => model.choose({ chart: next })}
      />
      {chart === 'trend' && (trend ? <trend.Component model={trend} /> : <NoDatasource />)}
      {chart !== 'trend' && data && data.rows.length > 0 && (
        <SpendChart
          kind={chart}
          summary={data}
          dims={dims}
          query={uid === undefined ? undefined : { datasourceUid: uid, query: tableQuery }}
          onOpen={(keys) => model.open(keys)}
        />
      )}
      {!data && !failure && <Skeleton height={320} />}
      {data && data.rows.length === 0 && (
        <Empty message={t('finops.empty', 'No bill line fits')}>
          {filters.length > 0
            ? t('finops.empty-filters', 'Remove a filter or choose a longer time range.')
            : t('finops.empty-range', 'Choose another time range, or send a FOCUS file to /api/ingest/focus.')}
        </Empty>
      )}
      {data && data.rows.length > 0 && (
        <Part title={t('finops.groups', 'By group')}>
          <SpendTable summary={data} dims={dims} onOpen={({ keys, other }) => other !== true && model.open(keys)} />
        </Part>
      )}
      {compare && data?.total.previousCost !== undefined && data.rows.length > 0 && (
        <Drivers asked={asked} metric={metric} groupBy={groupBy} dims={dims} onOpen={(keys) => model.open(keys)} />
      )}
      <BillLines
        asked={{ ...asked, resource }}
        resource={resource}
        open={lines}
        onToggle={() => model.choose({ lines: !lines })}
        onAllResources={() => model.choose({ resource: '' })}
      />
    </PageFrame>
  );
}
