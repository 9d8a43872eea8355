/** At most so many a second, and as many at once. */
export class WritePace {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #filledAt: number;

  /** @param now milliseconds since the epoch */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = perSecond;
    this.#filledAt = now();
  }

  /** @returns false where that would be one too many */
  take(): boolean {
    const now = this.#now();
    // A clock that was set back fills nothing, and goes on from there.
    const passed = Math.max(0, now - this.#filledAt);
    this.#filledAt = now;
    this.#left = Math.min(this.#perSecond, this.#left + (passed * this.#perSecond) / 1000);
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
