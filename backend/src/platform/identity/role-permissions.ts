import type { Permission, Role } from './contract.ts';

/** Questions only: what a data source may ask on behalf of alert rules and public dashboards. */
export const readPermissions: readonly Permission[] = ['cost:read', 'traffic:read', 'changes:read', 'sources:read'];

/** What each role may do. `internal` belongs to nodes of the system and to no role. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: readPermissions,
  finops: [...readPermissions, 'changes:propose', 'changes:approve', 'ingest:write', 'settings:read'],
  product: [...readPermissions, 'changes:propose'],
  platform: [
    ...readPermissions,
    'changes:propose',
    'changes:approve',
    'changes:apply',
    'ingest:write',
    'notify:test',
    'settings:read',
  ],
  admin: [
    ...readPermissions,
    'changes:propose',
    'changes:approve',
    'changes:apply',
    'ingest:write',
    'notify:test',
    'settings:read',
    'keys:manage',
    'audit:read',
  ],
};

/** Everything that any of the roles may do. */
export function permissionsOf(roles: readonly Role[]): Set<Permission> {
  return new Set(roles.flatMap((role) => rolePermissions[role]));
}
