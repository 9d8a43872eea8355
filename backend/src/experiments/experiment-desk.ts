import { randomBytes } from 'node:crypto';
import type { Changes } from '../changes/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { compared, type Observation } from './comparison.ts';
import type { Comparison, CreateExperiment, ExperimentView } from './contract.ts';
import { experimentKind } from './experiment-change.ts';
import type { Experiment } from './experiment.ts';
import * as repository from './experiment-repository.ts';
import type { ExperimentPorts } from './ports.ts';

type Ground = Pick<Platform, 'audit' | 'clock' | 'config' | 'store'>;

export interface Writer {
  caller: Caller;
  traceId: string;
}

/** Who looks where no person is known: panels and alert rules. */
const panels: Omit<Caller, 'scope'> = {
  ...{ kind: 'service', id: 'service:panels', name: 'Panels', roles: [], permissions: new Set<never>() },
};

const mostOpen = 50;
const dayMs = 86_400_000;

/** Where people set experiments up, look at them, end them, and have the better side serve. */
export class ExperimentDesk {
  readonly #ground: Ground;
  readonly #changes: Pick<Changes, 'propose'>;
  readonly #ports: ExperimentPorts;

  constructor(ground: Ground, changes: Pick<Changes, 'propose'>, ports: ExperimentPorts) {
    this.#ground = ground;
    this.#changes = changes;
    this.#ports = ports;
  }

  /** Those on policies that the caller sees, newest first. */
  async list(caller: Caller): Promise<ExperimentView[]> {
    const [kept, seen] = await Promise.all([
      repository.listExperiments(this.#ground.store, caller.scope.tenant),
      this.#seenBy(caller),
    ]);
    return kept.filter((one) => seen.has(one.policy) && seen.has(one.bPolicy)).map(shown);
  }

  /** For panels: those on policies that the scope sees, newest first, each with what it has found so far. */
  async table(
    { state, limit }: { state?: 'running' | 'ended'; limit: number },
    scope: Scope,
  ): Promise<(ExperimentView & { comparison: Comparison })[]> {
    const caller: Caller = { ...panels, scope };
    const asked = (await this.list(caller)).filter((one) => state === undefined || one.state === state).slice(0, limit);
    return Promise.all(asked.map(({ id }) => this.get(id, caller)));
  }

  /** @throws AppError NOT_FOUND */
  async get(id: string, caller: Caller): Promise<ExperimentView & { comparison: Comparison }> {
    const one = await this.#found(id, caller);
    return { ...shown(one), comparison: one.verdict ?? (await this.compare(one)) };
  }

  /** @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, RATE_LIMITED */
  async create(asked: CreateExperiment, { caller, traceId }: Writer): Promise<ExperimentView> {
    const { store, audit, clock, config } = this.#ground;
    const { tenant } = caller.scope;
    const bPolicy = asked.b.policy ?? asked.policy;
    const policies = await this.#ports.policies.list(caller);
    const [a, b] = [asked.policy, bPolicy].map((name) => policies.find((one) => one.name === name));
    if (!a) throw new AppError('NOT_FOUND', `There is no policy ${asked.policy}.`);
    if (!b || b.origin === 'file')
      throw new AppError('NOT_FOUND', `There is no policy ${bPolicy} with published versions.`, {
        help: 'Draft and publish what is to be tried; a policy of the configuration has no versions that could be promoted.',
      });
    if (!b.mayEdit) throw new AppError('FORBIDDEN', `You may not experiment with policy ${bPolicy}.`);
    const { method, route } = asked.settings.quality;
    const problem = problemOf(asked, config.gateway.providers);
    if (problem !== undefined) throw new AppError('VALIDATION_FAILED', problem);
    const { content } = await this.#ports.policies.version(bPolicy, asked.b.version, caller);
    const present = await repository.listExperiments(store, tenant);
    if (present.filter(({ state }) => state !== 'ended').length >= mostOpen)
      throw new AppError('RATE_LIMITED', `${mostOpen} experiments are open already.`, { help: 'End some of them.' });
    const one: Experiment = {
      ...{ id: `ex_${randomBytes(8).toString('hex')}`, tenant, name: asked.name, kind: asked.kind, state: 'draft' },
      ...{ policy: asked.policy, bPolicy, bVersion: asked.b.version, bContent: content },
      settings: { ...asked.settings, quality: { ...asked.settings.quality, method, ...(route ? { route } : {}) } },
      ...{
        budget: asked.budget,
        currency: asked.currency,
        spent: '0',
        observed: 0,
        leftOut: {},
        verdict: null,
        endReason: null,
      },
      ...{ changeId: null, createdAt: clock.now(), startedAt: null, endedAt: null },
      author: { id: caller.id, name: caller.name },
    };
    await store.transaction(async (tx) => {
      await repository.insertExperiment(tx, one);
      const target = `experiment:${one.id}`;
      await audit.record(
        { tenant, actor: caller, traceId, action: 'experiment.created', target, after: shown(one) },
        tx,
      );
    });
    return shown(one);
  }

  /** Proposes that it begins; others than the author approve it. @throws AppError NOT_FOUND, CONFLICT */
  async start(id: string, reason: string, caller: Caller) {
    const one = await this.#found(id, caller);
    if (one.state !== 'draft') throw new AppError('CONFLICT', `Experiment ${id} is ${one.state} already.`);
    const running = (await repository.listRunning(this.#ground.store)).find(
      (other) => other.tenant === one.tenant && other.policy === one.policy && other.kind === one.kind,
    );
    if (running) throw new AppError('CONFLICT', `Experiment ${running.id} runs on policy ${one.policy} already.`);
    const change = await this.#changes.propose({
      ...{ kind: experimentKind, target: one.policy, payload: { tenant: one.tenant, experiment: id }, reason },
      ...{ author: { id: caller.id, name: caller.name }, tenant: one.tenant, mode: 'approve' as const },
      scope: caller.scope,
      approvals: one.bContent.approvals ?? 1,
    });
    return { changeId: change.id, state: change.state, approvalsNeeded: change.approvalsNeeded };
  }

  /** Ends it at once. @throws AppError NOT_FOUND, CONFLICT */
  async stop(id: string, reason: string, { caller, traceId }: Writer): Promise<ExperimentView> {
    const { store, audit, clock } = this.#ground;
    const one = await this.#found(id, caller);
    const verdict = await this.compare(one);
    await store.transaction(async (tx) => {
      if (!(await repository.endExperiment(tx, id, { reason, verdict }, clock.now())))
        throw new AppError('CONFLICT', `Experiment ${id} does not run.`);
      const { tenant } = one;
      const target = `experiment:${id}`;
      await audit.record({ tenant, actor: caller, traceId, action: 'experiment.stopped', target, reason }, tx);
    });
    return shown((await repository.findExperiment(store, id))!);
  }

  /** Proposes that side B serves everybody. @throws AppError NOT_FOUND */
  async promote(id: string, reason: string, caller: Caller) {
    const { bPolicy, bVersion } = await this.#found(id, caller);
    return this.#ports.policies.activate(
      bPolicy,
      { version: bVersion, steps: [{ share: 1, afterMinutes: 0 }], reason },
      caller,
    );
  }

  /** Looks at those that run, and ends those that have told enough, have run long enough, or have no money left. */
  async turn(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#ground;
    for (const one of await repository.listRunning(store)) {
      if (signal.aborted) return;
      const verdict = await this.compare(one);
      const reason = endOf(one, verdict, clock.now().getTime());
      if (reason !== undefined) await repository.endExperiment(store, one.id, { reason, verdict }, clock.now());
    }
  }

  /** Ends one whose budget has no room for another copy. */
  async exhausted(one: Experiment): Promise<void> {
    const { store, clock } = this.#ground;
    const verdict = await this.compare(one);
    const reason = `Its budget of ${one.budget} ${one.currency} has no room for another copy.`;
    await repository.endExperiment(store, one.id, { reason, verdict }, clock.now());
  }

  /** Both sides as they stand. */
  async compare({ id, tenant, kind, settings }: Experiment): Promise<Comparison> {
    const seen = await repository.listObservations(this.#ground.store, id, 2 * settings.maxObservations);
    return compared(settings.quality.method === 'thumbs' ? await this.#voted(tenant, seen) : seen, kind, settings);
  }

  async #voted(tenant: string, seen: readonly Observation[]): Promise<Observation[]> {
    const votes = await this.#ports.votes(
      tenant,
      seen.map(({ callId }) => callId),
    );
    return seen.map((one) => {
      const { up = 0, down = 0 } = votes.get(one.callId) ?? {};
      return { ...one, quality: up + down === 0 ? null : up / (up + down) };
    });
  }

  async #found(id: string, caller: Caller): Promise<Experiment> {
    const one = await repository.findExperiment(this.#ground.store, id);
    const seen = await this.#seenBy(caller);
    if (one?.tenant !== caller.scope.tenant || !seen.has(one.policy) || !seen.has(one.bPolicy))
      throw new AppError('NOT_FOUND', `There is no experiment ${id}.`);
    return one;
  }

  async #seenBy(caller: Caller): Promise<Set<string>> {
    return new Set((await this.#ports.policies.list(caller)).map(({ name }) => name));
  }
}

function problemOf(
  { kind, settings: { quality, minObservations, maxObservations } }: CreateExperiment,
  providers: readonly { name: string }[],
): string | undefined {
  const { method, route } = quality;
  const needsRoute = method === 'judge' || method === 'embedding';
  if (needsRoute && !route) return `Correct: /settings/quality/route must name the model for ${method}.`;
  if (route && !providers.some(({ name }) => name === route.provider))
    return `Correct: /settings/quality/route names the provider ${route.provider}, which the gateway does not know.`;
  if (kind === 'ab' && method !== 'none' && method !== 'thumbs')
    return 'Correct: /settings/quality/method must be none or thumbs with ab: nobody sees both answers to one call.';
  if (kind === 'shadow' && method === 'thumbs')
    return 'Correct: /settings/quality/method cannot be thumbs with shadow: nobody sees the answer of B.';
  if (maxObservations < minObservations)
    return 'Correct: /settings/maxObservations must not be less than /settings/minObservations.';
  return undefined;
}

function endOf(one: Experiment, { decision, observations }: Comparison, nowMs: number): string | undefined {
  if (decision !== 'undecided') return 'It is decided.';
  if (observations >= one.settings.maxObservations) return 'So many observations as were asked for have been made.';
  const until = (one.startedAt?.getTime() ?? nowMs) + one.settings.days * dayMs;
  return nowMs >= until ? `It has run for ${one.settings.days} days.` : undefined;
}

function shown(one: Experiment): ExperimentView {
  const { id, name, kind, state, policy, bPolicy, bVersion, budget, spent, currency, settings, observed, author } = one;
  const iso = (at: Date | null): string | undefined => at?.toISOString();
  const optional = {
    verdict: one.verdict ?? undefined,
    endReason: one.endReason ?? undefined,
    changeId: one.changeId ?? undefined,
    ...{ startedAt: iso(one.startedAt), endedAt: iso(one.endedAt) },
  };
  return {
    ...{ id, name, kind, state, policy, b: { policy: bPolicy, version: bVersion }, budget, spent, currency, settings },
    ...{ observed, leftOut: one.leftOut, author, createdAt: one.createdAt.toISOString() },
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<ExperimentView>),
  };
}
