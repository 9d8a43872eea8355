import { randomBytes } from 'node:crypto';
import Value from 'typebox/value';
import { AppError } from '../platform/errors/index.ts';
import { wholeTenant } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { CacheDesk } from './cache-desk.ts';
import { FeedbackSchema } from './contract.ts';

/** A virtual key, as the gateway knows it. */
interface Key {
  id: string;
  name: string;
  tenant: string;
}

/** Calls reach the warehouse a moment after they end: so long is waited for one, in steps. */
const waitsMs = [500, 1_500, 3_000];

/** What applications say of answers by the keys that they call the gateway with: of calls of the same key alone. */
export class KeyFeedback {
  readonly #platform: Pick<Platform, 'clock' | 'warehouse'>;
  readonly #desk: Pick<CacheDesk, 'feedback'>;

  constructor(platform: Pick<Platform, 'clock' | 'warehouse'>, desk: Pick<CacheDesk, 'feedback'>) {
    this.#platform = platform;
    this.#desk = desk;
  }

  /** @returns what was taken, and whether the semantic cache learned from it @throws AppError VALIDATION_FAILED, NOT_FOUND */
  async take(key: Key, said: unknown): Promise<{ requestId: string; rating: string; learned: boolean }> {
    if (!Value.Check(FeedbackSchema, said)) {
      const [first] = Value.Errors(FeedbackSchema, said);
      throw new AppError('VALIDATION_FAILED', `Correct: ${first?.instancePath || '/'} ${first?.message ?? ''}.`, {
        help: 'Send {"requestId": "<x-amadeus-request-id of the answer>", "rating": "up" or "down"}.',
      });
    }
    await this.#mustBeOf(key, said.requestId);
    const caller = {
      ...{ kind: 'program' as const, id: `key:${key.id}`, name: key.name, roles: [] },
      ...{ permissions: new Set<never>(), scope: wholeTenant(key.tenant) },
    };
    const learned = await this.#desk.feedback(said, { caller, traceId: randomBytes(16).toString('hex') });
    return { requestId: said.requestId, rating: said.rating, learned };
  }

  async #mustBeOf(key: Key, requestId: string): Promise<void> {
    for (const wait of [...waitsMs, undefined]) {
      const { rows } = await this.#platform.warehouse.query<{ key: string }>(
        `SELECT Tags['gateway.key'] AS key FROM fact_llm_request WHERE RequestId = {id:String} LIMIT 1`,
        { params: { id: requestId }, scope: wholeTenant(key.tenant), cacheSeconds: 0 },
      );
      if (rows[0]?.key === key.id) return;
      if (rows.length > 0 || wait === undefined) break;
      await this.#platform.clock.sleep(wait);
    }
    throw new AppError('NOT_FOUND', `This key has made no call ${requestId} that has ended.`, {
      help: 'Name what the answer says in x-amadeus-request-id, a few seconds after it has ended.',
    });
  }
}
