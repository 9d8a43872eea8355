import type { ContainerStatus, Pod } from '../kubernetes/index.ts';

export const troubles = ['oom-killed', 'crash-loop', 'image-pull', 'configuration', 'unready', 'unplaced'] as const;
export type Trouble = (typeof troubles)[number];

/** What one container of one pod shows. */
export interface Symptom {
  pod: Pod;
  container: string;
  trouble: Trouble;
  /** Restarts of the container. */
  crashes: number;
  /** Reasons that the status gives, the most telling first. */
  reasons: readonly string[];
  exitCode: number | undefined;
}

/** What ended longer ago than this, and runs since, is over. */
const recentMs = 10 * 60_000;
const unreadyMs = 5 * 60_000;
const unplacedMs = 60_000;
const pullReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const configurationReasons = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError']);

/** The symptoms of a pod at an instant; none where it is well, ends, or is only slow to start. */
export function symptomsOf(pod: Pod, now: Date): Symptom[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  const unplaced = unplacedSymptom(pod, now);
  if (unplaced) return [unplaced];
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.flatMap((status) => {
    const found = troubleOf(status, pod, now);
    if (!found) return [];
    const last = status.state?.terminated ?? status.lastState?.terminated;
    const crashes = status.restartCount;
    return [{ pod, container: status.name, crashes, exitCode: last?.exitCode, ...found }];
  });
}

function troubleOf(
  status: ContainerStatus,
  pod: Pod,
  now: Date,
): { trouble: Trouble; reasons: readonly string[] } | undefined {
  const { state = {}, lastState = {} } = status;
  const waiting = state.waiting?.reason ?? '';
  if (pullReasons.has(waiting)) return { trouble: 'image-pull', reasons: [waiting] };
  if (configurationReasons.has(waiting)) return { trouble: 'configuration', reasons: [waiting] };
  const ended = state.terminated ?? lastState.terminated;
  const isNow = waiting === 'CrashLoopBackOff' || state.terminated !== undefined;
  const sinceMs = now.getTime() - Date.parse(ended?.finishedAt ?? '');
  const isRecent = isNow || sinceMs <= recentMs;
  if (ended?.reason === 'OOMKilled' && isRecent) return { trouble: 'oom-killed', reasons: ['OOMKilled'] };
  const failed = ended !== undefined && ended.exitCode !== 0;
  if (waiting === 'CrashLoopBackOff' || (failed && isRecent && status.restartCount >= 1)) {
    return { trouble: 'crash-loop', reasons: waiting === '' ? [] : [waiting] };
  }
  if (!status.ready && state.running && isUnready(pod, now)) return { trouble: 'unready', reasons: [] };
  return undefined;
}

function isUnready(pod: Pod, now: Date): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const since = Date.parse(ready?.lastTransitionTime ?? pod.status?.startTime ?? '');
  return ready?.status !== 'True' && now.getTime() - since >= unreadyMs;
}

function unplacedSymptom(pod: Pod, now: Date): Symptom | undefined {
  const placed = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (placed?.status !== 'False' || placed.reason !== 'Unschedulable') return undefined;
  if (now.getTime() - Date.parse(placed.lastTransitionTime ?? '') < unplacedMs) return undefined;
  const container = pod.spec.containers[0]?.name ?? '';
  return { pod, container, trouble: 'unplaced', crashes: 0, reasons: ['FailedScheduling'], exitCode: undefined };
}

/** Symptoms of one kind, container and revision: what is treated together. */
export interface Case {
  /** The controller of the pods: a ReplicaSet, or the StatefulSet or other with the hash of its template. */
  revision: string;
  container: string;
  trouble: Trouble;
  symptoms: readonly Symptom[];
  crashes: number;
}

/** Groups symptoms of pods that have a controller; a bare pod belongs to nobody who could be changed. */
export function casesOf(symptoms: readonly Symptom[]): Case[] {
  const groups = new Map<string, Symptom[]>();
  for (const symptom of symptoms) {
    const revision = revisionOf(symptom.pod);
    if (revision === undefined) continue;
    const { namespace = '' } = symptom.pod.metadata;
    const key = JSON.stringify([namespace, revision, symptom.container, symptom.trouble]);
    groups.set(key, [...(groups.get(key) ?? []), symptom]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const crashes = group.reduce((sum, symptom) => sum + symptom.crashes, 0);
    const revision = revisionOf(first.pod) ?? '';
    return [{ revision, container: first.container, trouble: first.trouble, symptoms: group, crashes }];
  });
}

/** The ReplicaSet of a pod, or its controller with the hash of the template; undefined for a bare pod and a Job's. */
export function revisionOf(pod: Pod): string | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner || owner.kind === 'Job' || owner.kind === 'Node') return undefined;
  const hash = pod.metadata.labels?.['controller-revision-hash'];
  return owner.kind === 'ReplicaSet' || hash === undefined ? owner.name : hash;
}

/** Whether every container is ready and none ended lately. */
export function isWell(pod: Pod, now: Date): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && symptomsOf(pod, now).length === 0;
}

/**
 * When a container of the pod last ended by a failure of its own; undefined where none did. What ends because the pod is being
 * deleted is no failure.
 */
export function lastCrashOf({ metadata, status }: Pod): number | undefined {
  const isLeaving = metadata.deletionTimestamp !== undefined;
  const ends = (status?.containerStatuses ?? []).flatMap(({ state, lastState }) => {
    const ended = (isLeaving ? undefined : state?.terminated) ?? lastState?.terminated;
    const at = Date.parse(ended?.finishedAt ?? '');
    return ended && ended.exitCode !== 0 && !Number.isNaN(at) ? [at] : [];
  });
  return ends.length === 0 ? undefined : Math.max(...ends);
}
