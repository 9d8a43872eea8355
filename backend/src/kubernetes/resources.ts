import type { Resource } from './contract.ts';

const one = (apiVersion: string, kind: string, plural: string, namespaced = true): Resource => ({
  apiVersion,
  kind,
  plural,
  namespaced,
});

/** The collections that the product reads or writes itself. */
export const resources = {
  pods: one('v1', 'Pod', 'pods'),
  events: one('v1', 'Event', 'events'),
  nodes: one('v1', 'Node', 'nodes', false),
  resourceQuotas: one('v1', 'ResourceQuota', 'resourcequotas'),
  deployments: one('apps/v1', 'Deployment', 'deployments'),
  statefulSets: one('apps/v1', 'StatefulSet', 'statefulsets'),
  replicaSets: one('apps/v1', 'ReplicaSet', 'replicasets'),
  horizontalPodAutoscalers: one('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  scaledObjects: one('keda.sh/v1alpha1', 'ScaledObject', 'scaledobjects'),
  verticalPodAutoscalers: one('autoscaling.k8s.io/v1', 'VerticalPodAutoscaler', 'verticalpodautoscalers'),
  leases: one('coordination.k8s.io/v1', 'Lease', 'leases'),
} as const;

/** The known resource of a kind, or undefined. */
export function knownResource(apiVersion: string, kind: string): Resource | undefined {
  return Object.values(resources).find((resource) => resource.apiVersion === apiVersion && resource.kind === kind);
}

/** Address of a collection, or of one object or subresource in it. Every part is escaped. */
export function pathOf(
  resource: Resource,
  at: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const base = resource.apiVersion.includes('/') ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  const inNamespace = resource.namespaced && at.namespace ? `/namespaces/${encodeURIComponent(at.namespace)}` : '';
  const name = at.name === undefined ? '' : `/${encodeURIComponent(at.name)}`;
  return `${base}${inNamespace}/${resource.plural}${name}${at.subresource === undefined ? '' : `/${at.subresource}`}`;
}
