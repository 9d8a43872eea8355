import { t } from '../../i18n';
import {
  dataLayers,
  SceneDataLayerSet,
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { useEffect } from 'react';
import { Empty, FailureNote, NoDatasource, Skeleton } from '../../components/States';
import { DATASOURCE_ID } from '../../constants';
import { replicasChart, trafficChart } from '../../panels/charts';
import type { ChartPanel } from '../../panels/ChartPanel';
import { findDatasource } from '../../panels/find-datasource';
import type { Accuracy, TrafficSeries, Workload } from '../../service/contract';
import { useService } from '../../service/use-service';
import { Columns, PageFrame, Part } from '../PageFrame';
import { AccuracyTable } from './AccuracyTable';
import { ScalingPart } from './ScalingPart';
import { TrafficAnswer } from './TrafficAnswer';
import { TrafficControls } from './TrafficControls';
import { WorkloadTable } from './WorkloadTable';

interface TrafficState extends SceneObjectState {
  /** Empty: the busiest. */
  workload: string;
  horizonMinutes: number;
  requests?: ChartPanel;
  pods?: ChartPanel;
}

/** What is coming, and are we ready? */
export class TrafficBody extends SceneObjectBase<TrafficState> {
  static Component = TrafficPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['workload', 'horizon'] });

  constructor() {
    super({ workload: '', horizonMinutes: 10 });
    this.addActivationHandler(() => {
      const uid = findDatasource();
      if (uid === undefined || this.state.requests) return;
      const requests = trafficChart(uid, { workload: this.state.workload }, 380);
      requests.setState({ $data: changeMarks(uid) });
      this.setState({ requests, pods: replicasChart(uid, { workload: this.state.workload }) });
    });
  }

  getUrlState(): SceneObjectUrlValues {
    const { workload, horizonMinutes } = this.state;
    return { workload: workload || undefined, horizon: String(horizonMinutes) };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    if ('workload' in values) this.setState({ workload: [values.workload].flat()[0] ?? '' });
    const minutes = Number(values.horizon);
    if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 10) this.setState({ horizonMinutes: minutes });
  }
}

/** Changes as marks on the chart. */
function changeMarks(uid: string): SceneDataLayerSet {
  const datasource = { type: DATASOURCE_ID, uid };
  return new SceneDataLayerSet({
    layers: [
      new dataLayers.AnnotationsDataLayer({
        name: t('traffic.marks', 'Changes'),
        query: {
          name: t('traffic.marks', 'Changes'),
          enable: true,
          iconColor: 'purple',
          datasource,
          target: { refId: 'Anno', queryType: 'annotations', kind: 'changes', datasource } as never,
        },
      }),
    ],
  });
}

function TrafficPage({ model }: SceneComponentProps<TrafficBody>) {
  const { workload: chosen, horizonMinutes, requests, pods } = model.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const workloads = useService<Workload[]>('/api/workloads', {}, range);
  const list = workloads.data ?? [];
  const workload = chosen || busiest(list)?.workload;
  const path = workload && `/api/traffic/${encodeURIComponent(workload)}`;
  const window = { from: range.from.toISOString(), to: range.to.toISOString() };
  const series = useService<TrafficSeries>(path && `${path}/series`, { ...window, horizon: horizonMinutes }, range);
  const accuracy = useService<Accuracy>(path && `${path}/accuracy`, { range: '24h' }, range);

  useEffect(() => {
    if (workload === undefined) return;
    requests?.ask({ workload, horizonMinutes });
    pods?.ask({ workload });
  }, [requests, pods, workload, horizonMinutes]);

  if (workloads.failure) {
    return (
      <PageFrame>
        <FailureNote failure={workloads.failure} what={t('traffic.name', 'The traffic')} retry={workloads.reload} />
      </PageFrame>
    );
  }
  if (workloads.data && list.length === 0) return <NoWorkload />;
  return (
    <PageFrame>
      {series.failure && (
        <FailureNote failure={series.failure} what={t('traffic.forecast', 'The forecast')} retry={series.reload} />
      )}
      {workload && series.data ? (
        <TrafficAnswer
          workload={list.find((one) => one.workload === workload) ?? { workload }}
          series={series.data}
          accuracy={accuracy.data}
        />
      ) : (
        !series.failure && <Skeleton height={72} />
      )}
      <TrafficControls
        workloads={list}
        workload={workload ?? ''}
        horizonMinutes={horizonMinutes}
        onWorkload={(next) => model.setState({ workload: next })}
        onHorizon={(next) => model.setState({ horizonMinutes: next })}
      />
      {requests ? <requests.Component model={requests} /> : <NoDatasource />}
      {pods && <pods.Component model={pods} />}
      <ScalingPart refreshKey={range} onOpen={(next) => model.setState({ workload: next })} />
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
    </PageFrame>
  );
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
