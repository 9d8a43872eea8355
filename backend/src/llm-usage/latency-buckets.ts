import type { LatencyQuantiles } from './contract.ts';

/** Requests per bucket; bucket b holds what took more than 1.05^(b-1) and up to 1.05^b milliseconds. */
export type LatencyBuckets = ReadonlyMap<number, number>;

const ratio = 1.05;

/** Buckets as the warehouse hands them out: `{ "120": "17" }`. */
export function readBuckets(map: Readonly<Record<string, string>>): Map<number, number> {
  return new Map(Object.entries(map).map(([bucket, count]) => [Number(bucket), Number(count)]));
}

/** Sums (or, with a factor of -1, differences) of the counts of each bucket. */
export function addBuckets(one: LatencyBuckets, other: LatencyBuckets, factor: 1 | -1 = 1): Map<number, number> {
  const added = new Map(one);
  for (const [bucket, count] of other) added.set(bucket, (added.get(bucket) ?? 0) + factor * count);
  return added;
}

/**
 * Quantiles by nearest rank. A value is told as the geometric middle of its bucket, at most 2.5 % from any value in it;
 * undefined where nothing was measured.
 */
export function quantilesOf(buckets: LatencyBuckets): LatencyQuantiles | undefined {
  const p50 = quantileOf(buckets, 0.5);
  return p50 === undefined ? undefined : { p50, p90: quantileOf(buckets, 0.9)!, p99: quantileOf(buckets, 0.99)! };
}

/** One quantile, as in `quantilesOf`; `share` 0 to 1. */
export function quantileOf(buckets: LatencyBuckets, share: number): number | undefined {
  const sorted = [...buckets].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.ceil(share * total);
  for (const [bucket, count] of sorted) {
    left -= count;
    if (left <= 0) return middleOf(bucket);
  }
  return undefined;
}

function middleOf(bucket: number): number {
  return bucket === 0 ? 1 : Number((ratio ** (bucket - 0.5)).toPrecision(4));
}
