import { ConformalBand } from './conformal-band.ts';
import {
  horizonMinutes,
  type Forecast,
  type Forecaster,
  type Observation,
  type PointForecaster,
} from './forecaster.ts';

interface Issued {
  values: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  scale: Float64Array;
}

/** A point forecaster with an 80 % band that is learned, horizon by horizon, from what it missed by. */
export class ConformalForecaster implements Forecaster {
  readonly id: string;
  readonly #point: PointForecaster;
  readonly #bands = Array.from({ length: horizonMinutes }, () => new ConformalBand());
  readonly #issued: (Issued | undefined)[] = new Array<Issued | undefined>(horizonMinutes + 1).fill(undefined);
  #minutes = 0;
  #fallback: string | undefined;

  constructor(point: PointForecaster) {
    this.id = point.id;
    this.#point = point;
  }

  observe(observation: Observation): void {
    this.#minutes += 1;
    if (observation.requests !== null) this.#learn(observation.requests);
    this.#point.observe(observation);
    const slot = this.#minutes % this.#issued.length;
    // A prediction is made at every measured minute, asked for or not, so that the band knows its misses.
    this.#issued[slot] = observation.requests === null ? undefined : this.#issue();
  }

  forecast(): Forecast | undefined {
    const issued = this.#issued[this.#minutes % this.#issued.length] ?? this.#issue();
    if (!issued) return undefined;
    const { values: median, lower, upper } = issued;
    return { median, lower, upper, ...(this.#fallback === undefined ? {} : { fallback: this.#fallback }) };
  }

  #learn(requests: number): void {
    for (let h = 1; h <= Math.min(horizonMinutes, this.#minutes - 1); h += 1) {
      const issued = this.#issued[(this.#minutes - h) % this.#issued.length];
      if (!issued) continue;
      const at = h - 1;
      const band = { lower: issued.lower[at]!, upper: issued.upper[at]!, scale: issued.scale[at]! };
      this.#bands[at]!.learn(requests, issued.values[at]!, band);
    }
  }

  #issue(): Issued | undefined {
    const point = this.#point.forecast();
    this.#fallback = point?.fallback;
    if (!point) return undefined;
    const { values } = point;
    const issued = {
      values,
      lower: new Float64Array(horizonMinutes),
      upper: new Float64Array(horizonMinutes),
      scale: new Float64Array(horizonMinutes),
    };
    for (let at = 0; at < horizonMinutes; at += 1) {
      const band = this.#bands[at]!.around(values[at]!);
      issued.lower[at] = band.lower;
      issued.upper[at] = band.upper;
      issued.scale[at] = band.scale;
    }
    return issued;
  }
}
