import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { ScalingDetail, ScalingReport, ScalingWorkload } from './contract.ts';
import { selectCapacity, selectMarks, selectReport, type MarkRow } from './decision-repository.ts';
import { holdText, reasonText, termText } from './reason-text.ts';
import { costOf } from './replica-cost.ts';
import type { ScalingActor, SettingsDesk } from './settings-desk.ts';
import * as states from './workload-state-repository.ts';
import type { LatestDecision } from './workload-state.ts';

/** A moment at which replicas were changed, or would have been. */
export interface ScalingMark {
  at: Date;
  workload: string;
  kind: string;
  text: string;
  changeId: number | null;
}

/** What the data source draws beside the traffic. */
export interface ScalingMarks {
  /** Requests a minute that the ready pods could serve; empty while that is not known. */
  capacity(
    query: { workload: string; from: Date; to: Date },
    scope: Scope,
  ): Promise<{ minute: number; requestsPerMinute: number }[]>;
  marks(query: { workload?: string; from: Date; to: Date }, scope: Scope): Promise<ScalingMark[]>;
}

type Ground = Pick<Platform, 'clock' | 'store' | 'warehouse' | 'audit'>;

const staleMs = 5 * 60_000;
const mostMarks = 5_000;
const dayMs = 86_400_000;
const longestReportMs = 92 * dayMs;

/** What is known of the scaling of workloads, for pages, panels and other autoscalers, within the caller's scope. */
export class ScalingDesk implements ScalingMarks {
  readonly #ground: Ground;
  readonly #settings: SettingsDesk;

  constructor(ground: Ground, settings: SettingsDesk) {
    this.#ground = ground;
    this.#settings = settings;
  }

  async list(scope: Scope): Promise<ScalingWorkload[]> {
    const rows = await states.listLatest(this.#ground.store, { tenant: scope.tenant, regions: scope.regions });
    return rows.map((row) => this.#view(row));
  }

  /** @throws AppError NOT_FOUND, also where the caller does not see it */
  async get(workload: string, scope: Scope): Promise<ScalingDetail> {
    const row = await this.#row(workload, scope);
    const latest = row.latest!;
    const { settings, origin, version } = await this.#settings.get(workload, scope.tenant);
    return {
      ...this.#view(row),
      terms: latest.terms.map((term) => ({
        term: term.term,
        replicas: term.replicas,
        load: 'load' in term ? term.load : null,
        text: { en: termText(term, 'en'), ko: termText(term, 'ko') },
      })),
      notices: [...latest.notices],
      leadSeconds: latest.leadSeconds,
      startUpSeconds: latest.startUpSeconds,
      capacity: { ...latest.capacity, usable: latest.usablePerPod },
      road: latest.road.kind,
      does: latest.does,
      costFormula: 'unpriced' in latest.cost ? latest.cost.unpriced : latest.cost.formula,
      settings,
      settingsOrigin: origin,
      settingsVersion: version,
    };
  }

  /**
   * Settings hold for a workload in every cluster that has it: whoever sees some regions only needs all of them.
   * @throws AppError NOT_FOUND
   */
  async checkReach(workload: string, { tenant, regions }: Scope): Promise<void> {
    if (regions === 'all') return;
    const rows = await states.listLatest(this.#ground.store, { tenant, regions: 'all', workload });
    if (rows.length > 0 && rows.every(({ region }) => regions.includes(region))) return;
    throw unknown(workload);
  }

  /** Lets a workload be scaled again that was left alone. @throws AppError NOT_FOUND */
  async release(workload: string, actor: ScalingActor, reason: string): Promise<ScalingDetail> {
    const { store, audit } = this.#ground;
    const row = await this.#row(workload, actor.scope);
    await store.transaction(async (tx) => {
      await states.saveHold(tx, row, { until: null, reason: null });
      await audit.record(
        {
          tenant: row.tenant,
          actor: { id: actor.id, name: actor.name },
          action: 'scaling.hold_released',
          target: `scaling:${workload}`,
          reason,
          before: { until: row.holdUntil?.toISOString() ?? null, reason: row.holdReason },
          ...(actor.traceId === undefined ? {} : { traceId: actor.traceId }),
        },
        tx,
      );
    });
    return this.get(workload, actor.scope);
  }

  /** What workloads had and what decisions wanted for them. @throws AppError BAD_REQUEST */
  async report(query: { from?: string; to?: string; workload?: string }, scope: Scope): Promise<ScalingReport> {
    const to = query.to === undefined ? this.#ground.clock.now() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - dayMs) : new Date(query.from);
    const length = to.getTime() - from.getTime();
    if (!(length > 0) || length > longestReportMs) {
      throw new AppError(
        'BAD_REQUEST',
        'A report covers more than nothing and at most 92 days: check `from` and `to`.',
      );
    }
    const { workload } = query;
    const span = { from, to, ...(workload === undefined ? {} : { workload }) };
    const rows = await selectReport(this.#ground.warehouse, span, scope);
    const number = (value: number): number => Math.round(value * 100) / 100;
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      rows: rows.map((row) => ({
        ...{ workload: row.workload, cluster: row.cluster, region: row.region },
        ...{ minutes: Number(row.minutes), acts: Number(row.acts) },
        replicaHours: number(row.replicaHours),
        wantedReplicaHours: number(row.wantedHours),
        slowMinutes: Number(row.slowMinutes),
        wantedSlowMinutes: Number(row.wantedSlowMinutes),
        cost: moneyOf(row.cost, row.currency),
        wantedCost: moneyOf(row.wantedCost, row.currency),
      })),
    };
  }

  /** Replicas that a workload is to have, for an HPA; undefined where nobody has decided lately or nothing is known. */
  async required(namespace: string, name: string, scope: Scope): Promise<{ replicas: number; at: Date } | undefined> {
    const query = { tenant: scope.tenant, regions: scope.regions, workload: `${namespace}/${name}` };
    const [row] = await states.listLatest(this.#ground.store, query);
    if (!row?.latest || this.#isStale(row) || row.latest.held !== 'none') return undefined;
    return { replicas: row.latest.wanted, at: new Date(row.latest.at) };
  }

  capacity(
    query: { workload: string; from: Date; to: Date },
    scope: Scope,
  ): Promise<{ minute: number; requestsPerMinute: number }[]> {
    return selectCapacity(this.#ground.warehouse, query, scope);
  }

  async marks(query: { workload?: string; from: Date; to: Date }, scope: Scope): Promise<ScalingMark[]> {
    return (await selectMarks(this.#ground.warehouse, query, scope, mostMarks)).map(markOf);
  }

  async #row(workload: string, scope: Scope): Promise<states.StateRow> {
    const query = { tenant: scope.tenant, regions: scope.regions, workload };
    const [row] = await states.listLatest(this.#ground.store, query);
    if (row) return row;
    throw unknown(workload);
  }

  #isStale({ decidedAt }: states.StateRow): boolean {
    return decidedAt === null || this.#ground.clock.now().getTime() - decidedAt.getTime() > staleMs;
  }

  #view(row: states.StateRow): ScalingWorkload {
    const latest = row.latest!;
    const now = this.#ground.clock.now();
    const isHeld = row.holdUntil !== null && row.holdUntil > now;
    return {
      ...{ workload: row.workload, cluster: row.cluster, region: row.region },
      decidedAt: latest.at,
      isStale: this.#isStale(row),
      mode: latest.mode,
      holdUntil: isHeld ? row.holdUntil!.toISOString() : null,
      holdReason: isHeld && row.holdReason !== null ? holdText(row.holdReason) : null,
      ...{ replicas: latest.replicas, readyReplicas: latest.readyReplicas, wanted: latest.wanted },
      ...{ needed: latest.needed, direction: latest.direction, held: latest.held },
      reason: { en: reasonText(latest, 'en'), ko: reasonText(latest, 'ko') },
      requestsPerMinute: latest.requestsPerMinute,
      latencyMs: latest.latencySeconds === null ? null : latest.latencySeconds * 1000,
      perPod: latest.capacity.perPod,
      capacitySource: latest.capacity.source,
      hourCost: hourCostOf(latest),
      changeId: latest.changeId,
    };
  }
}

function hourCostOf({ cost }: LatestDecision): { amount: string; currency: string } | null {
  return 'unpriced' in cost ? null : { amount: cost.perHour, currency: cost.currency };
}

function moneyOf(amount: string | null, currency: string): { amount: string; currency: string } | null {
  return amount === null || currency === '' ? null : { amount: costOf(1, amount), currency };
}

function markOf({ at, workload, mode, direction, replicas, wanted, reason, changeId }: MarkRow): ScalingMark {
  const isActed = changeId !== null;
  return {
    at: new Date(at * 1000),
    workload,
    kind: isActed ? `scale-${direction}` : mode === 'observe' ? 'observed' : 'proposed',
    text: `${isActed ? '' : 'Would be '}${isActed ? `${replicas} to ${wanted} replicas` : `${wanted} replicas`}. ${reason}`,
    changeId: isActed ? Number(changeId) : null,
  };
}

function unknown(workload: string): AppError {
  return new AppError('NOT_FOUND', `Nothing is decided about ${workload.slice(0, 100)}.`, {
    help: 'GET /api/scaling/workloads lists what is. A workload appears once its cluster and its traffic are known.',
  });
}
