import type { FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beginSpan, carryOnly, withSpan, type ActiveSpan, type StartRecording } from './active-span.ts';
import type { Telemetry } from './contract.ts';

const tracers = new WeakMap<Telemetry, StartRecording>();
const spans = new WeakMap<FastifyRequest, ActiveSpan>();

/** Makes the tracer of `telemetry` known to registerTracing. */
export function attachTracer(telemetry: Telemetry, start: StartRecording): void {
  tracers.set(telemetry, start);
}

/** Probes and scrapes: they would be most of the spans and say nothing. */
const quietPaths: ReadonlySet<string> = new Set(['/api/healthz', '/api/readyz', '/metrics']);

/** What registerTracing needs of an app, whatever its type provider and logger. */
// `any`: Fastify's types are invariant in logger and type provider, and the hooks use neither.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Hookable = Pick<FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, any, any>, 'addHook'>;

/**
 * One server span per request, continuing the caller's `traceparent` (Grafana sends one), active in every handler and in
 * the lines they log. Call it before routes are declared.
 */
export function registerTracing(app: Hookable, telemetry: Telemetry): void {
  const hooks = app as unknown as FastifyInstance;
  const record = tracers.get(telemetry) ?? carryOnly;
  hooks.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url;
    const start = route !== undefined && quietPaths.has(route) ? carryOnly : record;
    const span = beginSpan(
      start,
      `${request.method} ${route ?? 'unknown'}`,
      {
        'http.request.method': request.method,
        'http.route': route ?? '',
        'url.path': request.url.split('?', 1)[0] ?? '',
      },
      { kind: 'server', parent: headerOf(request, 'traceparent') },
    );
    spans.set(request, span);
    // `close` comes after a finished answer as well as after a caller that went away.
    reply.raw.once('close', () => {
      span.recording?.annotate({ 'http.response.status_code': reply.raw.headersSent ? reply.raw.statusCode : 499 });
      if (reply.raw.statusCode >= 500) span.recording?.fail(undefined);
      span.recording?.end();
    });
    withSpan(span, done);
  });
  // Reading a body leaves the context of the first hook: enter it again before the handler runs.
  hooks.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) withSpan(span, done);
    else done();
  });
  hooks.addHook('onError', (request, _reply, error, done) => {
    spans.get(request)?.recording?.annotate({ 'error.type': error.name });
    done();
  });
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? undefined : value;
}
