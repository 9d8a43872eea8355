import type { Config } from '../config/index.ts';
import type { Role, Scope } from './contract.ts';

type ScopeRule = Config['identity']['scopes'][number];
type Part = readonly string[] | 'all';
const parts = ['regions', 'teams', 'products'] as const;

/** The tenant of a Grafana organisation: the first one, which every Grafana has, is `default`. */
export function tenantOfOrg(orgId: number): string {
  return orgId === 1 ? 'default' : `org-${orgId}`;
}

/** Everything of a tenant. */
export function wholeTenant(tenant: string): Scope {
  return { tenant, regions: 'all', teams: 'all', products: 'all' };
}

/**
 * What a member may see. Rules without a role and a team hold for everybody. Rules of a role or a team hold for its
 * members; whoever has several roles or teams sees what any of them names. A member sees what both kinds leave; regions,
 * teams and products that no rule names are not restricted.
 */
export function scopeOfMember(
  tenant: string,
  rules: readonly ScopeRule[],
  member: { roles: readonly Role[]; groups: readonly string[] },
): Scope {
  const forAll = rules.filter((rule) => rule.role === undefined && rule.team === undefined);
  const own = rules.filter(
    (rule) =>
      !forAll.includes(rule) &&
      (rule.role === undefined || member.roles.includes(rule.role)) &&
      (rule.team === undefined || member.groups.includes(rule.team)),
  );
  return narrowScope(namedBy(tenant, forAll), namedBy(tenant, own));
}

function namedBy(tenant: string, rules: readonly ScopeRule[]): Scope {
  const scope = wholeTenant(tenant);
  for (const part of parts) {
    const named = rules.map((rule) => rule[part]).filter((list) => list !== undefined);
    if (named.length > 0) scope[part] = [...new Set(named.flat())];
  }
  return scope;
}

/** What both scopes allow. Both must be of one tenant. */
export function narrowScope(a: Scope, b: Scope): Scope {
  if (a.tenant !== b.tenant) throw new Error(`scopes of two tenants meet: ${a.tenant} and ${b.tenant}`);
  return {
    tenant: a.tenant,
    regions: both(a.regions, b.regions),
    teams: both(a.teams, b.teams),
    products: both(a.products, b.products),
  };
}

/** Whether whoever sees `outer` sees everything of `inner`. */
export function isScopeWithin(inner: Scope, outer: Scope): boolean {
  const isPart = (some: Part, all: Part): boolean =>
    all === 'all' || (some !== 'all' && some.every((name) => all.includes(name)));
  return inner.tenant === outer.tenant && parts.every((part) => isPart(inner[part], outer[part]));
}

/** What of the data something that people keep tells of. */
export type KeptScope = Omit<Scope, 'tenant'>;

/**
 * What somebody must see to be told of a thing that `author` keeps: the regions that its author names, or else all that the
 * author sees; the teams and products that its filters name, or else those that the author is limited to. An empty list is
 * seen by everybody. Undefined where it names what the author may not see.
 */
export function scopeOfKept(
  author: Scope,
  names: { regions?: Part; teams?: readonly string[]; products?: readonly string[] },
): KeptScope | undefined {
  const named = (filtered: readonly string[] | undefined, seen: Part): Part =>
    filtered?.filter((name) => name !== '') ?? (seen === 'all' ? [] : seen);
  const kept = {
    regions: names.regions ?? author.regions,
    teams: named(names.teams, author.teams),
    products: named(names.products, author.products),
  };
  return isScopeWithin({ tenant: author.tenant, ...kept }, author) ? kept : undefined;
}

/** Whether somebody may be told of a kept thing. */
export function seesKept(scope: Scope, kept: KeptScope): boolean {
  return isScopeWithin({ ...kept, tenant: scope.tenant }, scope);
}

function both(a: Part, b: Part): Part {
  if (a === 'all') return b;
  if (b === 'all') return a;
  return a.filter((name) => b.includes(name));
}
