import type { Metric, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

interface HistogramParts {
  name: string;
  help: string;
  /** Upper bounds of the buckets, ascending; one without a bound is added. */
  buckets: readonly number[];
  registry: Registry;
}

/** What was observed under one set of labels. */
export class HistogramSeries {
  readonly labels: Labels;
  readonly #buckets: readonly number[];
  /** By bucket, each without the ones before it; the last has no bound. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: Labels, buckets: readonly number[]) {
    this.labels = labels;
    this.#buckets = buckets;
    this.#counts = new Float64Array(buckets.length + 1);
  }

  /** Whether anything was observed. */
  get isSeen(): boolean {
    return this.#counts.some((count) => count > 0);
  }

  observe(value: number): void {
    const buckets = this.#buckets;
    let at = 0;
    while (at < buckets.length && value > buckets[at]!) at++;
    this.#counts[at]! += 1;
    this.#sum += value;
  }

  /** Lines as prom-client's registry writes them: each bucket counts all that is at most its bound. */
  lines(name: string): { metricName: string; labels: Record<string, string | number>; value: number }[] {
    const { labels } = this;
    let count = 0;
    const buckets = [...this.#buckets, '+Inf'].map((le, at) => {
      count += this.#counts[at]!;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { ...labels }, value: this.#sum },
      { metricName: `${name}_count`, labels: { ...labels }, value: count },
    ];
  }
}

/**
 * A histogram for what happens thousands of times a second: a series is found by its labels once, and then observed in a few
 * nanoseconds. prom-client's own looks for it each time, which takes a microsecond.
 */
export class SeriesHistogram {
  readonly name: string;
  readonly help: string;
  readonly #buckets: readonly number[];
  readonly #series = new Map<string, HistogramSeries>();

  constructor({ name, help, buckets, registry }: HistogramParts) {
    this.name = name;
    this.help = help;
    this.#buckets = buckets;
    // What a registry asks of a metric is its name and `get`.
    registry.registerMetric(this as unknown as Metric<string>);
  }

  /** The series with these labels: always the same one. */
  series(labels: Labels): HistogramSeries {
    const key = JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
    const known = this.#series.get(key);
    if (known) return known;
    const made = new HistogramSeries({ ...labels }, this.#buckets);
    this.#series.set(key, made);
    return made;
  }

  /** For the registry. */
  get(): Promise<object> {
    const { name, help } = this;
    const values = [...this.#series.values()].flatMap((series) => (series.isSeen ? series.lines(name) : []));
    return Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values });
  }
}
