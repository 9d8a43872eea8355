/** JSON as the API carries it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Owner {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

export interface Meta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: Owner[];
  managedFields?: object[];
}

/** Any object that the cluster keeps. Kept objects are never altered: an update puts a new one in the place of the old. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: Meta;
  spec?: unknown;
  status?: unknown;
  [field: string]: unknown;
}

/** A failure as the API tells it. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object | undefined;

  constructor(code: number, reason: string, message: string, details?: object) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  body(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

export interface ResourceKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  /** Has the scale subresource; where its definition says otherwise, the fields that it stands for, as `spec.size`. */
  scales?: boolean | { replicas: string; current: string; selector: string };
}

const kind = (group: string, version: string, name: string, plural: string, more: Partial<ResourceKind> = {}) => ({
  ...{ group, version, kind: name, plural, namespaced: true },
  ...more,
});

/** What is installed in a new cluster. */
export const builtInKinds: readonly ResourceKind[] = [
  kind('', 'v1', 'Namespace', 'namespaces', { namespaced: false }),
  kind('', 'v1', 'Node', 'nodes', { namespaced: false }),
  kind('', 'v1', 'Pod', 'pods'),
  kind('', 'v1', 'Event', 'events'),
  kind('', 'v1', 'ConfigMap', 'configmaps'),
  kind('', 'v1', 'Secret', 'secrets'),
  kind('', 'v1', 'Service', 'services'),
  kind('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  kind('', 'v1', 'ResourceQuota', 'resourcequotas'),
  kind('apps', 'v1', 'Deployment', 'deployments', { scales: true }),
  kind('apps', 'v1', 'ReplicaSet', 'replicasets', { scales: true }),
  kind('apps', 'v1', 'StatefulSet', 'statefulsets', { scales: true }),
  kind('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  kind('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  kind('rbac.authorization.k8s.io', 'v1', 'Role', 'roles'),
  kind('rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings'),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', { namespaced: false }),
  kind('rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', { namespaced: false }),
];

/** Kinds that come with add-ons: given to a cluster that has them installed. */
export const addOnKinds = {
  keda: kind('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'),
  vpa: kind('autoscaling.k8s.io', 'v1', 'VerticalPodAutoscaler', 'verticalpodautoscalers'),
  rollouts: kind('argoproj.io', 'v1alpha1', 'Rollout', 'rollouts', { scales: true }),
  /** A kind of somebody's own, which keeps its replicas where its author liked. */
  fleets: kind('games.example.com', 'v1', 'Fleet', 'fleets', {
    scales: { replicas: 'spec.size', current: 'status.size', selector: 'status.podSelector' },
  }),
} as const;

export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}
