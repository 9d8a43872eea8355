/** How often something happened, by name: told to a metric once somebody asks for it, not each time. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** What came since the last time. */
  take(tell: (name: string, count: number) => void): void {
    for (const [name, count] of this.#counts) tell(name, count);
    this.#counts.clear();
  }
}
