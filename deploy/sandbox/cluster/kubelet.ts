import { ApiError, type ApiObject } from '../api/object.ts';
import type { LogQuery } from '../api/api-server.ts';
import { second, type ObjectStore } from '../api/object-store.ts';
import { ContainerRun } from './container-run.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { Image } from './image.ts';
import { kinds, type Condition, type NodeObject, type PodObject } from './kinds.ts';
import { quantity } from './quantity.ts';

export interface PodLoad {
  /** Requests under way in the pod. */
  inFlight: number;
  /** Cores that they take. */
  cpu: number;
}

export interface PodRun {
  readonly pod: PodObject;
  readonly containers: readonly ContainerRun[];
  load: PodLoad;
}

interface KubeletParts {
  store: ObjectStore;
  events: EventRecorder;
  now(): number;
  image(reference: string): Image | undefined;
  reaches(service: string, namespace: string): boolean;
}

/** Puts pods on nodes that have room, and runs their containers: scheduler and kubelets in one. */
export class Kubelet {
  readonly #parts: KubeletParts;
  readonly #runs = new Map<string, { pod: PodObject; containers: ContainerRun[]; load: PodLoad }>();

  constructor(parts: KubeletParts) {
    this.#parts = parts;
  }

  get runs(): ReadonlyMap<string, PodRun> {
    return this.#runs;
  }

  /** Takes up what was created and lets go of what was deleted. */
  sync(): void {
    const { store, now } = this.#parts;
    const pods = store.list(kinds.pods) as PodObject[];
    const present = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const uid of this.#runs.keys()) if (!present.has(uid)) this.#runs.delete(uid);
    for (const pod of pods) {
      const run = this.#runs.get(pod.metadata.uid);
      if (run) {
        run.pod = pod;
        continue;
      }
      if (pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded') continue;
      const placed = pod.spec.nodeName === undefined ? this.#schedule(pod) : pod;
      if (!placed) continue;
      const containers = placed.spec.containers.map(
        (spec) => new ContainerRun(spec, this.#parts.image(spec.image), now()),
      );
      this.#runs.set(pod.metadata.uid, { pod: placed, containers, load: { inFlight: 0, cpu: 0 } });
    }
  }

  #schedule(pod: PodObject): PodObject | undefined {
    const { store, events, now } = this.#parts;
    const nodes = store.list(kinds.nodes) as NodeObject[];
    const need = requestsOf(pod);
    const wanted = pod.spec.nodeSelector ?? {};
    const fitting = nodes
      .filter((node) => !node.spec?.unschedulable)
      .filter((node) => Object.entries(wanted).every(([key, value]) => node.metadata.labels?.[key] === value))
      .map((node) => ({ node, free: this.#freeOn(node) }))
      .filter(({ free }) => free.cpu >= need.cpu && free.memory >= need.memory && free.pods >= 1)
      .sort((a, b) => b.free.memory - a.free.memory);
    const best = fitting[0]?.node;
    if (!best) {
      const message = `0/${nodes.length} nodes are available: insufficient cpu or memory for the pod's requests.`;
      if (pod.status.conditions?.[0]?.reason === 'Unschedulable') return undefined;
      store.change(kinds.pods, pod, (draft) => {
        const at = second(now());
        draft.status.conditions = [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: at },
        ];
      });
      events.record(pod, 'Warning', 'FailedScheduling', message);
      return undefined;
    }
    events.record(pod, 'Normal', 'Scheduled', `Successfully assigned ${pod.metadata.name} to ${best.metadata.name}`);
    return store.change(kinds.pods, pod, (draft) => {
      const at = second(now());
      draft.spec.nodeName = best.metadata.name;
      draft.status = {
        phase: 'Pending',
        startTime: at,
        conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }],
      };
    });
  }

  #freeOn(node: NodeObject): { cpu: number; memory: number; pods: number } {
    const allocatable = node.status?.allocatable ?? {};
    const free = {
      cpu: quantity(allocatable.cpu) ?? 0,
      memory: quantity(allocatable.memory) ?? 0,
      pods: quantity(allocatable.pods) ?? 110,
    };
    for (const { pod } of this.#runs.values()) {
      if (pod.spec.nodeName !== node.metadata.name) continue;
      const { cpu, memory } = requestsOf(pod);
      free.cpu -= cpu;
      free.memory -= memory;
      free.pods -= 1;
    }
    return free;
  }

  step(dtMs: number): void {
    const { now, events, reaches } = this.#parts;
    for (const run of this.#runs.values()) {
      const { pod, containers, load } = run;
      const namespace = pod.metadata.namespace ?? 'default';
      for (const [index, container] of containers.entries()) {
        container.step(
          {
            ...{ now: now(), node: pod.spec.nodeName ?? '', podName: pod.metadata.name },
            reaches: (service) => reaches(service, namespace),
            event: (type, reason, message) =>
              events.record(pod, type, reason, message, `spec.containers{${container.spec.name}}`),
          },
          dtMs,
          index === 0 ? load : { inFlight: 0, cpu: 0 },
        );
      }
      if (containers.map((container) => container.takeChanged()).some(Boolean)) this.#tell(run);
    }
  }

  #tell(run: { pod: PodObject; containers: ContainerRun[] }): void {
    const { store, now } = this.#parts;
    const statuses = run.containers.map((container) => container.status());
    const isReady = statuses.every(({ ready }) => ready);
    const hasStarted = statuses.every(({ state, restartCount }) => state.running !== undefined || restartCount > 0);
    const told = store.change(kinds.pods, run.pod, ({ status }) => {
      status.phase = hasStarted || status.phase === 'Running' ? 'Running' : 'Pending';
      status.containerStatuses = statuses;
      const at = second(now());
      for (const type of ['ContainersReady', 'Ready']) {
        const conditions: Condition[] = (status.conditions ??= []);
        const value = isReady ? 'True' : 'False';
        const present = conditions.find((condition) => condition.type === type);
        if (!present) conditions.push({ type, status: value, lastTransitionTime: at });
        else if (present.status !== value) Object.assign(present, { status: value, lastTransitionTime: at });
      }
    });
    if (told) run.pod = told;
  }

  /** @throws ApiError as the API answers where there is no such log */
  logs(pod: ApiObject, { container, previous, tailLines, sinceSeconds, limitBytes }: LogQuery): string {
    const run = this.#runs.get(pod.metadata.uid);
    const { name } = pod.metadata;
    const found =
      container === undefined ? run?.containers[0] : run?.containers.find((one) => one.spec.name === container);
    if (!found) {
      throw new ApiError(
        400,
        'BadRequest',
        `container "${container ?? ''}" in pod "${name}" is waiting to start: ContainerCreating`,
      );
    }
    const lines = found.log(previous);
    if (!lines) {
      throw new ApiError(
        400,
        'BadRequest',
        `previous terminated container "${found.spec.name}" in pod "${name}" not found`,
      );
    }
    const since = sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : this.#parts.now() - sinceSeconds * 1000;
    const chosen = lines.filter(({ at }) => at >= since).slice(tailLines === undefined ? 0 : -tailLines);
    const text = chosen.map((line) => `${line.text}\n`).join('');
    return limitBytes === undefined ? text : text.slice(0, limitBytes);
  }
}

/** What the scheduler counts: requests, or limits where there are no requests. */
export function requestsOf(pod: { spec: PodObject['spec'] }): { cpu: number; memory: number } {
  const sum = { cpu: 0, memory: 0 };
  for (const { resources = {} } of pod.spec.containers) {
    sum.cpu += quantity(resources.requests?.cpu ?? resources.limits?.cpu) ?? 0;
    sum.memory += quantity(resources.requests?.memory ?? resources.limits?.memory) ?? 0;
  }
  return sum;
}
