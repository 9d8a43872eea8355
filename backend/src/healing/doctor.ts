import type { Changes } from '../changes/index.ts';
import type { Cluster, KubernetesRoom, ObjectRef, Pod } from '../kubernetes/index.ts';
import { isAppError, type AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import { NodeBook, examine } from './examination.ts';
import * as incidents from './incident-repository.ts';
import type { Incident } from './incident-repository.ts';
import { Prescriber } from './prescriber.ts';
import { noteWatch, noteWell } from './state-repository.ts';
import { casesOf, isWell, revisionOf, symptomsOf, type Case } from './trouble.ts';
import type { Ward } from './ward.ts';
import { FollowUp } from './follow-up.ts';

export type DoctorGround = Pick<Platform, 'config' | 'clock' | 'store' | 'notifier' | 'telemetry'>;

/** Cases that are looked into in one turn, by events and logs; the others come in the next ones. */
const maxExamined = 50;
/** A trouble that was not seen for so long is over. */
const closeAfterMs = 5 * 60_000;
const wellAfterMs = 120_000;
const noteWellEveryMs = 60_000;
/** What a person must mend is looked into again after so long, or when it has crashed again. */
const lookAgainMs = 60_000;

/** Looks at the pods of every cluster, finds out what is wrong with them, and has the remedy proposed. */
export class Doctor {
  readonly #ground: DoctorGround;
  readonly #kubernetes: KubernetesRoom;
  readonly #ward: Ward;
  readonly #prescriber: Prescriber;
  readonly #followUp: FollowUp;
  readonly #notedWell = new Map<string, number>();
  readonly #lookedAt = new Map<number, number>();

  constructor(
    ground: DoctorGround,
    kubernetes: KubernetesRoom,
    changes: Pick<Changes, 'propose' | 'summaries'>,
    ward: Ward,
  ) {
    this.#ground = ground;
    this.#kubernetes = kubernetes;
    this.#ward = ward;
    this.#prescriber = new Prescriber(ground, changes);
    this.#followUp = new FollowUp(ground, changes);
  }

  /** One round through all clusters. One that fails does not keep the others waiting. */
  async round(signal: AbortSignal): Promise<void> {
    for (const cluster of this.#kubernetes.clusters) {
      if (signal.aborted) return;
      try {
        await this.#visit(cluster, signal);
      } catch (error) {
        if (signal.aborted) return;
        const { log } = this.#ground.telemetry;
        log.warn({ err: error, cluster: cluster.name }, 'A cluster could not be looked at; the next round comes');
        await this.#tellState(cluster, isAppError(error) ? error.message : 'It could not be looked at.');
      }
    }
  }

  async #visit(cluster: Cluster, signal: AbortSignal): Promise<void> {
    const { clock, store } = this.#ground;
    const now = clock.now();
    const { pods, freshAt } = this.#ward.watch(cluster);
    const isFresh = freshAt !== undefined && Math.abs(now.getTime() - freshAt.getTime()) <= this.#kubernetes.watchAgeMs;
    await this.#tellState(cluster, isFresh || !freshAt ? null : 'It has not been heard of for too long.');
    // What is known may not be true any more: nothing is judged by it, and nothing is taken to be over.
    if (!isFresh) return;
    await this.#noteWell(cluster, pods, now);
    const cases = casesOf([...pods.values()].flatMap((pod) => symptomsOf(pod, now)));
    const turn = { nodes: new NodeBook(cluster), left: maxExamined };
    for (const found of cases) {
      if (signal.aborted) return;
      try {
        await this.#treat(cluster, found, pods, turn, now);
      } catch (error) {
        if (!isAboutOne(error)) throw error;
        const { log } = this.#ground.telemetry;
        log.info({ err: error, cluster: cluster.name, revision: found.revision }, 'A case could not be looked into');
      }
    }
    const at = { tenant: cluster.tenant, cluster: cluster.name };
    await incidents.closeIncidents(store, at, new Date(now.getTime() - closeAfterMs), now);
    await this.#followUp.round(at, now);
  }

  async #treat(
    cluster: Cluster,
    found: Case,
    pods: ReadonlyMap<string, Pod>,
    turn: { nodes: NodeBook; left: number },
    now: Date,
  ): Promise<void> {
    const [first] = found.symptoms;
    const ref = first && (await cluster.workloadOf(first.pod));
    if (!ref) return;
    const incident = await this.#see(cluster, ref, found, now);
    if (!this.#isDue(incident, found, now) || turn.left <= 0) return;
    turn.left -= 1;
    this.#lookedAt.set(incident.id, now.getTime());
    if (this.#lookedAt.size > 10_000) this.#lookedAt.clear();
    const { nodes } = turn;
    const { store } = this.#ground;
    try {
      const finding = await examine(cluster, found, pods.values(), nodes);
      await incidents.noteFinding(store, incident.id, finding);
      const { leads, crashes } = this.#ward.watch(cluster);
      const verdict = await this.#prescriber.prescribe({
        ...{ cluster, ref, found, nodes, now, pods, crashes, leads, cause: finding.cause },
        incidentId: incident.id,
      });
      await incidents.noteVerdict(store, incident.id, verdict);
    } catch (error) {
      if (!isAboutOne(error)) throw error;
      // What may not be read is for a person to mend; what is gone meanwhile is over soon.
      const verdict = error.code === 'FORBIDDEN' ? 'advised' : 'held';
      await incidents.noteVerdict(store, incident.id, {
        verdict,
        why: `It could not be looked into: ${error.message}`,
      });
    }
  }

  #see(cluster: Cluster, ref: ObjectRef, found: Case, at: Date): Promise<Incident> {
    const { tenant, name, region } = cluster;
    const { container, trouble, revision, crashes, symptoms } = found;
    const key = { tenant, cluster: name, ref, container, trouble, revision };
    return incidents.seeIncident(this.#ground.store, key, { region, crashes, pods: symptoms.length, at });
  }

  /** While it may still become an act it is looked at in every round, else when it gets worse. */
  #isDue(incident: Incident, found: Case, now: Date): boolean {
    const looked = this.#lookedAt.get(incident.id);
    if (looked === undefined || incident.verdict === 'waiting') return true;
    const sinceMs = now.getTime() - looked;
    // A clock that was set back.
    if (sinceMs < 0) return true;
    if (sinceMs < 10_000) return false;
    return found.crashes > incident.crashes || sinceMs >= lookAgainMs;
  }

  /** ReplicaSets all of whose pods have been well for a while are what one can go back to. */
  async #noteWell(cluster: Cluster, pods: ReadonlyMap<string, Pod>, now: Date): Promise<void> {
    const key = `${cluster.tenant}/${cluster.name}`;
    const last = this.#notedWell.get(key) ?? 0;
    if (Math.abs(now.getTime() - last) < noteWellEveryMs) return;
    this.#notedWell.set(key, now.getTime());
    const sets = new Map<string, { namespace: string; replicaSet: string; isWell: boolean }>();
    for (const pod of pods.values()) {
      const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller);
      const replicaSet = revisionOf(pod);
      if (owner?.kind !== 'ReplicaSet' || replicaSet === undefined) continue;
      const namespace = pod.metadata.namespace ?? '';
      const of = `${namespace}/${replicaSet}`;
      const before = sets.get(of)?.isWell ?? true;
      sets.set(of, {
        namespace,
        replicaSet,
        isWell: before && isWell(pod, now) && readyForMs(pod, now) >= wellAfterMs,
      });
    }
    const well = [...sets.values()].filter(({ isWell: ok }) => ok);
    await noteWell(this.#ground.store, { tenant: cluster.tenant, cluster: cluster.name }, well, now);
  }

  async #tellState(cluster: Cluster, trouble: string | null): Promise<void> {
    const { pods, freshAt, leads } = this.#ward.watch(cluster);
    const row = { cluster: cluster.name, region: cluster.region, lookedAt: this.#ground.clock.now(), leads, trouble };
    await noteWatch(this.#ground.store, cluster.tenant, { ...row, freshAt: freshAt ?? null, pods: pods.size });
  }
}

/**
 * Whether the cluster has refused something about one object (it is gone, or may not be read): the others go on. What says that the
 * cluster itself is away ends the round.
 */
function isAboutOne(error: unknown): error is AppError {
  return isAppError(error) && error.status < 500 && error.code !== 'RATE_LIMITED';
}

function readyForMs({ status }: Pod, now: Date): number {
  const ready = status?.conditions?.find(({ type, status: value }) => type === 'Ready' && value === 'True');
  return now.getTime() - Date.parse(ready?.lastTransitionTime ?? '');
}
