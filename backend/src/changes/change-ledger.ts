import type { Audit } from '../platform/audit/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import { nextState, type ChangeEvent, type ChangeState } from './change.ts';
import {
  findChange,
  isWithin,
  moveChange,
  type Actor,
  type ChangeRow,
  type ChangeUpdate,
} from './change-repository.ts';
import { insertStep } from './change-step-repository.ts';

export interface Step {
  event: ChangeEvent;
  actor: Actor;
  note?: string;
  update?: ChangeUpdate;
  /** People know of it already. */
  isTold?: boolean;
}

/** The service itself, where nobody in person acts. */
export const driver: Actor = { id: 'system:changes', name: 'Amadeus' };

/** States of which people are told when a Change reaches them. */
const toldStates: ReadonlySet<ChangeState> = new Set([
  'verified',
  'rejected',
  'cancelled',
  'expired',
  'failed',
  'uncertain',
  'rolled_back',
]);

/**
 * The only way in which a Change moves: the state, its history, the audit log and the notice to people are written in one
 * transaction, or not at all.
 */
export class ChangeLedger {
  readonly store: Store;
  readonly clock: Clock;
  #audit: Audit;
  #onStep: (kind: string, to: ChangeState) => void;

  constructor(parts: { store: Store; clock: Clock; audit: Audit; onStep?: (kind: string, to: ChangeState) => void }) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.#audit = parts.audit;
    this.#onStep = parts.onStep ?? (() => undefined);
  }

  /** Throws NOT_FOUND where there is no such Change within the scope (anywhere where none is named). */
  async get(id: number, scope?: Scope, tx: Store = this.store, lock = false): Promise<ChangeRow> {
    const row = await findChange(tx, id, lock);
    if (!row || (scope !== undefined && !isWithin(scope, row))) {
      throw new AppError('NOT_FOUND', `There is no Change ${id}.`, { help: 'The list stands at /api/changes.' });
    }
    return row;
  }

  /** Moves the Change that was seen in `row`. Throws CONFLICT where the event cannot happen or someone was faster. */
  async step(row: ChangeRow, step: Step, tx: Store = this.store): Promise<void> {
    const to = nextState(row.state, step.event);
    if (!to) throw new AppError('CONFLICT', `Change ${row.id} is ${row.state}; it can no longer be changed that way.`);
    const at = this.clock.now();
    await tx.transaction(async (inside) => {
      if (!(await moveChange(inside, row, to, at, step.update))) {
        throw new AppError('CONFLICT', `Change ${row.id} is no longer ${row.state}.`);
      }
      await this.write(inside, row, { ...step, action: `change.${to}`, to, tell: toldStates.has(to) && !step.isTold });
    });
    this.#onStep(row.kind, to);
  }

  /** History and audit of something that happened to a Change. */
  async write(
    tx: Store,
    row: ChangeRow,
    entry: { event: string; action: string; actor: Actor; to: ChangeState; note?: string; tell: boolean },
  ): Promise<void> {
    await insertStep(tx, {
      changeId: row.id,
      at: this.clock.now(),
      actor: entry.actor,
      event: entry.event,
      from: entry.event === 'propose' ? null : row.state,
      to: entry.to,
      note: entry.note ?? null,
      tell: entry.tell,
    });
    const about = { kind: row.kind, target: row.target };
    await this.#audit.record(
      {
        tenant: row.tenant,
        actor: entry.actor,
        action: entry.action,
        target: `change:${row.id}`,
        ...(entry.note === undefined ? {} : { reason: entry.note }),
        ...(entry.event === 'propose' ? {} : { before: { ...about, state: row.state } }),
        after: { ...about, state: entry.to, ...(entry.event === 'propose' ? { preview: row.preview } : {}) },
      },
      tx,
    );
  }
}
