import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { WorkloadSample } from './workload-sample.ts';

/** Whose workloads, and where they run. */
export interface Place {
  tenant: string;
  region: string;
}

const batchRows = 20_000;
const inSeconds = (epochMs: number): number => Math.floor(epochMs / 1000);

/** Keeps samples; a minute that was kept before is replaced by the later observation. */
export async function insertSamples(
  warehouse: Warehouse,
  place: Place,
  samples: readonly WorkloadSample[],
  observedAt: Date,
): Promise<void> {
  for (let start = 0; start < samples.length; start += batchRows) {
    const rows = samples.slice(start, start + batchRows).map((sample) => ({
      Tenant: place.tenant,
      Region: place.region,
      Workload: sample.workload,
      Minute: inSeconds(sample.minute),
      Requests: sample.requests,
      CpuCores: sample.cpuCores,
      MemoryBytes: sample.memoryBytes,
      Replicas: sample.replicas,
      ObservedAt: observedAt,
    }));
    await warehouse.insert('fact_workload_sample', rows);
  }
}

export interface SampleRow {
  tenant: string;
  region: string;
  workload: string;
  /** Epoch seconds. */
  minute: number;
  requests: number | null;
  cpuCores: number | null;
  memoryBytes: number | null;
  replicas: number | null;
}

const sampleColumns = `Tenant AS tenant, Region AS region, Workload AS workload, toUnixTimestamp(Minute) AS minute,
       Requests AS requests, CpuCores AS cpuCores, MemoryBytes AS memoryBytes, Replicas AS replicas`;

/** Samples of all workloads of a place with their minute in [from, to); used to go on where another process stopped. */
export async function selectSamplesOfPlace(
  warehouse: Warehouse,
  place: Place,
  from: Date,
  to: Date,
): Promise<SampleRow[]> {
  const { rows } = await warehouse.query<SampleRow>(
    `SELECT ${sampleColumns} FROM fact_workload_sample FINAL
     WHERE Tenant = {tenant:String} AND Region = {region:String}
       AND Minute >= toDateTime({from:UInt32}, 'UTC') AND Minute < toDateTime({to:UInt32}, 'UTC')`,
    {
      params: { ...place, from: inSeconds(from.getTime()), to: inSeconds(to.getTime()) },
      maxResultRows: 1_000_000,
    },
  );
  return rows;
}

/** Samples of one workload with their minute in [from, to), in order of time. With `scope`: as that caller sees them. */
export async function selectSamples(
  warehouse: Warehouse,
  key: { tenant: string; region: string; workload: string },
  range: { from: Date; to: Date },
  options: { scope?: Scope; signal?: AbortSignal } = {},
): Promise<SampleRow[]> {
  const { rows } = await warehouse.query<SampleRow>(
    `SELECT ${sampleColumns} FROM fact_workload_sample FINAL
     WHERE Tenant = {tenant:String} AND Region = {region:String} AND Workload = {workload:String}
       AND Minute >= toDateTime({from:UInt32}, 'UTC') AND Minute < toDateTime({to:UInt32}, 'UTC')
     ORDER BY Minute`,
    { params: { ...key, from: inSeconds(range.from.getTime()), to: inSeconds(range.to.getTime()) }, ...options },
  );
  return rows;
}

export type RecentRow = Omit<SampleRow, 'replicas'>;

/** Requests, CPU and memory of every workload of every place with their minute after `since`, in order of time. */
export async function selectRecent(warehouse: Warehouse, since: Date, limit: number): Promise<RecentRow[]> {
  const { rows } = await warehouse.query<SampleRow>(
    `SELECT Tenant AS tenant, Region AS region, Workload AS workload, toUnixTimestamp(Minute) AS minute, Requests AS requests,
            CpuCores AS cpuCores, MemoryBytes AS memoryBytes
     FROM fact_workload_sample FINAL
     WHERE Minute >= toDateTime({since:UInt32}, 'UTC') ORDER BY minute LIMIT {limit:UInt32}`,
    { params: { since: inSeconds(since.getTime()), limit }, maxResultRows: limit },
  );
  return rows;
}

export interface LatestRow {
  workload: string;
  region: string;
  /** Epoch seconds. */
  lastMinute: number;
  requests: number | null;
  replicas: number | null;
  /** Requests of the last hour before `now`. */
  lastHour: number | null;
}

/** The newest measurements of every workload that was seen since `since`, busiest of the last hour first. */
export async function selectLatest(
  warehouse: Warehouse,
  scope: Scope,
  range: { since: Date; lastHour: Date },
  limit: number,
): Promise<LatestRow[]> {
  const { rows } = await warehouse.query<LatestRow>(
    `SELECT workload, region, toUnixTimestamp(max(minute)) AS lastMinute, argMax(r, minute) AS requests,
            argMax(p, minute) AS replicas, sumIf(r, minute >= toDateTime({lastHour:UInt32}, 'UTC')) AS lastHour
     FROM (
       SELECT Workload AS workload, Region AS region, Minute AS minute, argMax(Requests, ObservedAt) AS r,
              argMax(Replicas, ObservedAt) AS p
       FROM fact_workload_sample WHERE Minute >= toDateTime({since:UInt32}, 'UTC') GROUP BY workload, region, minute
     )
     GROUP BY workload, region ORDER BY lastHour DESC NULLS LAST, workload, region LIMIT {limit:UInt32}`,
    {
      scope,
      cacheSeconds: 5,
      params: {
        since: inSeconds(range.since.getTime()),
        lastHour: inSeconds(range.lastHour.getTime()),
        limit,
      },
    },
  );
  return rows;
}
