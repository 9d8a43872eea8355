import { ApiError, type ApiObject, type ResourceKind } from '../api/object.ts';
import type { ObjectStore } from '../api/object-store.ts';
import { kinds, type PodObject, type PodTemplate, type ReplicatedObject } from './kinds.ts';
import { requestsOf } from './kubelet.ts';
import { quantity } from './quantity.ts';

interface Quota extends ApiObject {
  spec: { hard: Record<string, string> };
}

/** Refuses what an API server would refuse, as far as anybody here could send it. @throws ApiError 422 */
export function admit(kind: ResourceKind, object: ApiObject, before: ApiObject | undefined): ApiObject {
  if (kind.group === 'apps') checkReplicated(kind, object as ReplicatedObject, before as ReplicatedObject | undefined);
  return object;
}

function checkReplicated(kind: ResourceKind, object: ReplicatedObject, before: ReplicatedObject | undefined): void {
  const invalid = (field: string, why: string): ApiError =>
    new ApiError(422, 'Invalid', `${kind.kind}.${kind.group} "${object.metadata.name}" is invalid: ${field}: ${why}`);
  const { replicas = 1, selector, template } = object.spec ?? {};
  if (!Number.isInteger(replicas) || replicas < 0) {
    throw invalid('spec.replicas', `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`);
  }
  if (before && JSON.stringify(before.spec.selector) !== JSON.stringify(selector)) {
    throw invalid('spec.selector', 'Invalid value: field is immutable');
  }
  const containers = template?.spec?.containers ?? [];
  if (containers.length === 0) throw invalid('spec.template.spec.containers', 'Required value');
  for (const [index, { name, image, resources = {} }] of containers.entries()) {
    const field = `spec.template.spec.containers[${index}]`;
    if (!name || !image) throw invalid(`${field}.${name ? 'image' : 'name'}`, 'Required value');
    for (const [resource, text] of Object.entries({ ...resources.requests, ...resources.limits })) {
      if (quantity(text) === undefined) throw invalid(`${field}.resources`, `Invalid value: "${text}" (${resource})`);
    }
    for (const [resource, text] of Object.entries(resources.requests ?? {})) {
      const limit = quantity(resources.limits?.[resource]);
      if (limit !== undefined && (quantity(text) ?? 0) > limit) {
        throw invalid(
          `${field}.resources.requests`,
          `Invalid value: "${text}": must be less than or equal to ${resource} limit of ${resources.limits?.[resource]}`,
        );
      }
    }
  }
}

/** What pods of a namespace use, by the names that quotas have for it. */
function used(pods: readonly { spec: PodObject['spec'] }[]): Record<string, number> {
  const sum: Record<string, number> = { pods: pods.length };
  const add = (key: string, value: number | undefined) => (sum[key] = (sum[key] ?? 0) + (value ?? 0));
  for (const pod of pods) {
    const { cpu, memory } = requestsOf(pod);
    add('requests.cpu', cpu);
    add('requests.memory', memory);
    add('cpu', cpu);
    add('memory', memory);
    for (const { resources = {} } of pod.spec.containers) {
      add('limits.cpu', quantity(resources.limits?.cpu));
      add('limits.memory', quantity(resources.limits?.memory));
    }
  }
  return sum;
}

/** @throws ApiError 403 where a quota of the namespace has no room for one more pod of that template */
export function checkQuota(store: ObjectStore, namespace: string, template: PodTemplate): void {
  const quotas = store.list(kinds.quotas, namespace) as Quota[];
  if (quotas.length === 0) return;
  const present = store.list(kinds.pods, namespace) as PodObject[];
  const now = used(present);
  const next = used([...present, { spec: template.spec }]);
  for (const { metadata, spec } of quotas) {
    for (const [resource, hard] of Object.entries(spec.hard)) {
      if ((next[resource] ?? 0) <= (quantity(hard) ?? Number.POSITIVE_INFINITY)) continue;
      const asked = (next[resource] ?? 0) - (now[resource] ?? 0);
      throw new ApiError(
        403,
        'Forbidden',
        `pods is forbidden: exceeded quota: ${metadata.name}, requested: ${resource}=${asked}, used: ${resource}=${now[resource] ?? 0}, limited: ${resource}=${hard}`,
      );
    }
  }
}

/** Writes into each quota what of it is used. */
export function tellQuotas(store: ObjectStore): void {
  for (const quota of store.list(kinds.quotas) as Quota[]) {
    const sums = used(store.list(kinds.pods, quota.metadata.namespace) as PodObject[]);
    const { hard } = quota.spec;
    store.change(kinds.quotas, quota, (draft) => {
      const usedNow = Object.fromEntries(
        Object.keys(hard).map((resource) => {
          const value = sums[resource] ?? 0;
          return [resource, resource.includes('cpu') ? `${Math.round(value * 1000)}m` : String(value)];
        }),
      );
      draft.status = { hard, used: usedNow };
    });
  }
}
