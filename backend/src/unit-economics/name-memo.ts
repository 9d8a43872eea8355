import type { Warehouse } from '../platform/warehouse/index.ts';

const maxAnswers = 200;
/** While the warehouse is made anew from the lake, drops lack rows for a while: what was read then is not kept for good. */
const keptMs = 600_000;

/**
 * Names of models in sets of drops. Every page begins with them, and they change with nothing but the ids of the drops, under
 * which they stand here.
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

  keep(key: string, rows: readonly object[]): void {
    this.#kept.delete(key);
    if (this.#kept.size >= maxAnswers) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, { rows, until: performance.now() + keptMs });
  }
}
