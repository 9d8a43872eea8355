import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';

/** One workload of one tenant. */
export interface WorkloadKey {
  tenant: string;
  region: string;
  workload: string;
}

/** One prediction, as it is kept. Instants are epoch milliseconds, values requests per minute. */
export interface ForecastRow extends WorkloadKey {
  forecaster: string;
  /** Last minute that the forecaster had seen. */
  issuedAt: number;
  /** Minute that is predicted. */
  target: number;
  horizon: number;
  median: number;
  lower: number;
  upper: number;
  /** Computed afterwards, from data before its time of issue only. */
  replayed: boolean;
}

const batchRows = 20_000;
const inSeconds = (epochMs: number): number => Math.floor(epochMs / 1000);

export async function insertForecasts(
  warehouse: Warehouse,
  rows: readonly ForecastRow[],
  computedAt: Date,
): Promise<void> {
  for (let start = 0; start < rows.length; start += batchRows) {
    const batch = rows.slice(start, start + batchRows).map((row) => ({
      Tenant: row.tenant,
      Region: row.region,
      Workload: row.workload,
      Forecaster: row.forecaster,
      IssuedAt: inSeconds(row.issuedAt),
      TargetMinute: inSeconds(row.target),
      HorizonMinutes: row.horizon,
      Predicted: row.median,
      Lower: row.lower,
      Upper: row.upper,
      Replayed: row.replayed ? 1 : 0,
      ComputedAt: computedAt,
    }));
    await warehouse.insert('fact_forecast', batch);
  }
}

/** Newest time of issue (epoch milliseconds) since `since` by `tenant region workload`. */
export async function selectLastIssued(warehouse: Warehouse, since: Date): Promise<Map<string, number>> {
  const { rows } = await warehouse.query<WorkloadKey & { issued: number }>(
    `SELECT Tenant AS tenant, Region AS region, Workload AS workload, toUnixTimestamp(max(IssuedAt)) AS issued
     FROM fact_forecast WHERE IssuedAt >= toDateTime({since:UInt32}, 'UTC') GROUP BY tenant, region, workload`,
    { params: { since: inSeconds(since.getTime()) } },
  );
  return new Map(rows.map((row) => [keyText(row), row.issued * 1000]));
}

export function keyText({ tenant, region, workload }: WorkloadKey): string {
  return `${tenant} ${region} ${workload}`;
}

export interface PredictedMinute {
  /** Epoch seconds. */
  minute: number;
  predicted: number;
  lower: number;
  upper: number;
}

interface SeriesQuery {
  region: string;
  workload: string;
  forecaster: string;
}

/** Predictions with one horizon for the minutes in [from, to). */
export async function selectPredicted(
  warehouse: Warehouse,
  query: SeriesQuery & { horizon: number; from: Date; to: Date; stepMs: number },
  scope: Scope,
  signal?: AbortSignal,
): Promise<PredictedMinute[]> {
  const lead = query.horizon * query.stepMs;
  const { rows } = await warehouse.query<PredictedMinute>(
    `SELECT toUnixTimestamp(TargetMinute) AS minute, Predicted AS predicted, Lower AS lower, Upper AS upper
     FROM fact_forecast FINAL
     WHERE Region = {region:String} AND Workload = {workload:String} AND Forecaster = {forecaster:String}
       AND HorizonMinutes = {horizon:UInt8}
       AND IssuedAt >= toDateTime({from:UInt32}, 'UTC') AND IssuedAt < toDateTime({to:UInt32}, 'UTC')
     ORDER BY minute`,
    {
      scope,
      params: {
        region: query.region,
        workload: query.workload,
        forecaster: query.forecaster,
        horizon: query.horizon,
        from: inSeconds(query.from.getTime() - lead),
        to: inSeconds(query.to.getTime() - lead),
      },
      ...(signal ? { signal } : {}),
    },
  );
  return rows;
}

/** The newest forecast issued since `since`, one row for each minute ahead; empty where there is none. */
export async function selectNewest(
  warehouse: Warehouse,
  query: SeriesQuery & { since: Date },
  scope: Scope,
  signal?: AbortSignal,
): Promise<(PredictedMinute & { issued: number })[]> {
  const { rows } = await warehouse.query<PredictedMinute & { issued: number }>(
    `SELECT toUnixTimestamp(TargetMinute) AS minute, Predicted AS predicted, Lower AS lower, Upper AS upper,
            toUnixTimestamp(IssuedAt) AS issued
     FROM forecast_ahead FINAL
     WHERE Region = {region:String} AND Workload = {workload:String} AND Forecaster = {forecaster:String}
       AND IssuedAt >= toDateTime({since:UInt32}, 'UTC')
     ORDER BY issued DESC, minute`,
    {
      scope,
      params: {
        region: query.region,
        workload: query.workload,
        forecaster: query.forecaster,
        since: inSeconds(query.since.getTime()),
      },
      ...(signal ? { signal } : {}),
    },
  );
  return rows.filter((row) => row.issued === rows[0]!.issued);
}

export interface PeakRow extends PredictedMinute {
  region: string;
  workload: string;
  forecaster: string;
}

/** For each workload and forecaster the highest minute of what was forecast last, since `since`; highest first. */
export async function selectPeaks(warehouse: Warehouse, since: Date, now: Date, scope: Scope): Promise<PeakRow[]> {
  const { rows } = await warehouse.query<PeakRow>(
    `SELECT Region AS region, Workload AS workload, Forecaster AS forecaster, toUnixTimestamp(TargetMinute) AS minute,
            Predicted AS predicted, Lower AS lower, Upper AS upper
     FROM forecast_ahead FINAL
     WHERE IssuedAt >= toDateTime({since:UInt32}, 'UTC') AND TargetMinute >= toDateTime({now:UInt32}, 'UTC')
     ORDER BY predicted DESC, minute LIMIT 1 BY region, workload, forecaster`,
    { scope, cacheSeconds: 5, params: { since: inSeconds(since.getTime()), now: inSeconds(now.getTime()) } },
  );
  return rows;
}

/** The region in which a workload was seen last, or undefined where it is not known to this caller. */
export async function selectRegion(warehouse: Warehouse, workload: string, scope: Scope): Promise<string | undefined> {
  const { rows } = await warehouse.query<{ region: string }>(
    `SELECT Region AS region FROM fact_workload_sample WHERE Workload = {workload:String}
     GROUP BY region ORDER BY max(Minute) DESC, region LIMIT 1`,
    { scope, cacheSeconds: 5, params: { workload } },
  );
  return rows[0]?.region;
}
