import type { Scope } from '../platform/identity/index.ts';
import type { Policy } from './policy.ts';

const kinds = [
  ['regions', 'region'],
  ['teams', 'team'],
  ['products', 'product'],
] as const;

/** Whether the policy is about nothing that the caller does not see: it may be shown. */
export function isShown(scope: Scope, { match }: Pick<Policy, 'match'>): boolean {
  return kinds.every(([seen, named]) => isAmong(scope[seen], match[named] ?? []));
}

/** Whether the policy decides about requests of what the caller sees alone: the caller may change it. */
export function isOwn(scope: Scope, { match }: Pick<Policy, 'match'>): boolean {
  return kinds.every(([seen, named]) => scope[seen] === 'all' || (match[named] && isAmong(scope[seen], match[named])));
}

function isAmong(seen: readonly string[] | 'all', named: readonly string[]): boolean {
  return seen === 'all' || named.every((name) => seen.includes(name));
}

/** Region of a policy that is about one; undefined where it is about several or any. */
export function regionOf({ match }: Pick<Policy, 'match'>): string | undefined {
  const [only, ...others] = match.region ?? [];
  return others.length === 0 && only !== undefined && !only.endsWith('*') ? only : undefined;
}
