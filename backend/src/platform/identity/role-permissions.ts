import type { Permission, Role } from './contract.ts';

/** Questions only: what a data source may ask on behalf of alert rules and public dashboards. */
export const readPermissions: readonly Permission[] = ['cost:read', 'traffic:read', 'changes:read', 'sources:read'];

/** What each role may do. `internal` belongs to nodes of the system and to no role. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: readPermissions,
  finops: [
    ...readPermissions,
    'changes:propose',
    'changes:approve',
    'ingest:write',
    'settings:read',
    'sources:write',
    'prices:write',
    'budgets:write',
    'reports:write',
    'tags:write',
  ],
  product: [...readPermissions, 'changes:propose', 'budgets:write', 'reports:write'],
  platform: [
    ...readPermissions,
    'changes:propose',
    'changes:approve',
    'changes:apply',
    'ingest:write',
    'notify:test',
    'settings:read',
    'sources:write',
    'prices:write',
    'tags:write',
    'gateway:write',
  ],
  admin: [
    ...readPermissions,
    'changes:propose',
    'changes:approve',
    'changes:apply',
    'ingest:write',
    'notify:test',
    'settings:read',
    'sources:write',
    'prices:write',
    'budgets:write',
    'reports:write',
    'tags:write',
    'gateway:write',
    'keys:manage',
    'audit:read',
  ],
};

/** Everything that any of the roles may do. */
export function permissionsOf(roles: readonly Role[]): Set<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]));
}
