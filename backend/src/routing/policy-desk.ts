import { openStates, type Changes } from '../changes/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import type { Activate, Draft, PolicyDetail, PolicySummary, SaveDraft, VersionSummary } from './contract.ts';
import type { Policy } from './policy.ts';
import { policyKind, type PolicyOrder } from './policy-change.ts';
import * as repository from './policy-repository.ts';
import { everyTenant, type DraftRow, type KeptActivation, type VersionRow } from './policy-repository.ts';
import { isOwn, isShown, regionOf } from './policy-scope.ts';
import { contentHash, fileVersion, policyProblems, policyYaml, type PolicyGround } from './policy-text.ts';
import { planProblems, settled, shareAt } from './rollout.ts';
import { unifiedDiff } from './text-diff.ts';

type Ground = Pick<Platform, 'audit' | 'clock' | 'config' | 'store'>;

/** Who changes something, and in which request. */
export interface Writer {
  caller: Caller;
  traceId: string;
}

const mostPolicies = 500;
const mostVersions = 200;
const usualPosition = 100;
/** A reference to what may be a version or the draft. */
type Side = string;

/** Where people draft policies, publish versions of them, and have versions serve. */
export class PolicyDesk {
  readonly #ground: Ground;
  readonly #changes: Pick<Changes, 'propose' | 'list' | 'rollBack'>;

  constructor(ground: Ground, changes: Pick<Changes, 'propose' | 'list' | 'rollBack'>) {
    this.#ground = ground;
    this.#changes = changes;
  }

  /** Policies that the caller may see, in the order in which they are looked at. */
  async list(caller: Caller): Promise<PolicySummary[]> {
    const { store, clock } = this.#ground;
    const { tenant } = caller.scope;
    const [versions, drafts, activations, open] = await Promise.all([
      repository.newestVersions(store, tenant),
      repository.listDrafts(store, tenant),
      repository.listActivations(store, tenant),
      this.#changes.list(caller.scope, { kind: policyKind, states: openStates, limit: 200 }),
    ]);
    const names = [...new Set([...versions, ...drafts].map(({ policy }) => policy))];
    const served = await this.#served(tenant, versions, activations);
    const now = clock.now().getTime();
    const own = names.flatMap((name) => {
      const activation = activations.find(({ policy }) => policy === name);
      const draft = drafts.find(({ policy }) => policy === name);
      const version = served.get(name);
      const shown = version ?? draft;
      if (!shown || !isShown(caller.scope, shown.content)) return [];
      // One that has been applied is open until it is verified, which is nothing that people wait for.
      const waiting = open.changes.find(({ target, state }) => target === name && state !== 'applied');
      const known = { name, shown, activation, version, hasDraft: draft !== undefined, now };
      return [{ ...summaryOf(caller, known), ...(waiting ? { openChange: waiting.id } : {}) }];
    });
    own.sort((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
    return [...own, ...this.#fixed(caller)];
  }

  /** @throws AppError NOT_FOUND */
  async get(name: string, caller: Caller): Promise<PolicyDetail> {
    const { store, config } = this.#ground;
    const summary = (await this.list(caller)).find((one) => one.name === name);
    if (!summary) throw missing(name);
    const tenant = summary.origin === 'file' ? everyTenant : caller.scope.tenant;
    const [rows, draft] = await Promise.all([
      repository.versionsOf(store, tenant, name, mostVersions),
      repository.findDraft(store, tenant, name),
    ]);
    return {
      ...summary,
      yaml: policyYaml(summary.content),
      versions: rows
        .filter(({ content }) => isShown(caller.scope, content))
        .map((row) => versionSummary(row, shareOf(summary, row.version))),
      ...(draft ? { draft: draftOf(draft, config.gateway) } : {}),
    };
  }

  /** @throws AppError NOT_FOUND */
  async version(
    name: string,
    version: string,
    caller: Caller,
  ): Promise<VersionSummary & { content: Policy; yaml: string }> {
    const detail = await this.get(name, caller);
    const row = await this.#side(detail, version, caller.scope);
    if (!('version' in row)) throw missing(`${name}, version ${version}`);
    return {
      ...versionSummary(row, shareOf(detail, version)),
      content: row.content,
      yaml: policyYaml(row.content),
    };
  }

  /** @throws AppError NOT_FOUND where either side is missing */
  async diff(name: string, { from, to }: { from: Side; to: Side }, caller: Caller) {
    const detail = await this.get(name, caller);
    const [before, after] = await Promise.all([
      this.#side(detail, from, caller.scope),
      this.#side(detail, to, caller.scope),
    ]);
    const diff = unifiedDiff(policyYaml(before.content), policyYaml(after.content), {
      from: `${name} ${from}`,
      to: `${name} ${to}`,
    });
    return { from, to, diff };
  }

  /** @throws AppError CONFLICT where somebody saved meanwhile or the name stands in the configuration; FORBIDDEN */
  async saveDraft(name: string, asked: SaveDraft, { caller, traceId }: Writer): Promise<Draft> {
    const { store, audit, clock, config } = this.#ground;
    const { tenant } = caller.scope;
    if (asked.content.name !== name)
      throw new AppError('VALIDATION_FAILED', `Correct: /content/name must be ${name}, as in the address.`);
    this.#notFixed(name);
    mayWrite(caller, asked.content);
    return store.transaction(async (tx) => {
      await lockName(tx, tenant, name);
      const before = await repository.findDraft(tx, tenant, name, true);
      const [newest] = await repository.versionsOf(tx, tenant, name, 1);
      if (before) mayWrite(caller, before.content);
      if (newest) mayWrite(caller, newest.content);
      if ((before?.revision ?? 0) !== (asked.revision ?? 0))
        throw new AppError('CONFLICT', `${before?.author.name ?? 'Somebody'} has changed the draft meanwhile.`);
      if (!before && !newest) await this.#notTooMany(tx, tenant);
      const row: DraftRow = {
        policy: name,
        position: asked.position ?? before?.position ?? newest?.position ?? usualPosition,
        content: asked.content,
        notes: asked.notes ?? before?.notes ?? '',
        basedOn: asked.basedOn ?? before?.basedOn ?? newest?.version ?? null,
        revision: (before?.revision ?? 0) + 1,
        author: { id: caller.id, name: caller.name },
        updatedAt: clock.now(),
      };
      await repository.saveDraft(tx, tenant, row);
      const change = { ...(before ? { before: before.content } : {}), after: row.content };
      await audit.record(
        { tenant, actor: caller, traceId, action: 'routing-draft.saved', target: `routing-policy:${name}`, ...change },
        tx,
      );
      return draftOf(row, config.gateway);
    });
  }

  /** @throws AppError NOT_FOUND where there is no draft */
  async deleteDraft(name: string, { caller, traceId }: Writer): Promise<void> {
    const { store, audit } = this.#ground;
    const { tenant } = caller.scope;
    await store.transaction(async (tx) => {
      const draft = await repository.findDraft(tx, tenant, name, true);
      if (!draft || !isShown(caller.scope, draft.content)) throw missing(`draft of ${name}`);
      mayWrite(caller, draft.content);
      await repository.deleteDraft(tx, tenant, name);
      const target = `routing-policy:${name}`;
      const before = draft.content;
      await audit.record({ tenant, actor: caller, traceId, action: 'routing-draft.deleted', target, before }, tx);
    });
  }

  /** Makes the draft a version that never changes; it serves nobody yet. @throws AppError UNPROCESSABLE, CONFLICT, NOT_FOUND */
  async publish(name: string, asked: { revision: number; notes?: string }, { caller, traceId }: Writer) {
    const { store, audit, clock, config } = this.#ground;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      await lockName(tx, tenant, name);
      const draft = await repository.findDraft(tx, tenant, name, true);
      if (!draft || !isShown(caller.scope, draft.content)) throw missing(`draft of ${name}`);
      mayWrite(caller, draft.content);
      if (draft.revision !== asked.revision)
        throw new AppError('CONFLICT', `${draft.author.name} has changed the draft meanwhile.`);
      this.#notFixed(name);
      const problems = policyProblems(draft.content, config.gateway);
      if (problems.length > 0) throw new AppError('UNPROCESSABLE', `It cannot serve: ${problems.join('; ')}.`);
      const [newest] = await repository.versionsOf(tx, tenant, name, 1);
      const hash = contentHash(draft.content);
      if (newest?.hash === hash && newest.position === draft.position)
        throw new AppError('CONFLICT', `The draft is the same as version ${newest.version}.`, {
          help: 'Change the draft, or activate that version.',
        });
      const number = (newest?.number ?? 0) + 1;
      const row: VersionRow = {
        ...{ policy: name, version: `v${number}`, number, origin: 'api', position: draft.position, hash },
        ...{ content: draft.content, notes: asked.notes ?? draft.notes, createdAt: clock.now() },
        author: { id: caller.id, name: caller.name },
      };
      await repository.insertVersion(tx, tenant, row);
      await repository.deleteDraft(tx, tenant, name);
      const target = `routing-policy:${name}`;
      const change = { ...(newest ? { before: newest.content } : {}), after: { version: row.version, ...row.content } };
      await audit.record(
        { tenant, actor: caller, traceId, action: 'routing-version.published', target, ...change },
        tx,
      );
      return versionSummary(row, 0);
    });
  }

  /** Proposes that a version serves; others than the author approve it. @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED */
  async activate(name: string, asked: Activate, caller: Caller) {
    const { version, steps, at, stickyBy = 'session', reason } = asked;
    const problems = planProblems({ steps });
    if (problems.length > 0) throw new AppError('VALIDATION_FAILED', `Correct: ${problems.join('; ')}.`);
    const detail = await this.get(name, caller);
    if (detail.origin === 'file') this.#notFixed(name);
    const row = await this.#side(detail, version, caller.scope);
    const order = { tenant: caller.scope.tenant, policy: name, version, steps: [...steps], stickyBy };
    return this.#propose({ ...order, ...(at === undefined ? {} : { at }) }, row.content, reason, caller);
  }

  /** Proposes that the policy decides about nothing any more. @throws AppError NOT_FOUND, CONFLICT */
  async withdraw(name: string, reason: string, caller: Caller) {
    const detail = await this.get(name, caller);
    if (detail.origin === 'file') this.#notFixed(name);
    if (!detail.rollout) throw new AppError('CONFLICT', `Policy ${name} serves nobody.`);
    const steps = [{ share: 1, afterMinutes: 0 }];
    const order: PolicyOrder = { tenant: caller.scope.tenant, policy: name, steps, stickyBy: 'session' };
    return this.#propose(order, detail.content, reason, caller);
  }

  /** Undoes what brought the present state about: everybody has the version that was stable before. @throws AppError */
  async rollBack(name: string, reason: string, caller: Caller) {
    const detail = await this.get(name, caller);
    if (!detail.rollout) throw new AppError('CONFLICT', `Policy ${name} serves nobody: there is nothing to roll back.`);
    mayWrite(caller, detail.content);
    const { id, state, approvalsNeeded } = await this.#changes.rollBack(detail.rollout.changeId, caller, reason);
    return { changeId: id, state, approvalsNeeded };
  }

  /** Notes the policies of the configuration among the versions, so that their history can be read. */
  async keepFixed(): Promise<void> {
    const { store, clock, config } = this.#ground;
    await store.transaction(async (tx) => {
      await lockName(tx, everyTenant, '');
      for (const [position, content] of config.gateway.policies.entries()) {
        const policy = content.name;
        const [newest] = await repository.versionsOf(tx, everyTenant, policy, 1);
        await repository.insertVersion(tx, everyTenant, {
          ...{ policy, version: fileVersion(content), number: (newest?.number ?? 0) + 1, origin: 'file', position },
          ...{ content, hash: contentHash(content), notes: '', createdAt: clock.now() },
          author: { id: 'system:configuration', name: 'Configuration' },
        });
      }
    });
  }

  async #propose(order: PolicyOrder, content: Policy, reason: string, caller: Caller) {
    mayWrite(caller, content);
    const region = regionOf(content);
    const change = await this.#changes.propose({
      ...{ kind: policyKind, target: order.policy, payload: order, reason, mode: 'approve' as const },
      author: { id: caller.id, name: caller.name },
      tenant: caller.scope.tenant,
      scope: caller.scope,
      approvals: content.approvals ?? 1,
      ...(region === undefined ? {} : { region }),
    });
    return { changeId: change.id, state: change.state, approvalsNeeded: change.approvalsNeeded };
  }

  /** The version of each policy that serves most, else the newest one. */
  async #served(tenant: string, newest: readonly VersionRow[], activations: readonly KeptActivation[]) {
    const now = this.#ground.clock.now().getTime();
    const found = new Map(newest.map((row) => [row.policy, row]));
    for (const activation of activations) {
      const { stable, candidate } = settled(activation, now);
      const version = stable ?? candidate;
      const present = found.get(activation.policy);
      if (version === undefined || present?.version === version) continue;
      const row = await repository.findVersion(this.#ground.store, tenant, activation.policy, version);
      if (row) found.set(activation.policy, row);
    }
    return found;
  }

  #fixed(caller: Caller): PolicySummary[] {
    return this.#ground.config.gateway.policies
      .filter((content) => isShown(caller.scope, content))
      .map((content, position) => ({
        ...{ name: content.name, origin: 'file', state: 'active', position, content, version: fileVersion(content) },
        ...{ hasDraft: false, mayEdit: false },
      }));
  }

  async #side(detail: PolicyDetail, side: Side, scope: Scope): Promise<VersionRow | DraftRow> {
    const { store } = this.#ground;
    const tenant = detail.origin === 'file' ? everyTenant : scope.tenant;
    const row =
      side === 'draft'
        ? await repository.findDraft(store, tenant, detail.name)
        : await repository.findVersion(store, tenant, detail.name, side);
    if (!row || !isShown(scope, row.content))
      throw missing(`${detail.name}, ${side === 'draft' ? '' : 'version '}${side}`);
    return row;
  }

  #notFixed(name: string): void {
    if (this.#ground.config.gateway.policies.some((policy) => policy.name === name))
      throw new AppError('CONFLICT', `Policy ${name} stands in the configuration.`, {
        help: 'Change it there, or draft one with another name: it stands before those of the configuration.',
      });
  }

  async #notTooMany(tx: Store, tenant: string): Promise<void> {
    const names = new Set((await repository.newestVersions(tx, tenant)).map(({ policy }) => policy));
    for (const { policy } of await repository.listDrafts(tx, tenant)) names.add(policy);
    if (names.size >= mostPolicies)
      throw new AppError('RATE_LIMITED', `There are ${mostPolicies} policies already.`, {
        help: 'Make one policy serve several teams, or use one that is not needed any more.',
      });
  }
}

async function lockName(tx: Store, tenant: string, name: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`routing:${tenant}:${name}`]);
}

function missing(what: string): AppError {
  return new AppError('NOT_FOUND', `There is no policy ${what}.`);
}

function mayWrite(caller: Caller, content: Policy): void {
  if (!isOwn(caller.scope, content))
    throw new AppError('FORBIDDEN', 'You may change policies of the regions, teams and products that you see.', {
      help: 'Name them under match: region, team and product, as far as GET /api/me bounds you.',
    });
}

interface Known {
  name: string;
  shown: { content: Policy; position: number };
  activation: KeptActivation | undefined;
  version: VersionRow | undefined;
  hasDraft: boolean;
  now: number;
}

function summaryOf(caller: Caller, { name, shown, activation, version, hasDraft, now }: Known): PolicySummary {
  const present = activation && { ...settled(activation, now), changeId: activation.changeId };
  const serves = present !== undefined && (present.stable !== undefined || present.candidate !== undefined);
  const share = present ? shareAt(present, now) : 0;
  const rolling = share > 0 ? 'rolling-out' : 'scheduled';
  return {
    ...{ name, origin: 'api', position: shown.position, content: shown.content, hasDraft },
    state: !version ? 'draft' : !serves ? 'inactive' : present.candidate === undefined ? 'active' : rolling,
    ...(version ? { version: version.version } : {}),
    ...(serves ? { rollout: { ...present, steps: [...present.steps], share } } : {}),
    mayEdit: caller.permissions.has('gateway:write') && isOwn(caller.scope, shown.content),
  };
}

function shareOf({ origin, version: served, rollout }: PolicySummary, version: string): number {
  if (origin === 'file') return served === version ? 1 : 0;
  if (rollout?.candidate === version) return rollout.share;
  return rollout?.stable === version ? 1 - rollout.share : 0;
}

function versionSummary(row: VersionRow, share: number): VersionSummary {
  const { version, notes, author, position, hash } = row;
  return { version, notes, author, position, hash, share, createdAt: row.createdAt.toISOString() };
}

function draftOf(row: DraftRow, gateway: PolicyGround): Draft {
  const { content, position, notes, basedOn, revision, author, updatedAt } = row;
  return {
    ...{ content, position, notes, revision, author, updatedAt: updatedAt.toISOString() },
    ...(basedOn === null ? {} : { basedOn }),
    problems: policyProblems(content, gateway),
  };
}
