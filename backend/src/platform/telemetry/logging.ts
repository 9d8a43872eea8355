import { pino, type Logger } from 'pino';
import { activeSpan } from './active-span.ts';
import { redactLine } from './redaction.ts';

/** Takes finished, redacted lines of JSON, each with its line feed. */
export interface LineSink {
  write(line: string): void;
}

/** A line of log as pino writes it here. */
export interface LogLine {
  level: string;
  time: string;
  msg?: string;
  traceId?: string;
  spanId?: string;
  err?: { type?: string; message?: string; stack?: string };
  [field: string]: unknown;
}

export interface LoggingOptions {
  level: string;
  version: string;
  sinks: readonly LineSink[];
}

/**
 * A pino logger that writes each line to every sink: ISO time, level as a word, traceId and spanId of the active span,
 * secrets taken out.
 */
export function createLogger({ level, version, sinks }: LoggingOptions): Logger {
  return pino(
    {
      level,
      base: { service: 'amadeus', version },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const span = activeSpan();
        return span ? { traceId: span.traceId, spanId: span.spanId } : {};
      },
    },
    {
      write: (line: string) => {
        const clean = redactLine(line);
        for (const sink of sinks) sink.write(clean);
      },
    },
  );
}

/** Writes to a stream such as standard output: JSON as it is, or a line for people where `readable` is true. */
export function streamSink(stream: { write(text: string): unknown }, readable: boolean): LineSink {
  return { write: (line) => void stream.write(readable ? readableLine(line) : line) };
}

const unread = new Set(['level', 'time', 'msg', 'service', 'version', 'err', 'spanId', 'pid', 'hostname']);

/** `12:03:04.567 WARN  message key=value`, with the stack of an error below. */
export function readableLine(line: string): string {
  let entry: LogLine;
  try {
    entry = JSON.parse(line) as LogLine;
  } catch {
    return line;
  }
  const rest = Object.entries(entry)
    .filter(([key]) => !unread.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = `${entry.time.slice(11, 23)} ${entry.level.toUpperCase().padEnd(5)} ${entry.msg ?? ''}`;
  const stack = entry.err?.stack;
  return `${[head, ...rest].join(' ').trimEnd()}\n${stack ? `${stack.replace(/^/gm, '    ')}\n` : ''}`;
}
