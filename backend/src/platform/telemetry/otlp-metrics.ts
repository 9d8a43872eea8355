import { ValueType, type HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import { emptyResource } from '@opentelemetry/resources';
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';
import { semanticAttribute, semanticMetric } from './semantic-names.ts';

type PromMetric = MetricObjectWithValues<MetricValue<string> & { metricName?: string }>;
type Labels = Record<string, string | number>;

/**
 * Reads the prom-client registry as OpenTelemetry metrics, so that what `/metrics` shows and what the collector gets are
 * the same numbers. Counters become cumulative monotonic sums, histograms keep their buckets, summaries become gauges
 * by quantile.
 */
export class RegistryProducer implements MetricProducer {
  readonly #registry: Registry;
  readonly #startTime: HrTime = hrTime(Date.now());

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async collect(): Promise<CollectionResult> {
    const endTime = hrTime(Date.now());
    const found = (await this.#registry.getMetricsAsJSON()) as PromMetric[];
    const metrics = found.flatMap((metric) => convertMetric(metric, this.#startTime, endTime));
    return {
      resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope: { name: 'amadeus' }, metrics }] },
      errors: [],
    };
  }
}

/** One prom-client metric as OpenTelemetry data; none where it has no value yet. */
export function convertMetric(metric: PromMetric, startTime: HrTime, endTime: HrTime): MetricData[] {
  if (metric.values.length === 0) return [];
  const { name, unit } = semanticMetric(metric.name) ?? { name: metric.name, unit: unitOf(metric.name) };
  const common = {
    descriptor: { name, description: metric.help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const kind = String(metric.type);
  const point = <T>(labels: Labels, value: T): DataPoint<T> => ({
    startTime,
    endTime,
    attributes: Object.fromEntries(Object.entries(labels).map(([label, said]) => [semanticAttribute(label), said])),
    value,
  });
  if (kind === 'histogram') {
    const dataPoints = [...histogramsOf(metric)].map(([labels, value]) => point(labels, value));
    return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }];
  }
  const dataPoints = metric.values.map((value) => point(definedLabels(value.labels), value.value));
  if (kind === 'counter') return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }];
  return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints }];
}

function histogramsOf(metric: PromMetric): Map<Labels, Histogram> {
  const byLabels = new Map<string, { labels: Labels; upTo: [number, number][]; sum: number; count: number }>();
  for (const value of metric.values) {
    const { le, ...labels } = definedLabels(value.labels);
    const key = JSON.stringify(Object.entries(labels).sort());
    const entry = byLabels.get(key) ?? { labels, upTo: [], sum: 0, count: 0 };
    byLabels.set(key, entry);
    if (value.metricName?.endsWith('_sum')) entry.sum = value.value;
    else if (value.metricName?.endsWith('_count')) entry.count = value.value;
    else if (le !== undefined && le !== '+Inf') entry.upTo.push([Number(le), value.value]);
  }
  return new Map([...byLabels.values()].map((entry) => [entry.labels, histogramOf(entry)]));
}

/** prom-client counts what is at most each bound; OpenTelemetry counts what lies between two. */
function histogramOf({ upTo, sum, count }: { upTo: [number, number][]; sum: number; count: number }): Histogram {
  upTo.sort(([a], [b]) => a - b);
  const counts = upTo.map(([, total], index) => total - (upTo[index - 1]?.[1] ?? 0));
  counts.push(count - (upTo.at(-1)?.[1] ?? 0));
  return { buckets: { boundaries: upTo.map(([bound]) => bound), counts }, sum, count };
}

function definedLabels(labels: Partial<Labels>): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string | number] => entry[1] !== undefined),
  );
}

function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's';
  if (/_bytes(_total)?$/.test(name)) return 'By';
  return '1';
}

function hrTime(milliseconds: number): HrTime {
  return [Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000];
}
