import type { ForecastRow, WorkloadKey } from './forecast-repository.ts';
import type { Forecast } from './forecaster.ts';

/** What every forecaster says after the minute that began at `at` (epoch milliseconds), as it is kept. */
export function rowsOf(
  key: WorkloadKey,
  at: number,
  said: ReadonlyMap<string, Forecast>,
  { stepMs, replayed }: { stepMs: number; replayed: boolean },
): ForecastRow[] {
  return [...said].flatMap(([forecaster, { median, lower, upper }]) =>
    Array.from(median, (value, index) => ({
      ...key,
      forecaster,
      issuedAt: at,
      target: at + (index + 1) * stepMs,
      horizon: index + 1,
      median: value,
      lower: lower[index]!,
      upper: upper[index]!,
      replayed,
    })),
  );
}
