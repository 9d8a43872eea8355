import type { Logger as PinoLogger } from 'pino';
import type { Registry } from 'prom-client';

export type Logger = PinoLogger;

/** Logs, metrics and traces. Metrics are read at `/metrics`; all three go by OTLP where `telemetry.otlpUrl` is set. */
export interface Telemetry {
  log: Logger;
  /** prom-client registry; create metrics through it, once, with a `amadeus_` prefix and base units. */
  metrics: Registry;
  /** Runs `work` in a span; errors are recorded on it and rethrown. */
  span<T>(name: string, attributes: Record<string, string | number | boolean>, work: () => Promise<T>): Promise<T>;
  /** Trace id of the present span, 32 hex digits, or undefined. */
  traceId(): string | undefined;
  close(): Promise<void>;
}
