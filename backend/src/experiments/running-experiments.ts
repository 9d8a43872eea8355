import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Policy } from '../routing/index.ts';
import type { Observation } from './comparison.ts';
import type { Experiment } from './experiment.ts';
import { keepObservations, listRunning } from './experiment-repository.ts';

/** More wait for the store no longer: they are left out, and the comparison rests on fewer. */
const mostWaiting = 5_000;
const mostAtOnce = 500;

/** What a gateway knows of the experiments that run, as new as a second, and what it has seen and not kept yet. */
export class RunningExperiments {
  readonly #store: Store;
  readonly #clock: Clock;
  #running: readonly Experiment[] = [];
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
  }
}
