import type { Changes } from '../changes/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { EvaluationDesk } from './evaluation-desk.ts';
import { evaluationRoutes } from './evaluation-routes.ts';
import { policyHandler, policyKind } from './policy-change.ts';
import { PolicyDesk } from './policy-desk.ts';
import type { RoutingPorts } from './ports.ts';
import { runningRollouts, type Rollout } from './running-rollouts.ts';
import { RouteDesk } from './route-desk.ts';
import { policyRoutes } from './routes.ts';

export interface RoutingRoom extends Room {
  /** For rooms that try versions of policies and have them serve. */
  policies: Pick<PolicyDesk, 'list' | 'get' | 'version' | 'activate'>;
  /** Those of all tenants that are under way: the version serves a share, and others serve the rest. */
  rollouts(): Promise<Rollout[]>;
}

/** The room of routing policies: drafts, versions, what serves, and what would be if another one did. */
export function createRoutingRoom(platform: Platform, changes: Changes, ports: RoutingPorts): RoutingRoom {
  const desk = new PolicyDesk(platform, changes);
  const evaluation = new EvaluationDesk(platform, ports, desk);
  const routes = new RouteDesk(platform, ports, desk);
  changes.register(policyKind, policyHandler(platform));
  return {
    name: 'routing',
    policies: desk,
    rollouts: () => runningRollouts(platform),
    routes: (app) => {
      policyRoutes(app, desk, platform.config);
      evaluationRoutes(app, evaluation, routes);
    },
    start: () => desk.keepFixed(),
  };
}
