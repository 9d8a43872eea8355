import { horizonMinutes, type Observation, type PointForecast, type PointForecaster } from './forecaster.ts';
import { History } from './history.ts';

/**
 * The next minutes are like the same minutes one season ago. Until a whole season has been seen it stands in with the
 * last value and says so.
 */
export class SeasonalNaive implements PointForecaster {
  readonly id = 'seasonal-naive';
  readonly #season: number;
  readonly #history: History;

  /** `seasonMinutes`: length of the season, at least `horizonMinutes`. */
  constructor(seasonMinutes: number) {
    this.#season = Math.max(seasonMinutes, horizonMinutes);
    this.#history = new History(this.#season + 1);
  }

  observe({ requests }: Observation): void {
    this.#history.push(requests);
  }

  forecast(): PointForecast | undefined {
    if (this.#history.count === 0) return undefined;
    const values = new Float64Array(horizonMinutes);
    if (!this.#history.has(this.#season - 1)) {
      const fallback = `the season of ${this.#season} minutes has not been seen yet (${this.#history.count} so far): the last value stands in`;
      return { values: values.fill(this.#history.at(0)), fallback };
    }
    for (let h = 1; h <= horizonMinutes; h += 1) values[h - 1] = this.#history.at(this.#season - h);
    return { values };
  }
}
