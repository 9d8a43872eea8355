import type { ReadingWindow } from './workload-sample.ts';

/** One series of a range query as Prometheus sends it. */
export interface MatrixSeries {
  metric: Readonly<Record<string, string>>;
  /** Pairs of epoch seconds and a number as text. */
  values: readonly (readonly [number, string])[];
}

export interface MatrixOptions {
  /** What is measured, for the notices, e.g. `requests`. */
  measure: string;
  /** Labels that name a workload, outermost first. */
  labels: readonly string[];
  stepSeconds: number;
  /** What each value is multiplied by, e.g. 60 for requests per second. */
  factor: number;
  maxSeries: number;
}

export interface MeasuredMinutes {
  /** Values by workload and start of the minute (epoch milliseconds). */
  workloads: Map<string, Map<number, number>>;
  notices: string[];
}

/** Longest name of a workload that is kept. */
const maxNameLength = 253;
/** Beyond this a number is taken for a mistake of the query. */
const largest = 1e15;

/**
 * Values per workload and minute of a range query's answer. A value at instant T describes the step that ends at T. NaN,
 * infinite and negative values are gaps. A series that is sent twice counts once; different series of one workload add up.
 * Of more than `maxSeries` series the first ones in order of their names are kept.
 */
export function readMatrix(
  series: readonly MatrixSeries[],
  window: ReadingWindow,
  options: MatrixOptions,
): MeasuredMinutes {
  const odd = { repeated: 0, joined: 0, unnamed: 0, long: 0, negative: 0, outside: 0, left: 0 };
  const workloads = new Map<string, Map<number, number>>();
  const seen = new Set<string>();
  const named = series.map((one) => ({
    one,
    name: workloadOf(one.metric, options.labels),
    key: identityOf(one.metric),
  }));
  named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const { one, name, key } of named) {
    if (seen.has(key)) odd.repeated += 1;
    else if (name.length > maxNameLength) odd.long += 1;
    else if (seen.size >= options.maxSeries) odd.left += 1;
    else {
      seen.add(key);
      if (name === unnamed) odd.unnamed += 1;
      if (workloads.has(name)) odd.joined += 1;
      addValues(workloads, name, one, window, options, odd);
    }
  }
  return { workloads, notices: noticesOf(odd, options) };
}

function addValues(
  workloads: Map<string, Map<number, number>>,
  name: string,
  series: MatrixSeries,
  window: ReadingWindow,
  options: MatrixOptions,
  odd: { negative: number; outside: number },
): void {
  const step = options.stepSeconds * 1000;
  const minutes = workloads.get(name) ?? new Map<number, number>();
  workloads.set(name, minutes);
  for (const [seconds, text] of series.values) {
    const minute = Math.floor((seconds * 1000) / step + 1e-6) * step - step;
    const value = Number(text) * options.factor;
    if (!Number.isFinite(value) || Math.abs(value) > largest) continue;
    if (minute < window.from.getTime() || minute >= window.to.getTime()) odd.outside += 1;
    else if (value < 0) odd.negative += 1;
    else minutes.set(minute, (minutes.get(minute) ?? 0) + value);
  }
}

/** Stands for what has none of the labels, e.g. the answer of `sum(rate(...))`. */
const unnamed = 'all';

function workloadOf(metric: MatrixSeries['metric'], labels: readonly string[]): string {
  const parts = labels.map((label) => (metric[label] ?? '').trim()).filter((part) => part !== '');
  return parts.length === 0 ? unnamed : parts.join('/');
}

function identityOf(metric: MatrixSeries['metric']): string {
  return JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function noticesOf(odd: Readonly<Record<string, number>>, { measure, labels, maxSeries }: MatrixOptions): string[] {
  const by = labels.join(', ');
  const texts: Record<string, string> = {
    repeated: `series were sent twice and counted once; look for two servers that scrape the same targets`,
    joined: `series share the name of a workload with another one and were added up; aggregate with \`sum by (${by}) (...)\``,
    unnamed: `series have none of the labels ${by} and stand as the workload "${unnamed}"; set prometheus.workloadLabels`,
    long: `series were left out: their name is longer than ${maxNameLength} characters`,
    negative: `values are negative and were left out; use \`rate(...)\` of a counter`,
    outside: `values lie outside the minutes that were asked for and were left out; compare the clocks`,
    left: `series beyond the first ${maxSeries} were left out; aggregate with \`sum by (${by}) (...)\` or raise prometheus.maxSeries`,
  };
  return Object.entries(odd)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${measure}: ${count} ${texts[kind]}.`);
}
