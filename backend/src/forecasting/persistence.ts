import { horizonMinutes, type Observation, type PointForecast, type PointForecaster } from './forecaster.ts';

/** The reference that every forecaster has to beat: the next minutes are like the last one. */
export class Persistence implements PointForecaster {
  readonly id = 'persistence';
  #last: number | null = null;

  observe({ requests }: Observation): void {
    if (requests !== null) this.#last = requests;
  }

  forecast(): PointForecast | undefined {
    return this.#last === null ? undefined : { values: new Float64Array(horizonMinutes).fill(this.#last) };
  }
}
