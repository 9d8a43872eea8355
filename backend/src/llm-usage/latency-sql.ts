import { dayMs } from '../cost/index.ts';

/**
 * For how long hours tell their latencies themselves: of hours before, the requests are read. The engine removes them a day
 * later (migration 0033), so that no hour loses them while it is read.
 */
const hourlyLatencyMs = 8 * dayMs;

/** The first hour that tells its latencies itself, in Unix milliseconds. */
export function latencyHorizon(now: Date): number {
  return Math.ceil((now.getTime() - hourlyLatencyMs) / 3_600_000) * 3_600_000;
}

/**
 * Measured requests per bucket of latency, bucket b up to 1.05^b ms, as the tables of the roll-ups describe it. Gathered as a
 * list and counted once a group, which takes a third of the time of adding maps row by row.
 */
export function gatheredSql(column: 'DurationMs' | 'FirstTokenMs'): string {
  return `groupArrayIf(toUInt16(greatest(0, ceil(log(greatest(assumeNotNull(${column}), 1)) / log(1.05)))), ${column} IS NOT NULL)`;
}

/** The map of a list of `gatheredSql`, which has that name. */
export function countedSql(list: string): string {
  return `mapFromArrays(arraySort(arrayDistinct(${list})) AS keys_${list}, arrayMap(b -> toUInt64(countEqual(${list}, b)), keys_${list}))`;
}

/** A map that holds nothing. */
export const noLatencySql = "CAST(map(), 'Map(UInt16, UInt64)')";
