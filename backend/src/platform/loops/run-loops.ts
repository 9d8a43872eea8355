import { Counter, Histogram } from 'prom-client';
import type { Clock } from '../clock/index.ts';
import type { Loop } from '../platform.ts';
import type { Store } from '../store/index.ts';
import type { Telemetry } from '../telemetry/index.ts';

export interface LoopRunner {
  /** Ends the turns in progress (their signal fires) and resolves when none is left. */
  close(): Promise<void>;
}

/**
 * Runs every loop on its rhythm for as long as the process lives, once in the whole fleet: a turn is taken by whoever gets
 * the lock `loop:<name>`; the others skip it. A turn that fails is logged and counted, and the next one comes all the same.
 * A turn that takes longer than the rhythm delays the next; turns of one loop never overlap.
 */
export function runLoops(
  loops: readonly Loop[],
  parts: { clock: Clock; store: Store; telemetry: Telemetry },
): LoopRunner {
  const { telemetry } = parts;
  const turns = new Counter({
    name: 'amadeus_loop_turns_total',
    help: 'Turns of background loops by outcome: done, failed, elsewhere (another replica held the lock).',
    labelNames: ['loop', 'outcome'],
    registers: [telemetry.metrics],
  });
  const seconds = new Histogram({
    name: 'amadeus_loop_turn_duration_seconds',
    help: 'Time that turns took.',
    labelNames: ['loop'],
    buckets: [0.05, 0.1, 0.5, 1, 5, 15, 60],
    registers: [telemetry.metrics],
  });
  const stop = new AbortController();
  const running = loops.map((loop) => run(loop, { ...parts, signal: stop.signal, turns, seconds }));
  return {
    close: async () => {
      stop.abort();
      await Promise.all(running);
    },
  };
}

interface RunParts {
  clock: Clock;
  store: Store;
  telemetry: Telemetry;
  signal: AbortSignal;
  turns: Counter<'loop' | 'outcome'>;
  seconds: Histogram<'loop'>;
}

async function run(loop: Loop, parts: RunParts): Promise<void> {
  const { clock, signal } = parts;
  while (!signal.aborted) {
    try {
      await clock.sleep(untilNextTurn(loop, clock.now().getTime()), signal);
    } catch {
      return;
    }
    await turn(loop, parts);
  }
}

/** Milliseconds from `now` to the next multiple of the rhythm plus its offset; never 0, so that a turn is not taken twice. */
export function untilNextTurn(loop: Pick<Loop, 'everyMs' | 'offsetMs'>, now: number): number {
  const since = now - (loop.offsetMs ?? 0);
  return loop.everyMs - (((since % loop.everyMs) + loop.everyMs) % loop.everyMs);
}

async function turn(loop: Loop, { store, telemetry, signal, turns, seconds }: RunParts): Promise<void> {
  const end = seconds.startTimer({ loop: loop.name });
  try {
    const taken = await store.withLock(`loop:${loop.name}`, async () => {
      await telemetry.span(`loop ${loop.name}`, {}, () => loop.run(signal));
      return true;
    });
    turns.inc({ loop: loop.name, outcome: taken === undefined ? 'elsewhere' : 'done' });
  } catch (error) {
    if (signal.aborted) return;
    turns.inc({ loop: loop.name, outcome: 'failed' });
    telemetry.log.warn({ err: error, loop: loop.name }, 'A turn of a loop failed; the next one comes in its time');
  } finally {
    end();
  }
}
