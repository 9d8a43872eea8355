import { createHash } from 'node:crypto';
import { isReady, kinds, type PodObject, type ReplicatedObject } from './kinds.ts';
import { PodKeeper, type ControllerParts } from './pod-keeper.ts';

const hashKey = 'controller-revision-hash';

/** StatefulSets: numbered pods, made in order and renewed from the last, one after the other. */
export class StatefulSetController {
  readonly #parts: ControllerParts;
  readonly #keeper: PodKeeper;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#keeper = new PodKeeper(parts);
  }

  reconcile(): void {
    const { store } = this.#parts;
    for (const set of store.list(kinds.statefulSets) as ReplicatedObject[]) this.#one(set);
  }

  #one(set: ReplicatedObject): void {
    const { name } = set.metadata;
    const hash = createHash('sha256').update(JSON.stringify(set.spec.template)).digest('hex').slice(0, 10);
    const revision = `${name}-${hash}`;
    const wanted = set.spec.replicas ?? 1;
    const pods = new Map(
      this.#keeper.podsOf(set).map((pod) => [Number(pod.metadata.name.slice(name.length + 1)), pod]),
    );
    for (let ordinal = 0; ordinal < wanted; ordinal++) {
      const pod = pods.get(ordinal);
      if (!pod) this.#keeper.create(kinds.statefulSets, set, `${name}-${ordinal}`, { [hashKey]: revision });
      // The next one waits until this one is ready.
      if (!pod || !isReady(pod)) break;
    }
    const beyond = [...pods.keys()].filter((ordinal) => ordinal >= wanted).sort((a, b) => b - a)[0];
    if (beyond !== undefined) this.#keeper.remove(pods.get(beyond) as PodObject);
    else
      this.#renew(
        [...pods].sort(([a], [b]) => b - a).map(([, pod]) => pod),
        revision,
      );
    this.#tell(set, revision);
  }

  /** A pod of the former template that is broken goes at once; a good one when all others are ready. */
  #renew(pods: readonly PodObject[], revision: string): void {
    const stale = pods.find((pod) => pod.metadata.labels?.[hashKey] !== revision);
    if (!stale) return;
    if (!isReady(stale) || pods.every((pod) => isReady(pod))) this.#keeper.remove(stale);
  }

  #tell(set: ReplicatedObject, revision: string): void {
    const pods = this.#keeper.podsOf(set);
    const ready = pods.filter(isReady).length;
    const updated = pods.filter((pod) => pod.metadata.labels?.[hashKey] === revision).length;
    this.#parts.store.change(kinds.statefulSets, set, (draft) => {
      draft.status = {
        observedGeneration: draft.metadata.generation ?? 1,
        replicas: pods.length,
        readyReplicas: ready,
        availableReplicas: ready,
        updatedReplicas: updated,
        updateRevision: revision,
        currentRevision: updated === pods.length ? revision : (draft.status?.currentRevision ?? revision),
      };
    });
  }
}
