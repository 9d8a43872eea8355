import type { PodCapacity } from './pod-capacity.ts';

/** What was last measured of a workload. */
export interface ObservedLoad {
  /** End of the measured minute, epoch milliseconds. */
  at: number;
  /** Requests per minute that were answered. */
  requestsPerMinute: number;
  readyReplicas: number;
  /** p95, where it is measured. */
  latencySeconds: number | null;
  /** The same some seconds before, to see whether a queue grows. */
  latencyBefore: { seconds: number; latencySeconds: number } | null;
  /** By how much the clock of whoever measured is ahead of ours, milliseconds; absent where it does not tell its time. */
  serverAheadMs?: number;
}

/** A forecast as it was issued: requests per minute for the minutes after `issuedAt`. */
export interface IssuedForecast {
  forecaster: string;
  /** Start of the last minute that it had seen, epoch milliseconds. */
  issuedAt: number;
  median: readonly number[];
  lower: readonly number[];
  upper: readonly number[];
}

/** What is expected of a known event, e.g. a sale at 20:00. */
export interface ExpectedEvent {
  name: string;
  /** Epoch milliseconds. */
  start: number;
  end: number;
  /** How many times the usual load its minutes bring, from its start on; the last one holds until the end. */
  factors: readonly number[];
  /** Said by people, or learned from earlier ones of the name. */
  basis: 'stated' | 'learned';
}

const minuteMs = 60_000;
/** z of the quantile 0.9 of the normal distribution: how far the upper bound of the 80 % band lies from its middle. */
const bandZ = 1.2815515655446004;
/** Share of its capacity from which on a workload is taken to be full: what it answers is then not all that came. */
const fullShare = 0.93;
/** Least that a full workload is taken to need, relative to what it answers. */
const fullFactor = 1.3;
const mostFactor = 2;
/** A queue is worked off within this time once the new pods are ready. */
const drainSeconds = 60;

/**
 * Requests per minute that come, which is more than is answered once the pods are full. How fast the latency grows tells how
 * fast the queue does: a second of waiting more per second means twice the capacity; what waits is to be worked off besides.
 */
export function arrivingLoad(
  observed: ObservedLoad,
  capacity: PodCapacity,
  latencyLimitSeconds: number | null,
): { load: number; isFull: boolean } {
  const { requestsPerMinute, readyReplicas, latencySeconds, latencyBefore } = observed;
  if (capacity.perPod === undefined || readyReplicas <= 0) return { load: requestsPerMinute, isFull: false };
  const whole = capacity.perPod * readyReplicas;
  const share = requestsPerMinute / whole;
  const isSlow =
    latencySeconds !== null && latencyLimitSeconds !== null && latencySeconds > latencyLimitSeconds && share > 0.7;
  if (share < fullShare && !isSlow) return { load: requestsPerMinute, isFull: false };
  let factor = fullFactor;
  if (latencySeconds !== null && latencyBefore !== null && latencyBefore.seconds > 0) {
    const growth = Math.max(0, latencySeconds - latencyBefore.latencySeconds) / latencyBefore.seconds;
    factor = Math.max(factor, 1 + growth + latencySeconds / drainSeconds);
  }
  return { load: requestsPerMinute * Math.min(factor, mostFactor), isFull: true };
}

/** The quantile of a forecast minute, from its 80 % band; half of a normal distribution on each side of the median. */
export function quantileOf(median: number, lower: number, upper: number, share: number): number {
  const z = normalQuantile(share) / bandZ;
  return Math.max(0, z >= 0 ? median + z * (upper - median) : median + z * (median - lower));
}

/** The highest quantile among the minutes that begin before `until`, or undefined where the forecast tells none of them. */
export function forecastLoad(
  forecast: IssuedForecast,
  range: { from: number; until: number },
  share: number,
): { load: number; at: number } | undefined {
  let highest: { load: number; at: number } | undefined;
  for (const [index, median] of forecast.median.entries()) {
    const at = forecast.issuedAt + (index + 1) * minuteMs;
    if (at + minuteMs <= range.from || at > range.until) continue;
    const load = quantileOf(median, forecast.lower[index]!, forecast.upper[index]!, share);
    if (!highest || load > highest.load) highest = { load, at };
  }
  return highest;
}

/** The highest load that the events bring to any minute of the range, where `usual` comes without them. */
export function eventLoad(
  events: readonly ExpectedEvent[],
  range: { from: number; until: number },
  usual: (event: ExpectedEvent) => number,
): { load: number; at: number; event: ExpectedEvent; factor: number } | undefined {
  let highest: { load: number; at: number; event: ExpectedEvent; factor: number } | undefined;
  for (const event of events) {
    const base = usual(event);
    for (let at = Math.max(event.start, range.from); at < Math.min(event.end, range.until + 1); at += minuteMs) {
      const factor = event.factors[Math.min(Math.floor((at - event.start) / minuteMs), event.factors.length - 1)] ?? 1;
      if (highest && factor * base <= highest.load) continue;
      highest = { load: factor * base, at, event, factor };
    }
  }
  return highest;
}

/** Quantile of the standard normal distribution (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(share: number): number {
  const p = Math.min(Math.max(share, 1e-9), 1 - 1e-9);
  if (p < 0.02425) return -tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  const above =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
    2.506628277459239;
  const below =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return (above * q) / below;
}

function tail(q: number): number {
  const above =
    ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const below =
    (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
  return -(above / below);
}
