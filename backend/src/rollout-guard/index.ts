import { Counter } from 'prom-client';
import type { Changes } from '../changes/index.ts';
import type { CallLayer, LayerTools } from '../gateway/index.ts';
import { inEachProcess } from '../platform/loops/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { GuardDesk } from './guard-desk.ts';
import { guardLayer } from './guard-layer.ts';
import { keepTallies } from './guard-repository.ts';
import type { GuardPorts } from './ports.ts';
import { guardRoutes } from './routes.ts';
import { Tallies } from './tallies.ts';

const tellEveryMs = 2_000;
const lookEveryMs = 10_000;
/** Ends of rollouts are told to what this process remembers of them so often. */
const forgetEveryTurns = 150;

export interface RolloutGuardRoom extends Room {
  /** Stands around the serving of calls, within experiments and outside of all that a policy says. Call once. */
  layer(tools: LayerTools): CallLayer;
}

/** The room that watches versions of policies while they serve a share, and takes back those that are clearly worse. */
export function createRolloutGuardRoom(platform: Platform, changes: Changes, ports: GuardPorts): RolloutGuardRoom {
  const { store, clock, telemetry } = platform;
  const tallies = new Tallies();
  const stops = new Counter({
    name: 'amadeus_rollout_stops_total',
    help: 'Rollouts of routing policies that were stopped because the version was clearly worse.',
    labelNames: ['policy'],
    registers: [telemetry.metrics],
  });
  const desk = new GuardDesk(platform, { changes, ports, onStop: (policy) => stops.inc({ policy }) });
  let timer: NodeJS.Timeout | undefined;
  let turns = 0;
  const tell = (): Promise<void> => tallies.tell((some) => keepTallies(store, some, clock.now()));
  const turn = async (): Promise<void> => {
    await tell();
    turns += 1;
    if (turns % forgetEveryTurns === 0)
      tallies.keepOnly(new Set((await ports.rollouts()).map(({ changeId }) => changeId)));
  };
  const onFault = (error: unknown): void => telemetry.log.warn({ err: error }, 'What is seen of rollouts waits');
  return {
    name: 'rollout-guard',
    routes: (app) => guardRoutes(app, desk),
    loops: [{ name: 'rollout-guard', everyMs: lookEveryMs, offsetMs: 4_000, run: (signal) => desk.turn(signal) }],
    layer: (tools) => {
      timer = inEachProcess(tellEveryMs, turn, onFault);
      return guardLayer({ tallies, tools, now: () => performance.timeOrigin + performance.now() });
    },
    close: async () => {
      clearInterval(timer);
      if (timer) await tell().catch(onFault);
    },
  };
}
