import type { ApiObject, ResourceKind } from './object.ts';
import type { ObjectStore } from './object-store.ts';

export interface User {
  name: string;
  groups: readonly string[];
}

export interface Attributes {
  verb: string;
  group: string;
  resource: string;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
}

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  verbs?: string[];
  nonResourceURLs?: string[];
}

interface Binding extends ApiObject {
  subjects?: { kind: string; name: string; namespace?: string }[];
  roleRef: { kind: string; name: string };
}

interface RbacKinds {
  roles: ResourceKind;
  bindings: ResourceKind;
  clusterRoles: ResourceKind;
  clusterBindings: ResourceKind;
}

/** Members of this group may do everything, as in a real cluster. */
export const masters = 'system:masters';

/** Whether the roles and bindings that the cluster keeps let a user do something, with the API's words for why not. */
export function judge(
  store: ObjectStore,
  kinds: RbacKinds,
  user: User,
  asked: Attributes,
): { allowed: boolean; reason: string } {
  if (user.groups.includes(masters)) return { allowed: true, reason: '' };
  for (const binding of store.list(kinds.clusterBindings) as Binding[]) {
    if (!isSubject(binding, user)) continue;
    const role = store.find(kinds.clusterRoles, undefined, binding.roleRef.name);
    if (allows(role, asked)) {
      return { allowed: true, reason: `RBAC: allowed by ClusterRoleBinding "${binding.metadata.name}"` };
    }
  }
  if (asked.namespace !== undefined) {
    for (const binding of store.list(kinds.bindings, asked.namespace) as Binding[]) {
      if (!isSubject(binding, user)) continue;
      const { kind, name } = binding.roleRef;
      const role =
        kind === 'ClusterRole'
          ? store.find(kinds.clusterRoles, undefined, name)
          : store.find(kinds.roles, asked.namespace, name);
      if (allows(role, asked)) {
        return { allowed: true, reason: `RBAC: allowed by RoleBinding "${binding.metadata.name}/${asked.namespace}"` };
      }
    }
  }
  return { allowed: false, reason: '' };
}

function isSubject(binding: Binding, user: User): boolean {
  return (binding.subjects ?? []).some(({ kind, name, namespace }) => {
    if (kind === 'Group') return user.groups.includes(name);
    return user.name === (kind === 'ServiceAccount' ? `system:serviceaccount:${namespace ?? ''}:${name}` : name);
  });
}

function allows(role: ApiObject | undefined, { verb, group, resource, subresource, name }: Attributes): boolean {
  const rules = (role?.rules ?? []) as Rule[];
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const has = (list: readonly string[] | undefined, value: string) => list?.includes('*') || list?.includes(value);
  return rules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      (has(rule.resources, full) || (subresource !== undefined && rule.resources?.includes(`*/${subresource}`))) &&
      (rule.resourceNames === undefined ||
        rule.resourceNames.length === 0 ||
        (name !== undefined && rule.resourceNames.includes(name))),
  );
}

/** The refusal as an API server words it. */
export function refusal(user: User, { verb, group, resource, subresource, namespace, name }: Attributes): string {
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const of = `${group === '' ? full : `${resource}.${group}${subresource === undefined ? '' : `/${subresource}`}`}`;
  const named = name === undefined ? '' : ` "${name}"`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `${of}${named} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
}
