import type { Identity } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { accessRoutes } from './routes.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Who is who, the keys of programs, the audit log and its upkeep: a signed checkpoint every ten minutes, retention daily. */
export function createAccessRoom(
  { clock, store, audit }: Pick<Platform, 'clock' | 'store' | 'audit'>,
  { apiKeys }: Pick<Identity, 'apiKeys'>,
): Room {
  return {
    name: 'access',
    routes: (app) => accessRoutes(app, { apiKeys, store, audit, clock }),
    loops: [
      {
        name: 'audit-checkpoint',
        everyMs: 10 * minuteMs,
        run: async () => void (await audit.checkpoint()),
      },
      {
        name: 'audit-retention',
        everyMs: dayMs,
        offsetMs: 3 * 60 * minuteMs,
        run: async () => void (await audit.applyRetention()),
      },
    ],
  };
}
