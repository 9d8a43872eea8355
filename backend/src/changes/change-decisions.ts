import type { Config } from '../platform/config/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import { wholeTenant, type Caller, type Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import { judgeApproval, openStates, resolution, type ChangeMode, type Outcome } from './change.ts';
import type { ChangeKinds, ChangeOwner } from './change-handler.ts';
import { driver, type ChangeLedger } from './change-ledger.ts';
import { checkedJson, withinTime } from './change-limits.ts';
import { policyFor } from './change-policy.ts';
import { outside, refusal } from './change-refusals.ts';
import * as repository from './change-repository.ts';
import { isWithin, type Actor, type ChangeRow, type NewChange } from './change-repository.ts';
import * as voices from './change-voice-repository.ts';
import { checkedTexts } from './free-text.ts';

export interface Proposal {
  kind: string;
  target: string;
  payload: unknown;
  reason: string;
  author: Actor;
  tenant: string;
  /** Region of what it is about; where absent, what the kind says of the payload. */
  region?: string;
  /** To whom that belongs; where absent, what the kind says of the payload. */
  owner?: ChangeOwner;
  /** What its author sees, where that may be less than the tenant. */
  scope?: Scope;
  /** `changes.expiryHours` from now where absent. */
  expiresAt?: Date;
  /** Mode that the proposing room's own settings give its target; rules of the configuration can make it more careful. */
  mode?: ChangeMode;
  /** People who must say yes where the mode asks for them at all: 1 or 2. Rules of the configuration can ask for more. */
  approvals?: number;
  /** While a Change of this kind and key is open, proposing it again gives that one. */
  dedupKey?: string;
}

/** Proposals that may be open in one tenant. */
const maxOpen = 1_000;
const previewLimitMs = 30_000;

/** Who stands behind an actor, e.g. who made the key that it is; undefined where nobody knows. */
export type MakerOf = (tenant: string, actorId: string, tx: Store) => Promise<string | undefined>;

/** What people (and engines that propose) do to Changes. Every step is one transaction; nothing here alters the world. */
export class ChangeDecisions {
  #makerOf: MakerOf;
  #ledger: ChangeLedger;
  #kinds: ChangeKinds;
  #config: Config['changes'];

  constructor(ledger: ChangeLedger, kinds: ChangeKinds, config: Config['changes'], makerOf: MakerOf) {
    this.#makerOf = makerOf;
    this.#ledger = ledger;
    this.#kinds = kinds;
    this.#config = config;
  }

  /**
   * Keeps a proposal with its preview; in the mode `auto` it is approved at once. Resolves with the id, and whether it is
   * a new one. Throws VALIDATION_FAILED, RATE_LIMITED, or what the preview throws.
   */
  async propose(proposal: Proposal): Promise<{ id: number; isNew: boolean }> {
    const handler = this.#kinds.checked(proposal.kind, proposal.payload);
    checkedTexts({ target: [proposal.target, 300], reason: [proposal.reason, 2_000] });
    const at = this.#ledger.clock.now();
    const expiresAt = proposal.expiresAt ?? new Date(at.getTime() + this.#config.expiryHours * 3_600_000);
    if (!(expiresAt.getTime() > at.getTime())) {
      throw new AppError('VALIDATION_FAILED', 'A proposal must expire in the future.');
    }
    const region = proposal.region ?? handler.regionOf?.(proposal.payload) ?? null;
    const { team = null, product = null } = proposal.owner ?? (await handler.ownerOf?.(proposal.payload)) ?? {};
    if (proposal.scope && !isWithin(proposal.scope, { tenant: proposal.tenant, region, team, product }))
      throw outside();
    const preview = await withinTime(handler.preview(proposal.payload), previewLimitMs, 'The preview');
    checkedJson('payload', proposal.payload);
    checkedJson('preview', preview);
    const { mode, approvals } = policyFor(
      proposal.kind,
      proposal.target,
      this.#config.targets,
      this.#config.defaultMode,
      proposal.mode,
    );
    const { kind, target, payload, reason, author, tenant } = proposal;
    const dedupKey = proposal.dedupKey ?? null;
    const change: NewChange = {
      ...{
        tenant,
        region,
        team,
        product,
        kind,
        target,
        payload,
        preview,
        reason,
        mode,
        author,
        at,
        expiresAt,
        dedupKey,
      },
      approvalsNeeded: mode === 'approve' ? Math.max(approvals, Math.min(2, proposal.approvals ?? 0)) : approvals,
      askedMode: proposal.mode ?? null,
    };
    return this.#ledger.store.transaction((tx) => this.#keep(tx, change));
  }

  async #keep(tx: Store, change: NewChange): Promise<{ id: number; isNew: boolean }> {
    if ((await repository.countOpen(tx, wholeTenant(change.tenant), openStates)) >= maxOpen) {
      throw new AppError('RATE_LIMITED', `${maxOpen} Changes are open already.`, {
        help: 'Approve, reject or cancel some of them first.',
      });
    }
    const id = await repository.insertChange(tx, change);
    if (id === undefined) {
      const twin = await repository.findOpenTwin(tx, change);
      if (twin === undefined) throw new AppError('CONFLICT', 'An equal Change was settled at the same moment.');
      return { id: twin, isNew: false };
    }
    const row = await this.#ledger.get(id, undefined, tx);
    await this.#ledger.write(tx, row, {
      event: 'propose',
      action: 'change.proposed',
      actor: change.author,
      to: 'proposed',
      note: change.reason,
      tell: change.mode !== 'auto',
    });
    if (change.mode === 'auto') {
      const note = 'This target is changed without approval.';
      await this.#ledger.step(row, { event: 'approve', actor: driver, note, update: { lookAt: change.at } }, tx);
    }
    return { id, isNew: true };
  }

  /**
   * Counts one person's yes; resolves with true where it was the last one needed. Throws FORBIDDEN (own proposal, also by an
   * own key, not a person), CONFLICT (not proposed any more, twice, only observed), GONE (expired).
   */
  async approve(id: number, caller: Caller, comment?: string): Promise<boolean> {
    if (comment !== undefined) checkedTexts({ comment: [comment, 2_000] });
    return this.#ledger.store.transaction(async (tx) => {
      const row = await this.#ledger.get(id, caller.scope, tx, true);
      this.#stillProposed(row);
      const given = await voices.listApprovals(tx, id);
      const policy = this.#policy(row);
      const answer = judgeApproval({
        mode: policy.mode === 'observe' ? 'observe' : row.mode,
        authorId: await this.#makerOf(row.tenant, row.author.id, tx),
        approvalsNeeded: Math.max(row.approvalsNeeded, policy.approvals),
        approvedBy: given.map((approval) => approval.person.id),
        person: caller,
      });
      if (answer.verdict === 'refused') throw refusal(answer.why, row);
      const at = this.#ledger.clock.now();
      const actor = { id: caller.id, name: caller.name };
      await voices.insertApproval(tx, { changeId: id, person: actor, at, comment: comment ?? null });
      const note = comment === undefined ? {} : { note: comment };
      if (answer.complete) {
        await this.#ledger.step(row, { event: 'approve', actor, ...note, update: { lookAt: at } }, tx);
      } else {
        const entry = {
          event: 'approval',
          action: 'change.approval_given',
          actor,
          to: row.state,
          tell: false,
        } as const;
        await this.#ledger.write(tx, row, { ...entry, ...note });
      }
      return answer.complete;
    });
  }

  async reject(id: number, caller: Caller, reason: string): Promise<void> {
    checkedTexts({ reason: [reason, 2_000] });
    await this.#locked(id, caller, (row, tx) => this.#ledger.step(row, { event: 'reject', ...by(caller, reason) }, tx));
  }

  /** Withdraws what has not been applied yet. Throws FORBIDDEN for others than the author and those who may approve. */
  async cancel(id: number, caller: Caller, reason: string): Promise<void> {
    checkedTexts({ reason: [reason, 2_000] });
    await this.#locked(id, caller, async (row, tx) => {
      if (row.author.id !== caller.id && !caller.permissions.has('changes:approve')) {
        throw new AppError('FORBIDDEN', 'Only its author and those who may approve it can cancel a Change.');
      }
      await this.#ledger.step(row, { event: 'cancel', ...by(caller, reason), update: { lookAt: null } }, tx);
    });
  }

  /** Asks for what was applied to be undone. Throws UNPROCESSABLE where this kind cannot be rolled back. */
  async rollBack(id: number, caller: Caller, reason: string, attemptKey: string): Promise<void> {
    checkedTexts({ reason: [reason, 2_000] });
    await this.#locked(id, caller, async (row, tx) => {
      if (!this.#kinds.get(row.kind)?.rollback) {
        throw new AppError('UNPROCESSABLE', `A Change of the kind ${row.kind} cannot be rolled back.`, {
          help: 'Propose a Change that restores what you want.',
        });
      }
      const update = { attemptKey, tries: 0, lookAt: this.#ledger.clock.now() };
      await this.#ledger.step(row, { event: 'rollBack', ...by(caller, reason), update }, tx);
    });
  }

  /** A person says what the world looks like where the service cannot know. */
  async resolve(id: number, caller: Caller, outcome: Outcome, reason: string, attemptKey: string): Promise<void> {
    checkedTexts({ reason: [reason, 2_000] });
    await this.#locked(id, caller, async (row, tx) => {
      if (!row.doubt) throw new AppError('CONFLICT', `Change ${row.id} is ${row.state}; there is nothing to resolve.`);
      const event = resolution(row.doubt, outcome);
      const goesOn = event === 'confirmApplied' || event === 'undoAgain';
      const update = {
        lookAt: goesOn ? this.#ledger.clock.now() : null,
        tries: 0,
        ...(event === 'undoAgain' ? { attemptKey } : {}),
      };
      await this.#ledger.step(row, { event, ...by(caller, reason), update }, tx);
    });
  }

  async comment(id: number, caller: Caller, text: string): Promise<number> {
    checkedTexts({ text: [text, 4_000] });
    return this.#ledger.store.transaction(async (tx) => {
      const row = await this.#ledger.get(id, caller.scope, tx);
      const author = { id: caller.id, name: caller.name };
      const at = this.#ledger.clock.now();
      const comment = await voices.insertComment(tx, { changeId: id, author, at, text });
      const entry = {
        event: 'comment',
        action: 'change.commented',
        actor: author,
        to: row.state,
        tell: false,
      } as const;
      await this.#ledger.write(tx, row, entry);
      return comment;
    });
  }

  /** Ends what nobody approved (or applied) in time; resolves with how many. */
  async expire(limit: number): Promise<number> {
    const due = await repository.findExpired(this.#ledger.store, this.#ledger.clock.now(), limit);
    let expired = 0;
    for (const id of due) {
      try {
        const row = await this.#ledger.get(id);
        await this.#ledger.step(row, { event: 'expire', actor: driver, update: { lookAt: null } });
        expired += 1;
      } catch (error) {
        // Someone decided in the last moment.
        if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
      }
    }
    return expired;
  }

  #policy(row: ChangeRow) {
    return policyFor(row.kind, row.target, this.#config.targets, this.#config.defaultMode, row.askedMode);
  }

  #stillProposed(row: ChangeRow): void {
    const isOver = row.expiresAt.getTime() <= this.#ledger.clock.now().getTime();
    if (row.state === 'expired' || (row.state === 'proposed' && isOver)) {
      throw new AppError('GONE', `Change ${row.id} expired at ${row.expiresAt.toISOString()}.`);
    }
    if (row.state !== 'proposed') throw new AppError('CONFLICT', `Change ${row.id} is ${row.state} already.`);
  }

  async #locked(id: number, caller: Caller, work: (row: ChangeRow, tx: Store) => Promise<void>): Promise<void> {
    await this.#ledger.store.transaction(async (tx) => {
      await work(await this.#ledger.get(id, caller.scope, tx, true), tx);
    });
  }
}

function by(caller: Caller, note: string): { actor: Actor; note: string } {
  return { actor: { id: caller.id, name: caller.name }, note };
}
