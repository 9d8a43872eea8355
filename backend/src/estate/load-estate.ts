import type { LlmRequest } from '../anycost/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { withBillFile } from './bill-files.ts';
import { cloudBills } from './cloud-bills.ts';
import {
  clearGpuFacts,
  findLoad,
  insertGpuHours,
  insertHosts,
  insertJobs,
  isWarehouseEmpty,
  lastShopMinute,
  saveLoad,
  type EstateLoad,
} from './estate-repository.ts';
import type { FocusRow } from './focus-row.ts';
import { gpuBills } from './gpu-bills.ts';
import { kubernetes, slurm } from './gpu-cluster.ts';
import { gpuHours } from './gpu-hours.ts';
import { gpuJobs } from './gpu-jobs.ts';
import { llmBills, llmCalls, llmUsage } from './llm-requests.ts';
import { sampleRevenue, type SampleRevenue } from './sample-revenue.ts';
import { shopWorkloads } from './shop-traffic.ts';
import { fineSince } from './story.ts';

const DAY_MS = 86_400_000;
const BATCH = 20_000;

/** What the estate needs of the rooms: the same doors that real data comes through. */
export interface EstateDoors {
  /** Loads a FOCUS file as the given source; sending it again replaces what it sent before. */
  ingestBill(path: string, source: string): Promise<void>;
  /** Keeps the calls of language models; a call that was kept before is replaced. */
  keepRequests(requests: Iterable<LlmRequest>): Promise<void>;
  /** Rolls the days of these calls up, so that they are seen. */
  sealRequests(): Promise<void>;
  /** Keeps what customers paid; the same again changes nothing. */
  keepRevenue(lines: readonly SampleRevenue[]): Promise<void>;
  /** Keeps what the shop did in [from, to), whole minutes. */
  keepTraffic(from: Date, to: Date): Promise<void>;
  /** Computes the forecasts of [from, to) as they would have been issued then. */
  replayForecasts(workloads: readonly string[], from: Date, to: Date): Promise<void>;
}

export interface EstateOptions {
  tenant: string;
  region: string;
  seed: number;
  days: number;
  scratchDir: string;
  clock: Clock;
  warehouse: Warehouse;
  store: Store;
  doors: EstateDoors;
  onProgress(text: string): void;
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
const midnight = (day: string): Date => new Date(`${day}T00:00:00Z`);

/**
 * Fills empty stores with the generated estate up to the end of yesterday (bills) and to now (traffic), or goes on from
 * where the last start ended. Repeating it after a crash changes no sum. Resolves `false`, having done nothing, where
 * somebody's own data is there already.
 */
export async function loadEstate(options: EstateOptions): Promise<boolean> {
  const { store, warehouse, tenant, clock, onProgress } = options;
  const today = dayOf(clock.now());
  const before = await findLoad(store, tenant);
  if (!before && !(await isWarehouseEmpty(warehouse))) return false;
  const begin = dayOf(new Date(midnight(today).getTime() - options.days * DAY_MS));
  const load = before
    ? reaching(before, begin)
    : { seed: options.seed, firstDay: begin, storyDay: today, loadedUntil: begin, completed: false };
  if (!load.completed || load.loadedUntil < today) {
    onProgress(
      before?.completed === true
        ? 'Bringing the estate up to date ...'
        : `Loading the estate: ${options.days} days of bills, jobs and LLM calls ...`,
    );
    const place = { tenant, region: options.region };
    // Another first day is another schedule: what GPUs did is written anew and not over the old.
    if (before?.completed === false) await clearGpuFacts(warehouse, place, [slurm, kubernetes]);
    await saveLoad(store, tenant, { ...load, completed: false });
    await loadBills(options, load, today);
    await saveLoad(store, tenant, { ...load, loadedUntil: today, completed: true });
  }
  await loadTraffic(options, before === undefined ? trafficSince(load) : undefined);
  return true;
}

/** A load that is repeated (a crash, or a version of the service that keeps more) reaches back as far as a first one would. */
function reaching(before: EstateLoad, begin: string): EstateLoad {
  return before.completed || before.firstDay <= begin ? before : { ...before, firstDay: begin };
}

/** Minutes of traffic are kept for the last month alone. */
function trafficSince(load: EstateLoad): Date {
  return new Date(Math.max(midnight(load.firstDay).getTime(), fineSince(midnight(load.storyDay)).getTime()));
}

async function loadBills(options: EstateOptions, load: EstateLoad, today: string): Promise<void> {
  const { doors, onProgress, warehouse, scratchDir } = options;
  const place = { tenant: options.tenant, region: options.region };
  const [first, to, story] = [midnight(load.firstDay), midnight(today), midnight(load.storyDay)];
  // A month is one drop: it is generated whole, so that what comes out replaces what was there.
  const changed = load.completed ? monthStart(midnight(load.loadedUntil)) : first;
  const from = changed.getTime() > first.getTime() ? changed : first;
  const bill = async (source: string, rows: Iterable<FocusRow>): Promise<void> => {
    await withBillFile(scratchDir, source, rows, (path) => doors.ingestBill(path, source));
    onProgress(`  ${source}: bills loaded`);
  };
  await bill('clouds', cloudBills(load.seed, from, to, story));
  const jobs = gpuJobs(load.seed, first, to);
  await bill('gpu-clusters', gpuBills(jobs, from, to));
  await bill('llm-providers', llmBills(llmCalls(load.seed, from, to, story), story));
  const since = load.completed ? midnight(load.loadedUntil) : first;
  await doors.keepRequests(llmUsage(llmCalls(load.seed, since, to, story)));
  await doors.sealRequests();
  await doors.keepRevenue(sampleRevenue(first, to, story));
  await insertHosts(warehouse, place, [slurm, kubernetes], first);
  await insertJobs(warehouse, place, jobs);
  await inBatches(gpuHours(load.seed, jobs, since, to), (batch) => insertGpuHours(warehouse, place, batch));
  onProgress('  jobs, GPU hours and LLM calls loaded');
}

async function loadTraffic(
  { clock, warehouse, tenant, doors, onProgress }: EstateOptions,
  first: Date | undefined,
): Promise<void> {
  const to = new Date(Math.floor(clock.now().getTime() / 60_000) * 60_000);
  const from = first ?? (await lastShopMinute(warehouse, tenant)) ?? new Date(to.getTime() - DAY_MS);
  if (to.getTime() - from.getTime() < 60_000) return;
  const long = to.getTime() - from.getTime() > 3_600_000;
  if (long) onProgress("Loading the shop's traffic, minute by minute ...");
  await doors.keepTraffic(from, to);
  if (long) onProgress('Forecasting the last day as it would have been forecast then ...');
  await doors.replayForecasts(shopWorkloads, new Date(Math.max(from.getTime(), to.getTime() - DAY_MS)), to);
}

function monthStart(date: Date): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
}

async function inBatches<T>(items: Iterable<T>, insert: (batch: readonly T[]) => Promise<void>): Promise<void> {
  let batch: T[] = [];
  for (const item of items) {
    if (batch.push(item) < BATCH) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
}
