import type { Static } from 'typebox';
import type { Changes } from '../changes/index.ts';
import type { KubernetesRoom, Workload } from '../kubernetes/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { actsOfIncidents, type ActRow } from './act-repository.ts';
import { advice, type Language } from './cause-patterns.ts';
import type { IncidentView, Timeline, TimelineQuerySchema } from './contract.ts';
import type { Mode } from './guards.ts';
import type { HealingMark } from './healing-room.ts';
import { listIncidents, type Incident } from './incident-repository.ts';
import { modeOf } from './mode.ts';
import { whyIn } from './why-text.ts';
import { deleteMode, listModes, listWatches, saveMode } from './state-repository.ts';

type Ground = Pick<Platform, 'config' | 'clock' | 'store' | 'audit'>;

const dayMs = 86_400_000;
const maxMarks = 2_000;
const workloadsMs = 30_000;

interface Answered {
  at: number;
  workloads: Promise<Workload[]>;
}

/** What people ask the doctor, and tell it. */
export class HealingDesk {
  readonly #ground: Ground;
  readonly #kubernetes: KubernetesRoom;
  readonly #changes: Pick<Changes, 'summaries'>;
  /** One answer of each cluster, for half a minute. */
  readonly #workloads = new Map<string, Answered>();

  constructor(ground: Ground, kubernetes: KubernetesRoom, changes: Pick<Changes, 'summaries'>) {
    this.#ground = ground;
    this.#kubernetes = kubernetes;
    this.#changes = changes;
  }

  async timeline(query: Static<typeof TimelineQuerySchema>, scope: Scope): Promise<Timeline> {
    const { store, clock } = this.#ground;
    const to = query.to === undefined ? clock.now() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - dayMs) : new Date(query.from);
    if (from >= to) throw new AppError('BAD_REQUEST', '`from` must be before `to`.');
    const { tenant, regions } = scope;
    const { cluster, workload, trouble, verdict, state, limit } = query;
    const asked = { tenant, regions, from, to, cluster, workload, trouble, verdict, state, limit: limit + 1 };
    const some = await listIncidents(store, asked);
    const found = some.slice(0, limit);
    const acts = await actsOfIncidents(
      store,
      found.map(({ id }) => id),
    );
    const ids = [...new Set(acts.flatMap(({ changeId }) => changeId ?? []))];
    const changes = ids.length === 0 ? [] : await this.#changes.summaries(ids, tenant);
    const byId = new Map(changes.map((change) => [change.id, change]));
    const incidents = found.map((incident) => ({
      ...viewOf(incident, query.language),
      acts: acts
        .filter(({ incidentId }) => incidentId === incident.id)
        .map((act) => actView(act, byId.get(act.changeId ?? -1))),
    }));
    return { incidents, more: some.length > limit };
  }

  async marks(
    { from, to, workload }: { from: Date; to: Date; workload?: string },
    scope: Scope,
  ): Promise<HealingMark[]> {
    const { tenant, regions } = scope;
    const query = { tenant, regions, from, to, workload: workload === '' ? undefined : workload, limit: maxMarks };
    const found = await listIncidents(this.#ground.store, query);
    return found.reverse().map((incident) => ({
      from: incident.firstAt,
      to: incident.closedAt ?? undefined,
      workload: `${incident.ref.namespace}/${incident.ref.name}`,
      title: `${incident.ref.namespace}/${incident.ref.name}: ${incident.trouble}`,
      text: `${incident.why}${incident.evidence === null || incident.evidence === '' ? '' : ` (${incident.evidence})`}`,
      tags: ['healing', incident.trouble, incident.verdict, incident.cause],
    }));
  }

  async workloads(query: { cluster?: string; namespace?: string; limit: number }, scope: Scope) {
    const { store, clock, config } = this.#ground;
    const clusters = this.#kubernetes.clusters.filter(
      ({ tenant, region, name }) =>
        tenant === scope.tenant &&
        (scope.regions === 'all' || scope.regions.includes(region)) &&
        (query.cluster === undefined || query.cluster === name),
    );
    const now = clock.now();
    const watches = new Map((await listWatches(store, scope.tenant)).map((row) => [row.cluster, row]));
    const rules = [...config.healing.targets, ...(await listModes(store, scope.tenant))];
    const open = await listIncidents(store, {
      ...{
        tenant: scope.tenant,
        regions: scope.regions,
        from: new Date(now.getTime() - dayMs),
        to: new Date(now.getTime() + 1),
      },
      limit: 2_000,
    });
    const notices: string[] = [];
    const workloads = [];
    for (const cluster of clusters) {
      try {
        for (const { ref, replicas, readyReplicas, owners } of await this.#workloadsOf(cluster, now.getTime())) {
          if (query.namespace !== undefined && query.namespace !== ref.namespace) continue;
          const manager = owners.managers.find(({ kind }) => kind !== 'helm');
          workloads.push({
            ...{
              cluster: cluster.name,
              region: cluster.region,
              kind: ref.kind,
              namespace: ref.namespace,
              name: ref.name,
            },
            mode: modeOf(`${cluster.name}/${ref.namespace}/${ref.name}`, rules, config.healing.mode),
            ...{ replicas, readyReplicas },
            managedBy: owners.gitOps && manager ? `${manager.kind}/${manager.name}` : null,
            openIncidents: open.filter(
              (one) =>
                one.closedAt === null &&
                one.cluster === cluster.name &&
                one.ref.kind === ref.kind &&
                one.ref.namespace === ref.namespace &&
                one.ref.name === ref.name,
            ).length,
          });
        }
      } catch (error) {
        if (!isAppError(error)) throw error;
        notices.push(`${error.message} ${error.help}`);
      }
    }
    if (workloads.length > query.limit) notices.push(`Only ${query.limit} of ${workloads.length} workloads are shown.`);
    const states = clusters.map((cluster) => {
      const row = watches.get(cluster.name);
      const freshAt = row?.freshAt ?? null;
      const isFresh = freshAt !== null && now.getTime() - freshAt.getTime() <= this.#kubernetes.watchAgeMs;
      const state: 'watched' | 'stale' | 'unknown' = freshAt === null ? 'unknown' : isFresh ? 'watched' : 'stale';
      return {
        ...{ cluster: cluster.name, region: cluster.region, state, freshAt: freshAt?.toISOString() ?? null },
        ...{ leads: row?.leads ?? false, pods: row?.pods ?? 0, trouble: row?.trouble ?? null },
      };
    });
    return { clusters: states, workloads: workloads.slice(0, query.limit), notices };
  }

  #workloadsOf(cluster: KubernetesRoom['clusters'][number], now: number): Promise<Workload[]> {
    const key = `${cluster.tenant}/${cluster.name}`;
    const held = this.#workloads.get(key);
    if (held && Math.abs(now - held.at) < workloadsMs) return held.workloads;
    const workloads = cluster.workloads();
    this.#workloads.set(key, { at: now, workloads });
    // A failure is not remembered.
    workloads.catch(() => this.#workloads.delete(key));
    return workloads;
  }

  async settings(scope: Scope) {
    const { store, config } = this.#ground;
    const { mode, targets, memory, rollback } = config.healing;
    const kept = await listModes(store, scope.tenant);
    return {
      mode,
      rules: [
        ...targets.map((rule) => ({ ...rule, origin: 'file' as const, setBy: null, setAt: null })),
        ...kept.map(({ target, mode: given, setBy, setAt }) => ({
          ...{ target, mode: given, origin: 'api' as const, setBy: setBy.name, setAt: setAt.toISOString() },
        })),
      ],
      memory,
      rollback,
    };
  }

  /** Gives workloads a mode. @throws AppError CONFLICT where the file has that very pattern, FORBIDDEN beyond the caller's regions */
  async setMode(rule: { target: string; mode: Mode }, caller: Caller): Promise<void> {
    this.#checkNotOfFile(rule.target);
    this.#checkReach(rule.target, caller.scope);
    const { store, clock, audit } = this.#ground;
    const { tenant } = caller.scope;
    const actor = { id: caller.id, name: caller.name };
    await store.transaction(async (tx) => {
      const before = await saveMode(tx, tenant, rule, actor, clock.now());
      await audit.record(
        {
          ...{
            tenant,
            actor,
            action: 'healing.mode_set',
            target: `healing:${rule.target}`,
            after: { mode: rule.mode },
          },
          ...(before === undefined ? {} : { before: { mode: before } }),
        },
        tx,
      );
    });
  }

  /** @throws AppError NOT_FOUND, CONFLICT, FORBIDDEN beyond the caller's regions */
  async dropMode(target: string, caller: Caller): Promise<void> {
    this.#checkNotOfFile(target);
    this.#checkReach(target, caller.scope);
    const { store, audit } = this.#ground;
    const { tenant } = caller.scope;
    await store.transaction(async (tx) => {
      const before = await deleteMode(tx, tenant, target);
      if (before === undefined) throw new AppError('NOT_FOUND', `Nobody has given ${target} a mode.`);
      const actor = { id: caller.id, name: caller.name };
      await audit.record(
        { tenant, actor, action: 'healing.mode_removed', target: `healing:${target}`, before: { mode: before } },
        tx,
      );
    });
  }

  /** Whoever sees some regions only gives modes within clusters of those: the pattern has to name one. */
  #checkReach(target: string, { tenant, regions }: Scope): void {
    if (regions === 'all') return;
    const [name] = target.split('/');
    const own = this.#kubernetes.clusters.filter((one) => one.tenant === tenant && regions.includes(one.region));
    if (target.includes('/') && own.some((one) => one.name === name)) return;
    throw new AppError('FORBIDDEN', `${target} reaches clusters outside of your regions.`, {
      help: `Begin the pattern with one of your clusters: ${own.map((one) => `${one.name}/`).join(', ') || 'you have none'}.`,
    });
  }

  #checkNotOfFile(target: string): void {
    if (!this.#ground.config.healing.targets.some((rule) => rule.target === target)) return;
    throw new AppError('CONFLICT', `The mode of ${target} is kept in the configuration.`, {
      help: 'Change it under healing.targets there.',
    });
  }
}

function viewOf(incident: Incident, language: Language): Omit<IncidentView, 'acts'> {
  const { id, cluster, region, ref, container, revision, trouble, cause, evidence, crashes, pods, verdict, why } =
    incident;
  return {
    ...{ id, cluster, region, kind: ref.kind, namespace: ref.namespace, workload: ref.name, container, revision },
    ...{ trouble, cause, evidence, crashes, pods, verdict },
    ...{ why: whyIn(why, cause, language), advice: advice[cause][language] },
    firstAt: incident.firstAt.toISOString(),
    lastAt: incident.lastAt.toISOString(),
    closedAt: incident.closedAt?.toISOString() ?? null,
  };
}

function actView(act: ActRow, change: { state: string; summary: string } | undefined): IncidentView['acts'][number] {
  const { at, mode, changeId } = act;
  const { before, after } = act.detail;
  return {
    ...{ act: act.act, at: at.toISOString(), mode, changeId, state: change?.state ?? null },
    summary: change?.summary ?? null,
    before: typeof before === 'string' ? before : null,
    after: typeof after === 'string' ? after : null,
  };
}
