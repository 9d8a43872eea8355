import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { fastify, LogController } from 'fastify';
import type { Socket } from 'node:net';
import type { Audit } from '../audit/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import { registerTracing, type Telemetry } from '../telemetry/index.ts';
import type { App } from './app.ts';
import { registerAuthorisation, type CallerProof } from './authorisation.ts';
import { registerRoutePermissions } from './declared-routes.ts';
import { registerErrorAnswers } from './error-answers.ts';
import { registerHttpMetrics, registerMetricsRoute } from './http-metrics.ts';
import { registerLoadShedding } from './load-shedding.ts';
import { registerOpenApi } from './openapi.ts';
import { problemContentType, toAppError, toProblem } from './problem.ts';
import { registerProbes, type ReadinessCheck } from './probes.ts';
import { createRefusalLimit, registerRateLimit } from './rate-limit.ts';
import { RefusalLog } from './refusal-log.ts';
import { registerRequestDeadline } from './request-deadline.ts';
import { freshTraceId, requestIdOf } from './request-facts.ts';
import { registerRequestLog } from './request-log.ts';
import { createValidatorCompiler } from './schema-validator.ts';
import { registerSecurityHeaders } from './security-headers.ts';

export interface HttpServerParts {
  config: Pick<Config, 'http'>;
  version: string;
  clock: Clock;
  telemetry: Telemetry;
  identity: CallerProof;
  audit: Pick<Audit, 'record'>;
  /** By name, what `/api/readyz` asks: warehouse, store, queue. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  /** Milliseconds that requests in progress get when the server closes. Default 10 s. */
  drainMs?: number;
}

/**
 * The HTTP server with everything around the routes: identity, permissions, limits, problems, documentation, probes and
 * metrics. Declare rooms' routes on what it returns, each room in its own `app.register`, then `listen`. `close` stops
 * taking requests, lets those in progress finish for `drainMs`, and ends what is left.
 */
export async function createHttpServer(parts: HttpServerParts): Promise<App> {
  const { config, telemetry, identity, version } = parts;
  const app = createApp(parts);
  const refusals = new RefusalLog(parts.audit, parts.clock, telemetry.log);
  app.decorateRequest('caller', null as never);
  app.decorateRequest('traceId', '');
  app.setValidatorCompiler(createValidatorCompiler());

  app.addHook('onRequest', (request, _reply, done) => {
    request.caller = identity.anonymous;
    done();
  });
  registerTracing(app, telemetry);
  registerRequestLog(app, () => telemetry.traceId());
  registerSecurityHeaders(app, config.http.publicUrl);
  registerHttpMetrics(app, telemetry.metrics);
  registerRequestDeadline(app, config.http.requestTimeoutMs, registerDrain(app, parts.drainMs ?? 10_000));
  await registerLoadShedding(app);
  registerRoutePermissions(app);
  registerAuthorisation(app, identity);
  await registerRateLimit(app, config.http.rateLimitPerMinute);
  registerErrorAnswers(app, {
    tooManyRefusals: createRefusalLimit(app, config.http.rateLimitPerMinute),
    onRefused: (request, error) =>
      refusals.note({
        caller: request.caller,
        origin: request.ip,
        route: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
        code: error.code,
        detail: error.message,
        traceId: request.traceId,
      }),
  });
  sweepRefusals(app, refusals);
  await registerOpenApi(app, version, config.http.publicUrl);
  registerProbes(app, version, parts.checks);
  registerMetricsRoute(app, telemetry.metrics, config.http.metricsToken);
  return app;
}

function createApp({ config, telemetry }: HttpServerParts): App {
  return fastify({
    loggerInstance: telemetry.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: config.http.bodyLimitBytes,
    // Each request has a deadline of its own (request-deadline.ts): an upload may take longer than any fixed time.
    requestTimeout: 0,
    trustProxy: config.http.trustedProxies.length > 0 ? config.http.trustedProxies : false,
    genReqId: requestIdOf,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    frameworkErrors: (error, request, reply) => {
      const known = toAppError(error);
      const body = JSON.stringify(toProblem(known, request.traceId || freshTraceId()));
      reply.hijack();
      reply.raw.writeHead(known.status, { 'content-type': problemContentType }).end(body);
    },
    clientErrorHandler: answerUnreadable,
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App;
}

/** @returns a signal that fires when the time of the requests in progress is up after `close` was called. */
function registerDrain(app: App, drainMs: number): AbortSignal {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  app.addHook('preClose', (done) => {
    timer = setTimeout(() => {
      controller.abort();
      app.server.closeAllConnections();
    }, drainMs);
    done();
  });
  // A connection that is kept alive after its last answer would hold the server open.
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (timer) void reply.header('connection', 'close');
    done();
  });
  app.addHook('onClose', (_app, done) => {
    clearTimeout(timer);
    done();
  });
  return controller.signal;
}

function sweepRefusals(app: App, refusals: RefusalLog): void {
  const timer = setInterval(() => refusals.sweep(), 60_000);
  timer.unref();
  app.addHook('onClose', async () => {
    clearInterval(timer);
    await refusals.flush();
  });
}

/** Bytes that are not HTTP, or too many of them in the headers. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const known =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new AppError('BAD_REQUEST', 'The headers of the request are too large.')
      : new AppError('BAD_REQUEST', 'This is not an HTTP request.');
  const body = JSON.stringify(toProblem(known, freshTraceId()));
  socket.end(
    `HTTP/1.1 ${known.status} Bad Request\r\nContent-Type: ${problemContentType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
