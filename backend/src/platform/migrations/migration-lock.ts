import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors/index.ts';
import type { Store } from '../store/index.ts';

const waitMs = 180_000;
const againMs = 200;

/**
 * Runs `work` while no other process migrates, waiting for one that does.
 * @throws AppError UNAVAILABLE after three minutes.
 */
export async function underMigrationLock<T>(
  store: Pick<Store, 'withLock'>,
  name: string,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const done = await store.withLock(`migrate:${name}`, async (lost) => ({ result: await work(lost) }));
    if (done) return done.result;
    if (performance.now() > deadline) {
      throw new AppError(
        'UNAVAILABLE',
        `Another process has been migrating the ${name} for ${waitMs / 1000} s; look into its log.`,
      );
    }
    await delay(againMs);
  }
}
