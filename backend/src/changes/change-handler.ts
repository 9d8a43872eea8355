import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../platform/errors/index.ts';

/** What people see before they say yes. It is shown, audited and sent: it never holds a secret. */
export interface ChangePreview {
  /** One sentence that says what would be different. */
  summary: string;
  /** Unified diff, where the thing is a text. */
  diff?: string;
  before?: unknown;
  after?: unknown;
  impact?: {
    /** Exact amount with its currency; negative: it saves. `period` e.g. `month`. */
    money?: { amount: string; currency: string; period?: string };
    risk?: 'low' | 'medium' | 'high';
    text?: string;
  };
}

/** To whom belongs what a Change is about, as bills name them. */
export interface ChangeOwner {
  team?: string;
  product?: string;
}

export interface HandlerContext {
  changeId: number;
  tenant: string;
  /** Equal for every repetition of one attempt: pass it on to the system that is changed. */
  idempotencyKey: string;
  /** Fires when the attempt takes too long or this process may no longer act. */
  signal: AbortSignal;
}

export interface Verification {
  /** `false` rolls the Change back. */
  ok: boolean;
  detail: string;
  /** The room has told people of it: where nobody was asked, nobody is told again that it is applied and verified. */
  isTold?: boolean;
}

/**
 * One kind of Change. A refusal that no repetition cures is an AppError with a status below 500 (except CONFLICT and
 * RATE_LIMITED); any other error is tried again.
 */
export interface ChangeHandler<S extends TSchema = TSchema, Applied = unknown> {
  /** Of the payload. It never holds a secret: name it instead. */
  schema: S;
  /**
   * Whether `apply` and `rollback` may be called again with the same idempotency key after a crash. Default true. Where
   * false and there is no `isApplied`, a crash in between makes the Change `uncertain`, and a person resolves it.
   */
  idempotent?: boolean;
  /** Longest that one call may take; default one minute. */
  timeoutMs?: number;
  /** How long after it was applied it is verified; default at once. */
  verifyAfterMs?: number;
  /** The region of what is altered; absent or undefined: none in particular, or it is not known. */
  regionOf?(payload: Static<S>): string | undefined;
  /** To whom that belongs; absent, or a part that is missing: it is not known. */
  ownerOf?(payload: Static<S>): Promise<ChangeOwner>;
  preview(payload: Static<S>): Promise<ChangePreview>;
  /** Alters the world. What it returns (JSON) is kept and given to `verify` and `rollback`. */
  apply(payload: Static<S>, context: HandlerContext): Promise<Applied>;
  /** Whether an attempt of that key has altered the world, asked after a crash or an error. */
  isApplied?(
    idempotencyKey: string,
    payload: Static<S>,
  ): Promise<{ applied: true; result: Applied } | { applied: false }>;
  /** Whether the world is as it should be. */
  verify?(payload: Static<S>, applied: Applied, context: HandlerContext): Promise<Verification>;
  rollback?(payload: Static<S>, applied: Applied, context: HandlerContext): Promise<void>;
}

/** The kinds of Change that the rooms have registered. */
export class ChangeKinds {
  #handlers = new Map<string, ChangeHandler>();

  /** Throws on a second handler of that kind. */
  register<S extends TSchema, Applied>(kind: string, handler: ChangeHandler<S, Applied>): void {
    if (!/^[a-z][a-z0-9_.-]{0,99}$/.test(kind)) throw new Error(`A kind of Change cannot be called ${kind}.`);
    if (this.#handlers.has(kind)) throw new Error(`The kind of Change ${kind} is registered twice.`);
    this.#handlers.set(kind, handler);
  }

  get(kind: string): ChangeHandler | undefined {
    return this.#handlers.get(kind);
  }

  /** The handler, its payload checked. Throws VALIDATION_FAILED. */
  checked(kind: string, payload: unknown): ChangeHandler {
    const handler = this.#handlers.get(kind);
    if (!handler) {
      const known = [...this.#handlers.keys()].sort().join(', ');
      throw new AppError('VALIDATION_FAILED', `There is no kind of Change called ${kind}; known: ${known || 'none'}.`);
    }
    if (!Value.Check(handler.schema, payload)) {
      const errors = Value.Errors(handler.schema, payload)
        .slice(0, 10)
        .map((error) => ({ path: error.instancePath || '/', message: error.message }));
      throw new AppError('VALIDATION_FAILED', `The payload does not fit a Change of the kind ${kind}.`, {
        extra: { errors },
      });
    }
    return handler;
  }
}
