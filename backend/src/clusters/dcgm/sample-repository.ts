import type { Warehouse } from '../../platform/warehouse/index.ts';

export interface ClusterPlace {
  tenant: string;
  region: string;
  cluster: string;
}

/** Clusters that have samples without a job, with the newest arrival of any fact (epoch milliseconds). */
export async function selectUnjoined(warehouse: Warehouse): Promise<(ClusterPlace & { until: number })[]> {
  const { rows } = await warehouse.query<ClusterPlace & { until: string }>(
    `SELECT s.tenant AS tenant, s.region AS region, s.cluster AS cluster, toString(greatest(s.until, j.until)) AS until
     FROM (SELECT Tenant AS tenant, Region AS region, Cluster AS cluster, max(toUnixTimestamp64Milli(ReceivedAt)) AS until
           FROM fact_gpu_sample WHERE JobId = '' GROUP BY tenant, region, cluster) AS s
     LEFT JOIN (SELECT Tenant AS tenant, Region AS region, Cluster AS cluster, max(toUnixTimestamp64Milli(ReceivedAt)) AS until
           FROM fact_job WHERE Gpus > 0 GROUP BY tenant, region, cluster) AS j
       ON s.tenant = j.tenant AND s.region = j.region AND s.cluster = j.cluster
     ORDER BY tenant, region, cluster`,
    { timeoutMs: 60_000 },
  );
  return rows.map((row) => ({ ...row, until: Number(row.until) }));
}

/** Hours with samples without a job that arrived since, or in which jobs ran that arrived since; seconds of the epoch. */
export async function selectHoursToJoin(warehouse: Warehouse, place: ClusterPlace, since: Date): Promise<number[]> {
  const { rows } = await warehouse.query<{ hour: number }>(
    `SELECT toUnixTimestamp(Hour) AS hour FROM fact_gpu_sample
     WHERE ${ofPlace} AND JobId = '' AND (ReceivedAt > fromUnixTimestamp64Milli({since:Int64}) OR Hour IN (
       SELECT toDateTime(arrayJoin(range(intDiv(toUnixTimestamp(StartedAt), 3600),
                intDiv(greatest(toUnixTimestamp(EndedAt), toUnixTimestamp(StartedAt) + 1) - 1, 3600) + 1)) * 3600, 'UTC')
       FROM fact_job WHERE ${ofPlace} AND Gpus > 0 AND ReceivedAt > fromUnixTimestamp64Milli({since:Int64})))
     GROUP BY hour ORDER BY hour`,
    { params: { ...place, since: since.getTime() }, maxResultRows: 1_000_000, timeoutMs: 60_000 },
  );
  return rows.map(({ hour }) => hour);
}

const ofPlace = 'Tenant = {tenant:String} AND Region = {region:String} AND Cluster = {cluster:String}';

export interface SampleOfHour {
  hour: number;
  node: string;
  gpu: string;
  jobId: string;
}

/** Samples of hosts in the span; seconds of the epoch. */
export async function selectSamplesOfSpan(
  warehouse: Warehouse,
  place: ClusterPlace,
  span: { from: number; to: number },
): Promise<SampleOfHour[]> {
  const { rows } = await warehouse.query<SampleOfHour>(
    `SELECT toUnixTimestamp(Hour) AS hour, Node AS node, Gpu AS gpu, JobId AS jobId FROM fact_gpu_sample FINAL
     WHERE ${ofPlace} AND Hour >= toDateTime({from:UInt32}, 'UTC') AND Hour < toDateTime({to:UInt32}, 'UTC')
     ORDER BY hour, node, gpu, jobId`,
    { params: { ...place, ...span }, maxResultRows: 5_000_000, timeoutMs: 60_000 },
  );
  return rows;
}

export interface GpuJobRow {
  jobId: string;
  rawJobId: string;
  from: number;
  to: number;
  gpus: number;
  nodes: string[];
  devices: string[];
}

/** Jobs with GPUs on named hosts in the span. */
export async function selectGpuJobs(
  warehouse: Warehouse,
  place: ClusterPlace,
  span: { from: number; to: number },
): Promise<GpuJobRow[]> {
  const { rows } = await warehouse.query<GpuJobRow>(
    `SELECT JobId AS jobId, Tags['slurm_job_id'] AS rawJobId, toUnixTimestamp(StartedAt) AS from,
            toUnixTimestamp(EndedAt) AS to, toFloat64(Gpus) AS gpus, NodeNames AS nodes, Devices AS devices
     FROM fact_job FINAL
     WHERE ${ofPlace} AND Gpus > 0 AND notEmpty(NodeNames) AND StartedAt < toDateTime({to:UInt32}, 'UTC')
       AND EndedAt > toDateTime({from:UInt32}, 'UTC')
     ORDER BY from, jobId`,
    { params: { ...place, ...span }, maxResultRows: 2_000_000, timeoutMs: 60_000 },
  );
  return rows;
}
