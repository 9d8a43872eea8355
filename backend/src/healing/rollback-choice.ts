import { isDeepStrictEqual } from 'node:util';
import type { Container, ObjectRef, PodTemplate, ReplicatedObject } from '../kubernetes/index.ts';
import type { Cause } from './cause-patterns.ts';

const revisionKey = 'deployment.kubernetes.io/revision';

/** Causes that an image can have; whatever else is wrong would be wrong with the former image, too. */
const causesOfImages: ReadonlySet<Cause> = new Set(['program', 'probe']);

export interface RollbackQuestion {
  ref: ObjectRef;
  cause: Cause;
  /** ReplicaSets of the Deployment. */
  sets: readonly ReplicatedObject[];
  /** The one whose pods crash. */
  crashing: string;
  /** Crashes of its pods. */
  crashes: number;
  /** ReplicaSets that are well now (ready pods, none of them crashing) or were seen to be. */
  well: ReadonlySet<string>;
  /** ReplicaSets with pods that crash, or did at the time of the rollout or since. */
  ill: ReadonlySet<string>;
  /** ReplicaSets that were gone back to before. */
  usedBefore: ReadonlySet<string>;
  now: Date;
  windowMinutes: number;
  minCrashes: number;
}

export interface ImageStep {
  container: string;
  before: string;
  after: string;
}

export type RollbackChoice =
  | { goesBack: true; to: string; images: ImageStep[] }
  /** `waits`: it may still become one. */
  | { goesBack: false; waits: boolean; why: string };

const no = (why: string, waits = false): RollbackChoice => ({ goesBack: false, waits, why });

/**
 * Whether the image is to go back: only where nothing but the image changed, and that lately; where the ReplicaSet before
 * was well; where the new one has crashed often enough by itself; and never twice to the same ReplicaSet.
 */
export function chooseRollback(question: RollbackQuestion): RollbackChoice {
  const { ref, cause, sets, crashing, crashes, now, windowMinutes, minCrashes } = question;
  if (!causesOfImages.has(cause)) return no(`the cause is ${cause}, which an older image would not cure`);
  if (ref.kind !== 'Deployment') return no(whyOnlyPeople(ref));
  const byRevision = [...sets].sort((a, b) => revisionOf(b) - revisionOf(a));
  const [newest, before] = byRevision;
  if (newest?.metadata.name !== crashing) {
    return no('the pods that crash are not those of the newest ReplicaSet; its rollout goes on');
  }
  if (!before) return no('there is no ReplicaSet before this one');
  const ageMs = now.getTime() - Date.parse(newest.metadata.creationTimestamp ?? '');
  if (!(ageMs <= windowMinutes * 60_000)) {
    return no(`its image has not changed within the last ${windowMinutes} minutes`);
  }
  const images = imagesBetween(newest.spec.template, before.spec.template);
  if (images === undefined) {
    return no('more than the image changed with this rollout (environment, resources, volumes or probes)');
  }
  if (images.length === 0) return no('its image is the same as before');
  if (question.usedBefore.has(before.metadata.name)) {
    return no(`it was rolled back to ${before.metadata.name} once already`);
  }
  if (question.ill.has(before.metadata.name)) return no('pods of the ReplicaSet before crash as well');
  if (!question.well.has(before.metadata.name)) return no('the ReplicaSet before was never seen to be well');
  if (crashes < minCrashes) return no(`it has crashed ${crashes} of ${minCrashes} times`, true);
  return { goesBack: true, to: before.metadata.name, images };
}

/** Why the image of anything but a Deployment is left to people, with the command that takes it back. */
function whyOnlyPeople({ kind, namespace, name }: ObjectRef): string {
  const at = `-n ${namespace}`;
  switch (kind) {
    case 'StatefulSet':
      return `a StatefulSet keeps data, which the new image may have changed already, and one that starts its pods in order stays at the broken pod even after it went back. If its data still fits: kubectl ${at} rollout undo statefulset/${name}, then delete the pod that crashes`;
    case 'Rollout':
      return `Argo Rollouts has its own analysis and goes back by itself, and would undo what is written beside it: kubectl argo rollouts ${at} undo ${name}`;
    case 'DaemonSet':
      return `a DaemonSet replaces the pods of all nodes one after the other, and a person has to say whether the nodes that run are to be touched: kubectl ${at} rollout undo daemonset/${name}`;
    default:
      return `a ${kind} keeps no earlier ReplicaSet to go back to`;
  }
}

function revisionOf(set: ReplicatedObject): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? '0');
}

/** The images to put back, or undefined where anything else of the pods differs. */
function imagesBetween(now: PodTemplate | undefined, before: PodTemplate | undefined): ImageStep[] | undefined {
  if (!now || !before) return undefined;
  const steps: ImageStep[] = [];
  const strip = (containers: readonly Container[] | undefined) =>
    containers?.map(({ image: _, ...rest }) => rest) ?? [];
  const { containers, initContainers, ...spec } = now.spec;
  const { containers: oldContainers, initContainers: oldInit, ...oldSpec } = before.spec;
  const isSame =
    isDeepStrictEqual(spec, oldSpec) &&
    isDeepStrictEqual(strip(containers), strip(oldContainers)) &&
    isDeepStrictEqual(initContainers ?? [], oldInit ?? []) &&
    isDeepStrictEqual(metadataOf(now), metadataOf(before));
  if (!isSame) return undefined;
  for (const [index, { name, image }] of containers.entries()) {
    const after = oldContainers[index]?.image ?? image;
    if (after !== image) steps.push({ container: name, before: image, after });
  }
  return steps;
}

/** Labels and annotations say versions and times, too; those that hash a configuration do count. */
function metadataOf({ metadata = {} }: PodTemplate): object {
  const ofConfiguration = ([key]: [string, string]) => /^checksum\/|config-hash|configmap|secret/i.test(key);
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(ofConfiguration));
}
