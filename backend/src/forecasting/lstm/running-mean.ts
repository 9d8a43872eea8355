/** Mean in which older values count less: half after `halfLife` newer ones. The plain mean while there are few. */
export class RunningMean {
  readonly #follow: number;
  #count = 0;
  #value = 0;

  constructor(halfLife: number) {
    this.#follow = 1 - 0.5 ** (1 / halfLife);
  }

  add(value: number): void {
    this.#count += 1;
    this.#value += (value - this.#value) * Math.max(this.#follow, 1 / this.#count);
  }

  /** 0 before there is any. */
  get value(): number {
    return this.#value;
  }
}
