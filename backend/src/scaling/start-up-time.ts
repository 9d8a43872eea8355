/** Seconds that a pod is taken to need while none was seen. */
const unseenSeconds = 60;
const unseenCount = 5;
const mostKept = 200;
/** A pod that took longer than this waited for something else than its own start. */
const longestSeconds = 1_800;

/** How long pods of a workload take from their creation to being ready; the last 200 are kept. */
export class StartUpTime {
  readonly #seconds: number[];

  constructor(seconds: readonly number[] = []) {
    this.#seconds = [...seconds].slice(-mostKept);
  }

  get seconds(): readonly number[] {
    return this.#seconds;
  }

  observe(seconds: number): void {
    if (!(seconds >= 0) || seconds > longestSeconds) return;
    this.#seconds.push(seconds);
    if (this.#seconds.length > mostKept) this.#seconds.shift();
  }

  /** Seconds within which a share of the pods was ready (nearest rank); the default weighs in while few were seen. */
  quantile(share: number): number {
    const missing = Math.max(0, unseenCount - this.#seconds.length);
    const sorted = [...this.#seconds, ...new Array<number>(missing).fill(unseenSeconds)].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
  }
}
