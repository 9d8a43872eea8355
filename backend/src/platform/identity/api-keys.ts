import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock/index.ts';
import { AppError } from '../errors/index.ts';
import type { Store } from '../store/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { apiKeyId, apiKeyState, formatApiKey, hashApiKeySecret, parseApiKey, type ApiKey } from './api-key.ts';
import {
  countApiKeys,
  deleteApiKey,
  findApiKey,
  findApiKeyById,
  insertApiKey,
  listApiKeys,
  revokeApiKey,
  rotateApiKey,
  touchApiKey,
  updateApiKey,
  type StoredApiKey,
} from './api-key-repository.ts';
import type { Caller, Permission, Scope } from './contract.ts';
import { isScopeWithin, narrowScope } from './data-scope.ts';

/** A key together with its secret, which is known at this moment only. */
export interface IssuedApiKey {
  key: ApiKey;
  /** What the program sends as `Authorization: Bearer ...`. */
  token: string;
}

export interface ApiKeyRequest {
  name: string;
  permissions: readonly Permission[];
  /** Narrower than the caller's own where given. */
  scope?: Partial<Omit<Scope, 'tenant'>>;
  expiresAt: Date;
}

/** Keys of one tenant; more means that something makes them without end. */
const maxKeysPerTenant = 1_000;
/** Keys that made keys that are followed back to a person. */
const longestChain = 20;
const touchEveryMs = 60_000;
const dayMs = 86_400_000;
export const maxKeyLifetimeMs = 366 * dayMs;
export const maxOverlapMs = 7 * dayMs;

/** API keys of programs. Every call is bounded to the tenant and to the rights of the caller who makes it. */
export class ApiKeys {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Pick<Logger, 'warn'> | undefined;

  constructor(store: Store, clock: Clock, log?: Pick<Logger, 'warn'>) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * @throws AppError FORBIDDEN where the key would get a permission that its maker lacks, UNPROCESSABLE where it would
   * expire in the past or later than in 366 days, CONFLICT above 1000 keys.
   */
  async create(maker: Caller, request: ApiKeyRequest, tx: Store = this.#store): Promise<IssuedApiKey> {
    const now = this.#clock.now();
    demandOwn(maker, request.permissions);
    demandLifetime(request.expiresAt, now);
    const { tenant } = maker.scope;
    if ((await countApiKeys(tx, tenant)) >= maxKeysPerTenant) {
      throw new AppError('CONFLICT', `There are ${maxKeysPerTenant} keys already.`, {
        help: 'Delete those that are revoked or expired.',
      });
    }
    const secret = freshSecret();
    const key: ApiKey = {
      id: apiKeyId(randomBytes(12)),
      tenant,
      name: request.name,
      permissions: [...new Set(request.permissions)],
      scope: narrowScope(maker.scope, { tenant, regions: 'all', teams: 'all', products: 'all', ...request.scope }),
      createdBy: maker.id,
      createdAt: now,
      expiresAt: request.expiresAt,
    };
    await insertApiKey(tx, key, hashApiKeySecret(secret));
    return { key, token: formatApiKey(key.id, secret) };
  }

  /** Newest first; those that may see more than the caller are not among them. */
  async list(caller: Caller): Promise<ApiKey[]> {
    const keys = await listApiKeys(this.#store, caller.scope.tenant, maxKeysPerTenant);
    return keys.filter(({ scope }) => isScopeWithin(scope, caller.scope));
  }

  /** @throws AppError NOT_FOUND */
  async get(caller: Caller, id: string): Promise<ApiKey> {
    return this.#own(caller, id, this.#store);
  }

  /**
   * Who stands behind an actor: behind a key (`key:ID`) who made it, through keys that made keys; everybody else stands for
   * themselves. Undefined where that cannot be known any more, as a key was deleted.
   */
  async makerOf(tenant: string, actorId: string, tx: Store = this.#store): Promise<string | undefined> {
    let actor = actorId;
    for (let step = 0; step < longestChain && actor.startsWith('key:'); step += 1) {
      const key = await findApiKey(tx, tenant, actor.slice('key:'.length));
      if (!key) return undefined;
      actor = key.createdBy;
    }
    return actor.startsWith('key:') ? undefined : actor;
  }

  /** @throws AppError NOT_FOUND (also where it is revoked), FORBIDDEN and UNPROCESSABLE as `create`. */
  async update(
    caller: Caller,
    id: string,
    change: { name?: string; permissions?: readonly Permission[]; expiresAt?: Date },
    tx: Store = this.#store,
  ): Promise<ApiKey> {
    if (change.permissions) demandOwn(caller, change.permissions);
    if (change.expiresAt) demandLifetime(change.expiresAt, this.#clock.now());
    await this.#own(caller, id, tx);
    return found(await updateApiKey(tx, caller.scope.tenant, id, change), id);
  }

  /**
   * Gives the key a new secret; the one before is taken for `overlapMs` more (at most seven days), so that programs can
   * be changed one after the other. The key lives as long again as it was made for.
   * @throws AppError NOT_FOUND, FORBIDDEN where the key can do more than the caller.
   */
  async rotate(caller: Caller, id: string, overlapMs: number, tx: Store = this.#store): Promise<IssuedApiKey> {
    const now = this.#clock.now();
    const before = await this.#own(caller, id, tx);
    demandOwn(caller, before.permissions);
    const issued = (before.rotatedAt ?? before.createdAt).getTime();
    const lifetime = Math.min(Math.max(before.expiresAt.getTime() - issued, dayMs), maxKeyLifetimeMs);
    const secret = freshSecret();
    const rotated = await rotateApiKey(tx, caller.scope.tenant, id, {
      hash: hashApiKeySecret(secret),
      // The secret before must not outlive the time it was given.
      overlapUntil: new Date(
        Math.min(
          now.getTime() + Math.min(overlapMs, maxOverlapMs),
          Math.max(before.expiresAt.getTime(), now.getTime()),
        ),
      ),
      rotatedAt: now,
      expiresAt: new Date(now.getTime() + lifetime),
    });
    return { key: found(rotated, id), token: formatApiKey(id, secret) };
  }

  /** From now on the key is refused. @throws AppError NOT_FOUND where there is none or it is revoked already. */
  async revoke(caller: Caller, id: string, tx: Store = this.#store): Promise<ApiKey> {
    await this.#own(caller, id, tx);
    return found(await revokeApiKey(tx, caller.scope.tenant, id, this.#clock.now()), id);
  }

  /** @throws AppError NOT_FOUND, CONFLICT where the key is still in use. */
  async delete(caller: Caller, id: string, tx: Store = this.#store): Promise<ApiKey> {
    const key = await this.#own(caller, id, tx);
    if (!(await deleteApiKey(tx, caller.scope.tenant, id, this.#clock.now()))) {
      throw new AppError('CONFLICT', `The key ${id} is active.`, { help: 'Revoke it first.' });
    }
    return key;
  }

  /** A key that sees no more than the caller: whoever could give a wider one a new secret could use it. */
  async #own(caller: Caller, id: string, tx: Store): Promise<ApiKey> {
    const key = await findApiKey(tx, caller.scope.tenant, id);
    return found(key && isScopeWithin(key.scope, caller.scope) ? key : undefined, id);
  }

  /**
   * The program that holds the key. @throws AppError TOKEN_INVALID where the key is unknown, wrong, expired or revoked.
   */
  async authenticate(token: string): Promise<Caller> {
    const parsed = parseApiKey(token);
    const stored = parsed && (await findApiKeyById(this.#store, parsed.id));
    const now = this.#clock.now();
    if (!parsed || !stored || !matches(stored, hashApiKeySecret(parsed.secret), now)) {
      throw refused('The API key is not known.');
    }
    const { key } = stored;
    const state = apiKeyState(key, now);
    if (state === 'revoked') throw refused(`The API key ${key.id} was revoked.`);
    if (state === 'expired') throw refused(`The API key ${key.id} expired at ${key.expiresAt.toISOString()}.`);
    if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= touchEveryMs) {
      // A key stays good where its last use cannot be written, e.g. on a read-only replica.
      await touchApiKey(this.#store, key.id, now).catch((error: unknown) => {
        this.#log?.warn({ err: error, key: key.id }, 'the last use of an API key could not be written');
      });
    }
    return {
      kind: 'program',
      id: `key:${key.id}`,
      name: key.name,
      roles: [],
      permissions: new Set(key.permissions),
      scope: key.scope,
    };
  }
}

function matches(stored: StoredApiKey, hash: Buffer, now: Date): boolean {
  if (timingSafeEqual(stored.hash, hash)) return true;
  const until = stored.key.previousExpiresAt;
  return (
    stored.previousHash !== undefined &&
    until !== undefined &&
    until.getTime() > now.getTime() &&
    timingSafeEqual(stored.previousHash, hash)
  );
}

function demandOwn(maker: Caller, permissions: readonly Permission[]): void {
  const beyond = permissions.filter((permission) => permission === 'internal' || !maker.permissions.has(permission));
  if (beyond.length === 0) return;
  throw new AppError('FORBIDDEN', `${maker.name} cannot hand on what ${maker.name} may not do: ${beyond.join(', ')}.`);
}

function demandLifetime(expiresAt: Date, now: Date): void {
  const lifetime = expiresAt.getTime() - now.getTime();
  if (lifetime > 0 && lifetime <= maxKeyLifetimeMs) return;
  throw new AppError('UNPROCESSABLE', 'A key must expire in the future and within 366 days.');
}

function found<T>(value: T | undefined, id: string): T {
  if (value !== undefined) return value;
  throw new AppError('NOT_FOUND', `There is no key ${id} that could be changed or shown.`, {
    help: 'GET /api/keys lists the keys; a revoked one can only be deleted.',
  });
}

function refused(detail: string): AppError {
  return new AppError('TOKEN_INVALID', detail, { help: 'Use another key, or ask an administrator for a new one.' });
}

function freshSecret(): string {
  return randomBytes(32).toString('base64url');
}
