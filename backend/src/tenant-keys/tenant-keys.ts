import { randomBytes, type KeyObject } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import { newKey, readyKey, seal, sealingKey, unseal } from '../platform/sealing/index.ts';
import { ensureKey, livingKeys } from './key-repository.ts';

/** A tenant's key that counts. */
export interface TenantKey {
  id: string;
  /** What it seals with, for another thread of this process. */
  secret: KeyObject;
  /** Sealed for this key and what it belongs to. */
  seal(text: Buffer, about: string): Buffer;
  /** @throws Error where it was not sealed with this key for the same */
  unseal(sealed: Buffer, about: string): Buffer;
}

const mostKept = 10_000;

/** The keys of tenants in the memory of this process. */
export class TenantKeys {
  readonly #platform: Pick<Platform, 'store' | 'clock'>;
  readonly #sealing: KeyObject;
  readonly #kept = new Map<string, TenantKey>();

  /** @param secret of the installation, the same for every process */
  constructor(platform: Pick<Platform, 'store' | 'clock'>, secret: string) {
    this.#platform = platform;
    this.#sealing = sealingKey(secret);
  }

  /** The key where it is in memory: no question to the store. */
  known(tenant: string): TenantKey | undefined {
    return this.#kept.get(tenant);
  }

  /** @throws AppError UNAVAILABLE where the secret of the installation is another one than when the key was made */
  async of(tenant: string): Promise<TenantKey> {
    const known = this.#kept.get(tenant);
    if (known) return known;
    const { store, clock } = this.#platform;
    const fresh = { id: `tk_${randomBytes(8).toString('hex')}`, tenant };
    const kept = await ensureKey(
      store,
      { ...fresh, sealed: seal(this.#sealing, newKey(), aboutKey(fresh)) },
      clock.now(),
    );
    const key = keyOf(kept.id, readyKey(this.#opened(kept)));
    if (this.#kept.size >= mostKept) this.#kept.clear();
    this.#kept.set(tenant, key);
    return key;
  }

  /** Forgets keys that were destroyed. @returns the tenants whose keys they were */
  async refresh(): Promise<string[]> {
    if (this.#kept.size === 0) return [];
    const living = await livingKeys(
      this.#platform.store,
      [...this.#kept.values()].map(({ id }) => id),
    );
    const gone = [...this.#kept.entries()].filter(([, { id }]) => !living.has(id)).map(([tenant]) => tenant);
    for (const tenant of gone) this.#kept.delete(tenant);
    return gone;
  }

  #opened(kept: { id: string; tenant: string; sealed: Buffer }): Buffer {
    try {
      return unseal(this.#sealing, kept.sealed, aboutKey(kept));
    } catch (error) {
      throw new AppError('UNAVAILABLE', 'The key of the tenant cannot be opened: nothing of it is kept or read.', {
        cause: error,
        help: 'Set `gateway.dataKey` (AMADEUS_GATEWAY_DATA_KEY) to what it was when the key was made, the same for every process.',
      });
    }
  }
}

function aboutKey({ id, tenant }: { id: string; tenant: string }): string {
  return JSON.stringify(['tenant key', tenant, id]);
}

function keyOf(id: string, secret: KeyObject): TenantKey {
  return {
    ...{ id, secret },
    seal: (text, about) => seal(secret, text, about),
    unseal: (sealed, about) => unseal(secret, sealed, about),
  };
}
