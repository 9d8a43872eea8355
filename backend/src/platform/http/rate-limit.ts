import rateLimit from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';

const windowMs = 60_000;
/** Callers remembered at once; the longest unseen is forgotten first. */
const maxCallers = 20_000;

/**
 * Limits requests per caller and minute: by identity where the caller is known, by address where not. Counters live in
 * the process. They protect this process from being overrun, so that each replica adds its own capacity; sharing them
 * would put a store's round trip, and its outages, in front of every request.
 */
export async function registerRateLimit(app: App, perMinute: number): Promise<void> {
  await app.register(rateLimit, {
    max: perMinute,
    timeWindow: windowMs,
    cache: maxCallers,
    // Route hooks run after the server's own, so that the caller is known here.
    hook: 'onRequest',
    keyGenerator: keyOf,
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { max, ttl }) => tooMany(`at most ${max} requests a minute`, ttl),
  });
}

/**
 * Counts refused calls and unknown addresses per address of origin: a tenth of what a caller may send.
 * @returns a function that counts one and gives the error to answer with once there are too many.
 */
export function createRefusalLimit(
  app: App,
  perMinute: number,
): (request: FastifyRequest, reply: FastifyReply) => Promise<AppError | undefined> {
  const max = Math.max(10, Math.ceil(perMinute / 10));
  const count = app.createRateLimit({ max, timeWindow: windowMs, keyGenerator: (request) => `refused:${request.ip}` });
  return async (request, reply) => {
    const verdict = await count(request);
    if (verdict.isAllowed || !verdict.isExceeded) return undefined;
    void reply.header('retry-after', String(verdict.ttlInSeconds));
    return tooMany(`at most ${max} refused calls a minute from one address`, verdict.ttl);
  };
}

function keyOf(request: FastifyRequest): string {
  const { kind, id, scope } = request.caller;
  return kind === 'anonymous' ? `address:${request.ip}` : `${scope.tenant}/${id}`;
}

function tooMany(limit: string, ttlMs: number): AppError {
  return new AppError('RATE_LIMITED', `This caller may send ${limit}; try again in ${Math.ceil(ttlMs / 1000)} s.`);
}
