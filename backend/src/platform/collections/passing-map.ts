/** Copies are worth it from so many deleted keys on. */
const fewest = 64;

/**
 * A map whose keys come and go. A Map that needs room leaves its old table behind, which points to the table that follows: once one
 * of them was taken for old by the collector of garbage, all later ones stay with what stood in them, until everything is
 * collected. This one begins anew with a copy before there are many.
 */
export class PassingMap<Key, Value> {
  #map = new Map<Key, Value>();
  #deleted = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
  }

  delete(key: Key): boolean {
    if (!this.#map.delete(key)) return false;
    this.#deleted += 1;
    if (this.#deleted > fewest && this.#deleted > this.#map.size) {
      this.#map = new Map(this.#map);
      this.#deleted = 0;
    }
    return true;
  }

  /** In the order in which their keys were first set. Delete nothing meanwhile. */
  values(): IterableIterator<Value> {
    return this.#map.values();
  }
}
