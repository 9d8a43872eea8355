import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Counter, Gauge } from 'prom-client';
import { wholeTenant } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { ClusterScaler, type TurnInputs } from './cluster-scaler.ts';
import { selectAhead } from './decision-repository.ts';
import type { ExpectedEvent } from './demand.ts';
import { championForecasts } from './forecasts-ahead.ts';
import type { LiveLoads } from './load-source.ts';
import { expectedOf } from './expected-event.ts';
import type { LeaderLease, ScalingPorts } from './ports.ts';
import type { SettingsDesk } from './settings-desk.ts';

type Ground = Pick<Platform, 'clock' | 'store' | 'warehouse' | 'config' | 'telemetry'>;

const minuteMs = 60_000;
/** Forecasts older than this are not even read. */
const forecastAgeMs = 5 * minuteMs;
/** Events are looked up again after this. */
const eventAgeMs = 60_000;
/** Who has not led for so long knows nothing of the last minutes any more. */
const forgetMs = 2 * minuteMs;

interface Seat {
  scaler: ClusterScaler;
  lease: LeaderLease;
  striving: Promise<void>;
}

/**
 * The rhythm of decisions: for each cluster, whoever holds its Lease takes a turn every few seconds. Nothing is shared
 * between turns but what is kept, so that any replica can go on where another has stopped.
 */
export class ScalingLoop {
  readonly #ground: Ground;
  readonly #ports: ScalingPorts;
  readonly #settings: SettingsDesk;
  readonly #loads: LiveLoads;
  readonly #seats: Seat[] = [];
  readonly #stop = new AbortController();
  readonly #events = new Map<string, { at: number; events: readonly ExpectedEvent[] }>();
  readonly #metrics: { turns: Counter<'cluster' | 'outcome'>; leads: Gauge<'cluster'>; acts: Counter<'cluster'> };
  /** When this process last led each cluster. */
  readonly #ledAt = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(ground: Ground, parts: { ports: ScalingPorts; settings: SettingsDesk; loads: LiveLoads }) {
    this.#ground = ground;
    this.#ports = parts.ports;
    this.#settings = parts.settings;
    this.#loads = parts.loads;
    const registers = [ground.telemetry.metrics];
    this.#metrics = {
      turns: new Counter({
        name: 'amadeus_scaling_turns_total',
        help: 'Turns of scaling by cluster and outcome: done, failed, elsewhere (another replica leads).',
        labelNames: ['cluster', 'outcome'],
        registers,
      }),
      leads: new Gauge({
        name: 'amadeus_scaling_leads',
        help: '1 where this process leads the scaling of a cluster',
        labelNames: ['cluster'],
        registers,
      }),
      acts: new Counter({
        name: 'amadeus_scaling_acts_total',
        help: 'Changes of replicas that were proposed',
        labelNames: ['cluster'],
        registers,
      }),
    };
  }

  /** Takes turns until `close`. */
  start(): void {
    this.#strive();
    this.#running = this.#seats.length === 0 ? undefined : this.#run(this.#stop.signal);
  }

  /** Strives for the leases of all clusters until `close`. */
  #strive(): void {
    if (this.#seats.length > 0) return;
    const identity = `${hostname()}-${randomUUID().slice(0, 8)}`;
    const { log } = this.#ground.telemetry;
    for (const cluster of this.#ports.clusters) {
      const lease = cluster.lease({ ...this.#ports.leaseOf(cluster), identity });
      const scaler = new ClusterScaler(cluster, { ...this.#ground, log }, this.#ports.changes);
      this.#seats.push({ scaler, lease, striving: lease.run(this.#stop.signal) });
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#seats.flatMap(({ striving, scaler }) => [striving, scaler.rest()]));
  }

  /** Whether this process leads any cluster. */
  leads(): boolean {
    return this.#seats.some(({ lease }) => lease.isHeld());
  }

  /** One turn on every cluster that this process leads. */
  async turn(signal: AbortSignal): Promise<void> {
    this.#strive();
    for (const seat of this.#seats) {
      if (signal.aborted) return;
      await this.#one(seat, signal);
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.#ground;
    const everyMs = config.scaling.everySeconds * 1000;
    while (!signal.aborted) {
      const wait = everyMs - (clock.now().getTime() % everyMs);
      try {
        await clock.sleep(wait, signal);
      } catch {
        return;
      }
      await this.turn(signal);
    }
  }

  async #one({ scaler, lease }: Seat, signal: AbortSignal): Promise<void> {
    const { telemetry } = this.#ground;
    const { name: cluster } = scaler.cluster;
    const leads = lease.isHeld();
    this.#metrics.leads.set({ cluster }, leads ? 1 : 0);
    const now = this.#ground.clock.now().getTime();
    if (!leads) {
      // For a moment the lease may be lost and taken again; after a while another has gone on.
      if (Math.abs(now - (this.#ledAt.get(cluster) ?? 0)) > forgetMs) await scaler.rest();
      this.#metrics.turns.inc({ cluster, outcome: 'elsewhere' });
      return;
    }
    this.#ledAt.set(cluster, now);
    try {
      const { acted } = await telemetry.span(`scaling ${cluster}`, {}, async () =>
        scaler.turn(await this.#inputs(scaler, signal), () => lease.isHeld(), signal),
      );
      this.#metrics.acts.inc({ cluster }, acted);
      this.#metrics.turns.inc({ cluster, outcome: 'done' });
    } catch (error) {
      if (signal.aborted) return;
      this.#metrics.turns.inc({ cluster, outcome: 'failed' });
      telemetry.log.warn({ err: error, cluster }, 'A turn of scaling failed; nothing was done, the next one comes');
    }
  }

  async #inputs({ cluster }: ClusterScaler, signal: AbortSignal): Promise<TurnInputs> {
    const { clock, warehouse, config } = this.#ground;
    const { tenant } = cluster;
    const since = new Date(clock.now().getTime() - forecastAgeMs);
    const [loads, ahead, champions, settingsOf, book] = await Promise.all([
      this.#loads.read(signal),
      selectAhead(warehouse, tenant, since),
      this.#ports.champions(wholeTenant(tenant)),
      this.#settings.lookUp(tenant),
      this.#ports.prices.book(tenant),
    ]);
    return {
      loads,
      forecasts: championForecasts(ahead, champions),
      settingsOf,
      eventsOf: (region, workload) => this.#eventsOf({ tenant, region, workload }),
      book,
      measuredRegion: config.prometheus.region,
    };
  }

  async #eventsOf(key: { tenant: string; region: string; workload: string }): Promise<readonly ExpectedEvent[]> {
    const now = this.#ground.clock.now().getTime();
    const name = `${key.tenant} ${key.region} ${key.workload}`;
    const known = this.#events.get(name);
    if (known && Math.abs(now - known.at) < eventAgeMs) return known.events;
    const range = { from: new Date(now - 60 * minuteMs), to: new Date(now + 60 * minuteMs) };
    const events = (await this.#ports.events(key, range)).map(expectedOf);
    if (this.#events.size > 10_000) this.#events.clear();
    this.#events.set(name, { at: now, events });
    return events;
  }
}
