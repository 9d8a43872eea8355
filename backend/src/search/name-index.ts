import type { Platform } from '../platform/platform.ts';
import { listUnnamed, writeNames } from './name-repository.ts';

/** Bills whose names are written in one turn, of each database. */
const perTurn = 200;

/**
 * Keeps the names of bills: one turn writes those of every bill that counts and has none yet. Bills wait for nothing at the
 * door, and those that were there before search was get their names too.
 */
export class NameIndex {
  readonly #ground: Pick<Platform, 'warehouse' | 'clock' | 'telemetry'>;

  constructor(ground: Pick<Platform, 'warehouse' | 'clock' | 'telemetry'>) {
    this.#ground = ground;
  }

  async turn(signal?: AbortSignal): Promise<void> {
    const { warehouse, clock, telemetry } = this.#ground;
    for (const home of warehouse.homes) {
      for (const drop of await listUnnamed(home, perTurn)) {
        if (signal?.aborted) return;
        try {
          await writeNames(home, drop, clock.now());
        } catch (error) {
          // One bill that is too large must not keep the others from being found; it is tried again in the next turn.
          telemetry.log.warn({ err: error, drop: drop.id }, 'The names of a bill could not be written');
        }
      }
    }
  }
}
