import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { GPUS_PER_NODE, type Cluster } from './gpu-cluster.ts';
import type { GpuHour } from './gpu-hours.ts';
import type { GpuJob } from './gpu-jobs.ts';

export interface EstateLoad {
  seed: number;
  /** First day that was generated, `2026-10-22`. */
  firstDay: string;
  /** Day by which the estate's events are placed. */
  storyDay: string;
  /** Day up to which (exclusive) bills were loaded. */
  loadedUntil: string;
  completed: boolean;
}

/** What was loaded for a tenant before, if anything. */
export async function findLoad(store: Store, tenant: string): Promise<EstateLoad | undefined> {
  const [row] = await store.query<{
    seed: number;
    first_day: string;
    story_day: string;
    loaded_until: string;
    completed: boolean;
  }>(
    `SELECT seed, first_day::text, story_day::text, loaded_until::text, completed_at IS NOT NULL AS completed
       FROM estate_load WHERE tenant = $1`,
    [tenant],
  );
  return (
    row && {
      seed: row.seed,
      firstDay: row.first_day,
      storyDay: row.story_day,
      loadedUntil: row.loaded_until,
      completed: row.completed,
    }
  );
}

export async function saveLoad(store: Store, tenant: string, load: EstateLoad): Promise<void> {
  await store.query(
    `INSERT INTO estate_load (tenant, seed, first_day, story_day, loaded_until, completed_at)
     VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END)
     ON CONFLICT (tenant) DO UPDATE SET seed = $2, first_day = $3, story_day = $4, loaded_until = $5,
            completed_at = CASE WHEN $6 THEN now() END`,
    [tenant, load.seed, load.firstDay, load.storyDay, load.loadedUntil, load.completed],
  );
}

/** Whether somebody else's facts are in the warehouse already. */
export async function isWarehouseEmpty(warehouse: Warehouse): Promise<boolean> {
  const { rows } = await warehouse.query<{ n: string }>(
    'SELECT toString((SELECT count() FROM cost_drop) + (SELECT count() FROM fact_workload_sample)) AS n',
  );
  return rows[0]?.n === '0';
}

const utc = (date: Date): string => date.toISOString().slice(0, 19).replace('T', ' ');

/** Removes jobs, hosts and samples that an earlier load put in; facts of other sources stay. */
export async function clearGpuFacts(
  warehouse: Warehouse,
  place: { tenant: string; region: string },
  clusters: readonly Cluster[],
): Promise<void> {
  const params = { ...place, clusters: clusters.map(({ name }) => name) };
  for (const table of ['fact_job', 'fact_node', 'fact_gpu_sample'])
    await warehouse.in(place.region).command(
      `ALTER TABLE ${table} DELETE WHERE Tenant = {tenant:String} AND Region = {region:String} AND x_Source = ''
         AND Cluster IN {clusters:Array(String)}`,
      { params, settings: { mutations_sync: '2' } },
    );
}

export async function insertJobs(
  warehouse: Warehouse,
  place: { tenant: string; region: string },
  jobs: readonly GpuJob[],
): Promise<void> {
  await warehouse.insert(
    'fact_job',
    jobs.map((job) => ({
      Tenant: place.tenant,
      Region: place.region,
      Cluster: job.cluster,
      Scheduler: job.scheduler,
      JobId: job.jobId,
      JobName: job.jobName,
      UserName: job.user,
      Account: job.account,
      Team: job.team,
      Partition: job.partition,
      State: job.state,
      SubmittedAt: utc(job.submittedAt),
      StartedAt: utc(job.startedAt),
      EndedAt: utc(job.endedAt),
      Cpus: job.cpus,
      MemoryBytes: job.memoryBytes,
      Gpus: job.gpus.length,
      GpuType: job.gpuType,
    })),
  );
}

/** What the clusters have, since a day: idle is what jobs leave of it. */
export async function insertHosts(
  warehouse: Warehouse,
  place: { tenant: string; region: string },
  clusters: readonly Cluster[],
  since: Date,
): Promise<void> {
  await warehouse.insert(
    'fact_node',
    clusters.map((cluster) => ({
      Tenant: place.tenant,
      Region: place.region,
      Cluster: cluster.name,
      Scheduler: cluster.scheduler,
      Origin: 'declared',
      Node: `${cluster.gpuType} host`,
      State: 'declared',
      StartedAt: utc(since),
      Nodes: cluster.nodes,
      Cpus: cluster.nodes * 128,
      MemoryBytes: cluster.nodes * 2 ** 41,
      Gpus: cluster.nodes * GPUS_PER_NODE,
      GpuType: cluster.gpuType,
      ReceivedAt: since,
    })),
  );
}

export async function insertGpuHours(
  warehouse: Warehouse,
  place: { tenant: string; region: string },
  hours: readonly GpuHour[],
): Promise<void> {
  await warehouse.insert(
    'fact_gpu_sample',
    hours.map((hour) => ({
      Tenant: place.tenant,
      Region: place.region,
      Cluster: hour.cluster,
      Node: hour.node,
      Gpu: hour.gpu,
      GpuType: hour.gpuType,
      Hour: utc(hour.hour),
      JobId: hour.jobId,
      Seconds: hour.seconds.toFixed(3),
      Utilisation: hour.utilisation,
      MemoryUsedBytes: hour.memoryUsedBytes,
      MemoryTotalBytes: hour.memoryTotalBytes,
      PowerWatts: hour.powerWatts,
    })),
  );
}

/** The minute after the last one of the shop that is kept. */
export async function lastShopMinute(warehouse: Warehouse, tenant: string): Promise<Date | undefined> {
  const { rows } = await warehouse.query<{ minute: string }>(
    `SELECT toString(toUnixTimestamp(max(Minute))) AS minute FROM fact_workload_sample WHERE Tenant = {tenant:String} AND Workload LIKE 'shop/%'`,
    { params: { tenant } },
  );
  const seconds = Number(rows[0]?.minute ?? 0);
  return seconds === 0 ? undefined : new Date(seconds * 1000 + 60_000);
}
