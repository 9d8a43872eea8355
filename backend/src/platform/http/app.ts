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

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; anonymous on routes with permission `public`. */
    caller: Caller;
    /** Fires when the caller went away or the request's time is up. */
    signal: AbortSignal;
  }
  interface FastifyContextConfig {
    /** Needed to call the route; `public` needs nothing. A route without one does not start. */
    permission?: Permission | 'public';
  }
}
