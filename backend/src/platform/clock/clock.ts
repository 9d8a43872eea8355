import { setTimeout as delay } from 'node:timers/promises';

/** The only source of time for rooms, so that days can be replayed in tests and in the sandbox. */
export interface Clock {
  /** The present instant (UTC). */
  now(): Date;
  /** Resolves after `ms` milliseconds of this clock's time; rejects with an `AbortError` when `signal` fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Reads the clock as milliseconds since the epoch: for whoever asks many times for each of thousands of calls a second, since
 * the machine's own then makes no Date.
 */
export function millisecondsOf(clock: Clock): () => number {
  return clock === systemClock ? Date.now : () => clock.now().getTime();
}

/** Wall-clock time of the machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
};
