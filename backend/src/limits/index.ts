import type { CallLayer } from '../gateway/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { LimitDesk } from './limit-desk.ts';
import { limitLayer } from './limit-layer.ts';
import { LimitLedger } from './limit-ledger.ts';
import { pruneUse } from './limit-repository.ts';
import { limitRoutes } from './routes.ts';

const pruneEveryMs = 3_600_000;
const keptMs = 3 * 86_400_000;

export interface LimitsRoom extends Room {
  /** Stands outside of what answers calls. */
  layer(): CallLayer;
}

/** The room that says how many requests and tokens keys, teams, products and customers may send to the gateway. */
export function createLimitsRoom(platform: Platform): LimitsRoom {
  const { store, clock, config, telemetry } = platform;
  const ledger = new LimitLedger({
    ...{ store, clock, fixed: config.gateway.limits },
    onFault: (error) => telemetry.log.warn({ err: error }, 'Limits of the gateway are counted by this process alone'),
  });
  const serving = config.roles.includes('gateway') && config.gateway.providers.length > 0;
  return {
    name: 'limits',
    routes: (app) => limitRoutes(app, new LimitDesk(platform)),
    start: async () => {
      if (serving) await ledger.start();
    },
    loops: [
      {
        name: 'gateway-limits',
        everyMs: pruneEveryMs,
        run: () => pruneUse(store, new Date(clock.now().getTime() - keptMs)),
      },
    ],
    close: () => ledger.close(),
    layer: () => limitLayer(ledger, () => clock.now().getTime()),
  };
}
