import type { Store } from '../platform/store/index.ts';

export interface SealedKey {
  id: string;
  tenant: string;
  sealed: Buffer;
}

/** @returns the tenant's living key: this one where it had none */
export async function ensureKey(store: Store, key: SealedKey, now: Date): Promise<SealedKey> {
  await store.query(
    `INSERT INTO tenant_key (id, tenant, sealed, created_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant) WHERE destroyed_at IS NULL DO NOTHING`,
    [key.id, key.tenant, key.sealed, now],
  );
  const rows = await store.query<SealedKey>(
    'SELECT id, tenant, sealed FROM tenant_key WHERE tenant = $1 AND destroyed_at IS NULL',
    [key.tenant],
  );
  return rows[0]!;
}

/** Ids of the living ones among these. */
export async function livingKeys(store: Store, ids: readonly string[]): Promise<Set<string>> {
  const rows = await store.query<{ id: string }>(
    'SELECT id FROM tenant_key WHERE id = ANY($1) AND destroyed_at IS NULL',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** @returns the id of the key that is gone; undefined where the tenant had none */
export async function destroyKey(store: Store, tenant: string, now: Date): Promise<string | undefined> {
  const rows = await store.query<{ id: string }>(
    'UPDATE tenant_key SET sealed = NULL, destroyed_at = $2 WHERE tenant = $1 AND destroyed_at IS NULL RETURNING id',
    [tenant, now],
  );
  return rows[0]?.id;
}
