import { Counter, Gauge } from 'prom-client';
import type { Platform } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { saveChampions, selectProven } from './champion-repository.ts';
import { concludeSteps, type Network, type PreparedWork, type TunedWeights } from './conclude-steps.ts';
import type { ExpectedEffect } from './event-strength.ts';
import {
  insertForecasts,
  keyText,
  selectLastIssued,
  type ForecastRow,
  type WorkloadKey,
} from './forecast-repository.ts';
import { rowsOf } from './forecast-rows.ts';
import { groupRecent, type RecentMinute } from './recent-minutes.ts';
import { keptSamples, liveThrough, type SampleSource } from './sample-replay.ts';
import { saveStates } from './state-repository.ts';
import { WorkloadForecasts } from './workload-forecasts.ts';

/** Minutes that each turn looks back for samples that came late; after a start or a pause it is the last hour. */
const lookBack = 15;
const lookBackAfterPause = 60;
/** Rows of recent samples that one turn reads at most. */
const recentLimit = 500_000;
/** Longest share of a minute, and longest time, that a turn spends on workloads that are new to this process. */
const rebuildShare = 0.4;
const rebuildMs = 20_000;
/** Forecasts that are kept at once. */
const rowsAtOnce = 20_000;
/** Minutes of all workloads about which the network is asked at once. */
const stepsAtOnce = 1000;

type Known = { forecasts: WorkloadForecasts; saved: string | undefined; noticed: Noticed };

/** What was last kept of what is noticed about the samples. */
interface Noticed {
  kinds: string;
  texts: string;
  /** Epoch milliseconds. */
  at: number;
}

const nothingYet: Noticed = { kinds: 'nothing yet', texts: '', at: 0 };
/** Counts of what is noticed grow with every minute: they are kept anew this often, and at once where they are of another kind. */
const recountMs = 600_000;
type Source = SampleSource & Pick<WorkloadsRoom, 'recent'>;

/** What forecasts rest on besides the samples. */
export interface ForecastSupport {
  /** Undefined where it cannot run: the baselines stand alone then. */
  network(): Promise<Network | undefined>;
  /** Weights of workloads' own, by `keyText`. */
  tuned(): Promise<ReadonlyMap<string, TunedWeights>>;
  /** What known events since `from` do to workloads. */
  events(from: Date): Promise<(key: WorkloadKey) => ExpectedEffect | undefined>;
}

/**
 * Forecasts every workload after every minute and keeps what it says with its time of issue. What it holds in memory is
 * rebuilt from the kept samples wherever it is missing, so that any replica can go on, and nothing is lost with a process.
 */
export class ForecastIssuer {
  readonly #platform: Pick<Platform, 'warehouse' | 'store' | 'clock' | 'config'>;
  readonly #source: Source;
  readonly #support: ForecastSupport;
  readonly #known = new Map<string, Known>();
  #proven = new Map<string, string>();
  #issued = new Map<string, number>();
  #lastTurn = Number.NEGATIVE_INFINITY;
  readonly #metrics: { issued: Counter; workloads: Gauge<'state'> };

  constructor(
    platform: Pick<Platform, 'warehouse' | 'store' | 'clock' | 'config' | 'telemetry'>,
    source: Source,
    support: ForecastSupport,
  ) {
    this.#platform = platform;
    this.#source = source;
    this.#support = support;
    const registers = [platform.telemetry.metrics];
    this.#metrics = {
      issued: new Counter({ name: 'amadeus_forecasts_issued_total', help: 'Predicted minutes kept', registers }),
      workloads: new Gauge({
        name: 'amadeus_forecast_workloads',
        help: 'Workloads that are forecast, that wait for their models to be rebuilt, and that are beyond the limit',
        labelNames: ['state'],
        registers,
      }),
    };
  }

  /** Takes in the minutes that have come since the last turn and forecasts after each of them. */
  async turn(signal: AbortSignal): Promise<void> {
    const { clock, warehouse, config } = this.#platform;
    const { stepMs } = this.#source;
    const now = clock.now().getTime();
    const paused = now - this.#lastTurn > 1.5 * stepMs;
    const long = now - this.#lastTurn > (lookBack - 5) * stepMs;
    const since = new Date(now - (long ? lookBackAfterPause : lookBack) * stepMs);
    if (long) this.#known.clear();
    if (paused) {
      // Another process may have been at it meanwhile: what it has issued stands.
      this.#issued = await selectLastIssued(warehouse, new Date(now - lookBackAfterPause * stepMs));
      this.#proven = await selectProven(this.#platform.store, config.forecasting.maxWorkloads);
    }
    const groups = groupRecent(await this.#source.recent(since, recentLimit));
    const chosen = groups.slice(0, config.forecasting.maxWorkloads);
    const deadline = now + Math.min(rebuildMs, rebuildShare * stepMs);
    const network = await this.#support.network();
    const tuned = await this.#support.tuned();
    const replayed = (config.forecasting.replayMinutes + lookBackAfterPause) * stepMs;
    const expected = await this.#support.events(new Date(now - replayed));
    const work: (PreparedWork & { key: WorkloadKey })[] = [];
    for (const { key, minutes } of chosen) {
      if (signal.aborted) return;
      const own = tuned.get(keyText(key));
      const known =
        this.#known.get(keyText(key)) ??
        (await this.#rebuild(key, minutes[0]!.at, deadline, signal, { network, tuned: own, expected: expected(key) }));
      if (known)
        work.push({ key, forecasts: known.forecasts, steps: this.#takeIn(known, minutes, expected(key)), tuned: own });
    }
    await this.#issue(network, work, now);
    const waiting = chosen.length - work.length;
    await this.#saveChampions(chosen.map(({ key }) => key));
    await this.#saveNoticed(chosen.map(({ key }) => key));
    this.#forget(chosen.map(({ key }) => keyText(key)));
    this.#metrics.workloads.set({ state: 'forecast' }, chosen.length - waiting);
    this.#metrics.workloads.set({ state: 'waiting' }, waiting);
    this.#metrics.workloads.set({ state: 'beyond-limit' }, groups.length - chosen.length);
    this.#lastTurn = now;
  }

  /**
   * Forecasts of one workload for times of issue in [from, to), each from the samples before it only, kept as replayed.
   * @returns the number of predicted minutes that were kept.
   */
  async replay(key: WorkloadKey, { from, to }: { from: Date; to: Date }, signal?: AbortSignal): Promise<number> {
    const { config, clock } = this.#platform;
    const { stepMs } = this.#source;
    const forecasts = new WorkloadForecasts(config.forecasting.seasonMinutes);
    const start = new Date(from.getTime() - config.forecasting.replayMinutes * stepMs);
    const network = await this.#support.network();
    const tuned = (await this.#support.tuned()).get(keyText(key));
    const expected = (await this.#support.events(start))(key);
    let count = 0;
    let rows: ForecastRow[] = [];
    const samples = keptSamples(this.#source, key, { from: start, to }, signal);
    for await (const step of liveThrough(samples, { forecasts, tuned, network, expected })) {
      const at = step.minute * stepMs;
      if (at < from.getTime() || step.requests === null) continue;
      rows.push(...rowsOf(key, at, forecasts.forecasts(), { stepMs, replayed: true }));
      if (rows.length < rowsAtOnce) continue;
      count += rows.length;
      await this.#keep(rows);
      rows = [];
    }
    count += rows.length;
    await this.#keep(rows);
    const isPresent = clock.now().getTime() - to.getTime() < lookBack * stepMs;
    if (isPresent && forecasts.lastMinute !== undefined && !this.#known.has(keyText(key))) {
      this.#known.set(keyText(key), { forecasts, saved: undefined, noticed: nothingYet });
      await this.#saveChampions([key]);
    }
    return count;
  }

  /** Learns from the kept samples up to `until`; undefined where the time for that is up. */
  async #rebuild(
    key: WorkloadKey,
    until: number,
    deadline: number,
    signal: AbortSignal,
    using: {
      network: Network | undefined;
      tuned: TunedWeights | undefined;
      expected: ExpectedEffect | undefined;
    },
  ): Promise<Known | undefined> {
    const { config, clock } = this.#platform;
    if (clock.now().getTime() > deadline) return undefined;
    const proven = this.#proven.get(keyText(key));
    const forecasts = new WorkloadForecasts(config.forecasting.seasonMinutes, proven);
    const start = new Date(until - config.forecasting.replayMinutes * this.#source.stepMs);
    const samples = keptSamples(this.#source, key, { from: start, to: new Date(until) }, signal);
    for await (const step of liveThrough(samples, { forecasts, ...using })) void step;
    const known = { forecasts, saved: proven, noticed: nothingYet };
    this.#known.set(keyText(key), known);
    return known;
  }

  #takeIn(
    { forecasts }: Known,
    minutes: readonly RecentMinute[],
    expected: ExpectedEffect | undefined,
  ): PreparedWork['steps'] {
    const { stepMs } = this.#source;
    return minutes.flatMap(({ at, ...sample }) => forecasts.prepare({ minute: at / stepMs, ...sample }, expected));
  }

  /** Asks the network about all workloads at once, and keeps what is said after each minute. */
  async #issue(
    network: Network | undefined,
    work: readonly (PreparedWork & { key: WorkloadKey })[],
    now: number,
  ): Promise<void> {
    const { stepMs } = this.#source;
    for (const part of inParts(work)) {
      const rows: ForecastRow[] = [];
      await concludeSteps(network, part, ({ key, forecasts }, { minute, requests }) => {
        const at = minute * stepMs;
        const issued = this.#issued.get(keyText(key)) ?? Number.NEGATIVE_INFINITY;
        if (requests === null || at <= issued) return;
        // A minute has just closed when it ended within the last two; anything older is said after the fact.
        rows.push(...rowsOf(key, at, forecasts.forecasts(), { stepMs, replayed: at + 3 * stepMs < now }));
        this.#issued.set(keyText(key), at);
      });
      await this.#keep(rows);
    }
  }

  async #keep(rows: readonly ForecastRow[]): Promise<void> {
    if (rows.length === 0) return;
    await insertForecasts(this.#platform.warehouse, rows, this.#platform.clock.now());
    this.#metrics.issued.inc(rows.length);
  }

  async #saveChampions(keys: readonly WorkloadKey[]): Promise<void> {
    const changed = keys.flatMap((key) => {
      const known = this.#known.get(keyText(key));
      return known && known.forecasts.champion !== known.saved ? [{ key, known }] : [];
    });
    const since = this.#platform.clock.now();
    await saveChampions(
      this.#platform.store,
      changed.map(({ key, known }) => ({
        ...key,
        forecaster: known.forecasts.champion,
        since,
        evidence: known.forecasts.evidence,
      })),
    );
    for (const { known } of changed) known.saved = known.forecasts.champion;
  }

  /** Keeps what is to be said of the samples, and drifts, where that is another thing than what was kept last. */
  async #saveNoticed(keys: readonly WorkloadKey[]): Promise<void> {
    const now = this.#platform.clock.now();
    const states = keys.flatMap((key) => {
      const known = this.#known.get(keyText(key));
      if (!known) return [];
      const { drift, notices } = known.forecasts;
      const kinds = [drift ? 'drift' : '', ...notices.map(({ kind }) => kind)].join(' ');
      const texts = JSON.stringify([drift?.factor.toFixed(1), notices]);
      const before = known.noticed;
      const isAged = texts !== before.texts && Math.abs(now.getTime() - before.at) >= recountMs;
      if (kinds === before.kinds && !isAged) return [];
      known.noticed = { kinds, texts, at: now.getTime() };
      return [{ ...key, drift, notices }];
    });
    await saveStates(this.#platform.store, now, states, this.#source.stepMs);
  }

  /** Drops workloads that have been silent for as long as a turn looks back. */
  #forget(present: readonly string[]): void {
    const kept = new Set(present);
    for (const key of this.#known.keys()) if (!kept.has(key)) this.#known.delete(key);
    for (const key of this.#issued.keys()) if (!kept.has(key)) this.#issued.delete(key);
  }
}

/** Workloads in parts of about `stepsAtOnce` steps, so that what is said of them is kept before there is too much of it. */
function inParts<Work extends PreparedWork>(work: readonly Work[]): Work[][] {
  const parts: Work[][] = [];
  let steps = stepsAtOnce;
  for (const one of work) {
    if (steps >= stepsAtOnce) {
      parts.push([]);
      steps = 0;
    }
    parts.at(-1)!.push(one);
    steps += one.steps.length;
  }
  return parts;
}
