import Type from 'typebox';
import { Positive, SecretString, strict } from './setting-types.ts';

/** Where requests, CPU and memory of workloads are read. */
export const PrometheusSettingsSchema = Type.Object(
  {
    url: Type.Optional(Type.String({ description: 'Prometheus or compatible, read for requests, CPU and memory' })),
    bearerToken: Type.Optional(SecretString('Token for it')),
    timeoutMs: Positive(10_000, 'Longest one query may take'),
    maxSeries: Positive(
      5_000,
      'Series of one query that are read: the busiest workloads; the rest is left out with a message',
    ),
    stepSeconds: Positive(60, 'Seconds of one sample; 60 except where traffic is replayed at speed'),
    region: Type.String({ default: 'default', minLength: 1, description: 'Region of the workloads it measures' }),
    workloadLabels: Type.Array(Type.String(), {
      default: ['namespace', 'workload'],
      minItems: 1,
      description: 'Labels that name a workload, outermost first',
    }),
    queries: Type.Object(
      {
        requests: Type.String({
          default: 'sum by (namespace, workload) (rate(http_requests_total[1m]))',
          description: 'Requests per second per workload',
        }),
        cpu: Type.String({
          default: 'sum by (namespace, workload) (rate(container_cpu_usage_seconds_total[1m]))',
          description: 'Cores per workload',
        }),
        memory: Type.String({
          default: 'sum by (namespace, workload) (container_memory_working_set_bytes)',
          description: 'Bytes per workload',
        }),
        replicas: Type.String({
          default: 'sum by (namespace, workload) (amadeus_workload_replicas)',
          description: 'Ready pods per workload',
        }),
        served: Type.String({
          default: 'sum by (namespace, workload) (rate(http_request_duration_seconds_count[1m]))',
          description:
            'Requests per second per workload that its pods answered; what a pod can serve is learned from it',
        }),
        latency: Type.String({
          default:
            'histogram_quantile(0.95, sum by (namespace, workload, le) (rate(http_request_duration_seconds_bucket[1m])))',
          description: 'p95 in seconds per workload; scaling learns from it what a pod can serve',
        }),
      },
      { ...strict, default: {} },
    ),
  },
  { ...strict, default: {} },
);
