import type { Store } from '../store/index.ts';
import type { ApiKey } from './api-key.ts';
import type { Permission } from './contract.ts';

interface Row {
  id: string;
  tenant: string;
  name: string;
  permissions: Permission[];
  regions: string[] | null;
  teams: string[] | null;
  products: string[] | null;
  created_by: string;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  rotated_at: Date | null;
  previous_expires_at: Date | null;
  revoked_at: Date | null;
}

/** A key with what its secrets are checked against. */
export interface StoredApiKey {
  key: ApiKey;
  hash: Buffer;
  previousHash: Buffer | undefined;
}

const columns = `id, tenant, name, permissions, regions, teams, products, created_by, created_at, expires_at,
  last_used_at, rotated_at, previous_expires_at, revoked_at`;

export async function insertApiKey(store: Store, key: ApiKey, hash: Buffer): Promise<void> {
  await store.query(
    `INSERT INTO api_key (id, tenant, name, permissions, regions, teams, products, hash, created_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      key.id,
      key.tenant,
      key.name,
      key.permissions,
      orNull(key.scope.regions),
      orNull(key.scope.teams),
      orNull(key.scope.products),
      hash,
      key.createdBy,
      key.createdAt,
      key.expiresAt,
    ],
  );
}

/** For authentication: the key of any tenant, with its hashes. */
export async function findApiKeyById(store: Store, id: string): Promise<StoredApiKey | undefined> {
  const rows = await store.query<Row & { hash: Buffer; previous_hash: Buffer | null }>(
    `SELECT ${columns}, hash, previous_hash FROM api_key WHERE id = $1`,
    [id],
  );
  const row = rows[0];
  return row && { key: fromRow(row), hash: row.hash, previousHash: row.previous_hash ?? undefined };
}

export async function findApiKey(store: Store, tenant: string, id: string): Promise<ApiKey | undefined> {
  const rows = await store.query<Row>(`SELECT ${columns} FROM api_key WHERE tenant = $1 AND id = $2`, [tenant, id]);
  return rows[0] && fromRow(rows[0]);
}

/** Newest first, at most `limit`. */
export async function listApiKeys(store: Store, tenant: string, limit: number): Promise<ApiKey[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM api_key WHERE tenant = $1 ORDER BY created_at DESC, id LIMIT $2`,
    [tenant, limit],
  );
  return rows.map(fromRow);
}

export async function countApiKeys(store: Store, tenant: string): Promise<number> {
  const rows = await store.query<{ n: string }>('SELECT count(*) AS n FROM api_key WHERE tenant = $1', [tenant]);
  return Number(rows[0]?.n ?? 0);
}

/** Changes what is given of a key that is not revoked; undefined where there is none. */
export async function updateApiKey(
  store: Store,
  tenant: string,
  id: string,
  change: { name?: string; permissions?: readonly Permission[]; expiresAt?: Date },
): Promise<ApiKey | undefined> {
  const rows = await store.query<Row>(
    `UPDATE api_key SET name = coalesce($3, name), permissions = coalesce($4, permissions),
       expires_at = coalesce($5, expires_at)
     WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${columns}`,
    [tenant, id, change.name ?? null, change.permissions ?? null, change.expiresAt ?? null],
  );
  return rows[0] && fromRow(rows[0]);
}

/** Puts a new secret in; the one before is taken until `overlapUntil`. Undefined where the key is gone or revoked. */
export async function rotateApiKey(
  store: Store,
  tenant: string,
  id: string,
  change: { hash: Buffer; overlapUntil: Date; rotatedAt: Date; expiresAt: Date },
): Promise<ApiKey | undefined> {
  const rows = await store.query<Row>(
    `UPDATE api_key SET previous_hash = hash, previous_expires_at = $4, hash = $3, rotated_at = $5, expires_at = $6
     WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${columns}`,
    [tenant, id, change.hash, change.overlapUntil, change.rotatedAt, change.expiresAt],
  );
  return rows[0] && fromRow(rows[0]);
}

/** Undefined where the key is gone or revoked already. */
export async function revokeApiKey(store: Store, tenant: string, id: string, at: Date): Promise<ApiKey | undefined> {
  const rows = await store.query<Row>(
    `UPDATE api_key SET revoked_at = $3, previous_hash = NULL, previous_expires_at = NULL
     WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${columns}`,
    [tenant, id, at],
  );
  return rows[0] && fromRow(rows[0]);
}

/** Removes a key that was revoked or has expired; false where there is no such one. */
export async function deleteApiKey(store: Store, tenant: string, id: string, now: Date): Promise<boolean> {
  const rows = await store.query<{ id: string }>(
    `DELETE FROM api_key WHERE tenant = $1 AND id = $2 AND (revoked_at IS NOT NULL OR expires_at <= $3) RETURNING id`,
    [tenant, id, now],
  );
  return rows.length > 0;
}

/** Remembers a use; one a minute is enough. */
export async function touchApiKey(store: Store, id: string, at: Date): Promise<void> {
  await store.query(
    `UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`,
    [id, at],
  );
}

function orNull(part: readonly string[] | 'all'): readonly string[] | null {
  return part === 'all' ? null : part;
}

function fromRow(row: Row): ApiKey {
  return {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    permissions: row.permissions,
    scope: {
      tenant: row.tenant,
      regions: row.regions ?? 'all',
      teams: row.teams ?? 'all',
      products: row.products ?? 'all',
    },
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    ...(row.last_used_at ? { lastUsedAt: row.last_used_at } : {}),
    ...(row.rotated_at ? { rotatedAt: row.rotated_at } : {}),
    ...(row.previous_expires_at ? { previousExpiresAt: row.previous_expires_at } : {}),
    ...(row.revoked_at ? { revokedAt: row.revoked_at } : {}),
  };
}
