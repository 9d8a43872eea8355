import type { Room } from '../platform/platform.ts';
import { assembleChanges, type ChangesGround } from './change-assembly.ts';
import type { MakerOf } from './change-decisions.ts';
import type { Changes } from './changes.ts';
import { changeLoop } from './jobs.ts';
import { changeRoutes } from './routes.ts';

export type { ChangeHandler, ChangePreview, HandlerContext } from './change-handler.ts';
export type { ChangeMark, Changes } from './changes.ts';
export { openStates } from './change.ts';
export { matchesPattern } from './change-policy.ts';

/**
 * The room through which everything that alters the world goes. Other rooms are given its `changes`. `makerOf`: nobody approves
 * what their own key has proposed; where absent, every actor stands for itself.
 */
export function createChangesRoom(
  platform: ChangesGround,
  makerOf: MakerOf = (_tenant, actor) => Promise.resolve(actor),
): Room & { changes: Changes } {
  const service = assembleChanges(platform, makerOf);
  return {
    name: 'changes',
    changes: service,
    routes: (app) => changeRoutes(app, service),
    loops: [changeLoop(service)],
  };
}
