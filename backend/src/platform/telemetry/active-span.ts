import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { SpanAttributes, SpanOptions } from './contract.ts';
import { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts';

/** A span that is being recorded. Without a collector nothing is recorded and only the context is carried. */
export interface Recording {
  annotate(attributes: SpanAttributes): void;
  fail(error: unknown): void;
  end(): void;
}

export interface ActiveSpan extends TraceContext {
  recording?: Recording;
}

/** Begins a recorded span below `parent`, or as the root of a new trace. */
export type StartRecording = (
  name: string,
  attributes: SpanAttributes,
  kind: NonNullable<SpanOptions['kind']>,
  parent: TraceContext | undefined,
) => ActiveSpan;

const storage = new AsyncLocalStorage<ActiveSpan>();

/** The span in which the caller runs. */
export function activeSpan(): ActiveSpan | undefined {
  return storage.getStore();
}

/** Runs `work` with `span` as the active one. */
export function withSpan<T>(span: ActiveSpan, work: () => T): T {
  return storage.run(span, work);
}

/** W3C `traceparent` of the active span, to hand on in a call or a job. */
export function activeTraceparent(): string | undefined {
  const span = storage.getStore();
  return span && formatTraceparent(span);
}

/** Carries the trace without recording it: a few random bytes per span. */
export const carryOnly: StartRecording = (_name, _attributes, _kind, parent) => ({
  traceId: parent?.traceId ?? randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  sampled: parent?.sampled ?? false,
});

/** Begins a span below the active one, else below the `traceparent` of the options, else a new trace. */
export function beginSpan(
  start: StartRecording,
  name: string,
  attributes: SpanAttributes,
  options: SpanOptions = {},
): ActiveSpan {
  const parent = storage.getStore() ?? parseTraceparent(options.parent);
  return start(name, attributes, options.kind ?? 'internal', parent);
}
