import {
  resources,
  type Cluster,
  type KubeEvent,
  type LeaderLease,
  type Mirror,
  type Pod,
} from '../kubernetes/index.ts';
import { restartFields, restartTold } from './restarts.ts';
import type { Clock } from '../platform/clock/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { lastCrashOf, revisionOf } from './trouble.ts';

/** ReplicaSets whose last crash is remembered; the oldest entries make room. */
const mostCrashes = 5_000;

interface Bed {
  mirror: Mirror<Pod>;
  crashes: Map<string, number>;
  leads(): boolean;
  running: Promise<unknown>;
}

/**
 * The pods of the clusters and the events that tell of their restarts, watched for as long as this process takes turns: begun at the first one, ended when another
 * replica has taken over.
 */
export class Ward {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #identity: () => Promise<string>;
  readonly #leaseOf: (cluster: Cluster) => { namespace: string; name: string };
  readonly #beds = new Map<string, Bed>();
  #stop = new AbortController();

  constructor(parts: {
    clock: Clock;
    log: Pick<Logger, 'warn'>;
    /** Of the fleet: its replicas lead together, and a lock of the store says which of them takes a turn. */
    identity(): Promise<string>;
    leaseOf(cluster: Cluster): { namespace: string; name: string };
  }) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#identity = parts.identity;
    this.#leaseOf = parts.leaseOf;
  }

  /**
   * What is known of the pods of a cluster: nothing yet after the first call. `crashes` has when a pod of a ReplicaSet last ended
   * by a failure, by `namespace/name`, pods that came and went between two looks included, and what events told that the cluster has
   * forgotten since.
   */
  watch(cluster: Cluster): {
    pods: ReadonlyMap<string, Pod>;
    crashes: ReadonlyMap<string, number>;
    freshAt: Date | undefined;
    leads: boolean;
  } {
    const key = `${cluster.tenant}/${cluster.name}`;
    let bed = this.#beds.get(key);
    if (!bed) {
      bed = this.#open(cluster);
      this.#beds.set(key, bed);
    }
    const { mirror, crashes } = bed;
    return { pods: mirror.objects, crashes, freshAt: mirror.freshAt, leads: bed.leads() };
  }

  #open(cluster: Cluster): Bed {
    const crashes = new Map<string, number>();
    const mirror = cluster.mirror<Pod>(resources.pods, {
      slim: slimPod,
      onEvent: (event) => {
        if (event.type === 'bookmark') return;
        for (const pod of event.type === 'synced' ? event.objects : [event.object]) noteCrash(crashes, pod);
      },
    });
    let lease: LeaderLease | undefined;
    const { signal } = this.#stop;
    const strive = async (): Promise<void> => {
      lease = cluster.lease({ ...this.#leaseOf(cluster), identity: await this.#identity() });
      await lease.run(signal);
    };
    const running = Promise.all([mirror.run(signal), strive(), this.#listen(cluster, crashes, signal)]).catch(
      (error: unknown) => {
        this.#log.warn({ err: error, cluster: cluster.name, at: this.#clock.now() }, 'The watch of pods ended');
        this.#beds.delete(`${cluster.tenant}/${cluster.name}`);
      },
    );
    return { mirror, crashes, leads: () => lease?.isHeld() ?? false, running };
  }

  /** Without the right to watch events the pods alone tell, and the list of events that is read when a case is judged. */
  async #listen(cluster: Cluster, crashes: Map<string, number>, signal: AbortSignal): Promise<void> {
    const events = cluster.mirror<KubeEvent>(resources.events, {
      fieldSelector: restartFields,
      slim: slimEvent,
      onEvent: (event) => {
        if (event.type === 'bookmark' || event.type === 'deleted') return;
        for (const told of event.type === 'synced' ? event.objects : [event.object]) {
          const restart = restartTold(told);
          if (restart) noteLast(crashes, `${told.metadata.namespace ?? ''}/${restart.replicaSet}`, restart.at);
        }
      },
    });
    await events.run(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#log.warn({ err: error, cluster: cluster.name }, 'The watch of events ended');
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#beds.values()].map(({ running }) => running));
    this.#beds.clear();
    this.#stop = new AbortController();
  }
}

function noteCrash(crashes: Map<string, number>, pod: Pod): void {
  const set = revisionOf(pod);
  const at = lastCrashOf(pod);
  if (set === undefined || at === undefined) return;
  noteLast(crashes, `${pod.metadata.namespace ?? ''}/${set}`, at);
}

function noteLast(crashes: Map<string, number>, key: string, at: number): void {
  const before = crashes.get(key) ?? -Infinity;
  if (at <= before) return;
  crashes.delete(key);
  crashes.set(key, at);
  const [oldest] = crashes.keys();
  if (crashes.size > mostCrashes && oldest !== undefined) crashes.delete(oldest);
}

function slimEvent({ metadata, involvedObject, message, lastTimestamp, eventTime }: KubeEvent): KubeEvent {
  const { name, namespace, uid, creationTimestamp, resourceVersion } = metadata;
  const known = { name, namespace, uid, creationTimestamp, resourceVersion };
  return {
    metadata: known as KubeEvent['metadata'],
    involvedObject,
    ...(message === undefined ? {} : { message: message.slice(0, 200) }),
    ...(lastTimestamp === undefined ? {} : { lastTimestamp }),
    ...(eventTime === undefined ? {} : { eventTime }),
  };
}

/** What is needed of a pod: a cluster has many, and a whole one is some 20 KB. */
function slimPod({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, creationTimestamp, deletionTimestamp, labels, ownerReferences, resourceVersion } =
    metadata;
  const { phase, reason, startTime, conditions, containerStatuses, initContainerStatuses } = status ?? {};
  const set = <T extends object>(fields: T) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
  return {
    metadata: set({
      name,
      namespace,
      uid,
      creationTimestamp,
      deletionTimestamp,
      labels,
      ownerReferences,
      resourceVersion,
    }) as Pod['metadata'],
    spec: set({
      nodeName: spec.nodeName,
      containers: spec.containers.map(({ name: container, image, resources: amounts }) =>
        set({ name: container, image, resources: amounts }),
      ),
    }) as Pod['spec'],
    status: set({ phase, reason, startTime, conditions, containerStatuses, initContainerStatuses }) as NonNullable<
      Pod['status']
    >,
  };
}
