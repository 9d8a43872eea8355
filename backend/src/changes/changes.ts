import { randomUUID } from 'node:crypto';
import type { TSchema } from 'typebox';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Notification, Notifier } from '../platform/notify/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { nextState, type ChangeState, type Outcome } from './change.ts';
import type { ChangeDecisions } from './change-decisions.ts';
import { type Proposal } from './change-decisions.ts';
import { lookAgainMs, type ChangeDriver } from './change-driver.ts';
import type { ChangeHandler, ChangeKinds } from './change-handler.ts';
import type { ChangeLedger } from './change-ledger.ts';
import { changeNotice, toldStep } from './change-notice.ts';
import * as repository from './change-repository.ts';
import type { StepRow } from './change-repository.ts';
import * as steps from './change-step-repository.ts';
import { changeDetail, changeSummary } from './change-views.ts';
import * as voices from './change-voice-repository.ts';
import type { ChangeDetail, ChangeSummary } from './contract.ts';

/** A moment in the life of a Change, for graphs. */
export interface ChangeMark {
  id: string;
  kind: string;
  target: string;
  state: string;
  reason: string;
  author: string;
  at: Date;
}

/** What other rooms use of Changes. */
export interface Changes {
  /** Declares a kind of Change and how it is done. Throws on a second handler of that kind. */
  register<S extends TSchema, Applied>(kind: string, handler: ChangeHandler<S, Applied>): void;
  /** Proposes one; what follows depends on the mode of its target. Throws VALIDATION_FAILED, RATE_LIMITED. */
  propose(proposal: Proposal): Promise<ChangeSummary>;
  /** Those of the tenant among these ids (at most 500), as they stand now: for who knows that they may be seen. */
  summaries(ids: readonly number[], tenant: string): Promise<ChangeSummary[]>;
  /** Those of a kind in these states that the caller may see, newest first. */
  list(
    scope: Scope,
    query: { states?: readonly ChangeState[]; kind?: string; before?: number; limit: number },
  ): Promise<{ changes: ChangeSummary[]; next?: number }>;
  /** Has one undone. @throws AppError NOT_FOUND, CONFLICT where it cannot be undone in its state */
  rollBack(id: number, caller: Caller, reason: string): Promise<ChangeDetail>;
  /** Open Changes that wait for people: proposed ones and those that nobody knows the outcome of. */
  pending(scope: Scope): Promise<number>;
  /** Steps in [from, to), oldest first, at most 5,000. */
  between(query: { from: Date; to: Date }, scope: Scope): Promise<ChangeMark[]>;
}

interface Parts {
  ledger: ChangeLedger;
  decisions: ChangeDecisions;
  driver: ChangeDriver;
  kinds: ChangeKinds;
  store: Store;
  notifier: Notifier;
  log: Pick<Logger, 'warn'>;
  publicUrl?: string;
  /** Has the Change driven, and people told, by whoever is a worker. */
  wake(id: number): Promise<void>;
}

const maxMarks = 5_000;
const batch = 100;

/** The room's work, for its routes, its jobs and its loop. */
export class ChangeService implements Changes {
  #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  register<S extends TSchema, Applied>(kind: string, handler: ChangeHandler<S, Applied>): void {
    this.#parts.kinds.register(kind, handler);
  }

  async propose(proposal: Proposal): Promise<ChangeSummary> {
    const { id, isNew } = await this.#parts.decisions.propose(proposal);
    if (isNew) await this.#wake(id);
    return changeSummary(await this.#parts.ledger.get(id));
  }

  async list(
    scope: Scope,
    query: { states?: readonly ChangeState[]; kind?: string; before?: number; limit: number },
  ): Promise<{ changes: ChangeSummary[]; next?: number }> {
    const rows = await repository.listChanges(this.#parts.store, { scope, ...query });
    const last = rows.length === query.limit ? rows.at(-1)?.id : undefined;
    return { changes: rows.map(changeSummary), ...(last === undefined ? {} : { next: last }) };
  }

  /** Throws NOT_FOUND. */
  async get(id: number, scope: Scope): Promise<ChangeDetail> {
    const { store, ledger, kinds } = this.#parts;
    const row = await ledger.get(id, scope);
    const [approvals, comments, history] = await Promise.all([
      voices.listApprovals(store, id),
      voices.listComments(store, id),
      steps.listSteps(store, id),
    ]);
    const canRollBack = nextState(row.state, 'rollBack') !== undefined && kinds.get(row.kind)?.rollback !== undefined;
    return changeDetail(row, { approvals, comments, steps: history, canRollBack });
  }

  async approve(id: number, caller: Caller, comment?: string): Promise<ChangeDetail> {
    await this.#parts.decisions.approve(id, caller, comment);
    return this.#decided(id, caller);
  }

  async reject(id: number, caller: Caller, reason: string): Promise<ChangeDetail> {
    await this.#parts.decisions.reject(id, caller, reason);
    return this.#decided(id, caller);
  }

  async cancel(id: number, caller: Caller, reason: string): Promise<ChangeDetail> {
    await this.#parts.decisions.cancel(id, caller, reason);
    return this.#decided(id, caller);
  }

  async rollBack(id: number, caller: Caller, reason: string): Promise<ChangeDetail> {
    await this.#parts.decisions.rollBack(id, caller, reason, randomUUID());
    return this.#decided(id, caller);
  }

  async resolve(id: number, caller: Caller, outcome: Outcome, reason: string): Promise<ChangeDetail> {
    await this.#parts.decisions.resolve(id, caller, outcome, reason, randomUUID());
    return this.#decided(id, caller);
  }

  async comment(id: number, caller: Caller, text: string): Promise<ChangeDetail> {
    await this.#parts.decisions.comment(id, caller, text);
    return this.get(id, caller.scope);
  }

  async summaries(ids: readonly number[], tenant: string): Promise<ChangeSummary[]> {
    return (await repository.findChanges(this.#parts.store, tenant, ids.slice(0, 500))).map(changeSummary);
  }

  async pending(scope: Scope): Promise<number> {
    return repository.countOpen(this.#parts.store, scope, ['proposed', 'uncertain']);
  }

  async between(query: { from: Date; to: Date }, scope: Scope): Promise<ChangeMark[]> {
    return steps.listMarks(this.#parts.store, { scope, ...query, limit: maxMarks });
  }

  advance(id: number, signal?: AbortSignal): Promise<ChangeState> {
    return this.#parts.driver.advance(id, signal);
  }

  /** One turn of the loop: what ran out of time expires, what was left lying is driven on, people are told. */
  async tick(signal: AbortSignal): Promise<void> {
    const { decisions, ledger, store } = this.#parts;
    await decisions.expire(batch);
    const now = ledger.clock.now();
    const due = await repository.takeDue(store, now, new Date(now.getTime() + lookAgainMs), batch);
    for (const id of due) {
      if (signal.aborted) return;
      await this.#wake(id);
    }
    await this.tellPeople();
  }

  /** Sends what people have not been told yet: each step at least once, in order, by one worker at a time. */
  async tellPeople(): Promise<number> {
    const { store, ledger, notifier } = this.#parts;
    const told = await store.withLock('changes:notices', async (lost) => {
      const waiting = await steps.listUntold(store, batch);
      for (const step of waiting) {
        if (lost.aborted) break;
        await notifier.send(await this.#noticeOf(step));
        await steps.markTold(store, step.id, ledger.clock.now());
      }
      return waiting.length;
    });
    return told ?? 0;
  }

  async #noticeOf(step: StepRow): Promise<Notification> {
    const { store, ledger, publicUrl } = this.#parts;
    const [change, history, approvals] = await Promise.all([
      ledger.get(step.changeId),
      steps.listSteps(store, step.changeId),
      voices.listApprovals(store, step.changeId),
    ]);
    const approvers = approvals.map(({ person }) => person.name);
    return changeNotice(change, toldStep(step, history), publicUrl, approvers);
  }

  async #decided(id: number, caller: Caller): Promise<ChangeDetail> {
    await this.#wake(id);
    return this.get(id, caller.scope);
  }

  /** The decision is kept already; where the queue is away, the loop finds it. */
  async #wake(id: number): Promise<void> {
    try {
      await this.#parts.wake(id);
    } catch (error) {
      this.#parts.log.warn({ err: error, change: id }, 'A Change could not be queued; the loop takes it up');
    }
  }
}
