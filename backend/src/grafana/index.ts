import type { Room } from '../platform/platform.ts';
import { grafanaRoutes, type GrafanaDeps } from './routes.ts';

export type { FinopsSources } from './finops-queries.ts';
export type { ReconciliationSource, Selection } from './ports.ts';
export type { ChangeMark, ChangeSource, CostAnswer, CostSource, TrafficSeries, TrafficSource } from './ports.ts';
export type { ScalingMark, ScalingSource } from './ports.ts';

/** The room that the data source's executable talks to. */
export function createGrafanaRoom(deps: GrafanaDeps): Room {
  return { name: 'grafana', routes: (app) => grafanaRoutes(app, deps) };
}
