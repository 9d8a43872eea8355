import type { Score } from '@amadeus/backend/forecasting';
import type { Series } from './read-series.ts';

/** Scores of one forecaster on the test part of one series. */
export interface Evaluation {
  forecaster: string;
  /** Index 0: one step ahead. */
  horizons: Score[];
}

/** Index of the first value of the test part: the last `1 - trainShare` of the steps, in order of time. */
export function splitAt(series: Series, trainShare: number): number {
  return Math.floor(series.values.length * trainShare);
}

/**
 * The series without what comes after its first `share` (above 0, at most 1) of steps, in order of time. With the share
 * that is given to `splitAt`, what is left holds nothing of the test part: settings are to be chosen on it.
 * @throws RangeError where the share is not in (0, 1].
 */
export function firstPart(series: Series, share: number): Series {
  if (!(share > 0 && share <= 1)) throw new RangeError(`The share of a series is above 0 and at most 1, not ${share}.`);
  return { ...series, values: series.values.slice(0, splitAt(series, share)) };
}
