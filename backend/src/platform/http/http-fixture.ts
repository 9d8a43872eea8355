import { ManualClock } from '../clock/index.ts';
import { loadConfig } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { AuditEvent } from '../audit/index.ts';
import type { Caller, Permission } from '../identity/index.ts';
import { createSilentTelemetry } from '../telemetry/index.ts';
import type { App } from './app.ts';
import { createHttpServer, type HttpServerParts } from './http-server.ts';

/** A server whose callers are named by their token: `viewer`, `admin`, or `broken`, which is refused. */
export async function testServer(
  declare: (app: App) => void,
  options: { environment?: Record<string, string>; parts?: Partial<HttpServerParts> } = {},
): Promise<{ app: App; audited: AuditEvent[]; clock: ManualClock; parts: HttpServerParts }> {
  const audited: AuditEvent[] = [];
  const clock = new ManualClock();
  const parts: HttpServerParts = {
    config: loadConfig({ environment: options.environment ?? {} }),
    version: '0.0.0-test',
    clock,
    telemetry: createSilentTelemetry(),
    identity: { anonymous: caller('anonymous', []), authenticate: (headers) => authenticate(headers.authorization) },
    audit: { record: async (event) => void audited.push(event) },
    checks: { warehouse: async () => true, store: async () => true, queue: async () => true },
    ...options.parts,
  };
  const app = await createHttpServer(parts);
  declare(app);
  await app.ready();
  return { app, audited, clock, parts };
}

async function authenticate(authorization: string | undefined): Promise<Caller> {
  if (authorization === undefined) return caller('anonymous', []);
  const name = authorization.replace('Bearer ', '');
  if (name === 'viewer') return caller('viewer', ['cost:read']);
  if (name === 'admin') return caller('admin', ['cost:read', 'keys:manage', 'audit:read']);
  throw new AppError('TOKEN_INVALID', 'The token is not known.');
}

function caller(name: string, permissions: readonly Permission[]): Caller {
  return {
    kind: name === 'anonymous' ? 'anonymous' : 'person',
    id: name === 'anonymous' ? 'anonymous' : `user:${name}`,
    name,
    roles: [],
    permissions: new Set(permissions),
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
  };
}
