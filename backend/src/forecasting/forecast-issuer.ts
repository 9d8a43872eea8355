import { setImmediate as pause } from 'node:timers/promises';
import { Counter, Gauge } from 'prom-client';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { saveChampions, selectProven } from './champion-repository.ts';
import {
  insertForecasts,
  keyText,
  selectLastIssued,
  type ForecastRow,
  type WorkloadKey,
} from './forecast-repository.ts';
import { groupRecent } from './recent-minutes.ts';
import { WorkloadForecasts } from './workload-forecasts.ts';

/** Minutes that each turn looks back for samples that came late; after a start or a pause it is the last hour. */
const lookBack = 15;
const lookBackAfterPause = 60;
/** Rows of recent samples that one turn reads at most. */
const recentLimit = 500_000;
/** Longest share of a minute, and longest time, that a turn spends on workloads that are new to this process. */
const rebuildShare = 0.4;
const rebuildMs = 20_000;
/** Samples of a replay that are read at once, and forecasts that are kept at once. */
const replayReadMinutes = 10_080;
const rowsAtOnce = 20_000;
const minutesBetweenPauses = 60;

type Known = { forecasts: WorkloadForecasts; saved: string | undefined };
type Source = Pick<WorkloadsRoom, 'recent' | 'samples' | 'stepMs'>;

/**
 * Forecasts every workload after every minute and keeps what it says with its time of issue. What it holds in memory is
 * rebuilt from the kept samples wherever it is missing, so that any replica can go on, and nothing is lost with a process.
 */
export class ForecastIssuer {
  readonly #platform: Pick<Platform, 'warehouse' | 'store' | 'clock' | 'config'>;
  readonly #source: Source;
  readonly #known = new Map<string, Known>();
  #proven = new Map<string, string>();
  #issued = new Map<string, number>();
  #lastTurn = Number.NEGATIVE_INFINITY;
  readonly #metrics: { issued: Counter; workloads: Gauge<'state'> };

  constructor(platform: Pick<Platform, 'warehouse' | 'store' | 'clock' | 'config' | 'telemetry'>, source: Source) {
    this.#platform = platform;
    this.#source = source;
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
    const rows: ForecastRow[] = [];
    let waiting = 0;
    for (const { key, minutes } of chosen) {
      if (signal.aborted) return;
      const known = this.#known.get(keyText(key)) ?? (await this.#rebuild(key, minutes[0]!.at, deadline, signal));
      if (!known) waiting += 1;
      else rows.push(...this.#takeIn(key, known, minutes, now));
      if (rows.length >= rowsAtOnce) await this.#keep(rows.splice(0));
    }
    await this.#keep(rows);
    await this.#saveChampions(chosen.map(({ key }) => key));
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
    let count = 0;
    let rows: ForecastRow[] = [];
    for await (const { at, requests } of this.#samples(key, start, to, signal)) {
      forecasts.observe(at / stepMs, requests);
      if (at >= from.getTime() && requests !== null) rows.push(...rowsOf(key, at, forecasts, stepMs, true));
      if (rows.length < rowsAtOnce) continue;
      count += rows.length;
      await this.#keep(rows);
      rows = [];
    }
    count += rows.length;
    await this.#keep(rows);
    const isPresent = clock.now().getTime() - to.getTime() < lookBack * stepMs;
    if (isPresent && forecasts.lastMinute !== undefined && !this.#known.has(keyText(key))) {
      this.#known.set(keyText(key), { forecasts, saved: undefined });
      await this.#saveChampions([key]);
    }
    return count;
  }

  /** Learns from the kept samples up to `until`; undefined where the time for that is up. */
  async #rebuild(key: WorkloadKey, until: number, deadline: number, signal: AbortSignal): Promise<Known | undefined> {
    const { config, clock } = this.#platform;
    const { stepMs } = this.#source;
    if (clock.now().getTime() > deadline) return undefined;
    const proven = this.#proven.get(keyText(key));
    const forecasts = new WorkloadForecasts(config.forecasting.seasonMinutes, proven);
    const start = new Date(until - config.forecasting.replayMinutes * stepMs);
    for await (const { at, requests } of this.#samples(key, start, new Date(until), signal)) {
      forecasts.observe(at / stepMs, requests);
    }
    const known = { forecasts, saved: proven };
    this.#known.set(keyText(key), known);
    return known;
  }

  async *#samples(
    key: WorkloadKey,
    from: Date,
    to: Date,
    signal?: AbortSignal,
  ): AsyncGenerator<{ at: number; requests: number | null }> {
    const scope: Scope = { tenant: key.tenant, regions: 'all', teams: 'all', products: 'all' };
    const chunk = replayReadMinutes * this.#source.stepMs;
    let taken = 0;
    for (let start = from.getTime(); start < to.getTime(); start += chunk) {
      const range = { from: new Date(start), to: new Date(Math.min(start + chunk, to.getTime())) };
      for (const row of await this.#source.samples(key, range, scope, signal)) {
        yield { at: row.minute * 1000, requests: row.requests };
        taken += 1;
        // Others of this process want to answer requests meanwhile.
        if (taken % minutesBetweenPauses === 0) await pause();
      }
      signal?.throwIfAborted();
    }
  }

  #takeIn(
    key: WorkloadKey,
    { forecasts }: Known,
    minutes: readonly { at: number; requests: number | null }[],
    now: number,
  ): ForecastRow[] {
    const { stepMs } = this.#source;
    const issued = this.#issued.get(keyText(key)) ?? Number.NEGATIVE_INFINITY;
    const rows: ForecastRow[] = [];
    for (const { at, requests } of minutes) {
      if (at / stepMs <= (forecasts.lastMinute ?? Number.NEGATIVE_INFINITY)) continue;
      forecasts.observe(at / stepMs, requests);
      if (requests === null || at <= issued) continue;
      // A minute has just closed when it ended within the last two; anything older is said after the fact.
      rows.push(...rowsOf(key, at, forecasts, stepMs, at + 3 * stepMs < now));
      this.#issued.set(keyText(key), at);
    }
    return rows;
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

  /** Drops workloads that have been silent for as long as a turn looks back. */
  #forget(present: readonly string[]): void {
    const kept = new Set(present);
    for (const key of this.#known.keys()) if (!kept.has(key)) this.#known.delete(key);
    for (const key of this.#issued.keys()) if (!kept.has(key)) this.#issued.delete(key);
  }
}

/** What every forecaster says after the minute that began at `at`. */
function rowsOf(
  key: WorkloadKey,
  at: number,
  forecasts: WorkloadForecasts,
  stepMs: number,
  replayed: boolean,
): ForecastRow[] {
  return [...forecasts.forecasts()].flatMap(([forecaster, { median, lower, upper }]) =>
    Array.from(median, (value, index) => ({
      ...key,
      forecaster,
      issuedAt: at,
      target: at + (index + 1) * stepMs,
      horizon: index + 1,
      median: value,
      lower: lower[index]!,
      upper: upper[index]!,
      replayed,
    })),
  );
}
