import { Decimal } from 'decimal.js';
import { resources, type Cluster, type Mirror, type Pod, type Workload } from '../kubernetes/index.ts';
import type { Platform } from '../platform/platform.ts';
import * as acts from './act-repository.ts';
import type { ScalingMode, ScalingSettings } from './contract.ts';
import { insertDecisions, type DecisionRow } from './decision-repository.ts';
import type { ExpectedEvent, IssuedForecast } from './demand.ts';
import type { LiveLoad } from './load-source.ts';
import { stepOf, type Step } from './order.ts';
import { isOf } from './pod-starts.ts';
import type { PriceQuestions, ScalingPorts } from './ports.ts';
import { reasonText } from './reason-text.ts';
import { podSize, replicaCost } from './replica-cost.ts';
import { roadOf } from './road.ts';
import { scalingKind, type ScalingOrder } from './scaling-change.ts';
import type { Decision } from './scaling-decision.ts';
import { WorkloadMind } from './workload-mind.ts';
import * as states from './workload-state-repository.ts';
import type { LatestDecision } from './workload-state.ts';

/** What one turn knows besides the cluster. */
export interface TurnInputs {
  loads: ReadonlyMap<string, LiveLoad>;
  /** By `region workload`. */
  forecasts: ReadonlyMap<string, IssuedForecast>;
  settingsOf(workload: string): { settings: ScalingSettings; isSet: boolean };
  eventsOf(region: string, workload: string): Promise<readonly ExpectedEvent[]>;
  book: PriceQuestions;
  /** Region of the workloads that Prometheus measures. */
  measuredRegion: string;
}

type Ground = Pick<Platform, 'clock' | 'store' | 'warehouse' | 'config'> & { log: Platform['telemetry']['log'] };

const mostWorkloads = 2_000;
const saveLearnedMs = 5 * 60_000;
const hourMs = 3_600_000;
/** A decision is carried out within this time or not at all. */
const autoValidMs = 120_000;
/** So long a workload is left alone after somebody else has written its replicas. */
const foreignMs = 30 * 60_000;
const approveValidMs = 15 * 60_000;
const author = { id: 'system:scaling', name: 'Scaling' };

/** Decides on every workload of one cluster, and has carried out what is to be carried out. */
export class ClusterScaler {
  readonly cluster: Cluster;
  readonly #ground: Ground;
  readonly #changes: ScalingPorts['changes'];
  readonly #minds = new Map<string, WorkloadMind>();
  readonly #pods: Mirror<Pod>;
  #watching: Promise<void> | undefined;
  #stop = new AbortController();
  #isOpen = false;
  #savedAt = 0;

  constructor(cluster: Cluster, ground: Ground, changes: ScalingPorts['changes']) {
    this.cluster = cluster;
    this.#ground = ground;
    this.#changes = changes;
    this.#pods = cluster.mirror<Pod>(resources.pods, { slim: slimPod });
  }

  /** Forgets everything: another process may have gone on meanwhile. */
  async rest(): Promise<void> {
    this.#stop.abort();
    await this.#watching?.catch(() => undefined);
    this.#watching = undefined;
    this.#stop = new AbortController();
    this.#minds.clear();
    this.#isOpen = false;
  }

  /** One turn. @throws AppError where the cluster or the store cannot be asked: then nothing was done. */
  async turn(
    inputs: TurnInputs,
    leads: () => boolean,
    signal: AbortSignal,
  ): Promise<{ decided: number; acted: number }> {
    const { clock, store, warehouse } = this.#ground;
    await this.#open(clock.now());
    const workloads = (await this.cluster.workloads()).slice(0, mostWorkloads);
    this.#learnStarts(workloads);
    const { tenant, name: cluster, region } = this.cluster;
    const holds = await states.listHolds(store, tenant, cluster, clock.now());
    const latest: (states.StateKey & { region: string; latest: LatestDecision })[] = [];
    const rows: DecisionRow[] = [];
    let acted = 0;
    for (const workload of workloads) {
      if (signal.aborted || !leads()) break;
      const name = nameOf(workload);
      if (!inputs.loads.has(name) && !inputs.settingsOf(name).isSet) continue;
      const one = await this.#one(workload, inputs, holds.get(name));
      if (one.row) rows.push(one.row);
      if (one.latest.changeId !== null) acted += 1;
      latest.push({ tenant, cluster, region, workload: name, latest: one.latest });
    }
    await states.saveLatest(store, latest, clock.now());
    await insertDecisions(warehouse, rows);
    await this.#saveLearned(workloads);
    return { decided: latest.length, acted };
  }

  async #open(now: Date): Promise<void> {
    if (this.#isOpen) return;
    const { store, log } = this.#ground;
    const { tenant, name } = this.cluster;
    const recent = await acts.listActs(store, tenant, name, new Date(now.getTime() - hourMs));
    for (const { workload, learned } of await states.listLearned(store, tenant, name)) {
      const counted = recent.filter((act) => act.workload === workload && act.counts).map(({ at }) => at.getTime());
      this.#minds.set(workload, new WorkloadMind(learned ?? undefined, counted));
    }
    this.#watching = this.#pods
      .run(this.#stop.signal)
      .catch((error: unknown) => log.warn({ err: error, cluster: name }, 'The watch of pods for scaling ended'));
    this.#isOpen = true;
    this.#savedAt = now.getTime();
  }

  async #one(
    workload: Workload,
    inputs: TurnInputs,
    hold: { until: Date; reason: string } | undefined,
  ): Promise<{ latest: LatestDecision; row: DecisionRow | undefined }> {
    const { clock, config } = this.#ground;
    const name = nameOf(workload);
    const { tenant, name: cluster, region } = this.cluster;
    const { settings } = inputs.settingsOf(name);
    const { road, en, ko } = roadOf(workload.owners, settings);
    // Whom people or others hold is only observed.
    const mind = this.#mind(name);
    const isChanged = mind.isForeign(workload.replicas) && road.kind === 'scale' && settings.mode === 'auto';
    // What another replica of ours has ordered before it died is ours.
    const isForeign =
      isChanged &&
      (await acts.newestAct(this.#ground.store, { tenant, cluster, workload: name }))?.to !== workload.replicas;
    if (isForeign && !hold) await this.#leaveAlone(name, workload.replicas);
    const mode: ScalingMode = hold || isForeign || road.kind === 'none' ? 'observe' : settings.mode;
    const now = clock.now().getTime();
    const load = inputs.loads.get(name);
    const { decision, capacity, shadow } = mind.think({
      ...{ now, workload, settings, load },
      forecast: inputs.forecasts.get(`${region} ${name}`) ?? inputs.forecasts.get(`${inputs.measuredRegion} ${name}`),
      events: await inputs.eventsOf(inputs.measuredRegion, name),
      everySeconds: config.scaling.everySeconds,
      follows: mode !== 'observe',
    });
    const cost = replicaCost(inputs.book, podSize(workload), { cluster, region, at: clock.now() });
    const step =
      mode === 'observe' ? undefined : stepOf(road, workload, decision, { floor: mind.floor(settings), settings });
    const changeId = step ? await this.#order(workload, { step, decision, mode, cost, mind }) : null;
    const latest: LatestDecision = {
      ...{ at: new Date(now).toISOString(), mode, replicas: workload.replicas, readyReplicas: workload.readyReplicas },
      wanted: mode === 'observe' ? shadow.replicas : decision.replicas,
      ...{ needed: decision.needed, direction: decision.direction, deciding: decision.deciding, terms: decision.terms },
      ...{ held: decision.held, notices: decision.notices, leadSeconds: decision.leadSeconds },
      startUpSeconds: mind.startUpSeconds,
      requestsPerMinute: load?.requestsPerMinute ?? null,
      latencySeconds: load?.latencySeconds ?? null,
      capacity: {
        ...{ perPod: capacity.perPod ?? null, low: capacity.low ?? null, high: capacity.high ?? null },
        source: capacity.source,
      },
      usablePerPod: decision.usablePerPod ?? null,
      ...{ road, does: { en, ko }, cost, changeId },
    };
    const isKept =
      mind.isNewMinute(now) || (decision.direction !== 'stay' && (changeId !== null || mode === 'observe'));
    const wantedReady = mode === 'observe' ? mind.wantedReady(now) : workload.readyReplicas;
    const place = { tenant, region, cluster, workload: name };
    return { latest, row: isKept ? decisionRow(place, latest, { now, wantedReady, settings }) : undefined };
  }

  /** Somebody else scales it: for a while that is theirs. */
  async #leaveAlone(workload: string, replicas: number): Promise<void> {
    const { clock, store } = this.#ground;
    const { tenant, name: cluster, region } = this.cluster;
    const until = new Date(clock.now().getTime() + foreignMs);
    const reason = `Somebody else has set ${replicas} replicas.`;
    await states.saveHold(store, { tenant, cluster, region, workload }, { until, reason });
  }

  /** Has a step carried out as a Change; the same step asked for twice is one. */
  async #order(
    workload: Workload,
    about: {
      step: Step;
      decision: Decision;
      mode: ScalingMode;
      cost: LatestDecision['cost'];
      mind: WorkloadMind;
    },
  ): Promise<number | null> {
    const { step, decision, mode, cost, mind } = about;
    const { clock, store, log } = this.#ground;
    const { tenant, name: cluster } = this.cluster;
    const now = clock.now();
    const validUntil = new Date(now.getTime() + (mode === 'auto' ? autoValidMs : approveValidMs));
    const target = nameOf(workload);
    const key = { tenant, cluster, workload: target };
    if (mode === 'approve' && (await this.#isAskedAlready(key, step.to))) return null;
    const order: ScalingOrder = {
      ...{ ...key, ref: workload.ref, ...step },
      decidedAt: now.toISOString(),
      validUntil: validUntil.toISOString(),
      foreseen: decision.terms.some(
        ({ term, replicas }) => (term === 'forecast' || term === 'event') && replicas >= step.to && step.to > step.from,
      ),
      reason: { en: reasonText(decision, 'en'), ko: reasonText(decision, 'ko') },
      hourCost:
        'unpriced' in cost
          ? null
          : {
              amount: new Decimal(cost.perHour)
                .times(step.to - step.from)
                .toDecimalPlaces(6)
                .toFixed(),
              currency: cost.currency,
            },
    };
    try {
      const { id } = await this.#changes.propose({
        ...{ kind: scalingKind, target: `${cluster}/${target}`, payload: order, author, tenant, mode },
        owner: workload.belongsTo,
        reason: order.reason.en.slice(0, 2_000),
        expiresAt: validUntil,
        dedupKey: `${cluster}/${target} ${step.road} ${step.from}->${step.to}`,
      });
      const counts = mind.acted(decision, step.to, now.getTime());
      await acts.insertAct(store, { ...key, changeId: id, at: now, from: step.from, to: step.to, counts });
      return id;
    } catch (error) {
      // One workload that cannot be proposed for does not keep the others from being decided on.
      log.warn({ err: error, cluster, workload: target }, 'A scaling could not be proposed');
      return null;
    }
  }

  /** Whether people are asked already for as many replicas: a question is not repeated while it waits. */
  async #isAskedAlready(key: states.StateKey, to: number): Promise<boolean> {
    const newest = await acts.newestAct(this.#ground.store, key);
    if (!newest || newest.to < to) return false;
    const [change] = await this.#changes.summaries([newest.changeId], key.tenant);
    return change?.state === 'proposed';
  }

  #mind(name: string): WorkloadMind {
    const known = this.#minds.get(name) ?? new WorkloadMind(undefined, []);
    this.#minds.set(name, known);
    return known;
  }

  #learnStarts(workloads: readonly Workload[]): void {
    const byNamespace = Map.groupBy(workloads, ({ ref }) => ref.namespace);
    for (const pod of this.#pods.objects.values()) {
      const owner = byNamespace.get(pod.metadata.namespace ?? '')?.find((workload) => isOf(pod, workload));
      if (owner) this.#mind(nameOf(owner)).sawPod(pod);
    }
  }

  async #saveLearned(workloads: readonly Workload[]): Promise<void> {
    const { clock, store } = this.#ground;
    const now = clock.now();
    if (Math.abs(now.getTime() - this.#savedAt) < saveLearnedMs) return;
    this.#savedAt = now.getTime();
    const { tenant, name: cluster, region } = this.cluster;
    const present = new Set(workloads.map(nameOf));
    for (const name of this.#minds.keys()) if (!present.has(name)) this.#minds.delete(name);
    const rows = [...this.#minds].map(([workload, mind]) => ({
      tenant,
      cluster,
      region,
      workload,
      learned: mind.learned,
    }));
    await states.saveLearned(store, rows, now);
    await acts.forgetActs(store, new Date(now.getTime() - 90 * 24 * hourMs));
  }
}

/** A workload as traffic names it. */
export function nameOf({ ref }: Pick<Workload, 'ref'>): string {
  return `${ref.namespace}/${ref.name}`;
}

function slimPod(pod: Pod): Pod {
  const { metadata, status } = pod;
  const { name, namespace, uid, creationTimestamp, labels } = metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(labels === undefined ? {} : { labels }),
    },
    spec: { containers: [] },
    ...(status
      ? {
          status: {
            conditions: (status.conditions ?? []).filter(({ type }) => type === 'Ready'),
            containerStatuses: status.containerStatuses ?? [],
          },
        }
      : {}),
  };
}

function decisionRow(
  place: { tenant: string; region: string; cluster: string; workload: string },
  latest: LatestDecision,
  about: { now: number; wantedReady: number; settings: ScalingSettings },
): DecisionRow {
  const { cost } = latest;
  const priced =
    'unpriced' in cost ? { hourCost: null, currency: '' } : { hourCost: cost.perHour, currency: cost.currency };
  return {
    ...place,
    ...{ at: about.now, mode: latest.mode, replicas: latest.replicas, readyReplicas: latest.readyReplicas },
    ...{ wantedReplicas: latest.wanted, wantedReady: about.wantedReady },
    ...{ requests: latest.requestsPerMinute, latencySeconds: latest.latencySeconds },
    latencyLimitSeconds: about.settings.latencyLimitMs === null ? null : about.settings.latencyLimitMs / 1000,
    perPod: latest.capacity.perPod,
    ...{ direction: latest.direction, deciding: latest.deciding.term, held: latest.held, changeId: latest.changeId },
    reason: reasonText(latest, 'en'),
    ...priced,
  };
}
