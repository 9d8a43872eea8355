import type { Changes } from '../changes/index.ts';
import {
  memoryQuantity,
  parseQuantity,
  type Cluster,
  type Container,
  type ObjectRef,
  type Pod,
  type ReplicatedObject,
  type Workload,
} from '../kubernetes/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import * as acts from './act-repository.ts';
import { advice, type Cause } from './cause-patterns.ts';
import { roomFor, setsOf, type NodeBook } from './examination.ts';
import { bumpsOf, permitFor, type Mode, type PastAct } from './guards.ts';
import type { Verdict } from './incident-repository.ts';
import { memoryKind, type MemoryPayload } from './memory-change.ts';
import { nextLimit } from './memory-step.ts';
import { modeOf } from './mode.ts';
import { restartsTold } from './restarts.ts';
import { rollbackKind, type RollbackPayload } from './rollback-change.ts';
import { chooseRollback } from './rollback-choice.ts';
import { knownWell, listModes } from './state-repository.ts';
import { isWell, revisionOf, symptomsOf, type Case } from './trouble.ts';

type Ground = Pick<Platform, 'config' | 'clock' | 'store'>;

export interface Patient {
  cluster: Cluster;
  ref: ObjectRef;
  found: Case;
  cause: Cause;
  incidentId: number;
  nodes: NodeBook;
  pods: ReadonlyMap<string, Pod>;
  /** When a pod of a ReplicaSet (`namespace/name`) was last seen to end by a failure. */
  crashes: ReadonlyMap<string, number>;
  now: Date;
  /** Whether this fleet holds the lease of the cluster: else another one acts on it. */
  leads: boolean;
}

interface Answer {
  verdict: Verdict;
  why: string;
  changeId?: number;
}

interface Step {
  act: 'memory' | 'rollback';
  container: string;
  key: string;
  kind: string;
  payload: MemoryPayload | RollbackPayload;
  reason: string;
  revision?: string;
  detail: { before: string; after: string };
}

const doctor = { id: 'system:healing', name: 'Amadeus' };
/** What may be done without asking must be done at once, or not on what was seen. */
const autoExpiryMs = 10 * 60_000;
const hourMs = 3_600_000;
/** What crashed so shortly before a rollout may have the same cause. */
const beforeRolloutMs = 120_000;

/** From a finding to a remedy: which act would help, whether it may be done now, and by whom. */
export class Prescriber {
  readonly #ground: Ground;
  readonly #changes: Pick<Changes, 'propose' | 'summaries'>;

  constructor(ground: Ground, changes: Pick<Changes, 'propose' | 'summaries'>) {
    this.#ground = ground;
    this.#changes = changes;
  }

  async prescribe(patient: Patient): Promise<Answer> {
    switch (patient.found.trouble) {
      case 'oom-killed':
        return this.#memory(patient);
      case 'crash-loop':
        return this.#rollback(patient);
      default:
        return { verdict: 'advised', why: advice[patient.cause].en };
    }
  }

  async #memory(patient: Patient): Promise<Answer> {
    const { cluster, ref, found, now, nodes } = patient;
    const { memory } = this.#ground.config.healing;
    const object = await cluster.get<ReplicatedObject>(ref);
    const container = object.spec.template?.spec.containers.find(({ name }) => name === found.container);
    const before = limitOf(container);
    const limit = parseQuantity(before);
    const isInit = object.spec.template?.spec.initContainers?.some(({ name }) => name === found.container) ?? false;
    if (isInit) {
      return {
        verdict: 'advised',
        why: `${found.container} runs before the others start: its limit is left to people.`,
      };
    }
    if (!container || before === undefined || limit === undefined) {
      return { verdict: 'advised', why: 'It has no memory limit of its own: the node ran out of memory.' };
    }
    // Pods of an earlier template: the new limit is on its way.
    const killed = found.symptoms.filter(({ pod }) =>
      pod.spec.containers.some((one) => one.name === found.container && limitOf(one) === before),
    );
    if (killed.length === 0)
      return { verdict: 'waiting', why: `Its limit is ${before} by now; its pods are being replaced.` };
    const past = await this.#past(patient, ({ act, detail }) => act === 'memory' && detail.before === before);
    const bumps = bumpsOf(past, found.container, now, memory.countedHours);
    if (bumps >= memory.maxBumps) {
      return { verdict: 'leak', why: `It was killed for memory again after ${bumps} raises, the last to ${before}.` };
    }
    const step = nextLimit(limit, memory, await roomFor(cluster, object, nodes));
    if (!step.raises) {
      const bound = { cap: 'the configured cap', node: 'the largest node', quota: "the namespace's quota" }[
        step.boundBy
      ];
      return { verdict: 'advised', why: `Its limit of ${before} cannot rise: ${bound} leaves no room.` };
    }
    const after = memoryQuantity(step.bytes);
    const withRequest = container.resources?.requests?.memory === before;
    const original = await this.#originalLimit(patient, before);
    const payload = { ...this.#target(patient), container: found.container, before, after, original, withRequest };
    return this.#propose(patient, past, {
      ...{ act: 'memory', kind: memoryKind, container: found.container, payload, detail: { before, after } },
      key: `memory ${nameOf(patient)} ${ref.kind} ${found.container} ${before} ${after}`,
      reason: `${found.container} of ${ref.name} was killed for memory at ${before}; raise ${bumps + 1} of ${memory.maxBumps}.`,
    });
  }

  /** The limit before the first raise of this series. */
  async #originalLimit({ cluster, ref, found, now }: Patient, before: string): Promise<string> {
    const { store, config } = this.#ground;
    const since = new Date(now.getTime() - config.healing.memory.countedHours * hourMs);
    const rows = await acts.pastActs(store, { tenant: cluster.tenant, cluster: cluster.name, ref }, since, now);
    let original = before;
    for (const { act, container, detail, mode } of rows) {
      if (act === 'memory' && container === found.container && mode !== 'observe' && detail.after === original) {
        original = String(detail.before);
      }
    }
    return original;
  }

  async #rollback(patient: Patient): Promise<Answer> {
    const { cluster, ref, found, now, pods, cause } = patient;
    const { rollback } = this.#ground.config.healing;
    const sets = await setsOf(cluster, ref);
    const names = sets.map(({ metadata }) => metadata.name);
    const choice = chooseRollback({
      ...{ ref, cause, sets, now, crashing: found.revision, crashes: found.crashes, ...rollback },
      well: await this.#wellSets(patient, names),
      ill: new Set([...illSets(pods, ref.namespace, now), ...(await this.#crashedWith(patient, sets))]),
      usedBefore: await this.#usedBefore(patient),
    });
    if (!choice.goesBack) {
      const why = `Not rolled back: ${choice.why}.`;
      return choice.waits ? { verdict: 'waiting', why } : { verdict: 'advised', why: `${why} ${advice[cause].en}` };
    }
    const images = choice.images.map(({ after }) => after).join(', ');
    const payload = { ...this.#target(patient), from: found.revision, to: choice.to, images: choice.images };
    return this.#propose(
      patient,
      await this.#past(patient, ({ act, revision }) => act === 'rollback' && revision === choice.to),
      {
        ...{ act: 'rollback', kind: rollbackKind, container: found.container, payload, revision: choice.to },
        detail: { before: choice.images.map(({ before }) => before).join(', '), after: images },
        key: `rollback ${nameOf(patient)} ${ref.kind} ${found.revision} ${choice.to}`,
        reason: `${found.container} of ${ref.name} crashed ${found.crashes} times since its image changed; the one before was well.`,
      },
    );
  }

  /**
   * ReplicaSets whose pods crashed when this one came, or since: pods that are gone by now as well, as the watch has seen them or, where
   * nobody watched, as the cluster's events tell.
   */
  async #crashedWith({ cluster, ref, found, crashes }: Patient, sets: readonly ReplicatedObject[]): Promise<string[]> {
    const newest = sets.find(({ metadata }) => metadata.name === found.revision);
    const since = Date.parse(newest?.metadata.creationTimestamp ?? '') - beforeRolloutMs;
    if (Number.isNaN(since)) return [];
    const told = await restartsTold(cluster, ref.namespace, since);
    return sets
      .map(({ metadata }) => metadata.name)
      .filter((name) => (crashes.get(`${ref.namespace}/${name}`) ?? -Infinity) >= since || told.has(name));
  }

  async #wellSets({ cluster, ref, pods, now }: Patient, names: readonly string[]): Promise<Set<string>> {
    const at = { tenant: cluster.tenant, cluster: cluster.name };
    const well = await knownWell(this.#ground.store, at, ref.namespace, names);
    for (const pod of pods.values()) {
      const set = revisionOf(pod);
      if (set !== undefined && pod.metadata.namespace === ref.namespace && isWell(pod, now)) well.add(set);
    }
    return well;
  }

  /** An act whose Change never came to the world does not bar its repetition. */
  async #usedBefore({ cluster, ref, incidentId }: Patient): Promise<Set<string>> {
    const { tenant, name } = cluster;
    const used = await acts.usedRevisions(this.#ground.store, { tenant, cluster: name, ref });
    const states = await this.#states(tenant, used);
    const never = new Set(['proposed', 'rejected', 'cancelled', 'expired', 'failed']);
    const counts = used.filter(
      (act) =>
        (act.changeId !== null || act.incidentId !== incidentId) && !never.has(states.get(act.changeId ?? -1) ?? ''),
    );
    return new Set(counts.map(({ revision }) => revision));
  }

  /** Acts on the workload and its cluster. An intention of this incident that was never proposed is not past: it is taken up again. */
  async #past({ cluster, ref, now, incidentId }: Patient, isMeant: (act: acts.ActRow) => boolean): Promise<PastAct[]> {
    const { memory, respectHours } = this.#ground.config.healing;
    const since = new Date(now.getTime() - Math.max(memory.countedHours, respectHours, 1) * hourMs);
    const at = { tenant: cluster.tenant, cluster: cluster.name, ref };
    const rows = await acts.pastActs(this.#ground.store, at, since, new Date(now.getTime() - hourMs));
    const states = await this.#states(cluster.tenant, rows);
    return rows
      .filter((row) => row.changeId !== null || row.incidentId !== incidentId || !isMeant(row))
      .map(({ changeId, ...row }) => ({ ...row, state: states.get(changeId ?? -1) }));
  }

  async #states(tenant: string, rows: readonly { changeId: number | null }[]): Promise<Map<number, string>> {
    const ids = [...new Set(rows.flatMap(({ changeId }) => (changeId === null ? [] : [changeId])))];
    if (ids.length === 0) return new Map();
    return new Map((await this.#changes.summaries(ids, tenant)).map(({ id, state }) => [id, state]));
  }

  #target({ cluster, ref }: Patient): { tenant: string; cluster: string; ref: ObjectRef } {
    return { tenant: cluster.tenant, cluster: cluster.name, ref };
  }

  async #propose(patient: Patient, past: readonly PastAct[], step: Step): Promise<Answer> {
    const { store } = this.#ground;
    const { cluster, ref, now, incidentId } = patient;
    const workload = await cluster.workload(ref);
    const held = holderOf(workload, step.act);
    if (held?.kind === 'vpa') {
      return { verdict: 'advised', why: `The VPA ${held.name} sets its memory; raise its maxAllowed instead.` };
    }
    const asked = await this.#modeOf(patient);
    if (asked !== 'observe' && !patient.leads) {
      return {
        verdict: 'waiting',
        why: 'The lease of the cluster is not held: another installation acts on it, or the right to it lacks.',
      };
    }
    // What is kept elsewhere would be undone.
    const mode: Mode = held ? 'observe' : asked;
    const permit = permitFor(
      { act: step.act, container: step.container, mode },
      past,
      now,
      this.#ground.config.healing,
    );
    if (!permit.acts) return { verdict: permit.waits ? 'waiting' : 'held', why: `Not done: ${permit.why}.` };
    const { act, container, key, revision, detail } = step;
    const actId = await acts.intend(store, {
      ...{ incidentId, tenant: cluster.tenant, cluster: cluster.name, ref, container, act, mode, key, detail, at: now },
      ...(revision === undefined ? {} : { revision }),
    });
    const owner = held && `${held.kind} (${held.name})`;
    try {
      const change = await this.#changes.propose({
        ...{ kind: step.kind, target: nameOf(patient), mode, tenant: cluster.tenant, author: doctor },
        owner: workload.belongsTo,
        payload: owner === undefined ? step.payload : { ...step.payload, owner },
        reason:
          owner === undefined
            ? step.reason
            : `${step.reason} ${owner} keeps the object, so that this is only proposed.`,
        // What is only observed stays open, and must not stand in the way once the mode is another.
        dedupKey: `${key} ${mode}`,
        ...(mode === 'auto' ? { expiresAt: new Date(now.getTime() + autoExpiryMs) } : {}),
      });
      await acts.bindAct(store, actId, change.id);
      const verdict = change.mode === 'observe' ? 'observed' : 'proposed';
      return { verdict, why: step.reason, changeId: change.id };
    } catch (error) {
      if (!isAppError(error) || error.status >= 500) throw error;
      await acts.dropAct(store, actId);
      return { verdict: 'held', why: `It could not be proposed: ${error.message}` };
    }
  }

  async #modeOf(patient: Patient): Promise<Mode> {
    const { healing } = this.#ground.config;
    const rules = [...healing.targets, ...(await listModes(this.#ground.store, patient.cluster.tenant))];
    return modeOf(nameOf(patient), rules, healing.mode);
  }
}

function nameOf({ cluster, ref }: Pick<Patient, 'cluster' | 'ref'>): string {
  return `${cluster.name}/${ref.namespace}/${ref.name}`;
}

function limitOf(container: Pick<Container, 'resources'> | undefined): string | undefined {
  return container?.resources?.limits?.memory;
}

/** Who would undo an act, if anybody. */
function holderOf({ owners }: Workload, act: 'memory' | 'rollback'): { kind: string; name: string } | undefined {
  if (owners.gitOps) return owners.managers.find(({ kind }) => kind !== 'helm');
  return act === 'memory'
    ? owners.autoscalers.find(({ kind, acts: isActing }) => kind === 'vpa' && isActing)
    : undefined;
}

/** ReplicaSets of a namespace with pods that are in trouble. */
function illSets(pods: ReadonlyMap<string, Pod>, namespace: string, now: Date): Set<string> {
  const ill = new Set<string>();
  for (const pod of pods.values()) {
    const set = revisionOf(pod);
    if (set !== undefined && pod.metadata.namespace === namespace && symptomsOf(pod, now).length > 0) ill.add(set);
  }
  return ill;
}
