import { randomUUID } from 'node:crypto';
import type { Config } from '../platform/config/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import type { Logger } from '../platform/telemetry/index.ts';
import { retryDelayMs, type ChangeState, type Doubt } from './change.ts';
import type { ChangeHandler, ChangeKinds, HandlerContext, Verification } from './change-handler.ts';
import { driver, type ChangeLedger } from './change-ledger.ts';
import { policyFor } from './change-policy.ts';
import { beginTry, noteFailure, type ChangeRow } from './change-repository.ts';

/** Tries of one attempt (apply, verify or roll back) before a decision is made without it. */
const maxTries = 5;
/** Steps of one turn; the longest way through the machine is far shorter. */
const maxSteps = 24;
const defaultTimeoutMs = 60_000;
const unknownKindPauseMs = 60_000;
/** How soon the loop looks again at a Change that someone is working on: it may have died. */
export const lookAgainMs = 15_000;

interface DriverParts {
  ledger: ChangeLedger;
  kinds: ChangeKinds;
  config: Config['changes'];
  log: Pick<Logger, 'warn'>;
}

/**
 * Takes approved Changes through the world: claim, apply, verify, roll back. Whoever drives a Change holds an advisory lock
 * that falls with the process; before a handler is called, the attempt and the try are durable, so that after a crash it is
 * known that the world may have been touched.
 */
export class ChangeDriver {
  #parts: DriverParts;

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /** Drives the Change as far as it goes now; does nothing where another worker drives it. Resolves with its state. */
  async advance(id: number, signal: AbortSignal = new AbortController().signal): Promise<ChangeState> {
    const { ledger } = this.#parts;
    await ledger.store.withLock(`change:${id}`, async (lost) => {
      const stop = AbortSignal.any([signal, lost]);
      for (let steps = 0; steps < maxSteps && !stop.aborted; steps++) {
        const row = await ledger.get(id);
        try {
          if (!(await this.#move(row, stop))) return;
        } catch (error) {
          // A person or a late result moved it meanwhile: look again.
          if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
        }
      }
    });
    return (await ledger.get(id)).state;
  }

  /** One step; false where there is nothing to do now. */
  async #move(row: ChangeRow, stop: AbortSignal): Promise<boolean> {
    if (row.notBefore && row.notBefore.getTime() > this.#parts.ledger.clock.now().getTime()) return false;
    switch (row.state) {
      case 'approved':
        return this.#claim(row);
      case 'applying':
        return this.#apply(row, stop);
      case 'applied':
        return this.#startVerifying(row);
      case 'verifying':
        return this.#verify(row, stop);
      case 'rolling_back':
        return this.#rollBack(row, stop);
      default:
        return false;
    }
  }

  /** Between approval and now the configuration may have become stricter, or time may have run out. */
  async #claim(row: ChangeRow): Promise<boolean> {
    const { ledger, kinds, config } = this.#parts;
    const now = ledger.clock.now();
    if (row.expiresAt.getTime() <= now.getTime()) {
      await ledger.step(row, { event: 'expire', actor: driver, update: { lookAt: null } });
      return false;
    }
    if (!kinds.get(row.kind)) return this.#nobody(row);
    const policy = policyFor(row.kind, row.target, config.targets, config.defaultMode, row.askedMode);
    if (policy.mode === 'observe' || row.approvals < policy.approvals) {
      const note = 'The configuration asks for more than was given when it was approved. Propose it again.';
      await ledger.step(row, { event: 'cancel', actor: driver, note, update: { lookAt: null } });
      return false;
    }
    const update = { attemptKey: randomUUID(), tries: 0, lookAt: this.#again(), failure: null };
    await ledger.step(row, { event: 'claim', actor: driver, update });
    return true;
  }

  async #apply(row: ChangeRow, stop: AbortSignal): Promise<boolean> {
    const handler = this.#parts.kinds.get(row.kind);
    if (!handler) return this.#nobody(row);
    if (row.tries > 0) {
      const known = await this.#askWhetherApplied(row, handler);
      if (known === 'later') return false;
      if (known?.applied) return this.#record(row, known.result);
      if (!known && !mayRepeat(handler)) return this.#doubt(row, 'apply', 'It was interrupted while it was applied.');
      if (row.tries >= maxTries) return this.#giveUp(row, known !== undefined);
    }
    if (!(await beginTry(this.#parts.ledger.store, row, this.#again()))) return true;
    const begun = { ...row, tries: row.tries + 1 };
    const result = await this.#call(begun, handler, stop, (context) => handler.apply(row.payload, context));
    if (result.ok) return this.#record(begun, result.value);
    if (isRefusal(result.error)) return this.#fail(begun, textOf(result.error));
    if (!mayRepeat(handler) && !handler.isApplied) return this.#doubt(begun, 'apply', textOf(result.error));
    return this.#postpone(begun, textOf(result.error));
  }

  async #askWhetherApplied(row: ChangeRow, handler: ChangeHandler) {
    if (!handler.isApplied) return undefined;
    try {
      return await handler.isApplied(row.attemptKey ?? '', row.payload);
    } catch (error) {
      await this.#postpone(row, `It is not known whether it was applied: ${textOf(error)}`);
      return 'later' as const;
    }
  }

  async #record(row: ChangeRow, result: unknown): Promise<boolean> {
    const { ledger, kinds } = this.#parts;
    const wait = kinds.get(row.kind)?.verifyAfterMs ?? 0;
    const notBefore = new Date(ledger.clock.now().getTime() + wait);
    const update = { applied: result ?? null, failure: null, lookAt: notBefore, notBefore };
    try {
      await ledger.step(row, { event: 'record', actor: driver, update });
    } catch (error) {
      if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
      // Meanwhile it was taken to be uncertain: this result of the same attempt settles it.
      const now = await ledger.get(row.id);
      if (now.attemptKey !== row.attemptKey || now.state !== 'uncertain' || now.doubt !== 'apply') throw error;
      await ledger.step(now, { event: 'record', actor: driver, update });
    }
    return true;
  }

  async #startVerifying(row: ChangeRow): Promise<boolean> {
    await this.#parts.ledger.step(row, {
      event: 'verify',
      actor: driver,
      update: { tries: 0, lookAt: this.#again(), failure: null },
    });
    return true;
  }

  async #verify(row: ChangeRow, stop: AbortSignal): Promise<boolean> {
    const { ledger, kinds } = this.#parts;
    const handler = kinds.get(row.kind);
    if (!handler) return this.#nobody(row);
    if (!handler.verify) return this.#hold(row, { detail: 'This kind of Change is not verified.' });
    if (!(await beginTry(ledger.store, row, this.#again()))) return true;
    const begun = { ...row, tries: row.tries + 1 };
    const { verify } = handler;
    const result = await this.#call(begun, handler, stop, (context) => verify(row.payload, row.applied, context));
    if (result.ok) return result.value.ok ? this.#hold(begun, result.value) : this.#refute(begun, result.value.detail);
    if (begun.tries < maxTries && !isRefusal(result.error)) return this.#postpone(begun, textOf(result.error));
    return this.#refute(begun, `It could not be verified: ${textOf(result.error)}`);
  }

  /** Who was asked to approve it is told how it ended, also where the room has told of it. */
  async #hold(row: ChangeRow, { detail: note, isTold = false }: Omit<Verification, 'ok'>): Promise<boolean> {
    const update = { lookAt: null, failure: null };
    await this.#parts.ledger.step(row, {
      event: 'hold',
      actor: driver,
      ...{ note, update, isTold: isTold && row.mode === 'auto' },
    });
    return false;
  }

  async #refute(row: ChangeRow, detail: string): Promise<boolean> {
    const { ledger, kinds } = this.#parts;
    if (!kinds.get(row.kind)?.rollback) return this.#doubt(row, 'verify', `${detail} It cannot be rolled back.`);
    const update = { attemptKey: randomUUID(), tries: 0, lookAt: this.#again(), failure: null };
    await ledger.step(row, { event: 'rollBack', actor: driver, note: detail, update });
    return true;
  }

  async #rollBack(row: ChangeRow, stop: AbortSignal): Promise<boolean> {
    const { ledger, kinds } = this.#parts;
    const handler = kinds.get(row.kind);
    const rollback = handler?.rollback;
    if (!handler || !rollback) return this.#nobody(row);
    if (row.tries > 0 && !mayRepeat(handler)) {
      return this.#doubt(row, 'rollback', 'It was interrupted while it was rolled back.');
    }
    if (row.tries >= maxTries) return this.#doubt(row, 'rollback', row.failure ?? 'Every try was interrupted.');
    if (!(await beginTry(ledger.store, row, this.#again()))) return true;
    const begun = { ...row, tries: row.tries + 1 };
    const result = await this.#call(begun, handler, stop, (context) => rollback(row.payload, row.applied, context));
    if (result.ok) {
      await ledger.step(begun, { event: 'undo', actor: driver, update: { lookAt: null } });
      return false;
    }
    if (isRefusal(result.error) || !mayRepeat(handler)) return this.#doubt(begun, 'rollback', textOf(result.error));
    return this.#postpone(begun, textOf(result.error));
  }

  async #fail(row: ChangeRow, why: string): Promise<boolean> {
    await this.#parts.ledger.step(row, {
      event: 'fail',
      actor: driver,
      note: why,
      update: { failure: why, lookAt: null },
    });
    return false;
  }

  async #doubt(row: ChangeRow, doubt: Doubt, why: string): Promise<boolean> {
    await this.#parts.ledger.step(row, {
      event: 'doubt',
      actor: driver,
      note: why,
      update: { doubt, failure: why, lookAt: null },
    });
    return false;
  }

  async #giveUp(row: ChangeRow, isKnownNotApplied: boolean): Promise<boolean> {
    const why = `${row.tries} tries failed; the last: ${row.failure ?? 'interrupted'}`;
    return isKnownNotApplied ? this.#fail(row, why) : this.#doubt(row, 'apply', why);
  }

  async #nobody(row: ChangeRow): Promise<boolean> {
    return this.#postpone(row, `No worker here knows Changes of the kind ${row.kind}.`, unknownKindPauseMs);
  }

  /** Leaves it for a later turn, with the reason for people to read. */
  async #postpone(row: ChangeRow, why: string, pauseMs = retryDelayMs(row.tries)): Promise<boolean> {
    const { ledger, log } = this.#parts;
    log.warn({ change: row.id, kind: row.kind, tries: row.tries }, `A Change waits for its next try: ${why}`);
    await noteFailure(ledger.store, row, why, new Date(ledger.clock.now().getTime() + pauseMs));
    return false;
  }

  #again(): Date {
    return new Date(this.#parts.ledger.clock.now().getTime() + lookAgainMs);
  }

  /** A call of the handler never outlasts its time, and never throws. */
  async #call<T>(
    row: ChangeRow,
    handler: ChangeHandler,
    stop: AbortSignal,
    work: (context: HandlerContext) => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; error: unknown }> {
    const limitMs = handler.timeoutMs ?? defaultTimeoutMs;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(limitMs)]);
    const context = { changeId: row.id, tenant: row.tenant, idempotencyKey: row.attemptKey ?? '', signal };
    try {
      const late = new Promise<never>((_resolve, reject) => {
        const onAbort = () =>
          reject(new Error(stop.aborted ? 'It was interrupted.' : `It took longer than ${limitMs} ms.`));
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
      });
      return { ok: true, value: await Promise.race([work(context), late]) };
    } catch (error) {
      return { ok: false, error };
    }
  }
}

function mayRepeat(handler: ChangeHandler): boolean {
  return handler.idempotent !== false;
}

/** The system that was to be changed said no, and will say so again. */
function isRefusal(error: unknown): boolean {
  if (!isAppError(error) || error.status >= 500) return false;
  return error.code !== 'CONFLICT' && error.code !== 'RATE_LIMITED' && error.code !== 'CLIENT_CLOSED';
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll('\0', '').slice(0, 2_000) || 'It failed without a word.';
}
