import { randomBytes } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { CreateKey, GatewayKey } from './contract.ts';
import { insertKey, listKeys, revokeKey, type KeptKey } from './key-repository.ts';
import { newSecret } from './virtual-key.ts';

/** Who makes or revokes a key. */
export interface KeyWriter {
  caller: Caller;
  traceId: string;
}

const mostListed = 1000;

/** Where people make and revoke the keys of applications. */
export class KeyDesk {
  readonly #platform: Pick<Platform, 'store' | 'audit' | 'clock'>;

  constructor(platform: Pick<Platform, 'store' | 'audit' | 'clock'>) {
    this.#platform = platform;
  }

  /** @returns the newest keys within the scope, revoked ones too; no secrets. */
  async list(scope: Scope): Promise<GatewayKey[]> {
    const keys = await listKeys(this.#platform.store, scope.tenant, mostListed);
    return keys.filter((key) => isWithin(key, scope)).map(shown);
  }

  /** @throws AppError FORBIDDEN outside of the caller's scope; VALIDATION_FAILED for an end in the past */
  async create(asked: CreateKey, { caller, traceId }: KeyWriter): Promise<{ key: GatewayKey; secret: string }> {
    const { store, audit, clock } = this.#platform;
    const now = clock.now();
    if (!isWithin(asked, caller.scope))
      throw new AppError('FORBIDDEN', 'You may make keys for the regions, teams and products that you see.');
    if (asked.expiresAt !== undefined && Date.parse(asked.expiresAt) <= now.getTime())
      throw new AppError('VALIDATION_FAILED', 'Correct: /expiresAt must lie in the future.');
    const { secret, hash, hint } = newSecret();
    const { tenant } = caller.scope;
    const id = `gk_${randomBytes(8).toString('hex')}`;
    const key: KeptKey = { ...asked, id, tenant, hash, hint, createdBy: caller.name, createdAt: now.toISOString() };
    await store.transaction(async (tx) => {
      await insertKey(tx, key);
      const after = shown(key);
      await audit.record(
        { tenant, actor: caller, traceId, action: 'gateway-key.create', target: `gateway-key:${id}`, after },
        tx,
      );
    });
    return { key: shown(key), secret };
  }

  /** @throws AppError NOT_FOUND where the caller sees no such key that counts */
  async revoke(id: string, { caller, traceId }: KeyWriter): Promise<GatewayKey> {
    const { store, audit, clock } = this.#platform;
    const { tenant } = caller.scope;
    return store.transaction(async (tx) => {
      const key = await revokeKey(tx, tenant, id, clock.now());
      if (!key || !isWithin(key, caller.scope))
        throw new AppError('NOT_FOUND', `There is no key ${id} that could be revoked.`);
      const after = shown(key);
      await audit.record(
        { tenant, actor: caller, traceId, action: 'gateway-key.revoke', target: `gateway-key:${id}`, after },
        tx,
      );
      return after;
    });
  }
}

function isWithin(key: Pick<CreateKey, 'region' | 'team' | 'product'>, scope: Scope): boolean {
  const sees = (list: readonly string[] | 'all', value: string | undefined): boolean =>
    list === 'all' || (value !== undefined && list.includes(value));
  return sees(scope.regions, key.region) && sees(scope.teams, key.team) && sees(scope.products, key.product);
}

function shown({ hash: _hash, tenant: _tenant, models, ...rest }: KeptKey): GatewayKey {
  return { ...rest, models: [...models] };
}
