import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';

/** How forecasts of one horizon did against what came. */
export interface AccuracyRow {
  region: string;
  workload: string;
  forecaster: string;
  horizon: number;
  n: number;
  mae: number;
  rmse: number;
  /** Over minutes with traffic; null where there was none. */
  mape: number | null;
  coverage: number;
}

const inSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

interface AccuracyQuery {
  from: Date;
  to: Date;
  stepMs: number;
  /** Absent: every workload. */
  of?: { region: string; workload: string };
  /** Absent: every horizon. */
  horizon?: number;
}

/**
 * Scores of the forecasts for the minutes in [from, to) that were measured. Everything is computed from what was kept: the
 * forecasts with their time of issue, and the samples.
 */
export async function selectAccuracy(
  warehouse: Warehouse,
  { from, to, stepMs, of, horizon }: AccuracyQuery,
  scope: Scope,
  options: { signal?: AbortSignal; cacheSeconds?: number } = {},
): Promise<AccuracyRow[]> {
  const one = of ? 'AND Region = {region:String} AND Workload = {workload:String}' : '';
  const { rows } = await warehouse.query<AccuracyRow>(
    `SELECT f.Region AS region, f.Workload AS workload, f.Forecaster AS forecaster, f.HorizonMinutes AS horizon,
            toUInt32(count()) AS n, avg(abs(f.Predicted - s.Requests)) AS mae,
            sqrt(avg(pow(f.Predicted - s.Requests, 2))) AS rmse,
            if(countIf(s.Requests > 0) = 0, NULL, avgIf(abs(f.Predicted - s.Requests) / s.Requests, s.Requests > 0)) AS mape,
            avg(s.Requests >= f.Lower AND s.Requests <= f.Upper) AS coverage
     FROM (
       SELECT Region, Workload, Forecaster, HorizonMinutes, TargetMinute, Predicted, Lower, Upper
       FROM fact_forecast FINAL
       WHERE IssuedAt >= toDateTime({issued:UInt32}, 'UTC') AND TargetMinute >= toDateTime({from:UInt32}, 'UTC')
         AND TargetMinute < toDateTime({to:UInt32}, 'UTC') ${one}
         ${horizon === undefined ? '' : 'AND HorizonMinutes = {horizon:UInt8}'}
     ) AS f
     INNER JOIN (
       SELECT Region, Workload, Minute, assumeNotNull(Requests) AS Requests
       FROM fact_workload_sample FINAL
       WHERE Requests IS NOT NULL AND Minute >= toDateTime({from:UInt32}, 'UTC') AND Minute < toDateTime({to:UInt32}, 'UTC')
         ${one}
     ) AS s ON f.Region = s.Region AND f.Workload = s.Workload AND f.TargetMinute = s.Minute
     GROUP BY region, workload, forecaster, horizon ORDER BY region, workload, forecaster, horizon`,
    {
      scope,
      params: {
        issued: inSeconds(new Date(from.getTime() - 10 * stepMs)),
        from: inSeconds(from),
        to: inSeconds(to),
        ...(of ?? {}),
        ...(horizon === undefined ? {} : { horizon }),
      },
      ...options,
    },
  );
  return rows;
}
