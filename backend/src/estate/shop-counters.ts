import { shopTraffic, shopWorkloads } from './shop-traffic.ts';

const MINUTE_MS = 60_000;
/** After a longer pause the counters start anew, as those of a restarted process do. */
const LONGEST_GAP_MINUTES = 24 * 60;

/** Prometheus metrics of the shop at an instant: counters since the start, gauges as they stand. */
export interface ShopCounters {
  /** Text exposition format 0.0.4. Time must not run backwards between calls; if it does, nothing is added. */
  scrape(now: Date): string;
}

/** Counts requests and CPU seconds of every workload from `start` on, minute by minute and in fractions of them. */
export function shopCounters(seed: number, start: Date): ShopCounters {
  const shop = shopTraffic(seed);
  const totals = new Map(shopWorkloads.map((workload) => [workload, { requests: 0, cpuSeconds: 0 }]));
  let counted = start.getTime();
  const advance = (until: number): void => {
    if (until - counted > LONGEST_GAP_MINUTES * MINUTE_MS) counted = until - LONGEST_GAP_MINUTES * MINUTE_MS;
    while (counted < until) {
      const minute = Math.floor(counted / MINUTE_MS);
      const next = Math.min(until, (minute + 1) * MINUTE_MS);
      const share = (next - counted) / MINUTE_MS;
      for (const [workload, total] of totals) {
        const at = shop.at(workload, minute);
        total.requests += at.requests * share;
        total.cpuSeconds += at.cpuCores * 60 * share;
      }
      counted = next;
    }
  };
  return {
    scrape: (now) => {
      advance(now.getTime());
      const minute = Math.floor(now.getTime() / MINUTE_MS);
      return exposition(
        shopWorkloads.map((id) => {
          const at = shop.at(id, minute);
          return { id, ...totals.get(id)!, memoryBytes: at.memoryBytes, replicas: at.replicas };
        }),
      );
    },
  };
}

interface Sample {
  id: string;
  requests: number;
  cpuSeconds: number;
  memoryBytes: number;
  replicas: number;
}

function exposition(samples: readonly Sample[]): string {
  const metric = (name: string, type: string, help: string, value: (sample: Sample) => number): string =>
    `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples
      .map((sample) => {
        const [namespace, workload] = sample.id.split('/') as [string, string];
        return `${name}{namespace="${namespace}",workload="${workload}"} ${value(sample)}\n`;
      })
      .join('')}`;
  return [
    metric('http_requests_total', 'counter', 'Requests that the shop has answered.', (sample) =>
      Math.floor(sample.requests),
    ),
    metric('container_cpu_usage_seconds_total', 'counter', 'CPU seconds used.', (sample) => sample.cpuSeconds),
    metric('container_memory_working_set_bytes', 'gauge', 'Working set.', (sample) => sample.memoryBytes),
    metric('amadeus_workload_replicas', 'gauge', 'Ready pods.', (sample) => sample.replicas),
  ].join('');
}
