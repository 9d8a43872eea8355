import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import type { ScalingDetail, ScalingWorkload } from '@amadeus/backend/scaling/contract.ts';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { useEffect } from 'react';
import { ChangeDrawer } from '../../changes/ChangeDrawer';
import { PendingChanges } from '../../changes/PendingChanges';
import { Empty, FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { replicasChart, trafficChart } from '../../panels/charts';
import type { ChartPanel } from '../../panels/ChartPanel';
import { findDatasource } from '../../panels/find-datasource';
import { ChartMarks, markKinds, type MarkKind } from '../../panels/marks';
import type { Accuracy, TrafficSeries, Workload } from '../../service/contract';
import { useService } from '../../service/use-service';
import { Columns, PageFrame, Part } from '../PageFrame';
import { AccuracyTable } from './AccuracyTable';
import { fitsChart, readiness } from './readiness';
import { ScalingPart } from './ScalingPart';
import { TrafficAnswer } from './TrafficAnswer';
import { TrafficControls } from './TrafficControls';
import { isDrawerTab, WorkloadDrawer, type DrawerTab } from './WorkloadDrawer';
import { WorkloadTable } from './WorkloadTable';

interface TrafficState extends SceneObjectState {
  /** Empty: the busiest. */
  workload: string;
  horizonMinutes: number;
  /** Kinds of marks that are drawn. */
  marks: MarkKind[];
  /** What is shown of the workload at the side. */
  drawer?: DrawerTab;
  /** The Change whose drawer is open. */
  change?: number;
  requests?: ChartPanel;
  pods?: ChartPanel;
}

const usualMarks: MarkKind[] = ['scaling', 'healing', 'events'];

/** What is coming, and are we ready? */
export class TrafficBody extends SceneObjectBase<TrafficState> {
  static Component = TrafficPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, {
    keys: ['workload', 'horizon', 'marks', 'show', 'change'],
  });

  constructor() {
    super({ workload: '', horizonMinutes: 10, marks: usualMarks });
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid === undefined || this.state.requests) return;
      const requests = trafficChart(uid, { workload: this.state.workload }, 380);
      requests.setState({ $data: new ChartMarks(uid, this.state.marks) });
      this.setState({ requests, pods: replicasChart(uid, { workload: this.state.workload }) });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    const { workload, horizonMinutes, marks, drawer, change } = this.state;
    return {
      workload: workload || undefined,
      horizon: String(horizonMinutes),
      marks: marks.join(',') === usualMarks.join(',') ? undefined : marks.join(',') || 'none',
      show: drawer,
      change: change === undefined ? undefined : String(change),
    };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    if ('workload' in values) this.setState({ workload: one(values.workload) ?? '' });
    const minutes = Number(values.horizon);
    if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 10) this.setState({ horizonMinutes: minutes });
    if ('marks' in values) this.setState({ marks: marksOf(one(values.marks)) });
    if ('show' in values) {
      const tab = one(values.show);
      this.setState({ drawer: isDrawerTab(tab) ? tab : undefined });
    }
    if ('change' in values) {
      const id = Number(one(values.change));
      this.setState({ change: Number.isSafeInteger(id) && id > 0 ? id : undefined });
    }
  }
}

function one(value: string | string[] | null | undefined): string | undefined {
  return [value].flat()[0] ?? undefined;
}

function marksOf(text: string | undefined): MarkKind[] {
  if (text === undefined) return usualMarks;
  const named = text.split(',');
  return markKinds.filter((kind) => named.includes(kind));
}

const dayMs = 86_400_000;

function TrafficPage({ model }: SceneComponentProps<TrafficBody>) {
  const { workload: chosen, horizonMinutes, marks, drawer, change, requests, pods } = model.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const workloads = useService<Workload[]>('/api/workloads', {}, range);
  const list = workloads.data ?? [];
  const workload = chosen || busiest(list)?.workload;
  const path = workload && `/api/traffic/${encodeURIComponent(workload)}`;
  const window = { from: range.from.toISOString(), to: range.to.toISOString() };
  const series = useService<TrafficSeries>(path && `${path}/series`, { ...window, horizon: horizonMinutes }, range);
  const accuracy = useService<Accuracy>(path && `${path}/accuracy`, { range: '24h' }, range);
  const decided = useService<{ workloads: ScalingWorkload[] }>('/api/scaling/workloads', {}, range);
  const isScaled = decided.data?.workloads.some((row) => row.workload === workload) ?? false;
  const scaling = useService<ScalingDetail>(
    isScaled && workload ? `/api/scaling/workloads/${encodeURIComponent(workload)}` : undefined,
    {},
    range,
  );
  const coming = useComing(workload, range);
  const ready = readiness(series.data?.ahead, scaling.data);
  const isCapacityDrawn = fitsChart(ready?.capacity, highest(series.data));

  useEffect(() => {
    if (workload === undefined) return;
    requests?.ask({
      workload,
      horizonMinutes,
      series: isCapacityDrawn ? ['actual', 'predicted', 'band', 'capacity'] : ['actual', 'predicted', 'band'],
    });
    pods?.ask({ workload });
    const layers = requests?.state.$data;
    if (layers instanceof ChartMarks) layers.show(marks, workload);
  }, [requests, pods, workload, horizonMinutes, marks, isCapacityDrawn]);

  if (workloads.failure) {
    return (
      <PageFrame>
        <FailureNote failure={workloads.failure} what={t('traffic.name', 'The traffic')} retry={workloads.reload} />
      </PageFrame>
    );
  }
  if (workloads.data && list.length === 0) return <NoWorkload />;
  const openChange = (id: number) => model.setState({ change: id });
  return (
    <PageFrame>
      {series.failure && (
        <FailureNote failure={series.failure} what={t('traffic.forecast', 'The forecast')} retry={series.reload} />
      )}
      {workload && series.data ? (
        <TrafficAnswer
          workload={list.find((row) => row.workload === workload) ?? { workload }}
          series={series.data}
          accuracy={accuracy.data}
          ready={ready}
          coming={coming}
        />
      ) : (
        !series.failure && <Skeleton height={72} />
      )}
      <TrafficControls
        workloads={list}
        workload={workload ?? ''}
        horizonMinutes={horizonMinutes}
        marks={marks}
        onWorkload={(next) => model.setState({ workload: next })}
        onHorizon={(next) => model.setState({ horizonMinutes: next })}
        onMarks={(next) => model.setState({ marks: next })}
        onShow={(tab) => model.setState({ drawer: tab })}
      />
      {requests ? <requests.Component model={requests} /> : <NoDatasource />}
      {pods && <pods.Component model={pods} />}
      <PendingChanges kinds={['scaling', 'forecast.', 'healing.']} refreshKey={range} onOpen={openChange} />
      <ScalingPart decided={decided} refreshKey={range} onOpen={(next) => model.setState({ workload: next })} />
      <Columns>
        <Part title={t('traffic.accuracy', 'How good have the forecasts been?')}>
          {accuracy.failure ? (
            <FailureNote failure={accuracy.failure} what={t('traffic.scores', 'The scores')} retry={accuracy.reload} />
          ) : accuracy.data ? (
            <AccuracyTable accuracy={accuracy.data} />
          ) : (
            <Skeleton height={200} />
          )}
        </Part>
        <Part title={t('traffic.workloads', 'Workloads')}>
          <WorkloadTable
            workloads={list}
            chosen={workload ?? ''}
            onOpen={(next) => model.setState({ workload: next })}
          />
        </Part>
      </Columns>
      {drawer && workload && change === undefined && (
        <WorkloadDrawer
          workload={workload}
          tab={drawer}
          scaling={scaling}
          onTab={(tab) => model.setState({ drawer: tab })}
          onChange={openChange}
          onClose={() => model.setState({ drawer: undefined })}
        />
      )}
      {change !== undefined && (
        <ChangeDrawer
          id={change}
          onClose={() => model.setState({ change: undefined })}
          onChanged={() => {
            decided.reload();
            scaling.reload();
          }}
        />
      )}
    </PageFrame>
  );
}

/** The next known event of a workload within a week, or the one that runs. */
function useComing(workload: string | undefined, refreshKey: { to: unknown }): EventView | undefined {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const { data } = useService<{ events: EventView[] }>(
    workload === undefined ? undefined : '/api/events',
    { from: new Date(now).toISOString(), to: new Date(now + 7 * dayMs).toISOString(), workload },
    refreshKey,
  );
  return data?.events[0];
}

function highest(series: TrafficSeries | undefined): number {
  if (!series) return 0;
  const known = [...series.actual, ...series.upper].filter((value) => value !== null);
  return known.reduce((most, value) => Math.max(most, value), 0);
}

function NoWorkload() {
  return (
    <Empty message={t('traffic.none', 'No workload has been seen yet')}>
      {t(
        'traffic.none-help',
        'Name a Prometheus in the configuration of the service, or start it with --prometheus. The first forecast stands about an hour later.',
      )}
    </Empty>
  );
}

function busiest(workloads: readonly Workload[]): Workload | undefined {
  return [...workloads].sort((a, b) => (b.requestsPerMinute ?? 0) - (a.requestsPerMinute ?? 0))[0];
}
