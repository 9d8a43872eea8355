/** How well forecasts of one horizon did against what came. Errors are in requests per minute. */
export interface Score {
  /** Forecasts that could be held against a measured minute. */
  n: number;
  mae: number | null;
  rmse: number | null;
  /** Mean absolute error over the actual value, as a share; over minutes with traffic only. */
  mape: number | null;
  /** Share of minutes within the band, 0 to 1. */
  coverage: number | null;
  /** Mean width of the band. */
  width: number | null;
  /** Mean interval score of the 80 % band (Gneiting and Raftery 2007): width plus 10 times what lies outside; lower is better. */
  intervalScore: number | null;
  /** Mean pinball loss of the quantiles 0.1, 0.5 and 0.9. */
  pinball: number | null;
}

const nothing = {
  mae: null,
  rmse: null,
  mape: null,
  coverage: null,
  width: null,
  intervalScore: null,
  pinball: null,
};

/** Adds up a score, one forecast at a time. */
export class ScoreSum {
  #n = 0;
  #absolute = 0;
  #squared = 0;
  #relative = 0;
  #withTraffic = 0;
  #covered = 0;
  #width = 0;
  #outside = 0;

  add(actual: number, predicted: number, lower: number, upper: number): void {
    const error = Math.abs(predicted - actual);
    this.#n += 1;
    this.#absolute += error;
    this.#squared += error * error;
    if (actual > 0) {
      this.#relative += error / actual;
      this.#withTraffic += 1;
    }
    if (actual >= lower && actual <= upper) this.#covered += 1;
    this.#width += upper - lower;
    this.#outside += Math.max(0, lower - actual) + Math.max(0, actual - upper);
  }

  get score(): Score {
    const n = this.#n;
    if (n === 0) return { n, ...nothing };
    const intervalScore = (this.#width + 10 * this.#outside) / n;
    return {
      n,
      mae: this.#absolute / n,
      rmse: Math.sqrt(this.#squared / n),
      mape: this.#withTraffic === 0 ? null : this.#relative / this.#withTraffic,
      coverage: this.#covered / n,
      width: this.#width / n,
      intervalScore,
      // The losses at 0.1 and 0.9 add up to a tenth of the interval score; that of the median is half the absolute error.
      pinball: (0.5 * (this.#absolute / n) + 0.1 * intervalScore) / 3,
    };
  }
}
