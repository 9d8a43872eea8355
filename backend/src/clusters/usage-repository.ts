import type { Warehouse } from '../platform/warehouse/index.ts';
import { askedOptions, askedParams, askedSql, type Asked } from './capacity-repository.ts';

/** Narrowing of jobs; empty texts narrow nothing. */
export interface JobFilter {
  scheduler?: string | undefined;
  team?: string | undefined;
  account?: string | undefined;
  user?: string | undefined;
  partition?: string | undefined;
  state?: string | undefined;
  gpuType?: string | undefined;
  search?: string | undefined;
}

const within = `StartedAt < toDateTime({to:UInt32}, 'UTC') AND (EndedAt > toDateTime({from:UInt32}, 'UTC')
  OR (EndedAt = StartedAt AND StartedAt >= toDateTime({from:UInt32}, 'UTC')))`;

/** Runs in the span with the part of them that lies in it (`s` to `e`, seconds of the epoch; `length` of the whole run). */
const runs = (more = '') => `
SELECT *, greatest(toUnixTimestamp(StartedAt), {from:UInt32}) AS s, greatest(s, least(toUnixTimestamp(EndedAt), {to:UInt32})) AS e,
       toUnixTimestamp(EndedAt) - toUnixTimestamp(StartedAt) AS length,
       if(Record = 'slice', toDateTime(0, 'UTC'), StartedAt) AS run
FROM fact_job FINAL WHERE ${within} AND ${askedSql}${more}`;

const days =
  'arrayJoin(arrayMap(d -> toUInt32(d), range(intDiv(s, 86400), intDiv(greatest(e, s + 1) - 1, 86400) + 1)))';
const overlap = '(least(e, (day + 1) * 86400) - greatest(s, day * 86400))';
/** A slice lies within one hour, and spans are whole hours: its exact GPU-seconds are all within or all without. */
const gpuSecondsOf = (count: string) =>
  `if(isNotNull(GpuSeconds), toDecimal256(assumeNotNull(GpuSeconds), 18), toDecimal256(${count}, 18) * ${overlap})`;

export interface AllocatedRow {
  cluster: string;
  region: string;
  scheduler: string;
  gpuType: string;
  day: number;
  gpuSeconds: string;
}

/** GPU-seconds that jobs and pods held, by cluster, type and day. */
export async function selectAllocated(warehouse: Warehouse, asked: Asked): Promise<AllocatedRow[]> {
  const { rows } = await warehouse.query<AllocatedRow>(
    `SELECT cluster, region, any(scheduler) AS scheduler, gpuType, day, toString(sum(seconds)) AS gpuSeconds
     FROM (
       SELECT Cluster AS cluster, Region AS region, Scheduler AS scheduler, type AS gpuType, ${days} AS day,
              ${gpuSecondsOf('count')} AS seconds
       FROM (SELECT *, tupleElement(g, 1) AS type, tupleElement(g, 2) AS count
             FROM (SELECT *, arrayJoin(CAST(GpusByType, 'Array(Tuple(String, Decimal(18, 9)))')) AS g
                   FROM (${runs(' AND Gpus > 0')})))
     ) GROUP BY cluster, region, gpuType, day ORDER BY cluster, region, gpuType, day`,
    { params: askedParams(asked), ...askedOptions(asked) },
  );
  return rows;
}

export interface JobDayRow {
  tenant: string;
  cluster: string;
  region: string;
  scheduler: string;
  jobId: string;
  jobName: string;
  user: string;
  account: string;
  team: string;
  product: string;
  environment: string;
  partition: string;
  record: string;
  /** Unix seconds of the start of a job's run; 0 for pods, whose stretches of a day are one row. */
  run: number;
  gpuType: string;
  day: number;
  gpuSeconds: string;
  cpuSeconds: string;
  memoryByteSeconds: string;
  tags: Record<string, string>;
}

/** How many runs and stretches of pods lie in the span. */
export async function countRuns(warehouse: Warehouse, asked: Asked): Promise<number> {
  const { rows } = await warehouse.query<{ runs: string }>(
    `SELECT toString(count()) AS runs FROM fact_job WHERE ${within} AND ${askedSql}`,
    { params: askedParams(asked), ...askedOptions(asked) },
  );
  return Number(rows[0]?.runs ?? 0);
}

const cpuSeconds = `if(length = 0, toDecimal256(0, 18), toDecimal256(Cpus, 18) * ElapsedSeconds * ${overlap} / length)`;
const memorySeconds = `if(length = 0, toDecimal256(0, 0), toDecimal256(MemoryBytes, 0) * ${overlap})`;

/**
 * What each job and pod held, by day and type of GPU, in a steady order. A job without GPUs has one row a day with an empty
 * type; of one with several types CPUs and memory stand in the first row.
 */
export async function selectJobDays(
  warehouse: Warehouse,
  asked: Asked,
  options: { billable?: boolean; jobs?: readonly { jobId: string; run: number }[] } = {},
): Promise<JobDayRow[]> {
  const more = [
    options.billable ? " AND x_Source != ''" : '',
    options.jobs ? ' AND has({jobIds:Array(String)}, JobId)' : '',
  ].join('');
  const { rows } = await warehouse.query<JobDayRow>(
    `SELECT Tenant AS tenant, Cluster AS cluster, Region AS region, any(Scheduler) AS scheduler, JobId AS jobId,
            argMax(JobName, StartedAt) AS jobName, argMax(UserName, StartedAt) AS user,
            argMax(Account, StartedAt) AS account, Team AS team, Product AS product, Environment AS environment,
            argMax(Partition, StartedAt) AS partition, any(Record) AS record, toUnixTimestamp(run) AS run, type AS gpuType,
            day, toString(sum(gpuSeconds_)) AS gpuSeconds, toString(sum(cpuSeconds_)) AS cpuSeconds,
            toString(sum(memorySeconds_)) AS memoryByteSeconds, argMax(Tags, StartedAt) AS tags
     FROM (
       SELECT *, tupleElement(g, 1) AS type, ${gpuSecondsOf('tupleElement(g, 2)')} AS gpuSeconds_,
              if(place = 1, ${cpuSeconds}, toDecimal256(0, 18)) AS cpuSeconds_,
              if(place = 1, ${memorySeconds}, toDecimal256(0, 0)) AS memorySeconds_
       FROM (
         SELECT *, ${days} AS day, arrayJoin(arrayZip(types, arrayEnumerate(types))) AS gp, tupleElement(gp, 1) AS g,
                tupleElement(gp, 2) AS place
         FROM (SELECT *, if(empty(GpusByType), [('', toDecimal64(0, 9))],
                 arraySort(CAST(GpusByType, 'Array(Tuple(String, Decimal(18, 9)))'))) AS types
               FROM (${runs(more)}))
       )
     )
     GROUP BY Tenant, Region, Cluster, JobId, run, Team, Product, Environment, type, day
     ORDER BY Cluster, day, JobId, run, type, team, product, environment`,
    {
      params: { ...askedParams(asked), jobIds: (options.jobs ?? []).map(({ jobId }) => jobId) },
      ...askedOptions(asked),
    },
  );
  return rows;
}

/**
 * Samples within the hours in which a job held GPUs. The job is the one that the exporter names, else the one found by
 * host, GPU and time. A job’s samples of an hour never count for more than it held.
 */
const sampled = `
SELECT Tenant, Region, Cluster, JobId, run, type, toUInt32(intDiv(hour, 86400)) AS day, least(1., held / sum(secs)) AS factor,
       sum(secs) * factor AS sampledSeconds, sum(secs * util) / 100 * factor AS usedSeconds,
       sumIf(secs, util < {threshold:Float64}) * factor AS idleSeconds
FROM (
  SELECT Tenant, Region, Cluster, JobId, run, GpuType AS type, StartedAt AS started,
         arrayJoin(arrayDistinct(arrayFilter(x -> x != '', [JobId, Tags['slurm_job_id']]))) AS Key,
         arrayJoin(range(intDiv(s, 3600), intDiv(greatest(e, s + 1) - 1, 3600) + 1)) * 3600 AS hour,
         least(e, hour + 3600) - greatest(s, hour) AS inHour,
         toFloat64(if(isNotNull(GpuSeconds), toDecimal256(assumeNotNull(GpuSeconds), 18), toDecimal256(Gpus, 18) * inHour)) AS held
  FROM (${runs(' AND Gpus > 0')})
) AS held
INNER JOIN (
  SELECT Tenant AS T, Region AS R, Cluster AS C, toUnixTimestamp(Hour) AS H, tupleElement(one, 1) AS K,
         toFloat64(tupleElement(one, 2)) AS secs, toFloat64(Utilisation) AS util
  FROM (
    SELECT s.Tenant AS Tenant, s.Region AS Region, s.Cluster AS Cluster, s.Hour AS Hour, s.Utilisation AS Utilisation,
           arrayJoin(if(s.JobId != '', [(s.JobId, s.Seconds)], arrayZip(j.JobIds, j.Seconds))) AS one
    FROM (SELECT * FROM fact_gpu_sample FINAL WHERE ${askedSql}
            AND Hour >= toDateTime(intDiv({from:UInt32}, 3600) * 3600, 'UTC') AND Hour < toDateTime({to:UInt32}, 'UTC')) AS s
    LEFT JOIN (SELECT * FROM gpu_sample_job FINAL WHERE ${askedSql}) AS j
      ON s.Tenant = j.Tenant AND s.Region = j.Region AND s.Cluster = j.Cluster AND s.Node = j.Node AND s.Gpu = j.Gpu
        AND s.Hour = j.Hour
  )
) AS seen ON held.Tenant = seen.T AND held.Region = seen.R AND held.Cluster = seen.C AND held.Key = seen.K AND held.hour = seen.H
WHERE inHour > 0
GROUP BY Tenant, Region, Cluster, JobId, run, type, started, hour, held`;

export interface SampledRow {
  cluster: string;
  region: string;
  gpuType: string;
  day: number;
  sampledSeconds: number;
  usedSeconds: number;
  idleSeconds: number;
}

/** How far the GPUs that jobs held were used, by cluster, type and day. `threshold` is in per cent. */
export async function selectSampled(warehouse: Warehouse, asked: Asked, threshold: number): Promise<SampledRow[]> {
  const { rows } = await warehouse.query<SampledRow>(
    `SELECT Cluster AS cluster, Region AS region, type AS gpuType, day, sum(sampledSeconds) AS sampledSeconds,
            sum(usedSeconds) AS usedSeconds, sum(idleSeconds) AS idleSeconds
     FROM (${sampled}) GROUP BY cluster, region, gpuType, day`,
    { params: { ...askedParams(asked), threshold }, ...askedOptions(asked) },
  );
  return rows;
}

export interface JobRow {
  cluster: string;
  region: string;
  scheduler: string;
  jobId: string;
  jobName: string;
  user: string;
  account: string;
  team: string;
  partition: string;
  state: string;
  run: number;
  startedAt: number;
  endedAt: number;
  running: number;
  gpus: string;
  gpuType: string;
  gpuSeconds: string;
  cpuSeconds: string;
  memoryByteSeconds: string;
  /** Absent (null) without samples. */
  usedSeconds: number | null;
  idleSeconds: number | null;
  source: string;
  total: string;
}

const orders = {
  gpuHours: 'gpuSeconds_ DESC',
  heldIdleGpuHours: 'ifNull(idleSeconds, -1) DESC',
  cpuHours: 'cpuSeconds_ DESC',
  startedAt: 'startedAt DESC',
} as const;

/** A page of jobs and pods with what they held in the span; every row says how many there are in all. */
export async function selectJobs(
  warehouse: Warehouse,
  asked: Asked,
  options: {
    filter: JobFilter;
    threshold: number;
    sort: keyof typeof orders;
    heldIdleOnly: boolean;
    limit: number;
    offset: number;
  },
): Promise<JobRow[]> {
  const columns = {
    scheduler: 'Scheduler',
    team: 'Team',
    account: 'Account',
    user: 'UserName',
    partition: 'Partition',
    state: 'State',
  } as const;
  const narrowed = Object.entries(columns)
    .filter(([name]) => options.filter[name as keyof JobFilter] !== undefined)
    .map(([name, column]) => ` AND ${column} = {${name}:String}`);
  if (options.filter.gpuType !== undefined) narrowed.push(' AND mapContains(GpusByType, {gpuType:String})');
  if (options.filter.search !== undefined)
    narrowed.push(' AND positionCaseInsensitiveUTF8(concat(JobId, char(0), JobName), {search:String}) > 0');
  const inSpan = '(e - s)';
  const { rows } = await warehouse.query<JobRow>(
    `SELECT *, toString(gpuSeconds_) AS gpuSeconds, toString(cpuSeconds_) AS cpuSeconds,
            toString(memorySeconds_) AS memoryByteSeconds, toString(count() OVER ()) AS total
     FROM (
       SELECT Cluster AS cluster, Region AS region, any(Scheduler) AS scheduler, JobId AS jobId,
              argMax(JobName, StartedAt) AS jobName, argMax(UserName, StartedAt) AS user, argMax(Account, StartedAt) AS account,
              argMax(Team, StartedAt) AS team, argMax(Partition, StartedAt) AS partition, argMax(State, StartedAt) AS state,
              toUnixTimestamp(run) AS run, toUnixTimestamp(min(StartedAt)) AS startedAt, toUnixTimestamp(max(EndedAt)) AS endedAt,
              toUInt8(argMax(Running, StartedAt) = 1 OR argMax(State, StartedAt) = 'RUNNING') AS running,
              toString(max(Gpus)) AS gpus, argMax(GpuType, (Gpus > 0, StartedAt)) AS gpuType,
              sum(if(isNotNull(GpuSeconds), toDecimal256(assumeNotNull(GpuSeconds), 18), toDecimal256(Gpus, 18) * ${inSpan})) AS gpuSeconds_,
              sum(if(length = 0, toDecimal256(0, 18), toDecimal256(Cpus, 18) * ElapsedSeconds * ${inSpan} / length)) AS cpuSeconds_,
              sum(toDecimal256(MemoryBytes, 0) * ${inSpan}) AS memorySeconds_, any(x_Source) AS source
       FROM (${runs(narrowed.join(''))})
       GROUP BY Cluster, Region, JobId, run
     ) AS held
     LEFT JOIN (
       SELECT Cluster AS c, Region AS r, JobId AS i, toUnixTimestamp(run) AS u, toNullable(sum(usedSeconds)) AS usedSeconds,
              toNullable(sum(idleSeconds)) AS idleSeconds
       FROM (${sampled}) GROUP BY c, r, i, u
     ) AS seen ON held.cluster = seen.c AND held.region = seen.r AND held.jobId = seen.i AND held.run = seen.u
     ${options.heldIdleOnly ? 'WHERE idleSeconds > 0' : ''}
     ORDER BY ${orders[options.sort]}, cluster, region, jobId, run
     LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    {
      params: {
        ...askedParams(asked),
        ...Object.fromEntries(Object.entries(options.filter).filter(([, value]) => value !== undefined)),
        threshold: options.threshold,
        limit: options.limit,
        offset: options.offset,
      },
      ...askedOptions(asked),
    },
  );
  return rows;
}
