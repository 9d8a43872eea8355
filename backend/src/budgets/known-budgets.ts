import { millisecondsOf, type Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import { covers, type Budget } from './budget.ts';
import { listEnforced } from './budget-repository.ts';

/** Looked at again after this, in the background. */
const freshMs = 500;
/** Not used beyond this without having looked again. */
const usableMs = 1_000;
const mostTenants = 10_000;
const mostCoverings = 10_000;

/** Budgets of a tenant that gateways count, as they were a moment ago. */
export class CountedBudgets {
  readonly #budgets: readonly Budget[];
  /** What their filters name. */
  readonly dimensions: ReadonlySet<string>;
  readonly #coverings = new Map<string, readonly Budget[]>();

  constructor(budgets: readonly Budget[]) {
    this.#budgets = budgets;
    this.dimensions = new Set(budgets.flatMap(({ settings }) => settings.filters.map((one) => one.dimension)));
  }

  /** The same list, object for object, for calls that no budget tells apart. */
  covering(keys: Readonly<Record<string, string>>): readonly Budget[] {
    let name = '';
    for (const dimension of this.dimensions) name += `${keys[dimension] ?? ''}\u0000`;
    const known = this.#coverings.get(name);
    if (known) return known;
    const found = this.#budgets.filter(({ settings }) => covers(settings, keys));
    if (this.#coverings.size >= mostCoverings) this.#coverings.clear();
    this.#coverings.set(name, found);
    return found;
  }

  isOf(budgets: readonly Budget[]): boolean {
    return (
      budgets.length === this.#budgets.length &&
      budgets.every(({ id, version }, index) => {
        const own = this.#budgets[index];
        return own?.id === id && own.version === version;
      })
    );
  }
}

interface Known {
  at: number;
  budgets: CountedBudgets;
}

/** Budgets in memory: looked at again twice a second by whoever uses them, without anybody waiting for it. */
export class KnownBudgets {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<CountedBudgets>>();

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#store = store;
    this.#now = millisecondsOf(clock);
  }

  /** @returns at once where they are known well enough. @throws (by the promise) where the store is away */
  of(tenant: string): CountedBudgets | Promise<CountedBudgets> {
    const known = this.#known.get(tenant);
    const age = known ? this.#now() - known.at : Infinity;
    if (known && age >= 0 && age < freshMs) return known.budgets;
    const asked = this.#ask(tenant);
    if (!known || age < 0 || age >= usableMs) return asked;
    asked.catch(() => undefined);
    return known.budgets;
  }

  /** They are not what they were: the next look goes to the store. */
  forget(tenant: string): void {
    this.#known.delete(tenant);
  }

  #ask(tenant: string): Promise<CountedBudgets> {
    const asking = this.#asking.get(tenant);
    if (asking) return asking;
    const at = this.#now();
    const asked = listEnforced(this.#store, tenant)
      .then((budgets) => {
        const before = this.#known.get(tenant)?.budgets;
        const now = before?.isOf(budgets) ? before : new CountedBudgets(budgets);
        if (this.#known.size >= mostTenants) this.#known.clear();
        this.#known.set(tenant, { at, budgets: now });
        return now;
      })
      .finally(() => this.#asking.delete(tenant));
    this.#asking.set(tenant, asked);
    return asked;
  }
}
