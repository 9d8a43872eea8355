import { ApiError, type ApiObject, type ResourceKind } from '../api/object.ts';
import { second, type ObjectStore } from '../api/object-store.ts';
import type { EventRecorder } from './event-recorder.ts';
import { controllerOf, isReady, kinds, type PodObject, type PodTemplate, type ReplicatedObject } from './kinds.ts';

export interface ControllerParts {
  store: ObjectStore;
  events: EventRecorder;
  now(): number;
  /** @throws ApiError 403 where a quota has no room for the pod */
  checkQuota(namespace: string, template: PodTemplate): void;
}

const refusedPauseMs = 10_000;

/** Makes and removes the pods of one controller. */
export class PodKeeper {
  readonly #parts: ControllerParts;
  /** When an owner whose pod was refused may try again. */
  readonly #pauses = new Map<string, number>();

  constructor(parts: ControllerParts) {
    this.#parts = parts;
  }

  podsOf(owner: ApiObject): PodObject[] {
    const { store } = this.#parts;
    return (store.list(kinds.pods, owner.metadata.namespace) as PodObject[]).filter(
      (pod) => controllerOf(pod)?.uid === owner.metadata.uid,
    );
  }

  /** False where it was refused; an event says why. */
  create(kind: ResourceKind, owner: ReplicatedObject, name: string, labels: Record<string, string> = {}): boolean {
    const { store, events, checkQuota } = this.#parts;
    const { namespace = 'default', uid } = owner.metadata;
    const { template } = owner.spec;
    if (this.#parts.now() < (this.#pauses.get(uid) ?? 0)) return false;
    this.#pauses.delete(uid);
    try {
      checkQuota(namespace, template);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#pauses.set(uid, this.#parts.now() + refusedPauseMs);
      events.record(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`);
      return false;
    }
    store.create(kinds.pods, {
      metadata: {
        ...(name.endsWith('-') ? { generateName: name } : { name }),
        namespace,
        labels: { ...template.metadata?.labels, ...labels },
        ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
        ownerReferences: [
          { apiVersion: owner.apiVersion, kind: kind.kind, name: owner.metadata.name, uid, controller: true },
        ],
      },
      spec: template.spec,
      status: { phase: 'Pending' },
    });
    return true;
  }

  remove(pod: PodObject): void {
    const { store, events } = this.#parts;
    store.remove(kinds.pods, pod.metadata.namespace, pod.metadata.name);
    events.record(pod, 'Normal', 'Killing', 'Stopping container');
  }
}

/** Those that a controller lets go first: not placed, not ready, restarted often, young. */
export function leastWanted(pods: readonly PodObject[]): PodObject[] {
  const rank = (pod: PodObject) => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  const restarts = (pod: PodObject) => pod.status.containerStatuses?.[0]?.restartCount ?? 0;
  return [...pods].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      restarts(b) - restarts(a) ||
      b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
  );
}

export function condition(
  conditions: NonNullable<ReplicatedObject['status']>['conditions'],
  next: { type: string; status: 'True' | 'False'; reason: string; message: string },
  now: number,
): NonNullable<NonNullable<ReplicatedObject['status']>['conditions']> {
  const others = (conditions ?? []).filter(({ type }) => type !== next.type);
  const before = conditions?.find(({ type }) => type === next.type);
  const isSame = before?.status === next.status && before.reason === next.reason;
  const lastTransitionTime = isSame ? before.lastTransitionTime : second(now);
  return [...others, { ...next, lastTransitionTime }].sort((a, b) => a.type.localeCompare(b.type));
}
