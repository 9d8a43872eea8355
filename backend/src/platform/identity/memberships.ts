import type { Clock } from '../clock/index.ts';
import { dropOldest } from '../collections/index.ts';
import { AppError } from '../errors/index.ts';
import type { Store } from '../store/index.ts';
import { findMembership, saveMembership } from './membership-repository.ts';

interface Known {
  teams: readonly string[];
  at: number;
}

/** How long teams are taken from memory; a change is seen by the data source of every replica after this. */
const keepMs = 30_000;
const maxKnown = 10_000;

/**
 * Remembers the teams of people between the app, which is told of them, and the data source, which is not. Needed only
 * where the configuration has rules for teams.
 */
export class Memberships {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #tenant: string;
  readonly #known = new Map<string, Known>();

  constructor(store: Store, clock: Clock, tenant: string) {
    this.#store = store;
    this.#clock = clock;
    this.#tenant = tenant;
  }

  /** Keeps what the app was told. */
  async saw(subject: string, teams: readonly string[]): Promise<void> {
    const sorted = [...teams].sort();
    const fresh = this.#fresh(subject);
    if (fresh && fresh.teams.join('\n') === sorted.join('\n')) return;
    await saveMembership(this.#store, this.#tenant, subject, sorted, this.#clock.now());
    this.#remember(subject, sorted);
  }

  /** @throws AppError FORBIDDEN where the person was never seen in the app: their rules cannot be known. */
  async teamsOf(subject: string): Promise<readonly string[]> {
    const fresh = this.#fresh(subject);
    if (fresh) return fresh.teams;
    const teams = await findMembership(this.#store, this.#tenant, subject);
    if (!teams) {
      throw new AppError('FORBIDDEN', `The teams of ${subject} are not known yet, and what is shown depends on them.`, {
        help: 'Open the Amadeus app in Grafana once, then load the dashboard again.',
      });
    }
    this.#remember(subject, teams);
    return teams;
  }

  #fresh(subject: string): Known | undefined {
    const known = this.#known.get(subject);
    return known && this.#clock.now().getTime() - known.at < keepMs ? known : undefined;
  }

  #remember(subject: string, teams: readonly string[]): void {
    this.#known.delete(subject);
    this.#known.set(subject, { teams, at: this.#clock.now().getTime() });
    dropOldest(this.#known, maxKnown);
  }
}
