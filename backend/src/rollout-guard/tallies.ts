import { randomUUID } from 'node:crypto';
import type { Trial } from '../routing/index.ts';
import { emptySide, withCall, type SeenCall, type Side } from './side.ts';

/** What one process has seen of one side of a rollout while it had a share. */
export interface Tally extends Trial {
  instance: string;
  side: Side;
}

/** Rollouts end, and there are fewer than policies; beyond that nothing is compared. */
const mostTallies = 2_000;

/** What this process sees of rollouts: whole sums, so that telling them twice counts nothing twice. */
export class Tallies {
  readonly #instance = randomUUID();
  readonly #tallies = new Map<string, Tally>();
  readonly #untold = new Set<string>();

  note(trials: readonly Trial[], seen: SeenCall): void {
    for (const trial of trials) {
      const id = `${trial.changeId}|${trial.share}|${trial.arm}`;
      const tally = this.#tallies.get(id) ?? { ...trial, instance: this.#instance, side: emptySide() };
      if (!this.#tallies.has(id) && this.#tallies.size >= mostTallies) continue;
      this.#tallies.set(id, { ...tally, side: withCall(tally.side, seen) });
      this.#untold.add(id);
    }
  }

  /** Hands on what is new. @throws what `keep` throws; it is then handed on again */
  async tell(keep: (tallies: readonly Tally[]) => Promise<void>): Promise<void> {
    const ids = [...this.#untold];
    if (ids.length === 0) return;
    this.#untold.clear();
    try {
      await keep(ids.map((id) => this.#tallies.get(id)!));
    } catch (error) {
      for (const id of ids) this.#untold.add(id);
      throw error;
    }
  }

  /** Forgets what no rollout asks for any more. */
  keepOnly(changeIds: ReadonlySet<number>): void {
    for (const [id, { changeId }] of this.#tallies)
      if (!changeIds.has(changeId) && !this.#untold.has(id)) this.#tallies.delete(id);
  }
}
