import { randomBytes } from 'node:crypto';
import Value from 'typebox/value';
import { Gathering } from '../platform/collections/index.ts';
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
const mostSoughtAtOnce = 500;
const mostSoughtWaiting = 5_000;

/** A call that is looked for. */
interface Sought {
  tenant: string;
  requestId: string;
}

/** What applications say of answers by the keys that they call the gateway with: of calls of the same key alone. */
export class KeyFeedback {
  readonly #platform: Pick<Platform, 'clock' | 'warehouse'>;
  readonly #desk: Pick<CacheDesk, 'feedback'>;
  readonly #sought = new Gathering<Sought, string | undefined>({
    what: 'feedback',
    work: (batch) => this.#keysOf(batch),
    most: mostSoughtAtOnce,
    mostWaiting: mostSoughtWaiting,
  });

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
      const made = await this.#sought.add({ tenant: key.tenant, requestId });
      if (made === key.id) return;
      if (made !== undefined || wait === undefined) break;
      await this.#platform.clock.sleep(wait);
    }
    throw new AppError('NOT_FOUND', `This key has made no call ${requestId} that has ended.`, {
      help: 'Name what the answer says in x-amadeus-request-id, a few seconds after it has ended.',
    });
  }
  /** The keys by which the calls were made; undefined for those that the warehouse does not know. */
  async #keysOf(batch: readonly Sought[]): Promise<(string | undefined)[]> {
    const found = new Map<string, Map<string, string>>();
    for (const tenant of new Set(batch.map((one) => one.tenant))) {
      const ids = new Set(batch.filter((one) => one.tenant === tenant).map(({ requestId }) => requestId));
      const { rows } = await this.#platform.warehouse.query<{ id: string; key: string }>(
        `SELECT RequestId AS id, any(Tags['gateway.key']) AS key FROM fact_llm_request
         WHERE RequestId IN {ids:Array(String)} GROUP BY id`,
        { params: { ids: [...ids] }, scope: wholeTenant(tenant), cacheSeconds: 0 },
      );
      found.set(tenant, new Map(rows.map(({ id, key }) => [id, key])));
    }
    return batch.map(({ tenant, requestId }) => found.get(tenant)?.get(requestId));
  }
}
