import { Autoregressive } from './autoregressive.ts';
import { ConformalForecaster } from './conformal-forecaster.ts';
import type { Forecaster } from './forecaster.ts';
import { Persistence } from './persistence.ts';
import { SeasonalNaive } from './seasonal-naive.ts';

/**
 * Ids of the forecasters that run for every workload; the first is the reference. `lstm`: the network with the weights that
 * all share; `lstm-tuned`: with weights trained on the workload's own minutes; `ensemble`: a weighted mean of all.
 */
export const forecasterIds = [
  'persistence',
  'seasonal-naive',
  'autoregressive',
  'lstm',
  'lstm-tuned',
  'ensemble',
] as const;
/** Who speaks for a workload until there is evidence: the ensemble, which says what `lstm` says until then. */
export const firstChampion: ForecasterId = 'ensemble';
export type ForecasterId = (typeof forecasterIds)[number];

/** A fresh set of the forecasters that need no network. `seasonMinutes`: length of the season. */
export function createForecasters(seasonMinutes: number): Forecaster[] {
  return [new Persistence(), new SeasonalNaive(seasonMinutes), new Autoregressive(seasonMinutes)].map(
    (point) => new ConformalForecaster(point),
  );
}
