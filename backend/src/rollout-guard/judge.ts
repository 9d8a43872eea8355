import { radius } from '../experiments/index.ts';
import type { Policy } from '../routing/index.ts';
import { proportionBounds } from './proportion.ts';
import { bucketEnd, type Side } from './side.ts';

export type Measure = 'errors' | 'first-token' | 'cost';

/** One measure of both sides: part of the calls, milliseconds, or money. Absent bounds: too little was seen. */
export interface Finding {
  measure: Measure;
  /** Of the version on its way; its lowest value that what was seen leaves possible. */
  candidate: number;
  candidateLow?: number;
  /** Of what served before; its highest possible value. */
  stable: number;
  stableHigh?: number;
  /** What the candidate may reach. */
  bound?: number;
  isWorse: boolean;
}

export interface Judgement {
  /** `waiting`: too few calls; `stopped`: it is clearly worse in one measure at least. */
  state: 'waiting' | 'fine' | 'stopped';
  findings: Finding[];
}

export type GuardSettings = Required<NonNullable<Policy['rollout']>>;

const defaults: GuardSettings = {
  stopsItself: true,
  minCalls: 50,
  maxErrorIncrease: 0.02,
  maxFirstTokenIncrease: 0.5,
  maxCostIncrease: 0.5,
};

/** Chance, at most, that a version that is no worse is ever stopped: shared by three measures of two sides. */
const alpha = 0.05 / 6;
const slowest = 0.05;

/** @returns the settings of a policy, what it leaves open as usual */
export function guardOf(policy: Pick<Policy, 'rollout'>): GuardSettings {
  return { ...defaults, ...policy.rollout };
}

/**
 * Compares the version on its way with what served before. It may be asked after every call: the bounds hold at all looks
 * together. A measure is worse where even the best that what was seen leaves possible for the candidate is beyond the worst
 * possible for the other by more than the settings allow.
 */
export function judge(candidate: Side, stable: Side, settings: GuardSettings): Judgement {
  const findings = [
    errorsOf(candidate, stable, settings),
    ...firstTokenOf(candidate, stable, settings),
    ...costOf(candidate, stable, settings),
  ];
  const isEnough = Math.min(candidate.calls, stable.calls) >= settings.minCalls;
  const isWorse = findings.some((one) => one.isWorse);
  return { state: !isEnough ? 'waiting' : isWorse ? 'stopped' : 'fine', findings };
}

function errorsOf(candidate: Side, stable: Side, { maxErrorIncrease }: GuardSettings): Finding {
  const { low } = proportionBounds(candidate.failures, candidate.calls, alpha);
  const { high } = proportionBounds(stable.failures, stable.calls, alpha);
  const bound = Math.min(1, high + maxErrorIncrease);
  return {
    measure: 'errors',
    ...{ candidate: partOf(candidate.failures, candidate.calls), candidateLow: low },
    ...{ stable: partOf(stable.failures, stable.calls), stableHigh: high },
    ...{ bound, isWorse: low > bound },
  };
}

/** The p95 is where a twentieth lies above: bounds of that part are bounds of the p95. */
function firstTokenOf(candidate: Side, stable: Side, { maxFirstTokenIncrease }: GuardSettings): Finding[] {
  const [own, other] = [tailOf(candidate), tailOf(stable)];
  if (own.p95 === undefined || other.p95 === undefined) return [];
  const bound = other.high === undefined ? undefined : other.high * (1 + maxFirstTokenIncrease);
  return [
    {
      measure: 'first-token',
      candidate: own.p95,
      stable: other.p95,
      ...(own.low === undefined ? {} : { candidateLow: own.low }),
      ...(other.high === undefined ? {} : { stableHigh: other.high }),
      ...(bound === undefined ? {} : { bound }),
      isWorse: own.low !== undefined && bound !== undefined && own.low > bound,
    },
  ];
}

function tailOf({ firstToken }: Side): { p95?: number; low?: number; high?: number } {
  const sorted = [...firstToken].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const found: { p95?: number; low?: number; high?: number } = {};
  let above = total;
  for (const [bucket, count] of sorted) {
    above -= count;
    const bounds = proportionBounds(above, total, alpha);
    if (bounds.low > slowest) found.low = bucketEnd(bucket);
    if (found.p95 === undefined && above <= slowest * total) found.p95 = bucketEnd(bucket);
    if (found.high === undefined && bounds.high < slowest) found.high = bucketEnd(bucket);
  }
  return found;
}

/** Of whose calls the cost is not known, or that both sides pay in currencies of their own. */
export type CostGap = 'candidate' | 'stable' | 'both' | 'currencies';

/** @returns why the costs of both are not compared; undefined where they are, or calls have yet to come */
export function costGapOf(candidate: Side, stable: Side): CostGap | undefined {
  if (Math.min(candidate.calls, stable.calls) < 2) return undefined;
  const [own, other] = [candidate.priced < 2, stable.priced < 2];
  if (own && other) return 'both';
  if (own) return 'candidate';
  if (other) return 'stable';
  return candidate.currency === stable.currency ? undefined : 'currencies';
}

function costOf(candidate: Side, stable: Side, { maxCostIncrease }: GuardSettings): Finding[] {
  if (Math.min(candidate.calls, stable.calls) < 2 || costGapOf(candidate, stable)) return [];
  const [own, other] = [meanOf(candidate), meanOf(stable)];
  const bound = other.high * (1 + maxCostIncrease);
  return [
    {
      measure: 'cost',
      ...{ candidate: own.mean, candidateLow: own.low, stable: other.mean, stableHigh: other.high },
      ...{ bound, isWorse: own.low > bound },
    },
  ];
}

function meanOf({ priced, cost, costSquares }: Side): { mean: number; low: number; high: number } {
  const mean = cost / priced;
  const variance = Math.max(0, (costSquares - cost * mean) / (priced - 1));
  const half = radius(Math.sqrt(variance), priced, alpha);
  return { mean, low: Math.max(0, mean - half), high: mean + half };
}

function partOf(of: number, all: number): number {
  return all === 0 ? 0 : of / all;
}
