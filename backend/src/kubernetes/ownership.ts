import type { KubeObject, ObjectRef, Ownership } from './contract.ts';

interface TargetRef {
  apiVersion?: string;
  kind?: string;
  name?: string;
}

/** An HPA, a KEDA ScaledObject or a VPA as far as it names whom it scales. */
export interface Autoscaler extends KubeObject {
  spec?: {
    scaleTargetRef?: TargetRef;
    targetRef?: TargetRef;
    minReplicas?: number;
    maxReplicas?: number;
    minReplicaCount?: number;
    maxReplicaCount?: number;
    updatePolicy?: { updateMode?: string };
  };
}

export interface Autoscalers {
  hpas: readonly Autoscaler[];
  scaledObjects: readonly Autoscaler[];
  vpas: readonly Autoscaler[];
}

type Held = Ownership['autoscalers'][number];

/** Who else writes this object: autoscalers that name it, and managers that its labels, annotations and fields tell of. */
export function ownershipOf(ref: ObjectRef, object: KubeObject, scalers: Autoscalers): Ownership {
  const managers = managersOf(object);
  return {
    autoscalers: autoscalersOf(ref, scalers),
    managers,
    gitOps: managers.some(({ kind }) => kind !== 'helm'),
  };
}

function autoscalersOf(ref: ObjectRef, { hpas, scaledObjects, vpas }: Autoscalers): Held[] {
  const found: Held[] = [];
  const bounds = (min: number | undefined, max: number | undefined) => ({
    ...(min === undefined ? {} : { minReplicas: min }),
    ...(max === undefined ? {} : { maxReplicas: max }),
  });
  for (const keda of scaledObjects) {
    if (!isFor(ref, keda, keda.spec?.scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment' })) continue;
    const { annotations = {} } = keda.metadata;
    const paused =
      annotations['autoscaling.keda.sh/paused'] === 'true' ||
      annotations['autoscaling.keda.sh/paused-replicas'] !== undefined;
    const { minReplicaCount, maxReplicaCount } = keda.spec ?? {};
    found.push({ kind: 'keda', name: keda.metadata.name, acts: !paused, ...bounds(minReplicaCount, maxReplicaCount) });
  }
  for (const hpa of hpas) {
    if (!isFor(ref, hpa, hpa.spec?.scaleTargetRef) || isOfKeda(hpa)) continue;
    const { minReplicas = 1, maxReplicas } = hpa.spec ?? {};
    found.push({ kind: 'hpa', name: hpa.metadata.name, acts: true, ...bounds(minReplicas, maxReplicas) });
  }
  for (const vpa of vpas) {
    if (!isFor(ref, vpa, vpa.spec?.targetRef)) continue;
    found.push({ kind: 'vpa', name: vpa.metadata.name, acts: vpa.spec?.updatePolicy?.updateMode !== 'Off' });
  }
  return found;
}

function isFor(
  ref: ObjectRef,
  scaler: KubeObject,
  target: TargetRef | undefined,
  defaults: { apiVersion?: string; kind?: string } = {},
): boolean {
  if (!target || scaler.metadata.namespace !== ref.namespace || target.name !== ref.name) return false;
  const { apiVersion = defaults.apiVersion, kind = defaults.kind } = target;
  // A group's versions name the same object.
  return kind === ref.kind && (apiVersion === undefined || groupOf(apiVersion) === groupOf(ref.apiVersion));
}

/** KEDA scales through an HPA of its own: that is one controller, not two. */
function isOfKeda({ metadata }: KubeObject): boolean {
  return (
    metadata.labels?.['scaledobject.keda.sh/name'] !== undefined ||
    (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'ScaledObject')
  );
}

function managersOf({ metadata }: KubeObject): Ownership['managers'] {
  const { labels = {}, annotations = {}, managedFields = [], ownerReferences = [] } = metadata;
  const wroteFields = (pattern: RegExp) => managedFields.some(({ manager }) => pattern.test(manager ?? ''));
  const found: { kind: Ownership['managers'][number]['kind']; name: string }[] = [];

  const tracking = annotations['argocd.argoproj.io/tracking-id'];
  const argo = tracking?.split(':')[0] ?? labels['argocd.argoproj.io/instance'];
  if (argo !== undefined) found.push({ kind: 'argo-cd', name: argo });
  else if (wroteFields(/^argocd-(application-)?controller$/)) {
    found.push({ kind: 'argo-cd', name: labels['app.kubernetes.io/instance'] ?? 'unknown' });
  }

  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name'];
  if (flux !== undefined) found.push({ kind: 'flux', name: flux });
  else if (wroteFields(/^kustomize-controller$/)) found.push({ kind: 'flux', name: 'unknown' });

  const release = annotations['meta.helm.sh/release-name'];
  if (release !== undefined || labels['app.kubernetes.io/managed-by'] === 'Helm') {
    found.push({ kind: 'helm', name: release ?? labels['app.kubernetes.io/instance'] ?? 'unknown' });
  }

  const owner = ownerReferences.find(({ controller }) => controller);
  if (owner) found.push({ kind: 'operator', name: `${owner.kind}/${owner.name}` });
  return found;
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
