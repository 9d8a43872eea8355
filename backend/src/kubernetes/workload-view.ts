import type { ClusterSettings } from '../platform/config/index.ts';
import type { KubeObject, ObjectRef, Pod, ReplicatedObject, Resource, Workload } from './contract.ts';
import { ownershipOf, type Autoscalers } from './ownership.ts';

/** What an object does not say by itself and its scale subresource does. */
export interface ScaledCount {
  replicas: number;
  readyReplicas: number;
  selector: Readonly<Record<string, string>>;
}

/** Items of a list carry neither kind nor version. */
export function refOf(object: KubeObject, { apiVersion, kind }: Resource): ObjectRef {
  return { apiVersion, kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/**
 * Whether an object says its replicas, its ready ones and its pods where Deployments do. Custom resources may keep them
 * anywhere; their scale subresource then tells.
 */
export function saysItsCount({ spec, status }: ReplicatedObject): boolean {
  return (
    typeof spec?.replicas === 'number' &&
    typeof status?.readyReplicas === 'number' &&
    spec.selector?.matchLabels !== undefined
  );
}

/** An object as a unit of scaling and healing, with who else speaks for it. */
export function workloadFrom(
  ref: ObjectRef,
  object: ReplicatedObject,
  scalers: Autoscalers,
  names: Pick<ClusterSettings, 'labels' | 'teams'>,
  count: ScaledCount | undefined,
): Workload {
  const { metadata, spec, status } = object;
  return {
    ref,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    replicas: count?.replicas ?? spec?.replicas ?? 1,
    readyReplicas: count?.readyReplicas ?? status?.readyReplicas ?? 0,
    selector: count?.selector ?? spec?.selector?.matchLabels ?? {},
    ...(spec?.template === undefined ? {} : { template: spec.template }),
    owners: ownershipOf(ref, object, scalers),
    belongsTo: belongingOf(ref, object, names),
  };
}

/** By the labels of the object, then of its pods, then by its namespace. */
function belongingOf(
  { namespace }: ObjectRef,
  { metadata, spec }: ReplicatedObject,
  { labels, teams }: Pick<ClusterSettings, 'labels' | 'teams'>,
): Workload['belongsTo'] {
  const all = [metadata.labels ?? {}, spec?.template?.metadata?.labels ?? {}];
  const named = (names: readonly string[]) =>
    all.flatMap((own) => names.map((name) => own[name])).find((value) => value !== undefined && value !== '');
  const [team, product] = [named(labels.team) ?? teams[namespace], named(labels.product)];
  return { ...(team === undefined ? {} : { team }), ...(product === undefined ? {} : { product }) };
}

/** The labels that a selector such as `app=web,tier=front` asks for; none where it asks in another way. */
export function labelsOf(selector: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const term of selector.split(',')) {
    const [, key, value] = /^\s*([^\s=!(),]+)\s*==?\s*([^\s=!(),]+)\s*$/.exec(term) ?? [];
    if (key === undefined || value === undefined) return {};
    labels[key] = value;
  }
  return labels;
}

/** Pods that are ready and stay. */
export function readyAmong(pods: readonly Pod[]): number {
  return pods.filter(
    ({ metadata, status }) =>
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
  ).length;
}
