import { Counter } from 'prom-client';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { SourceHealth, WorkloadState } from './contract.ts';
import { PrometheusSource } from './prometheus-source.ts';
import { workloadRoutes } from './routes.ts';
import { SampleKeeper } from './sample-keeper.ts';
import { selectHealth } from './source-health-repository.ts';
import {
  insertSamples,
  selectLatest,
  selectRecent,
  selectSamples,
  type Place,
  type RecentRow,
  type SampleRow,
} from './workload-repository.ts';
import type { WorkloadSource } from './workload-sample.ts';

/** Names the champions of a tenant's workloads, by `region workload`. */
export type ChampionLookup = (tenant: string) => Promise<ReadonlyMap<string, string>>;

export interface WorkloadsRoom extends Room {
  /** Milliseconds of one sample: a minute, except where traffic is replayed at speed. */
  readonly stepMs: number;
  /** Adds a source that is read every minute from now on. */
  addSource(source: WorkloadSource, place?: Place): void;
  /** Reads every source once: what the loop does each minute. */
  collect(signal: AbortSignal): Promise<void>;
  /** Reads a source for any range, hour by hour, and keeps it. Repeating it changes nothing. */
  keepFrom(source: WorkloadSource, range: { from: Date; to: Date }, place?: Place): Promise<void>;
  /** Workloads that were seen within a day, busiest of the last hour first. */
  workloads(scope: Scope): Promise<WorkloadState[]>;
  health(scope: Scope): Promise<SourceHealth[]>;
  /** Samples of one workload in order of time, as `scope` allows. */
  samples(
    key: { region: string; workload: string },
    range: { from: Date; to: Date },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<SampleRow[]>;
  /** Requests, CPU and memory of all workloads of all tenants since an instant, in order of time; for the system's own work. */
  recent(since: Date, limit: number): Promise<RecentRow[]>;
  /** Lets the list of workloads name their champions. */
  nameChampions(lookup: ChampionLookup): void;
}

const hoursPerBatch = 6;
const listedWorkloads = 5_000;

/** What the workloads do: read from Prometheus every minute where `prometheus.url` is set, kept, and listed. */
export function createWorkloadsRoom(platform: Platform): WorkloadsRoom {
  const { config, clock, warehouse, store, telemetry } = platform;
  const stepMs = config.prometheus.stepSeconds * 1000;
  const home: Place = { tenant: 'default', region: config.prometheus.region };
  const keepers: SampleKeeper[] = [];
  const turns = new Counter({
    name: 'amadeus_workload_readings_total',
    help: 'Readings of the sources of workload samples',
    labelNames: ['source'],
    registers: [telemetry.metrics],
  });
  let champions: ChampionLookup = async () => new Map();

  const room: WorkloadsRoom = {
    name: 'workloads',
    stepMs,
    addSource: (source, place = home) => void keepers.push(new SampleKeeper(platform, source, place, stepMs)),
    collect: async (signal) => {
      for (const keeper of keepers) {
        if (signal.aborted) return;
        turns.inc({ source: keeper.source.name });
        await keeper.turn(signal);
      }
    },
    keepFrom: async (source, { from, to }, place = home) => {
      const batchMs = hoursPerBatch * 60 * stepMs;
      for (let start = from.getTime(); start < to.getTime(); start += batchMs) {
        const end = new Date(Math.min(start + batchMs, to.getTime()));
        const { samples } = await source.read({ from: new Date(start), to: end });
        await insertSamples(warehouse, place, samples, clock.now());
      }
    },
    workloads: async (scope) => {
      const now = clock.now().getTime();
      const range = { since: new Date(now - 1440 * stepMs), lastHour: new Date(now - 60 * stepMs) };
      const [rows, names] = await Promise.all([
        selectLatest(warehouse, scope, range, listedWorkloads),
        champions(scope.tenant),
      ]);
      return rows.map((row) => ({
        workload: row.workload,
        region: row.region,
        lastMinute: new Date(row.lastMinute * 1000).toISOString(),
        requestsPerMinute: row.requests,
        replicas: row.replicas,
        champion: names.get(`${row.region} ${row.workload}`) ?? null,
        state: row.lastMinute * 1000 < now - 6 * stepMs ? 'stale' : 'fresh',
      }));
    },
    health: (scope) => selectHealth(store, scope.tenant, scope.regions),
    samples: ({ region, workload }, range, scope, signal) =>
      selectSamples(warehouse, { tenant: scope.tenant, region, workload }, range, {
        scope,
        ...(signal ? { signal } : {}),
      }),
    recent: (since, limit) => selectRecent(warehouse, since, limit),
    nameChampions: (lookup) => void (champions = lookup),
    routes: (app) => workloadRoutes(app, room),
    loops: [
      {
        name: 'workloads',
        everyMs: stepMs,
        // Scrapes that began before the minute closed need a moment to be stored.
        offsetMs: Math.min(5_000, stepMs / 10),
        run: (signal) => room.collect(signal),
      },
    ],
  };
  const { url } = config.prometheus;
  if (url !== undefined) room.addSource(new PrometheusSource({ ...config.prometheus, url }, platform.outgoing, clock));
  return room;
}
