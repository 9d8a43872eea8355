import { setTimeout as delay } from 'node:timers/promises';
import { WarehouseError } from './warehouse-error.ts';

/** Milliseconds before each further try; a crashed engine is back within about a second. */
const waits = [100, 300, 900, 1_800];

/**
 * Repeats `work` while its error says that this helps. Each wait is shortened by up to a half at random, so that callers
 * who failed together do not return together.
 */
export async function retrying<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const wait = waits[attempt];
      if (wait === undefined || signal?.aborted || !(error instanceof WarehouseError) || !error.retryable) throw error;
      await delay(wait * (1 - Math.random() / 2), undefined, signal ? { signal } : {}).catch(() => {
        throw error;
      });
    }
  }
}
