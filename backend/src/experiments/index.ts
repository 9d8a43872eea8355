import { Counter } from 'prom-client';
import type { Changes } from '../changes/index.ts';
import type { CallLayer, LayerTools } from '../gateway/index.ts';
import { inEachProcess } from '../platform/loops/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { armLayer } from './arm-layer.ts';
import { experimentHandler, experimentKind } from './experiment-change.ts';
import { ExperimentDesk } from './experiment-desk.ts';
import { holdMoney, settleMoney } from './experiment-repository.ts';
import type { ExperimentPorts } from './ports.ts';
import { experimentRoutes } from './routes.ts';
import { RunningExperiments } from './running-experiments.ts';
import { shadowLayer } from './shadow-layer.ts';

export { radius } from './confidence-sequence.ts';

const lookEveryMs = 1_000;
const judgeEveryMs = 15_000;
/** A copy that is not settled by then belongs to a process that died. */
const holdMs = 10 * 60_000;

export interface ExperimentsRoom extends Room {
  /** What stands around the serving of calls: `arms` outside of everything, `shadows` inside of caches. Call once. */
  layers(tools: LayerTools): { arms: CallLayer; shadows: CallLayer };
  /** What experiments have found, for panels. */
  table: ExperimentDesk['table'];
}

/** The room of experiments: a version of a policy beside the one that serves, on copies of calls or on a share of them. */
export function createExperimentsRoom(platform: Platform, changes: Changes, ports: ExperimentPorts): ExperimentsRoom {
  const { store, clock, telemetry } = platform;
  const desk = new ExperimentDesk(platform, changes, ports);
  const running = new RunningExperiments(platform);
  let timer: NodeJS.Timeout | undefined;
  changes.register(experimentKind, experimentHandler(platform));
  const copies = new Counter({
    name: 'amadeus_experiment_copies_total',
    help: 'Copies of calls for experiments: sent, dropped because too many waited, refused because the budget was spent.',
    labelNames: ['experiment', 'became'],
    registers: [telemetry.metrics],
  });
  const onFault = (error: unknown): void => telemetry.log.warn({ err: error }, 'An experiment goes on without this');
  return {
    name: 'experiments',
    routes: (app) => experimentRoutes(app, desk),
    table: (query, scope) => desk.table(query, scope),
    loops: [{ name: 'experiments', everyMs: judgeEveryMs, offsetMs: 3_000, run: (signal) => desk.turn(signal) }],
    layers: (tools) => {
      timer = inEachProcess(lookEveryMs, () => running.turn(), onFault);
      const now = (): number => performance.timeOrigin + performance.now();
      return {
        arms: armLayer({ running, tools, now }),
        shadows: shadowLayer({
          ...{ running, tools, now, onFault, usageName: (provider) => ports.usageName(provider) },
          hold: (hold) => holdMoney(store, { ...hold, until: new Date(clock.now().getTime() + holdMs) }, clock.now()),
          settle: (id, experiment, cost) => settleMoney(store, id, experiment, cost),
          exhausted: (experiment) => desk.exhausted(experiment),
          onCopy: ({ id }, became) => copies.inc({ experiment: id, became }),
        }),
      };
    },
    close: async () => {
      clearInterval(timer);
      // What was seen last is worth a try; without the store it is not worth an error.
      if (timer) await running.turn().catch(onFault);
    },
  };
}
