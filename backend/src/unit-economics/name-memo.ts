import type { Warehouse } from '../platform/warehouse/index.ts';

const maxAnswers = 200;

/**
 * What every page begins with and what changes with nothing but the ids that it stands under here: names of models in sets of
 * drops, kept days.
 */
export class NameMemo {
  static readonly #all = new WeakMap<Warehouse, NameMemo>();
  readonly #kept = new Map<string, { rows: readonly object[]; until: number }>();

  static of(warehouse: Warehouse): NameMemo {
    const found = NameMemo.#all.get(warehouse) ?? new NameMemo();
    NameMemo.#all.set(warehouse, found);
    return found;
  }

  find(key: string): readonly object[] | undefined {
    const found = this.#kept.get(key);
    return found !== undefined && performance.now() < found.until ? found.rows : undefined;
  }

  /** @param forMs how long */
  keep(key: string, rows: readonly object[], forMs: number): void {
    this.#kept.delete(key);
    if (this.#kept.size >= maxAnswers) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, { rows, until: performance.now() + forMs });
  }
}
