import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Permission } from '../identity/index.ts';

/** The HTTP server as rooms see it: routes are declared on it with TypeBox schemas and one permission each. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/**
 * What a route may demand besides a permission: `public` asks for nothing and knows nobody, `authenticated` asks for a
 * known caller of any kind.
 */
export type RoutePermission = Permission | 'public' | 'authenticated';

declare module 'fastify' {
  /*
   * `request.signal` of Fastify's own types fires when the caller went away or the request's time is up
   * (request-deadline.ts). Hand it to every query and call that the route waits for.
   */
  interface FastifyRequest {
    /** Who calls; anonymous on routes with permission `public`. */
    caller: Caller;
    /** Joins this request's answer, its lines of log and its spans. 32 hex digits. */
    traceId: string;
  }
  interface FastifyContextConfig {
    /** Needed to call the route. A route without one does not start. */
    permission?: RoutePermission;
    /** Longest the route may take, where it is not `http.requestTimeoutMs`: uploads and long downloads. */
    timeoutMs?: number;
  }
}
