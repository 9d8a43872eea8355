import { Autoregressive } from './autoregressive.ts';
import { ConformalForecaster } from './conformal-forecaster.ts';
import type { Forecaster } from './forecaster.ts';
import { Persistence } from './persistence.ts';
import { SeasonalNaive } from './seasonal-naive.ts';

/** Ids of the forecasters that run for every workload; the first is the reference. */
export const forecasterIds = ['persistence', 'seasonal-naive', 'autoregressive'] as const;
export type ForecasterId = (typeof forecasterIds)[number];

/** A fresh set of forecasters for one workload. `seasonMinutes`: length of its season. */
export function createForecasters(seasonMinutes: number): Forecaster[] {
  return [new Persistence(), new SeasonalNaive(seasonMinutes), new Autoregressive(seasonMinutes)].map(
    (point) => new ConformalForecaster(point),
  );
}
