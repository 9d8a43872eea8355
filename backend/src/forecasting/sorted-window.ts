/** The last `capacity` numbers in single precision, kept sorted, for running quantiles. */
export class SortedWindow {
  readonly capacity: number;
  readonly #arrived: Float32Array;
  readonly #sorted: Float32Array;
  #size = 0;
  #next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#arrived = new Float32Array(capacity);
    this.#sorted = new Float32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Takes in a finite number; the oldest leaves when the window is full. */
  push(value: number): void {
    if (this.#size === this.capacity) {
      const gone = this.#indexOf(this.#arrived[this.#next]!);
      this.#sorted.copyWithin(gone, gone + 1, this.#size);
      this.#size -= 1;
    }
    const at = this.#indexOf(Math.fround(value));
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = value;
    this.#size += 1;
    this.#arrived[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
  }

  /** Quantile `p` in [0, 1], linear between neighbours; NaN of an empty window. */
  quantile(p: number): number {
    if (this.#size === 0) return Number.NaN;
    const place = Math.min(Math.max(p, 0), 1) * (this.#size - 1);
    const below = Math.floor(place);
    const low = this.#sorted[below]!;
    const high = this.#sorted[Math.min(below + 1, this.#size - 1)]!;
    return low + (place - below) * (high - low);
  }

  /** First index whose value is not below `value`. */
  #indexOf(value: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
