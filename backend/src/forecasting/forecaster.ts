/** Minutes ahead that every forecaster predicts: 1, 2, ... horizonMinutes. */
export const horizonMinutes = 10;

/** Share of what comes that the band is meant to cover; a tenth falls below it and a tenth above. */
export const bandCoverage = 0.8;

/** What one minute brought. */
export interface Observation {
  /** Number of the minute since the epoch; consecutive observations differ by one. */
  minute: number;
  /** Requests in that minute; `null` where nothing was measured (a gap, not a zero). */
  requests: number | null;
}

/** Predictions for the minutes 1 to `horizonMinutes` after the last observation (index 0 is one minute ahead). */
export interface PointForecast {
  values: Float64Array;
  /** Set while the forecaster stands in with something simpler, e.g. because its season has not been seen yet. */
  fallback?: string;
}

/** A point forecast with its 80 % band, all in requests per minute: 0 <= lower <= median <= upper. */
export interface Forecast {
  median: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  fallback?: string;
}

interface Sequential<F> {
  /** Stable name under which forecasts are kept, e.g. `autoregressive`. */
  readonly id: string;
  /** Takes in one minute. Called for every minute in order, gaps included; never sees a later minute first. */
  observe(observation: Observation): void;
  /** From everything observed until now; `undefined` while that is not enough to say anything. */
  forecast(): F | undefined;
}

/** Predicts single values; `ConformalForecaster` puts the band around them. */
export type PointForecaster = Sequential<PointForecast>;

/** What the loop runs: any model that takes minutes in and gives medians with bands. */
export type Forecaster = Sequential<Forecast>;
