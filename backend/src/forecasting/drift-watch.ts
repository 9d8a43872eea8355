import { RunningMean } from './lstm/running-mean.ts';

const day = 1440;
/** The last hour's error must be this many times that of the last two days, for this many minutes. */
const factor = 2.5;
const minutesNeeded = 30;
/** It is over when the error is below this many times the usual one. */
const over = 1.5;

/** Since when a workload has been harder to foresee than it was. */
export interface Drift {
  /** Number of the minute. */
  since: number;
  /** How many times the usual error the last hour's was. */
  factor: number;
}

/** Notices that what comes is no longer what the champion has learned: its error stays at a multiple of what was usual. */
export class DriftWatch {
  readonly #lately = new RunningMean(60);
  readonly #usually = new RunningMean(2 * day);
  #minutes = 0;
  #above = 0;
  #drift: Drift | undefined;

  get drift(): Drift | undefined {
    return this.#drift;
  }

  /** Takes in the champion's absolute error, ten minutes ahead, for the minute that came. */
  add(minute: number, error: number): void {
    this.#minutes += 1;
    this.#lately.add(error);
    const usual = this.#usually.value;
    // What is learned as usual is bounded, so that a drift is not at once the new usual.
    this.#usually.add(this.#minutes > day ? Math.min(error, 5 * usual) : error);
    const ratio = usual > 0 ? this.#lately.value / usual : 1;
    this.#above = ratio > factor && this.#minutes > day ? this.#above + 1 : 0;
    if (this.#above >= minutesNeeded) {
      this.#drift = { since: this.#drift?.since ?? minute - minutesNeeded + 1, factor: ratio };
    } else if (ratio < over) this.#drift = undefined;
  }
}
