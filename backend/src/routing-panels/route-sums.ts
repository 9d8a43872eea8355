import { Decimal } from 'decimal.js';
import { addBuckets, quantileOf, readBuckets } from '../llm-usage/index.ts';
import type { RouteRow, RouteSums } from './contract.ts';

/** Sums as the warehouse hands them out: whole numbers and decimals as text, buckets of latency as a map. */
export interface SummedRow {
  /** 1: one of the groups that are shown; 0: what a bucket has beyond them. */
  shown: number;
  /** Unix seconds of the bucket; 0 without a time axis. */
  at: number;
  calls: string;
  answered: string;
  cancelled: string;
  tries: string;
  failedTries: string;
  unpriced: string;
  cacheHits: string;
  inputTokens: string;
  cachedInputTokens: string;
  outputTokens: string;
  cost: string;
  saved: string;
  duration: Record<string, string>;
  firstToken: Record<string, string>;
  [key: `d${number}`]: string;
}

/** Counts, shares and latencies of a row. Shares are absent where there is nothing to share. */
export function sumsOf(row: SummedRow): RouteSums {
  const [calls, answered, cancelled] = [Number(row.calls), Number(row.answered), Number(row.cancelled)];
  const [tries, failedTries, cacheHits] = [Number(row.tries), Number(row.failedTries), Number(row.cacheHits)];
  // A row of a route has tries of calls that began elsewhere, so that there is no more than none that failed.
  const failed = Math.max(0, calls - answered - cancelled);
  return {
    ...{ calls, answered, cancelled, failed, tries, failedTries, cacheHits },
    unpriced: Number(row.unpriced),
    inputTokens: Number(row.inputTokens),
    cachedInputTokens: Number(row.cachedInputTokens),
    outputTokens: Number(row.outputTokens),
    cost: new Decimal(row.cost).toFixed(),
    saved: new Decimal(row.saved).toFixed(),
    ...part('errorShare', failed, calls - cancelled),
    ...part('tryErrorShare', failedTries, tries - cancelled),
    ...part('cacheShare', cacheHits, calls),
    ...latency('durationMs', row.duration),
    ...latency('firstTokenMs', row.firstToken),
  };
}

/** A row with what it is about. */
export function routeRow(row: SummedRow, dims: readonly string[]): RouteRow {
  const other = row.shown === 0 && dims.length > 0;
  return {
    keys: Object.fromEntries(dims.map((dim, index) => [dim, other ? '' : (row[`d${index}`] ?? '')])),
    ...(row.at === 0 ? {} : { at: new Date(row.at * 1000).toISOString() }),
    ...(other ? { other } : {}),
    ...sumsOf(row),
  };
}

/** All rows as one. */
export function totalOf(rows: readonly SummedRow[]): SummedRow {
  const whole = (name: keyof SummedRow): string =>
    String(rows.reduce((sum, row) => sum + Number(row[name as `d${number}`]), 0));
  const amount = (name: 'cost' | 'saved'): string =>
    rows.reduce((sum, row) => sum.plus(row[name]), new Decimal(0)).toFixed();
  const buckets = (name: 'duration' | 'firstToken'): Record<string, string> => {
    const all = rows.reduce((sum, row) => addBuckets(sum, readBuckets(row[name])), new Map<number, number>());
    return Object.fromEntries([...all].map(([bucket, count]) => [String(bucket), String(count)]));
  };
  return {
    shown: 1,
    at: 0,
    calls: whole('calls'),
    answered: whole('answered'),
    cancelled: whole('cancelled'),
    tries: whole('tries'),
    failedTries: whole('failedTries'),
    unpriced: whole('unpriced'),
    cacheHits: whole('cacheHits'),
    inputTokens: whole('inputTokens'),
    cachedInputTokens: whole('cachedInputTokens'),
    outputTokens: whole('outputTokens'),
    cost: amount('cost'),
    saved: amount('saved'),
    duration: buckets('duration'),
    firstToken: buckets('firstToken'),
  };
}

function part(name: 'errorShare' | 'tryErrorShare' | 'cacheShare', of: number, all: number): Partial<RouteSums> {
  return all > 0 ? { [name]: Math.min(1, of / all) } : {};
}

function latency(name: 'durationMs' | 'firstTokenMs', map: Readonly<Record<string, string>>): Partial<RouteSums> {
  const buckets = readBuckets(map);
  const [p50, p95] = [quantileOf(buckets, 0.5), quantileOf(buckets, 0.95)];
  return p50 === undefined || p95 === undefined ? {} : { [name]: { p50, p95 } };
}
