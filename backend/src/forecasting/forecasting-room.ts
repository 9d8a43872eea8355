import type { Changes } from '../changes/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import type { WorkloadsRoom } from '../workloads/index.ts';
import { restorePin, savePin, selectChampions, selectPin } from './champion-repository.ts';
import { ForecastIssuer } from './forecast-issuer.ts';
import { pinHandler, pinKind } from './pin-change.ts';
import { EventRoom, type Events } from './event-room.ts';
import type { WorkloadKey } from './forecast-repository.ts';
import { horizonMinutes } from './forecaster.ts';
import { FineTuner } from './fine-tuner.ts';
import { windowMinutes } from './lstm/index.ts';
import { ModelSupport } from './model-support.ts';
import { groupRecent } from './recent-minutes.ts';
import { forecastingRoutes } from './routes.ts';
import { selectDrifting } from './state-repository.ts';
import { checkForecaster, Traffic, type Peak, type TrafficAnswer, type TrafficQuery } from './traffic.ts';

export interface ForecastingRoom extends Room {
  /** What the data source's panels ask for. */
  readonly panels: {
    workloads(scope: Scope): Promise<readonly { workload: string; requestsPerMinute: number | null }[]>;
    series(query: TrafficQuery, scope: Scope): Promise<TrafficAnswer>;
  };
  /** @throws AppError NOT_FOUND for a workload that the caller does not see, BAD_REQUEST, QUERY_LIMIT. */
  trafficSeries(query: TrafficQuery, scope: Scope): Promise<TrafficAnswer>;
  /** The highest minute that the champions foresee within their ten minutes. */
  nextPeak(scope: Scope): Promise<Peak | undefined>;
  /** Of the champions of all workloads, ten minutes ahead, over the last day. */
  overallAccuracy(scope: Scope): Promise<{ mape10: number | null; coverage: number | null } | undefined>;
  /** Scores of every forecaster and horizon of one workload. @throws AppError NOT_FOUND, BAD_REQUEST. */
  accuracy: Traffic['accuracy'];
  /** Forecasts every workload after the minutes that have come: what the loop does each minute. */
  issue(signal: AbortSignal): Promise<void>;
  /** Trains the network on workloads' own minutes, as far as a turn may: what the loop does each minute. */
  fineTune(signal: AbortSignal): Promise<void>;
  /** Learns what events did that are over. @returns the number of effects. */
  learnEvents(signal: AbortSignal): Promise<number>;
  /** What is known of events ahead, for those who prepare for them. */
  readonly events: Events;
  /**
   * Keeps the forecasts that would have been issued in [from, to), each computed from the samples before it only.
   * @returns the number of predicted minutes.
   */
  replayForecasts(
    workload: { tenant?: string; region?: string; workload: string },
    from: Date,
    to: Date,
    signal?: AbortSignal,
  ): Promise<number>;
}

/** Rows of recent samples that a turn of fine-tuning looks at for workloads. */
const recentRows = 500_000;

/** What the workloads are about to need: forecasts after every minute, their bands, their scores, and who speaks for whom. */
export function createForecastingRoom(
  platform: Platform,
  workloads: WorkloadsRoom,
  changes: Pick<Changes, 'register' | 'propose'>,
): ForecastingRoom {
  const { clock, config, store } = platform;
  const { stepMs } = workloads;
  const support = new ModelSupport(platform, stepMs);
  const present = async (): Promise<WorkloadKey[]> => {
    const since = new Date(clock.now().getTime() - 15 * stepMs);
    const groups = groupRecent(await workloads.recent(since, recentRows));
    return groups.slice(0, config.forecasting.maxWorkloads).map(({ key }) => key);
  };
  const events = new EventRoom(platform, workloads, present);
  const issuer = new ForecastIssuer(platform, workloads, {
    network: () => support.network(),
    tuned: () => support.tuned(),
    events: async (from) => {
      await events.book.read(from);
      return (key) => events.book.effectOn(key);
    },
  });
  const tuner = new FineTuner(platform, workloads, () => support.shared());
  const tuneTurn = async (signal: AbortSignal): Promise<void> => {
    await tuner.turn(await present(), await selectDrifting(store), signal);
  };
  const traffic = new Traffic(platform, workloads);
  changes.register(
    pinKind,
    pinHandler({
      pinOf: (tenant, workload) => selectPin(store, tenant, workload),
      save: (pin) => savePin(store, pin),
      restore: (pin) => restorePin(store, pin),
    }),
  );
  workloads.nameChampions(async (tenant) => {
    const champions = await selectChampions(store, tenant);
    return new Map([...champions].map(([key, { forecaster }]) => [key, forecaster]));
  });

  const room: ForecastingRoom = {
    name: 'forecasting',
    panels: {
      workloads: (scope) => workloads.workloads(scope),
      series: (query, scope) => traffic.series(query, scope),
    },
    trafficSeries: (query, scope) => traffic.series(query, scope),
    nextPeak: (scope) => traffic.nextPeak(scope),
    overallAccuracy: (scope) => traffic.overallAccuracy(scope),
    accuracy: (query, scope, signal) => traffic.accuracy(query, scope, signal),
    issue: (signal) => issuer.turn(signal),
    fineTune: tuneTurn,
    learnEvents: (signal) => events.learn(signal),
    events: events.events,
    replayForecasts: ({ tenant = 'default', region = config.prometheus.region, workload }, from, to, signal) =>
      issuer.replay({ tenant, region, workload }, { from, to }, signal),
    start: () => events.start(),
    routes: (app) => {
      events.routes(app);
      forecastingRoutes(app, {
        traffic,
        stepMs,
        clock,
        network: async () => {
          const shared = await support.shared();
          if (!shared) return null;
          const { network, hash: sha256 } = shared;
          return { name: 'traffic-lstm', weights: network.weights.length, sha256, windowMinutes, horizonMinutes };
        },
        proposePin: async ({ workload, forecaster, reason }, caller) => {
          if (forecaster !== null) checkForecaster(forecaster);
          const region = await traffic.region(workload, caller.scope);
          const { tenant } = caller.scope;
          const { id, state } = await changes.propose({
            kind: pinKind,
            target: workload,
            payload: { tenant, workload, forecaster },
            reason,
            author: { id: caller.id, name: caller.name },
            tenant,
            region,
            dedupKey: `${workload} ${forecaster ?? ''}`,
          });
          return { changeId: id, state };
        },
      });
    },
    loops: [
      {
        name: 'forecasting',
        everyMs: stepMs,
        // After the samples of the minute have been read and kept.
        offsetMs: Math.min(15_000, stepMs / 2),
        run: (signal) => issuer.turn(signal),
      },
      {
        name: 'forecast-tuning',
        everyMs: Math.max(60_000, stepMs),
        offsetMs: Math.min(35_000, stepMs / 2),
        run: tuneTurn,
      },
      ...events.loops,
    ],
    close: async () => {
      await tuner.close();
      await support.close();
    },
  };
  return room;
}
