export { activeTraceparent } from './active-span.ts';
export type { Logger, SpanAttributes, SpanOptions, Telemetry } from './contract.ts';
export { redactText } from './redaction.ts';
export { registerTracing } from './request-tracing.ts';
export { SeriesHistogram, type HistogramSeries } from './series-histogram.ts';
export { Tally } from './tally.ts';
export { createSilentTelemetry, createTelemetry, type TelemetryOptions } from './telemetry.ts';
