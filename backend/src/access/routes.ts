import type { App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import { apiKeyRoutes, type ApiKeyRouteParts } from './api-key-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { MeSchema, type Me } from './contract.ts';
import type { AuditLog } from '../platform/audit/index.ts';

/** Who am I, the keys of programs, and the audit log. */
export function accessRoutes(app: App, parts: ApiKeyRouteParts & { audit: AuditLog }): void {
  app.get(
    '/api/me',
    {
      config: { permission: 'authenticated' },
      schema: { summary: 'Who the caller is and what they may do', tags: ['access'], response: { 200: MeSchema } },
    },
    (request) => meOf(request.caller),
  );
  apiKeyRoutes(app, parts);
  auditRoutes(app, parts.audit);
}

function meOf({ id, kind, name, roles, permissions, scope }: Caller): Me {
  const { tenant, regions, teams, products } = scope;
  const listed = (part: readonly string[] | 'all'): string[] | 'all' => (part === 'all' ? 'all' : [...part]);
  return {
    id,
    kind,
    name,
    roles: [...roles],
    permissions: [...permissions].sort(),
    tenant,
    scope: { regions: listed(regions), teams: listed(teams), products: listed(products) },
  };
}
