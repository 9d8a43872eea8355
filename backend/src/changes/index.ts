import type { Room } from '../platform/platform.ts';
import { assembleChanges, type ChangesGround } from './change-assembly.ts';
import type { Changes } from './changes.ts';
import { changeLoop } from './jobs.ts';
import { changeRoutes } from './routes.ts';

export type { ChangeHandler, ChangePreview, HandlerContext } from './change-handler.ts';
export type { ChangeMark, Changes } from './changes.ts';
export { openStates } from './change.ts';
export { matchesPattern } from './change-policy.ts';

/** The room through which everything that alters the world goes. Other rooms are given its `changes`. */
export function createChangesRoom(platform: ChangesGround): Room & { changes: Changes } {
  const service = assembleChanges(platform);
  return {
    name: 'changes',
    changes: service,
    routes: (app) => changeRoutes(app, service),
    loops: [changeLoop(service)],
  };
}
