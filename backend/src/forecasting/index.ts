export { createForecasters, forecasterIds, type ForecasterId } from './forecasters.ts';
export {
  bandCoverage,
  horizonMinutes,
  type Forecast,
  type Forecaster,
  type Observation,
  type PointForecast,
  type PointForecaster,
} from './forecaster.ts';
export { ConformalForecaster } from './conformal-forecaster.ts';
export { ScoreSum, type Score } from './scores.ts';
export { createForecastingRoom, type ForecastingRoom } from './forecasting-room.ts';
export type { Events, UpcomingEvent } from './event-room.ts';
export type { Peak, TrafficAnswer, TrafficQuery } from './traffic.ts';
export { Baselines } from './baselines.ts';
export * from './lstm/index.ts';
export { liveThrough } from './sample-replay.ts';
export { isAccepted } from './tuning.ts';
export { WorkloadForecasts } from './workload-forecasts.ts';
export { openShippedNetwork } from './model-file.ts';
export { concludeSteps } from './conclude-steps.ts';
