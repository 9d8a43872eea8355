/**
 * The last `capacity` minutes of one series in a ring. Gaps are carried forward from the last measured value, and remain
 * known as gaps, so that a model may predict across them without learning from them.
 */
export class History {
  readonly capacity: number;
  #values: Float64Array;
  #measured: Uint8Array;
  #count = 0;
  #last = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#values = new Float64Array(capacity);
    this.#measured = new Uint8Array(capacity);
  }

  /** Minutes taken in, gaps included, counted from the first measured one. */
  get count(): number {
    return this.#count;
  }

  /** Takes in the next minute. Gaps before the first measured value are ignored. */
  push(requests: number | null): void {
    if (requests === null && this.#count === 0) return;
    const slot = this.#count % this.capacity;
    if (requests !== null) this.#last = requests;
    this.#values[slot] = this.#last;
    this.#measured[slot] = requests === null ? 0 : 1;
    this.#count += 1;
  }

  /** Value `age` minutes before the last one (0: the last), carried forward across gaps. Needs `has(age)`. */
  at(age: number): number {
    return this.#values[(this.#count - 1 - age) % this.capacity]!;
  }

  measured(age: number): boolean {
    return this.#measured[(this.#count - 1 - age) % this.capacity] === 1;
  }

  /** Whether the minute `age` before the last one is still known. */
  has(age: number): boolean {
    return age >= 0 && age < this.#count && age < this.capacity;
  }
}
