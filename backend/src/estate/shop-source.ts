import type { WorkloadSource } from '../workloads/index.ts';
import { shopTraffic, shopWorkloads } from './shop-traffic.ts';

const MINUTE_MS = 60_000;

/** The generated shop as a source of samples, as Prometheus would be one. */
export function shopSource(seed: number): WorkloadSource {
  const shop = shopTraffic(seed);
  return {
    name: 'estate',
    read: async ({ from, to }) => {
      const first = Math.ceil(from.getTime() / MINUTE_MS);
      const last = Math.ceil(to.getTime() / MINUTE_MS);
      const minutes = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
      const samples = shopWorkloads.flatMap((workload) =>
        minutes.map((minute) => ({ workload, minute: minute * MINUTE_MS, ...shop.at(workload, minute) })),
      );
      return { samples, notices: [] };
    },
  };
}
