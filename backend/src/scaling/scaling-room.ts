import type { Platform, Room } from '../platform/platform.ts';
import { claimTelling, newestAct } from './act-repository.ts';
import { doneNotice } from './done-notice.ts';
import { PrometheusLoads } from './load-source.ts';
import { MetricsApiServer } from './metrics-api-server.ts';
import type { ScalingPorts } from './ports.ts';
import { PreviewDesk } from './preview-desk.ts';
import { scalingRoutes } from './routes.ts';
import { scalingHandler, scalingKind, type ScalingOrder } from './scaling-change.ts';
import { ScalingDesk, type ScalingMarks } from './scaling-desk.ts';
import { ScalingLoop } from './scaling-loop.ts';
import { SettingsDesk } from './settings-desk.ts';
import { listHolds, saveHold } from './workload-state-repository.ts';

export interface ScalingRoom extends Room {
  /** What the data source draws beside the traffic. */
  readonly marks: ScalingMarks;
  /** One turn on every cluster that this process leads: what the loop does every few seconds. */
  turn(signal: AbortSignal): Promise<void>;
  /** Whether this process leads any cluster. */
  leads(): boolean;
}

type Ground = Pick<
  Platform,
  'config' | 'clock' | 'store' | 'warehouse' | 'notifier' | 'telemetry' | 'audit' | 'outgoing'
>;

/** The hand: from what is foreseen and observed to replicas, ahead of load, without fighting anybody. */
export function createScalingRoom(platform: Ground, ports: ScalingPorts): ScalingRoom {
  const { clock, store, config, notifier, outgoing } = platform;
  const settings = new SettingsDesk(platform);
  const desk = new ScalingDesk(platform, settings);
  const loop = new ScalingLoop(platform, {
    ports,
    settings,
    loads: new PrometheusLoads(config.prometheus, outgoing, clock),
  });
  const find = (tenant: string, name: string) =>
    ports.clusters.find((cluster) => cluster.tenant === tenant && cluster.name === name);
  ports.changes.register(
    scalingKind,
    scalingHandler({
      clock,
      find,
      refusal: async ({ tenant, cluster, workload }) => {
        const { mode } = (await settings.get(workload, tenant)).settings;
        if (mode === 'observe') return `${workload} is only observed by now: nothing is done to it.`;
        const hold = (await listHolds(store, tenant, cluster, clock.now())).get(workload);
        return hold && `${workload} is left alone until ${hold.until.toISOString()}: ${hold.reason}`;
      },
      newest: async (order) => newestAct(store, order),
      hold: async (order, minutes, reason) => {
        const until = new Date(clock.now().getTime() + minutes * 60_000);
        const region = find(order.tenant, order.cluster)?.region ?? '';
        await saveHold(store, { ...order, region }, { until, reason });
      },
      tell: async (order: ScalingOrder, changeId, ready) => {
        if (!(await claimTelling(store, changeId, clock.now()))) return;
        const { grafana } = config.identity;
        await notifier.send(
          doneNotice(order, {
            ...{ changeId, ready, language: config.scaling.language },
            grafanaUrl: grafana.issuer ?? grafana.url,
            publicUrl: config.http.publicUrl,
          }),
        );
      },
    }),
  );
  const { metricsApi } = config.scaling;
  const metrics =
    metricsApi &&
    new MetricsApiServer(metricsApi, {
      required: (namespace, name, scope) => desk.required(namespace, name, scope),
      log: platform.telemetry.log,
    });
  return {
    name: 'scaling',
    marks: desk,
    turn: (signal) => loop.turn(signal),
    leads: () => loop.leads(),
    routes: (app) => scalingRoutes(app, { desk, settings, preview: new PreviewDesk(platform, desk, ports) }),
    start: async () => {
      await settings.keepConfigured();
      if (config.roles.includes('controller')) loop.start();
      if (config.roles.includes('api')) await metrics?.start();
    },
    close: async () => {
      await metrics?.close();
      await loop.close();
    },
  };
}
