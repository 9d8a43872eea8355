import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { selectAccuracy, type AccuracyRow } from './accuracy-repository.ts';
import { selectChampions, type Champion } from './champion-repository.ts';
import { selectNewest, selectPeaks, selectPredicted, selectRegion } from './forecast-repository.ts';
import { horizonMinutes } from './forecaster.ts';
import { firstChampion, forecasterIds } from './forecasters.ts';
import { selectState, type NoticedState } from './state-repository.ts';
import { layOut, type TrafficColumns } from './traffic-series.ts';
import { selectVersions, type WeightsVersion } from './weights-repository.ts';

export interface TrafficQuery {
  workload: string;
  /** Where the workload runs in several regions; absent: the one in which it was seen last. */
  region?: string;
  from: Date;
  to: Date;
  /** Minutes between the issue of a prediction and the minute it is for. */
  horizonMinutes: number;
  /** Absent: the champion. */
  forecaster?: string;
}

export interface TrafficAnswer extends TrafficColumns {
  workload: string;
  region: string;
  forecaster: string;
  /** The newest forecast as a whole, if one was issued lately. */
  ahead?: { issuedAt: Date; minutes: number[]; predicted: number[]; lower: number[]; upper: number[] };
}

export interface Peak {
  at: Date;
  requestsPerMinute: number;
  lower: number;
  upper: number;
  workload: string;
}

export interface AccuracyAnswer {
  region: string;
  rows: AccuracyRow[];
  champion: Champion;
}

export interface ModelAnswer {
  region: string;
  champion: Champion;
  noticed: NoticedState | undefined;
  /** Newest first. */
  tunings: WeightsVersion[];
}

/** Longest series that is answered: 62 days of minutes. */
const maxMinutes = 90_000;
/** A forecast older than this says nothing about what comes. */
const freshMinutes = 5;

type Parts = Pick<Platform, 'warehouse' | 'store' | 'clock'>;

/** What came and what was predicted, for pages, panels and the terminal. Every answer is within the caller's scope. */
export class Traffic {
  readonly #platform: Parts;
  readonly #workloads: Pick<WorkloadsRoom, 'samples' | 'stepMs'>;

  constructor(platform: Parts, workloads: Pick<WorkloadsRoom, 'samples' | 'stepMs'>) {
    this.#platform = platform;
    this.#workloads = workloads;
  }

  /** @throws AppError NOT_FOUND for a workload that the caller does not see, BAD_REQUEST, QUERY_LIMIT. */
  async series(query: TrafficQuery, scope: Scope, signal?: AbortSignal): Promise<TrafficAnswer> {
    const { warehouse, clock } = this.#platform;
    const { stepMs } = this.#workloads;
    const { workload, from, to } = query;
    checkRange(from, to, stepMs);
    const region = query.region ?? (await this.region(workload, scope));
    const forecaster = query.forecaster ?? (await this.champion({ region, workload }, scope.tenant)).forecaster;
    checkForecaster(forecaster);
    const of = { region, workload, forecaster };
    const horizon = Math.min(horizonMinutes, Math.max(1, query.horizonMinutes));
    const since = new Date(clock.now().getTime() - freshMinutes * stepMs);
    const [measured, predicted, newest] = await Promise.all([
      this.#workloads.samples({ region, workload }, { from, to }, scope, signal),
      selectPredicted(warehouse, { ...of, horizon, from, to, stepMs }, scope, signal),
      selectNewest(warehouse, { ...of, since }, scope, signal),
    ]);
    const columns = layOut({ from: from.getTime(), to: to.getTime(), stepMs }, measured, predicted, newest);
    if (newest.length === 0) return { workload, region, forecaster, ...columns };
    const ahead = {
      issuedAt: new Date(newest[0]!.issued * 1000),
      minutes: newest.map((row) => row.minute * 1000),
      predicted: newest.map((row) => row.predicted),
      lower: newest.map((row) => row.lower),
      upper: newest.map((row) => row.upper),
    };
    return { workload, region, forecaster, ...columns, ahead };
  }

  /** Scores of every forecaster and horizon for the minutes in [from, to). @throws AppError NOT_FOUND, BAD_REQUEST. */
  async accuracy(
    query: { workload: string; region?: string; from: Date; to: Date },
    scope: Scope,
    signal?: AbortSignal,
  ): Promise<AccuracyAnswer> {
    const { stepMs } = this.#workloads;
    checkRange(query.from, query.to, stepMs);
    const region = query.region ?? (await this.region(query.workload, scope));
    const of = { region, workload: query.workload };
    const [rows, champion] = await Promise.all([
      selectAccuracy(this.#platform.warehouse, { from: query.from, to: query.to, stepMs, of }, scope, {
        cacheSeconds: 10,
        ...(signal ? { signal } : {}),
      }),
      this.champion(of, scope.tenant),
    ]);
    return { region, rows, champion };
  }

  /** Who speaks for a workload and why, what was noticed about it, and how its fine-tunings went. @throws AppError NOT_FOUND. */
  async model(query: { workload: string; region?: string }, scope: Scope): Promise<ModelAnswer> {
    const { store } = this.#platform;
    const region = query.region ?? (await this.region(query.workload, scope));
    const key = { tenant: scope.tenant, region, workload: query.workload };
    const [champion, noticed, tunings] = await Promise.all([
      this.champion(key, scope.tenant),
      selectState(store, key),
      selectVersions(store, key),
    ]);
    return { region, champion, noticed, tunings };
  }

  /** Of the champions of all workloads, ten minutes ahead, over the last day; undefined before anything was scored. */
  async overallAccuracy(scope: Scope): Promise<{ mape10: number | null; coverage: number | null } | undefined> {
    const { stepMs } = this.#workloads;
    const to = this.#platform.clock.now();
    const from = new Date(to.getTime() - 1440 * stepMs);
    const [rows, champions] = await Promise.all([
      selectAccuracy(this.#platform.warehouse, { from, to, stepMs, horizon: horizonMinutes }, scope, {
        cacheSeconds: 60,
      }),
      selectChampions(this.#platform.store, scope.tenant),
    ]);
    const own = rows.filter((row) => row.forecaster === champions.get(`${row.region} ${row.workload}`)?.forecaster);
    if (own.length === 0) return undefined;
    const withTraffic = own.filter((row) => row.mape !== null);
    return {
      mape10: withTraffic.length === 0 ? null : weighted(withTraffic, (row) => row.mape!),
      coverage: weighted(own, (row) => row.coverage),
    };
  }

  /** The highest minute that the champions foresee within their ten minutes. */
  async nextPeak(scope: Scope): Promise<Peak | undefined> {
    const { warehouse, store, clock } = this.#platform;
    const now = clock.now();
    const since = new Date(now.getTime() - freshMinutes * this.#workloads.stepMs);
    const [rows, champions] = await Promise.all([
      selectPeaks(warehouse, since, now, scope),
      selectChampions(store, scope.tenant),
    ]);
    const peak = rows.find((row) => row.forecaster === champions.get(`${row.region} ${row.workload}`)?.forecaster);
    return (
      peak && {
        at: new Date(peak.minute * 1000),
        requestsPerMinute: peak.predicted,
        lower: peak.lower,
        upper: peak.upper,
        workload: peak.workload,
      }
    );
  }

  /** Who speaks for a workload; the ensemble before there is any evidence. */
  async champion({ region, workload }: { region: string; workload: string }, tenant: string): Promise<Champion> {
    const champions = await selectChampions(this.#platform.store, tenant, workload);
    const none = { forecaster: firstChampion, pinned: false, since: new Date(0), evidence: null };
    return champions.get(`${region} ${workload}`) ?? none;
  }

  /** The region in which a workload was seen last. @throws AppError NOT_FOUND where the caller sees no such workload. */
  async region(workload: string, scope: Scope): Promise<string> {
    const region = await selectRegion(this.#platform.warehouse, workload, scope);
    if (region !== undefined) return region;
    throw new AppError('NOT_FOUND', `No workload ${JSON.stringify(workload.slice(0, 100))} is known to you.`, {
      help: 'GET /api/workloads lists those that are.',
    });
  }
}

/** @throws AppError BAD_REQUEST for a name that no forecaster has. */
export function checkForecaster(forecaster: string): void {
  if ((forecasterIds as readonly string[]).includes(forecaster)) return;
  throw new AppError('BAD_REQUEST', `There is no forecaster ${JSON.stringify(forecaster.slice(0, 100))}.`, {
    help: `Choose one of ${forecasterIds.join(', ')}, or none for the champion.`,
  });
}

function checkRange(from: Date, to: Date, stepMs: number): void {
  const minutes = (to.getTime() - from.getTime()) / stepMs;
  if (!(minutes > 0)) throw new AppError('BAD_REQUEST', 'The range is empty: `from` has to lie before `to`.');
  if (minutes > maxMinutes) {
    throw new AppError(
      'QUERY_LIMIT',
      `The range holds ${Math.round(minutes)} minutes; ${maxMinutes} are answered at most.`,
    );
  }
}

function weighted(rows: readonly AccuracyRow[], value: (row: AccuracyRow) => number): number {
  const n = rows.reduce((sum, row) => sum + row.n, 0);
  return rows.reduce((sum, row) => sum + row.n * value(row), 0) / n;
}
