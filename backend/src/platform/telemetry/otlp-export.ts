import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { Counter, type Registry } from 'prom-client';
import type { StartRecording } from './active-span.ts';
import type { LineSink } from './logging.ts';
import { logSinkTo } from './otlp-logs.ts';
import { RegistryProducer } from './otlp-metrics.ts';
import type { TraceContext } from './trace-context.ts';

export interface OtlpOptions {
  /** Base address; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added. */
  url: string;
  headers: Readonly<Record<string, string>>;
  serviceVersion: string;
  metrics: Registry;
  /** Called when exports of a signal begin to fail, once until one succeeds. */
  warn(message: string): void;
}

export interface OtlpExport {
  start: StartRecording;
  logSink: LineSink;
  /** Sends what waits and stops; at most five seconds per signal. */
  close(): Promise<void>;
}

const exportTimeoutMs = 5_000;
const metricIntervalMs = 30_000;

/** Sends logs, metrics and traces by OTLP over HTTP (JSON). Queues are bounded; what does not fit is dropped. */
export function startOtlpExport(options: OtlpOptions): OtlpExport {
  const resource = resourceFromAttributes({ 'service.name': 'amadeus', 'service.version': options.serviceVersion });
  const watch = failureWatch(options);
  const target = (signal: string) => ({
    url: `${options.url.replace(/\/+$/, '')}/v1/${signal}`,
    headers: { ...options.headers },
    timeoutMillis: exportTimeoutMs,
  });
  const tracers = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watch('traces', new OTLPTraceExporter(target('traces'))),
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  });
  const loggers = new LoggerProvider({
    resource,
    processors: [
      new BatchLogRecordProcessor({
        exporter: watch('logs', new OTLPLogExporter(target('logs'))),
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  });
  const reader = new PeriodicExportingMetricReader({
    exporter: watch('metrics', new OTLPMetricExporter(target('metrics'))),
    exportIntervalMillis: metricIntervalMs,
    exportTimeoutMillis: exportTimeoutMs,
    metricProducers: [new RegistryProducer(options.metrics)],
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  return {
    start: recordWith(tracers.getTracer('amadeus', options.serviceVersion)),
    logSink: logSinkTo(loggers.getLogger('amadeus', options.serviceVersion)),
    close: async () => {
      await Promise.allSettled([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
    },
  };
}

const kinds = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function recordWith(tracer: Tracer): StartRecording {
  return (name, attributes, kind, parent) => {
    const span = tracer.startSpan(name, { attributes, kind: kinds[kind] }, contextOf(parent));
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceId,
      spanId,
      sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
      recording: {
        annotate: (more) => void span.setAttributes(more),
        fail: (error) => {
          if (error instanceof Error) span.recordException(error);
          span.setStatus({ code: SpanStatusCode.ERROR, ...(error instanceof Error ? { message: error.message } : {}) });
        },
        end: () => span.end(),
      },
    };
  };
}

function contextOf(parent: TraceContext | undefined): Context {
  if (!parent) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  });
}

interface ExportResult {
  code: number;
  error?: Error;
}
interface Exporter<T> {
  export(items: T, done: (result: ExportResult) => void): void;
}

/** Counts failed exports and warns at the first of a row, so that a dead collector is seen and not repeated. */
function failureWatch({
  metrics,
  warn,
}: OtlpOptions): <T, E extends Exporter<T>>(signal: string, exporter: E & Exporter<T>) => E {
  const failures = new Counter({
    name: 'amadeus_telemetry_export_failures_total',
    help: 'Batches that the OTLP collector did not take.',
    labelNames: ['signal'],
    registers: [metrics],
  });
  return (signal, exporter) => {
    let failing = false;
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) =>
      send(items, (result) => {
        if (result.code !== 0) {
          failures.inc({ signal });
          if (!failing)
            warn(
              `The OTLP collector does not take ${signal}: ${result.error?.message ?? 'no reason given'}. Check telemetry.otlpUrl.`,
            );
        }
        failing = result.code !== 0;
        done(result);
      });
    return exporter;
  };
}
