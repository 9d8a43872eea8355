import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface QueueMetrics {
  finished(job: string, outcome: 'completed' | 'retried' | 'failed' | 'stalled', seconds?: number): void;
}

/** Metrics of all kinds of work; `waiting` is asked for each reading. Without a registry nothing is counted. */
export function queueMetrics(
  registry: Registry | undefined,
  waiting: () => Promise<ReadonlyMap<string, number>>,
): QueueMetrics {
  if (!registry) return { finished: () => undefined };
  const runs = new Counter({
    name: 'amadeus_job_runs_total',
    help: 'Runs of jobs by how they ended',
    labelNames: ['job', 'outcome'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'amadeus_job_seconds',
    help: 'Time that one run of a job took',
    labelNames: ['job'],
    buckets: [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    registers: [registry],
  });
  new Gauge({
    name: 'amadeus_jobs_waiting',
    help: 'Jobs that wait to be taken up, delayed ones included',
    labelNames: ['job'],
    registers: [registry],
    async collect() {
      for (const [job, count] of await waiting()) this.set({ job }, count);
    },
  });
  return {
    finished: (job, outcome, took) => {
      runs.inc({ job, outcome });
      if (took !== undefined) seconds.observe({ job }, took);
    },
  };
}
