import { ROOT_CONTEXT, SeverityNumber, TraceFlags, trace, type Attributes, type Logger } from '@opentelemetry/api';
import type { LineSink, LogLine } from './logging.ts';

const severities: Readonly<Record<string, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

/** A sink that turns the redacted lines into OpenTelemetry log records, joined to their trace. */
export function logSinkTo(logger: Logger): LineSink {
  return {
    write: (line) => {
      const { time, level, msg, traceId, spanId, err, service: _s, version: _v, ...rest } = JSON.parse(line) as LogLine;
      logger.emit({
        timestamp: new Date(time),
        severityNumber: severities[level] ?? SeverityNumber.UNSPECIFIED,
        severityText: level,
        body: msg ?? '',
        attributes: { ...flat(rest), ...exceptionOf(err) },
        ...(traceId !== undefined && spanId !== undefined
          ? { context: trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }) }
          : {}),
      });
    },
  };
}

function flat(fields: Record<string, unknown>): Attributes {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? value
        : JSON.stringify(value),
    ]),
  );
}

/** Names of the OpenTelemetry conventions for exceptions. */
function exceptionOf(err: LogLine['err']): Attributes {
  if (!err) return {};
  return {
    'exception.type': err.type ?? 'Error',
    'exception.message': err.message ?? '',
    'exception.stacktrace': err.stack ?? '',
  };
}
