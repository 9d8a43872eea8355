import type { Logger as PinoLogger } from 'pino';
import type { Registry } from 'prom-client';

export type Logger = PinoLogger;

export type SpanAttributes = Record<string, string | number | boolean>;

export interface SpanOptions {
  /** Default `internal`. */
  kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** W3C `traceparent` of the caller, used where no span is present; an invalid one is ignored and a new trace begins. */
  parent?: string | undefined;
  /** An error is told without its message, which may quote what somebody wrote. */
  hidesErrors?: boolean;
}

/** Logs, metrics and traces. Metrics are read at `/metrics`; all three go by OTLP where `telemetry.otlpUrl` is set. */
export interface Telemetry {
  log: Logger;
  /** prom-client registry; create metrics through it, once, with a `amadeus_` prefix and base units. */
  metrics: Registry;
  /** Runs `work` in a span, child of the present one; errors are recorded on it and rethrown. */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>, options?: SpanOptions): Promise<T>;
  /** Adds attributes to the present span; without one, nothing happens. */
  annotate(attributes: SpanAttributes): void;
  /** Trace id of the present span, 32 hex digits, or undefined. */
  traceId(): string | undefined;
  /** W3C `traceparent` of the present span, to hand on in a call or a job, or undefined. */
  traceparent(): string | undefined;
  close(): Promise<void>;
}
