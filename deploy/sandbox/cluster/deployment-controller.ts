import { createHash } from 'node:crypto';
import { controllerOf, isReady, kinds, type ReplicatedObject } from './kinds.ts';
import { condition, leastWanted, PodKeeper, type ControllerParts } from './pod-keeper.ts';

const revisionKey = 'deployment.kubernetes.io/revision';
const hashKey = 'pod-template-hash';

/** Deployments by ReplicaSets, with rollout, rollback and revisions; ReplicaSets by pods. */
export class DeploymentController {
  readonly #parts: ControllerParts;
  readonly #keeper: PodKeeper;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#keeper = new PodKeeper(parts);
  }

  reconcile(): void {
    const { store } = this.#parts;
    for (const deployment of store.list(kinds.deployments) as ReplicatedObject[]) this.#deployment(deployment);
    for (const set of store.list(kinds.replicaSets) as ReplicatedObject[]) this.#replicaSet(set);
  }

  #deployment(deployment: ReplicatedObject): void {
    const { store } = this.#parts;
    const sets = (store.list(kinds.replicaSets, deployment.metadata.namespace) as ReplicatedObject[]).filter(
      (set) => controllerOf(set)?.uid === deployment.metadata.uid,
    );
    const current = this.#currentSet(deployment, sets);
    const old = sets.filter((set) => set.metadata.uid !== current.metadata.uid);
    this.#rollOut(deployment, current, old);
    this.#forgetOld(deployment, old);
    this.#tell(deployment, current, [current, ...old]);
  }

  /** The ReplicaSet of the present template: a new one, or an earlier one that is taken up again under a new revision. */
  #currentSet(deployment: ReplicatedObject, sets: readonly ReplicatedObject[]): ReplicatedObject {
    const { store, events } = this.#parts;
    const { template, selector } = deployment.spec;
    const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
    const revisions = sets.map((set) => Number(set.metadata.annotations?.[revisionKey] ?? '0'));
    const newest = Math.max(0, ...revisions);
    const found = sets.find((set) => set.metadata.labels?.[hashKey] === hash);
    const isNewest = found && Number(found.metadata.annotations?.[revisionKey]) === newest;
    const revision = String(isNewest ? newest : newest + 1);
    if (deployment.metadata.annotations?.[revisionKey] !== revision) {
      store.change(kinds.deployments, deployment, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [revisionKey]: revision };
      });
    }
    if (found) {
      if (isNewest) return found;
      return (
        store.change(kinds.replicaSets, found, ({ metadata }) => {
          metadata.annotations = { ...metadata.annotations, [revisionKey]: revision };
        }) ?? found
      );
    }
    const { name, namespace, uid } = deployment.metadata;
    const labels = { ...template.metadata?.labels, [hashKey]: hash };
    events.record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name}-${hash}`);
    return store.create(kinds.replicaSets, {
      metadata: {
        name: `${name}-${hash}`,
        ...(namespace === undefined ? {} : { namespace }),
        labels,
        annotations: { [revisionKey]: revision },
        ownerReferences: [{ apiVersion: deployment.apiVersion, kind: 'Deployment', name, uid, controller: true }],
      },
      spec: {
        replicas: 0,
        selector: { matchLabels: { ...selector.matchLabels, [hashKey]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
      status: { replicas: 0, readyReplicas: 0, availableReplicas: 0 },
    }) as ReplicatedObject;
  }

  #rollOut(deployment: ReplicatedObject, current: ReplicatedObject, old: readonly ReplicatedObject[]): void {
    const wanted = deployment.spec.replicas ?? 1;
    const specOf = (set: ReplicatedObject) => set.spec.replicas ?? 0;
    const readyOf = (set: ReplicatedObject) => this.#keeper.podsOf(set).filter(isReady).length;
    const oldTotal = old.reduce((sum, set) => sum + specOf(set), 0);
    if (oldTotal === 0) return this.#resize(current, wanted);
    if (deployment.spec.strategy?.type === 'Recreate') {
      for (const set of old) this.#resize(set, 0);
      if (old.every((set) => this.#keeper.podsOf(set).length === 0)) this.#resize(current, wanted);
      return;
    }
    const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
    const surge = share(maxSurge, wanted, Math.ceil);
    const lost = Math.max(surge === 0 ? 1 : 0, share(maxUnavailable, wanted, Math.floor));
    const room = wanted + surge - (oldTotal + specOf(current));
    if (room > 0 && specOf(current) < wanted) {
      this.#resize(current, Math.min(wanted, specOf(current) + room));
    } else if (specOf(current) > wanted) this.#resize(current, wanted);
    // Old pods go as far as enough others are ready; those that are not ready go first.
    const ready = [current, ...old].reduce((sum, set) => sum + readyOf(set), 0);
    let spare = ready - (wanted - lost);
    for (const set of old) {
      const useless = Math.max(0, specOf(set) - readyOf(set));
      const healthy = Math.min(specOf(set) - useless, Math.max(0, spare));
      spare -= healthy;
      if (useless + healthy > 0) this.#resize(set, specOf(set) - useless - healthy);
    }
  }

  #resize(set: ReplicatedObject, replicas: number): void {
    if (set.spec.replicas === replicas) return;
    this.#parts.store.change(kinds.replicaSets, set, ({ spec }) => {
      spec.replicas = replicas;
    });
  }

  #forgetOld(deployment: ReplicatedObject, old: readonly ReplicatedObject[]): void {
    const kept = deployment.spec.revisionHistoryLimit ?? 10;
    const revision = (set: ReplicatedObject) => Number(set.metadata.annotations?.[revisionKey] ?? '0');
    const empty = old
      .filter((set) => set.spec.replicas === 0 && this.#keeper.podsOf(set).length === 0)
      .sort((a, b) => revision(b) - revision(a));
    for (const set of empty.slice(kept)) {
      this.#parts.store.remove(kinds.replicaSets, set.metadata.namespace, set.metadata.name);
    }
  }

  #tell(deployment: ReplicatedObject, current: ReplicatedObject, sets: readonly ReplicatedObject[]): void {
    const { store, now } = this.#parts;
    const pods = sets.flatMap((set) => this.#keeper.podsOf(set));
    const updated = this.#keeper.podsOf(current);
    const ready = pods.filter(isReady).length;
    const wanted = deployment.spec.replicas ?? 1;
    const isDone = updated.filter(isReady).length >= wanted && pods.length === updated.length;
    const latest = store.find(kinds.deployments, deployment.metadata.namespace, deployment.metadata.name);
    if (!latest) return;
    store.change(kinds.deployments, latest as ReplicatedObject, (draft) => {
      const before = draft.status;
      const began = before?.conditions?.find(({ type }) => type === 'Progressing');
      const deadlineMs = (draft.spec.progressDeadlineSeconds ?? 600) * 1000;
      const isNew = before?.observedGeneration !== draft.metadata.generation;
      const isLate = !isNew && began?.reason !== 'NewReplicaSetAvailable' && isOver(began, now(), deadlineMs);
      const progress = isDone
        ? {
            status: 'True' as const,
            reason: 'NewReplicaSetAvailable',
            message: `ReplicaSet "${current.metadata.name}" has successfully progressed.`,
          }
        : isLate
          ? {
              status: 'False' as const,
              reason: 'ProgressDeadlineExceeded',
              message: `ReplicaSet "${current.metadata.name}" has timed out progressing.`,
            }
          : {
              status: 'True' as const,
              reason: 'ReplicaSetUpdated',
              message: `ReplicaSet "${current.metadata.name}" is progressing.`,
            };
      const isUp = ready >= wanted - share('25%', wanted, Math.floor);
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        replicas: pods.length,
        updatedReplicas: updated.length,
        readyReplicas: ready,
        availableReplicas: ready,
        unavailableReplicas: Math.max(0, wanted - ready),
        conditions: condition(
          condition(before?.conditions, { type: 'Progressing', ...progress }, now()),
          {
            type: 'Available',
            status: isUp ? 'True' : 'False',
            reason: isUp ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
            message: isUp ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
          },
          now(),
        ),
      };
    });
  }

  #replicaSet(set: ReplicatedObject): void {
    const pods = this.#keeper.podsOf(set);
    const wanted = set.spec.replicas ?? 1;
    for (let missing = wanted - pods.length; missing > 0; missing--) {
      if (!this.#keeper.create(kinds.replicaSets, set, `${set.metadata.name}-`)) break;
    }
    for (const pod of leastWanted(pods).slice(0, Math.max(0, pods.length - wanted))) this.#keeper.remove(pod);
    const present = this.#keeper.podsOf(set);
    const ready = present.filter(isReady).length;
    const { store } = this.#parts;
    const latest = store.find(kinds.replicaSets, set.metadata.namespace, set.metadata.name);
    if (!latest) return;
    store.change(kinds.replicaSets, latest as ReplicatedObject, (draft) => {
      draft.status = { replicas: present.length, readyReplicas: ready, availableReplicas: ready };
    });
  }
}

function share(value: string | number, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number(value.slice(0, -1)) / 100) * of) : Number(value);
}

function isOver(since: { lastTransitionTime: string } | undefined, now: number, ms: number): boolean {
  return since !== undefined && now - Date.parse(since.lastTransitionTime) > ms;
}
