import type { Changes } from '../changes/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { policyHandler, policyKind } from './policy-change.ts';
import { PolicyDesk } from './policy-desk.ts';
import { policyRoutes } from './routes.ts';

/** The room of routing policies: drafts, versions, what serves, and what would be if another one did. */
export function createRoutingRoom(platform: Platform, changes: Changes): Room {
  const desk = new PolicyDesk(platform, changes);
  changes.register(policyKind, policyHandler(platform));
  return {
    name: 'routing',
    routes: (app) => policyRoutes(app, desk, platform.config),
    start: () => desk.keepFixed(),
  };
}
