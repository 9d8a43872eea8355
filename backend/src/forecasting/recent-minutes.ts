import type { WorkloadKey } from './forecast-repository.ts';

export interface RecentRow extends WorkloadKey {
  /** Epoch seconds. */
  minute: number;
  requests: number | null;
  cpuCores: number | null;
  memoryBytes: number | null;
}

/** `at` is epoch milliseconds. */
export interface RecentMinute {
  at: number;
  requests: number | null;
  cpuCores: number | null;
  memoryBytes: number | null;
}

export interface RecentGroup {
  key: WorkloadKey;
  /** In order of time. */
  minutes: RecentMinute[];
}

/** Samples, given in order of time, grouped by workload; the workload with most requests comes first, equals by name. */
export function groupRecent(rows: readonly RecentRow[]): RecentGroup[] {
  const groups = new Map<string, RecentGroup & { name: string; total: number }>();
  for (const { tenant, region, workload, minute, requests, cpuCores, memoryBytes } of rows) {
    const name = `${tenant} ${region} ${workload}`;
    const group = groups.get(name) ?? { name, key: { tenant, region, workload }, minutes: [], total: 0 };
    group.minutes.push({ at: minute * 1000, requests, cpuCores, memoryBytes });
    group.total += requests ?? 0;
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}
