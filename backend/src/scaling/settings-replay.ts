import type { ScalingSettings } from './contract.ts';
import type { ExpectedEvent, IssuedForecast } from './demand.ts';
import { afterAct, decide, emptyMemory, type DecisionMemory } from './scaling-decision.ts';
import { followed, readyOf, type Shadow } from './shadow.ts';

/** A minute as it was: what came, and what one pod was taken to serve then. */
export interface ReplayMinute {
  /** Start of the minute, epoch milliseconds. */
  at: number;
  requests: number | null;
  perPod: number | null;
  replicas: number;
}

export interface ReplayQuestion {
  /** In order of time. */
  minutes: readonly ReplayMinute[];
  /** As they were issued, in order of time. */
  forecasts: readonly IssuedForecast[];
  events: readonly ExpectedEvent[];
  settings: ScalingSettings;
  startUpSeconds: number;
}

export interface Replayed {
  replicaHours: number;
  mostReplicas: number;
  /** Minutes in which more came than the pods that would have been ready could serve. */
  slowMinutes: number;
  acts: number;
}

const minuteMs = 60_000;

/**
 * What settings would have made of the minutes that were: each is decided on as it would have been, once a minute, with the
 * forecast that stood then. Latency is left out, for it would have been another one with other pods. Pure.
 */
export function replaySettings({ minutes, forecasts, events, settings, startUpSeconds }: ReplayQuestion): Replayed {
  let shadow: Shadow = { replicas: minutes[0]?.replicas ?? 0, starting: [] };
  let memory: DecisionMemory = emptyMemory;
  let known = 0;
  const sum: Replayed = { replicaHours: 0, mostReplicas: 0, slowMinutes: 0, acts: 0 };
  for (const minute of minutes) {
    const now = minute.at + minuteMs;
    while (known < forecasts.length && forecasts[known]!.issuedAt <= minute.at) known += 1;
    const ready = readyOf(shadow, now);
    const perPod = settings.requestsPerPod ?? minute.perPod ?? undefined;
    if (minute.requests !== null && perPod !== undefined && minute.requests > perPod * ready) sum.slowMinutes += 1;
    const decision = decide({
      ...{ now, settings, replicas: shadow.replicas, events, startUpSeconds, everySeconds: 60, memory },
      observed:
        minute.requests === null
          ? undefined
          : {
              ...{ at: now, requestsPerMinute: minute.requests, readyReplicas: ready },
              ...{ latencySeconds: null, latencyBefore: null },
            },
      forecast: forecasts[known - 1],
      capacity: { perPod, low: perPod, high: perPod, source: perPod === undefined ? 'unknown' : 'proven' },
    });
    memory = decision.direction === 'stay' ? decision.memory : afterAct(decision, now);
    if (decision.direction !== 'stay') sum.acts += 1;
    shadow = followed(shadow, decision.replicas, now, startUpSeconds);
    sum.replicaHours += shadow.replicas / 60;
    sum.mostReplicas = Math.max(sum.mostReplicas, shadow.replicas);
  }
  return sum;
}

/** Rows of forecasts as they are kept, put together by their time of issue (epoch seconds). */
export function issuedForecasts(
  rows: readonly { forecaster: string; issued: number; predicted: number; lower: number; upper: number }[],
): IssuedForecast[] {
  const found = new Map<number, { median: number[]; lower: number[]; upper: number[]; forecaster: string }>();
  for (const { forecaster, issued, predicted, lower, upper } of rows) {
    const one = found.get(issued) ?? { forecaster, median: [], lower: [], upper: [] };
    one.median.push(predicted);
    one.lower.push(lower);
    one.upper.push(upper);
    found.set(issued, one);
  }
  return [...found].sort(([a], [b]) => a - b).map(([issued, forecast]) => ({ issuedAt: issued * 1000, ...forecast }));
}
