/** Everything a caller may be allowed to do. Routes name one; roles map to sets of them. */
export const permissions = [
  'cost:read',
  'traffic:read',
  'changes:read',
  'changes:propose',
  'changes:approve',
  'changes:apply',
  'ingest:write',
  'sources:read',
  'sources:write',
  'prices:write',
  'budgets:write',
  'reports:write',
  'tags:write',
  'gateway:write',
  'notify:test',
  'keys:manage',
  'audit:read',
  'settings:read',
  'internal',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = ['viewer', 'finops', 'product', 'platform', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What of the data a caller may see. It is added to every warehouse query in one place. */
export interface Scope {
  tenant: string;
  regions: readonly string[] | 'all';
  teams: readonly string[] | 'all';
  products: readonly string[] | 'all';
}

/** Who is calling: a person in Grafana, a data source without a person, a program, or a node of the system. */
export interface Caller {
  kind: 'person' | 'service' | 'program' | 'node' | 'anonymous';
  /** Stable id, e.g. `user:7`, `key:ak_...`, `service:datasource`. */
  id: string;
  name: string;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
  scope: Scope;
}
