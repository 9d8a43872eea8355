import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Policy } from '../routing/index.ts';
import type { Observation } from './comparison.ts';
import { countLeftOut, expireHolds, keepObservations, listRunning } from './experiment-repository.ts';
import type { Experiment, LeftOut } from './experiment.ts';

/** More wait for the store no longer: they are left out, and the comparison rests on fewer. */
const mostWaiting = 5_000;
const mostAtOnce = 500;
const expireEveryMs = 60_000;

/** What a gateway knows of the experiments that run, as new as a second, and what it has seen and not kept yet. */
export class RunningExperiments {
  readonly #store: Store;
  readonly #clock: Clock;
  #running: readonly Experiment[] = [];
  readonly #leftOut = new Map<string, LeftOut>();
  #expiredAt = 0;
  readonly #seen: (Observation & { experiment: string })[] = [];

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The experiment on calls of the policy; the one with the smallest id where there are several. */
  on(kind: Experiment['kind'], tenant: string, policy: Policy): Experiment | undefined {
    return this.#running.find((one) => one.kind === kind && one.tenant === tenant && one.policy === policy.name);
  }

  /** Leaves it alone from now on, before the store has said so. */
  forget(id: string): void {
    this.#running = this.#running.filter((one) => one.id !== id);
  }

  note(experiment: string, ...seen: readonly Observation[]): void {
    if (this.#seen.length + seen.length <= mostWaiting) this.#seen.push(...seen.map((one) => ({ ...one, experiment })));
  }

  /** A call that was drawn and cannot be compared, or not in all. */
  leaveOut(experiment: string, why: keyof LeftOut): void {
    const counts: LeftOut = this.#leftOut.get(experiment) ?? {};
    this.#leftOut.set(experiment, { ...counts, [why]: (counts[why] ?? 0) + 1 });
  }

  async #tellLeftOut(): Promise<void> {
    for (const [experiment, counts] of [...this.#leftOut]) {
      await countLeftOut(this.#store, experiment, counts);
      // Others may have been counted while it was written.
      const since: LeftOut = this.#leftOut.get(experiment) ?? {};
      const rest = (Object.keys(since) as (keyof LeftOut)[]).map((why) => [why, since[why]! - (counts[why] ?? 0)]);
      const waiting = rest.filter(([, count]) => count !== 0);
      if (waiting.length === 0) this.#leftOut.delete(experiment);
      else this.#leftOut.set(experiment, Object.fromEntries(waiting) as LeftOut);
    }
  }

  /** Looks what runs, and keeps what was seen. @throws where the store is away: what runs is then not known, and nothing is tried */
  async turn(): Promise<void> {
    try {
      this.#running = await listRunning(this.#store);
    } catch (error) {
      this.#running = [];
      throw error;
    }
    while (this.#seen.length > 0) {
      const some = this.#seen.slice(0, mostAtOnce);
      await keepObservations(this.#store, some, this.#clock.now());
      this.#seen.splice(0, some.length);
    }
    await this.#tellLeftOut();
    const now = this.#clock.now();
    if (now.getTime() - this.#expiredAt < expireEveryMs) return;
    this.#expiredAt = now.getTime();
    await expireHolds(this.#store, now);
  }
}
