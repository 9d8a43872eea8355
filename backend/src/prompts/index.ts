import { Gauge } from 'prom-client';
import type { CallLayer } from '../gateway/index.ts';
import { inEachProcess } from '../platform/loops/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { TenantKeys } from '../tenant-keys/index.ts';
import { PromptKeeper } from './prompt-keeper.ts';
import { PromptDesk } from './prompt-desk.ts';
import { deleteOver } from './prompt-repository.ts';
import { promptRoutes } from './routes.ts';

export { erasePrompts } from './prompt-repository.ts';

const turnEveryMs = 1_000;
const sweepEveryMs = 60_000;

export interface PromptsRoom extends Room {
  /** Stands around the serving of calls, within what masks personal data. Call once. */
  layer(): CallLayer;
  /** Prompts of a policy that were kept. */
  read: PromptKeeper['read'];
}

/** The room of prompts that policies keep. */
export function createPromptsRoom(platform: Platform, keys: TenantKeys): PromptsRoom {
  const { store, clock, telemetry } = platform;
  const keeper = new PromptKeeper(platform, keys);
  const desk = new PromptDesk(platform, keys, keeper);
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'prompts',
    routes: (app) => promptRoutes(app, desk),
    read: (query, scope) => keeper.read(query, scope),
    loops: [{ name: 'prompts', everyMs: sweepEveryMs, offsetMs: 35_000, run: () => deleteOver(store, clock.now()) }],
    layer: () => {
      new Gauge({
        name: 'amadeus_gateway_prompts_dropped',
        help: 'Prompts that were not kept since the store took none in time.',
        registers: [telemetry.metrics],
        collect() {
          this.set(keeper.dropped);
        },
      });
      timer = inEachProcess(
        turnEveryMs,
        () => keeper.turn(),
        (error) => telemetry.log.warn({ err: error }, 'Prompts wait for the store'),
      );
      return keeper.layer;
    },
    close: async () => {
      clearInterval(timer);
      await keeper.turn().catch(() => undefined);
    },
  };
}
