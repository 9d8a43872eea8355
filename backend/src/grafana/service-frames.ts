import type { FieldConfig, FrameJson } from './frame.ts';
import type { MetricJson } from './ports.ts';
import { numbers, share, table, texts } from './table-columns.ts';

type Labels = Readonly<Record<string, string | number>>;
type ServicePart = 'vitals' | 'routes' | 'loops' | 'jobs';

const ms: FieldConfig = { unit: 'ms', decimals: 1 };
const count: FieldConfig = { unit: 'short', decimals: 0 };
const notice = {
  severity: 'info',
  text: 'Of the process that answered, since it started; other replicas count for themselves.',
} as const;

/** The service by its own metrics (docs/operations.md): how it is, or its routes, loops and jobs one by one. */
export function serviceTable(
  refId: string,
  part: ServicePart,
  metrics: readonly MetricJson[],
  answers: { warehouse: boolean; store: boolean },
  now: Date,
): FrameJson {
  const read = new Reading(metrics);
  if (part === 'routes') return routesTable(refId, read);
  if (part === 'loops') return loopsTable(refId, read);
  if (part === 'jobs') return jobsTable(refId, read);
  return vitalsTable(refId, read, answers, now);
}

const http = 'amadeus_http_request_duration_seconds';
const failed = ({ status }: Labels): boolean => Number(status) >= 500;
const cache = 'amadeus_warehouse_cache_requests_total';

function vitalsTable(
  refId: string,
  read: Reading,
  answers: { warehouse: boolean; store: boolean },
  now: Date,
): FrameJson {
  const requests = read.sum(`${http}_count`);
  const looked = read.sum(cache);
  const started = read.sum('process_start_time_seconds');
  const of = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
  const one = [0];
  const value = (name: string, title: string, amount: number | null, config?: FieldConfig) =>
    numbers(name, title, one, () => amount, config);
  return table(
    'service',
    refId,
    [
      value('warehouse', 'Warehouse answers', answers.warehouse ? 1 : 0, { decimals: 0 }),
      value('store', 'Store answers', answers.store ? 1 : 0, { decimals: 0 }),
      value('uptime', 'Up for', started === 0 ? null : now.getTime() / 1000 - started, { unit: 's', decimals: 0 }),
      value('memory', 'Memory', read.sum('process_resident_memory_bytes'), { unit: 'bytes', decimals: 0 }),
      value('cpu', 'Processor time', read.sum('process_cpu_seconds_total'), { unit: 's', decimals: 0 }),
      value('lag', 'Event loop lag, p99', 1000 * read.sum('nodejs_eventloop_lag_p99_seconds'), ms),
      value('requests', 'Requests', requests, count),
      value('failedShare', 'Failed', of(read.sum(`${http}_count`, failed), requests), share),
      value('p95', 'Answered in, p95', milliseconds(read.quantile(http, 0.95, () => true)), ms),
      value(
        'cacheShare',
        'From the cache',
        of(
          read.sum(cache, ({ outcome }) => outcome === 'hit'),
          looked,
        ),
        share,
      ),
      value('failedTurns', 'Failed turns', read.sum('amadeus_loop_turns_total', outcome('failed')), count),
      value('waitingJobs', 'Waiting jobs', read.sum('amadeus_jobs_waiting'), count),
    ],
    [notice],
  );
}

function routesTable(refId: string, read: Reading): FrameJson {
  const rows = read.groups(`${http}_count`, ['method', 'route']);
  const same = (row: Labels) => (labels: Labels) => labels.method === row.method && labels.route === row.route;
  const requests = (row: Labels): number => read.sum(`${http}_count`, same(row));
  return table(
    'routes',
    refId,
    [
      texts('route', 'Route', rows, ({ method, route }) => `${method} ${route}`),
      numbers('requests', 'Requests', rows, requests, count),
      numbers('failed', 'Failed', rows, (row) => read.sum(`${http}_count`, (l) => same(row)(l) && failed(l)), count),
      numbers('mean', 'Mean', rows, (row) => (1000 * read.sum(`${http}_sum`, same(row))) / requests(row), ms),
      numbers('p95', 'p95', rows, (row) => milliseconds(read.quantile(http, 0.95, same(row))), ms),
    ],
    [notice],
  );
}

function loopsTable(refId: string, read: Reading): FrameJson {
  const [turns, took] = ['amadeus_loop_turns_total', 'amadeus_loop_turn_duration_seconds'];
  const rows = read.groups(turns, ['loop']);
  const by = (row: Labels, how: string): number =>
    read.sum(turns, (labels) => labels.loop === row.loop && labels.outcome === how);
  const mean = (row: Labels): number | null => {
    const same = ({ loop }: Labels): boolean => loop === row.loop;
    const times = read.sum(`${took}_count`, same);
    return times === 0 ? null : (1000 * read.sum(`${took}_sum`, same)) / times;
  };
  return table(
    'loops',
    refId,
    [
      texts('loop', 'Loop', rows, ({ loop }) => String(loop)),
      numbers('done', 'Turns', rows, (row) => by(row, 'done'), count),
      numbers('failed', 'Failed', rows, (row) => by(row, 'failed'), count),
      numbers('elsewhere', 'Taken by another replica', rows, (row) => by(row, 'elsewhere'), count),
      numbers('mean', 'Mean time of a turn', rows, mean, ms),
    ],
    [notice],
  );
}

function jobsTable(refId: string, read: Reading): FrameJson {
  const [runs, waiting] = ['amadeus_job_runs_total', 'amadeus_jobs_waiting'];
  const names = [...new Set([...read.groups(runs, ['job']), ...read.groups(waiting, ['job'])].map(({ job }) => job))];
  const rows = names.map((job) => ({ job: job ?? '' }));
  const by = (row: Labels, how: string): number =>
    read.sum(runs, (labels) => labels.job === row.job && labels.outcome === how);
  return table(
    'jobs',
    refId,
    [
      texts('job', 'Job', rows, ({ job }) => String(job)),
      numbers('waiting', 'Waiting', rows, (row) => read.sum(waiting, ({ job }) => job === row.job), count),
      numbers('completed', 'Done', rows, (row) => by(row, 'completed'), count),
      numbers('retried', 'Tried again', rows, (row) => by(row, 'retried'), count),
      numbers('failed', 'Failed', rows, (row) => by(row, 'failed'), count),
    ],
    [notice],
  );
}

const outcome =
  (wanted: string) =>
  (labels: Labels): boolean =>
    labels.outcome === wanted;
const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);

/** Sums over the samples of a registry. */
class Reading {
  readonly #samples = new Map<string, { labels: Labels; value: number }[]>();

  constructor(metrics: readonly MetricJson[]) {
    for (const metric of metrics) {
      for (const { metricName = metric.name, labels, value } of metric.values) {
        const samples = this.#samples.get(metricName) ?? [];
        samples.push({ labels: labels as Labels, value });
        this.#samples.set(metricName, samples);
      }
    }
  }

  sum(name: string, where: (labels: Labels) => boolean = () => true): number {
    return (this.#samples.get(name) ?? []).reduce((sum, { labels, value }) => (where(labels) ? sum + value : sum), 0);
  }

  /** The different values of some labels, in their order of appearance. */
  groups(name: string, labels: readonly string[]): Labels[] {
    const found = new Map<string, Labels>();
    for (const sample of this.#samples.get(name) ?? []) {
      const group = Object.fromEntries(labels.map((label) => [label, sample.labels[label] ?? '']));
      found.set(JSON.stringify(group), group);
    }
    return [...found.values()];
  }

  /** Within its bucket by a straight line, as histogram_quantile of Prometheus does; null without samples. */
  quantile(name: string, q: number, where: (labels: Labels) => boolean): number | null {
    const buckets = new Map<number, number>();
    for (const { labels, value } of this.#samples.get(`${name}_bucket`) ?? []) {
      if (!where(labels)) continue;
      const limit = labels.le === '+Inf' ? Infinity : Number(labels.le);
      buckets.set(limit, (buckets.get(limit) ?? 0) + value);
    }
    const sorted = [...buckets].sort(([a], [b]) => a - b);
    const rank = q * (sorted.at(-1)?.[1] ?? 0);
    if (rank === 0) return null;
    const at = sorted.findIndex(([, below]) => below >= rank);
    const [limit, below] = sorted[at]!;
    const [before, belowBefore] = sorted[at - 1] ?? [0, 0];
    if (limit === Infinity) return before;
    return before + ((limit - before) * (rank - belowBefore)) / (below - belowBefore);
  }
}
