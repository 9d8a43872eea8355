import type { Forecast, Forecaster, Observation, PointForecaster } from './forecaster.ts';
import { IssuedBands } from './issued-bands.ts';

/** A point forecaster with an 80 % band that is learned, horizon by horizon, from what it missed by. */
export class ConformalForecaster implements Forecaster {
  readonly id: string;
  readonly #point: PointForecaster;
  readonly #bands = new IssuedBands();
  #issued: Forecast | undefined;

  constructor(point: PointForecaster) {
    this.id = point.id;
    this.#point = point;
  }

  observe(observation: Observation): void {
    this.#bands.advance(observation.requests);
    this.#point.observe(observation);
    // A prediction is made at every measured minute, asked for or not, so that the band knows its misses.
    this.#issued = observation.requests === null ? undefined : this.#issue();
  }

  forecast(): Forecast | undefined {
    return (this.#issued ??= this.#issue());
  }

  #issue(): Forecast | undefined {
    const point = this.#point.forecast();
    if (!point) return undefined;
    const forecast = this.#bands.issue(point);
    return point.fallback === undefined ? forecast : { ...forecast, fallback: point.fallback };
  }
}
