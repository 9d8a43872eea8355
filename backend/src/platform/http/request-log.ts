import type { App } from './app.ts';
import { isProbe } from './probes.ts';
import { freshTraceId, pathOf } from './request-facts.ts';

/**
 * Gives each request its trace id and writes one line when it is over: method, path, status, time and caller. Query
 * values, headers and bodies are never written; they may hold tokens and people's words.
 */
export function registerRequestLog(app: App, traceId: () => string | undefined): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.traceId = traceId() ?? freshTraceId();
    void reply.header('x-request-id', request.id);
    void reply.header('x-trace-id', request.traceId);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      path: pathOf(request.url),
      route: request.routeOptions.url,
      status: reply.raw.writableEnded ? reply.statusCode : 499,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      caller: request.caller.id,
      tenant: request.caller.scope.tenant,
      traceId: request.traceId,
    };
    if (isProbe(request.routeOptions.url)) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
    done();
  });
}
