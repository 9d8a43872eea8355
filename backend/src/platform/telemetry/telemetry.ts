import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Config } from '../config/index.ts';
import { activeSpan, activeTraceparent, beginSpan, carryOnly, withSpan, type StartRecording } from './active-span.ts';
import type { SpanAttributes, SpanOptions, Telemetry } from './contract.ts';
import { createLogger, streamSink, type LineSink } from './logging.ts';
import type { OtlpExport } from './otlp-export.ts';
import { attachTracer } from './request-tracing.ts';

export interface TelemetryOptions {
  config: Pick<Config, 'telemetry'>;
  serviceVersion: string;
  /** Where lines of log go. Default: standard output, readable where it is a terminal. */
  destination?: { write(text: string): unknown };
  /** Process and Node metrics in the registry. Default true. */
  processMetrics?: boolean;
}

/**
 * Logs, metrics and traces of one process. The OpenTelemetry SDK is loaded only where `telemetry.otlpUrl` is set; without
 * it, trace context is still carried from callers to logs, answers and outgoing calls.
 */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { config, serviceVersion } = options;
  const metrics = new Registry();
  const sinks: LineSink[] = [
    options.destination
      ? streamSink(options.destination, false)
      : streamSink(process.stdout, process.stdout.isTTY === true),
  ];
  const log = createLogger({ level: config.telemetry.logLevel, version: serviceVersion, sinks });
  if (options.processMetrics !== false) collectDefaultMetrics({ register: metrics });
  new Gauge({
    name: 'amadeus_build_info',
    help: 'Always 1; the version of the service is a label.',
    labelNames: ['version'],
    registers: [metrics],
  }).set({ version: serviceVersion }, 1);

  let otlp: OtlpExport | undefined;
  if (config.telemetry.otlpUrl !== undefined) {
    const { startOtlpExport } = await import('./otlp-export.ts');
    otlp = startOtlpExport({
      url: config.telemetry.otlpUrl,
      headers: config.telemetry.otlpHeaders ?? {},
      serviceVersion,
      metrics,
      // To the first sink alone: a failed export that is itself exported would never end.
      warn: (message) => {
        const line = {
          level: 'warn',
          time: new Date().toISOString(),
          service: 'amadeus',
          version: serviceVersion,
          msg: message,
        };
        sinks[0]?.write(`${JSON.stringify(line)}\n`);
      },
    });
    sinks.push(otlp.logSink);
  }
  return composeTelemetry(log, metrics, otlp?.start ?? carryOnly, async () => otlp?.close());
}

/** Telemetry for tests: no output, an empty registry, trace context carried. */
export function createSilentTelemetry(): Telemetry {
  const log = createLogger({ level: 'silent', version: 'test', sinks: [] });
  return composeTelemetry(log, new Registry(), carryOnly, async () => {});
}

function composeTelemetry(
  log: Telemetry['log'],
  metrics: Registry,
  start: StartRecording,
  close: () => Promise<void>,
): Telemetry {
  const telemetry: Telemetry = {
    log,
    metrics,
    span: (name, attributes, work, options) => runInSpan(start, name, attributes, work, options),
    annotate: (attributes) => activeSpan()?.recording?.annotate(attributes),
    traceId: () => activeSpan()?.traceId,
    traceparent: activeTraceparent,
    close,
  };
  attachTracer(telemetry, start);
  return telemetry;
}

async function runInSpan<T>(
  start: StartRecording,
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<T>,
  options?: SpanOptions,
): Promise<T> {
  const span = beginSpan(start, name, attributes, options);
  try {
    return await withSpan(span, work);
  } catch (error) {
    span.recording?.fail(options?.hidesErrors === true ? undefined : error);
    throw error;
  } finally {
    span.recording?.end();
  }
}
