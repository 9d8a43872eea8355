import { horizonMinutes, ScoreSum, type Forecaster, type Score } from '@amadeus/backend/forecasting';
import type { Series } from './read-series.ts';

/** Scores of one forecaster on the test part of one series. */
export interface Evaluation {
  forecaster: string;
  /** Index 0: one step ahead. */
  horizons: Score[];
  /** Microseconds per step spent in the forecaster, learning and predicting together. */
  microsecondsPerStep: number;
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

/**
 * Walks once through the series. After each step the forecaster has seen that step and nothing later; what it says then is
 * scored against the following steps where these lie in the test part (from `testFrom` on) and were measured. The part
 * before `testFrom` is warm-up. A forecaster that is also a learner goes on learning in the test part from what has come.
 */
export function walkForward(series: Series, forecaster: Forecaster, testFrom: number): Evaluation {
  const { values } = series;
  const sums = Array.from({ length: horizonMinutes }, () => new ScoreSum());
  const first = Math.round(series.start / (series.stepSeconds * 1000));
  let spent = 0n;
  for (let t = 0; t < values.length; t += 1) {
    const value = values[t]!;
    const measured = !Number.isNaN(value);
    const began = process.hrtime.bigint();
    forecaster.observe({ minute: first + t, requests: measured ? value : null });
    const forecast = measured && t >= testFrom - horizonMinutes ? forecaster.forecast() : undefined;
    spent += process.hrtime.bigint() - began;
    if (!forecast) continue;
    for (let h = 1; h <= horizonMinutes; h += 1) {
      const actual = values[t + h];
      if (t + h < testFrom || actual === undefined || Number.isNaN(actual)) continue;
      sums[h - 1]!.add(actual, forecast.median[h - 1]!, forecast.lower[h - 1]!, forecast.upper[h - 1]!);
    }
  }
  return {
    forecaster: forecaster.id,
    horizons: sums.map((sum) => sum.score),
    microsecondsPerStep: Number(spent) / 1000 / values.length,
  };
}
