import { ConformalBand, type Band, type Reach } from './conformal-band.ts';
import { horizonMinutes, type Forecast } from './forecaster.ts';

/** Medians of the next ten minutes, with what their forecaster expects to be off by, where it says so. */
export interface Proposal {
  values: Float64Array;
  reach?: readonly Reach[];
}

interface Issued {
  values: Float64Array;
  bands: readonly Band[];
}

/** The bands of one forecaster, horizon by horizon, and what it has said in the last ten minutes, from which they learn. */
export class IssuedBands {
  readonly #bands: readonly ConformalBand[];
  readonly #issued: (Issued | undefined)[] = new Array<Issued | undefined>(horizonMinutes + 1).fill(undefined);
  #minutes = 0;

  /** `scores`: how many misses each band keeps. */
  constructor(scores?: number) {
    this.#bands = Array.from({ length: horizonMinutes }, () => new ConformalBand(scores));
  }

  /** A minute has passed and brought `requests`; null: not measured. What is proposed now is said after it. */
  advance(requests: number | null): void {
    this.#minutes += 1;
    const slots = this.#issued.length;
    for (let h = 1; requests !== null && h <= Math.min(horizonMinutes, this.#minutes - 1); h += 1) {
      const issued = this.#issued[(this.#minutes - h) % slots];
      if (issued) this.#bands[h - 1]!.learn(requests, issued.values[h - 1]!, issued.bands[h - 1]!);
    }
    this.#issued[this.#minutes % slots] = undefined;
  }

  /** Puts bands around what is said after the last minute, and remembers it until it can be judged. */
  issue({ values, reach }: Proposal): Forecast {
    const bands = this.#bands.map((band, at) => band.around(values[at]!, reach?.[at]));
    this.#issued[this.#minutes % this.#issued.length] = { values, bands };
    return {
      median: values,
      lower: Float64Array.from(bands, (band) => band.lower),
      upper: Float64Array.from(bands, (band) => band.upper),
    };
  }
}
