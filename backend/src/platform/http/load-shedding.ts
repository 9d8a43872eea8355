import underPressure from '@fastify/under-pressure';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';
import { isProbe } from './probes.ts';

/** Mean delay of the event loop over a second, in milliseconds, above which new requests are turned away. */
const defaultMaxDelayMs = 1_500;
const defaultSampleMs = 1_000;
/** Pressure must last this long before anything is turned away: one long turn, e.g. at the start, is no overload. */
const defaultGraceMs = 3_000;
const retryAfterSeconds = 5;

/** Answers UNAVAILABLE while the event loop cannot keep up. Probes and scrapes always get through. */
export async function registerLoadShedding(
  app: App,
  { maxDelayMs = defaultMaxDelayMs, sampleMs = defaultSampleMs, graceMs = defaultGraceMs } = {},
): Promise<void> {
  let since = 0;
  let seen = 0;
  const lasts = (): boolean => {
    const now = performance.now();
    if (now - seen > 2 * sampleMs) since = now;
    seen = now;
    return now - since >= graceMs;
  };
  await app.register(underPressure, {
    maxEventLoopDelay: maxDelayMs,
    sampleInterval: sampleMs,
    pressureHandler: (request, reply) => {
      if (isProbe(request.routeOptions.url) || !lasts()) return;
      void reply.header('retry-after', String(retryAfterSeconds));
      throw new AppError('UNAVAILABLE', 'The service is overloaded.', {
        help: 'Repeat the request in a few seconds. If it persists, add a replica of the service.',
      });
    },
  });
}
