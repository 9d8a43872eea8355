import { Gauge, Histogram, type Registry } from 'prom-client';
import Type from 'typebox';
import { AppError } from '../errors/index.ts';
import { sameSecret } from '../identity/index.ts';
import type { App } from './app.ts';

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Time and outcome of every request by route pattern, never by address, caller or tenant. */
export function registerHttpMetrics(app: App, registry: Registry): void {
  const duration = new Histogram({
    name: 'amadeus_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
    registers: [registry],
  });
  const inFlight = new Gauge({
    name: 'amadeus_http_requests_in_flight',
    help: 'Requests that have not been answered yet.',
    registers: [registry],
  });
  app.addHook('onRequest', (request, reply, done) => {
    inFlight.inc();
    const end = duration.startTimer({ method: request.method, route: request.routeOptions.url ?? 'unknown' });
    reply.raw.once('close', () => {
      inFlight.dec();
      end({ status: String(reply.raw.writableEnded ? reply.raw.statusCode : 499) });
    });
    done();
  });
}

/**
 * `/metrics` in the text format of Prometheus. Open like every exporter's, as it holds no data of a tenant; where `token`
 * is given, a scrape must carry it as a bearer token.
 */
export function registerMetricsRoute(app: App, registry: Registry, token: string | undefined): void {
  app.get(
    '/metrics',
    {
      config: { permission: 'public', rateLimit: false },
      schema: {
        summary: 'Metrics of the service in the text format of Prometheus',
        tags: ['service'],
        produces: ['text/plain'],
        response: { 200: Type.String({ examples: ['amadeus_build_info{version="0.1.0"} 1\n'] }) },
      },
    },
    async (request, reply) => {
      if (token !== undefined && !sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
        throw new AppError('UNAUTHENTICATED', 'Reading the metrics needs the token of http.metricsToken.');
      }
      void reply.type(registry.contentType);
      return await registry.metrics();
    },
  );
}
