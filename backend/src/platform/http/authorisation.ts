import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/index.ts';
import type { Caller, Permission } from '../identity/index.ts';
import type { App } from './app.ts';

/** What the server needs to know who calls. */
export interface CallerProof {
  /** Who stands behind the headers; `anonymous` where they hold no proof. Throws where a proof is refused. */
  authenticate(headers: IncomingHttpHeaders): Promise<Caller>;
  anonymous: Caller;
}

/**
 * Finds out who calls and whether they may, before the body is read. UNAUTHENTICATED without a proof, TOKEN_INVALID with
 * a refused one, FORBIDDEN where the permission of the route is not the caller's.
 */
export function registerAuthorisation(app: App, proof: CallerProof): void {
  app.addHook('onRequest', async (request) => {
    const permission = request.routeOptions.config.permission;
    if (request.is404 || permission === 'public' || permission === undefined) return;
    request.caller = await proof.authenticate(request.headers);
    if (request.caller.kind === 'anonymous') {
      throw new AppError('UNAUTHENTICATED', 'The call carries no token.');
    }
    if (permission !== 'authenticated') demand(request, permission);
  });
}

function demand(request: FastifyRequest, permission: Permission): void {
  if (request.caller.permissions.has(permission)) return;
  throw new AppError('FORBIDDEN', `${request.caller.name} lacks the permission ${permission}.`, {
    extra: { permission },
  });
}
