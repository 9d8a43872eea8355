import type { Store } from '../platform/store/index.ts';
import type { VirtualKey } from './virtual-key.ts';

/** A key with what its list shows. */
export interface KeptKey extends VirtualKey {
  hash: string;
  hint: string;
  createdBy: string;
  createdAt: string;
  revokedAt?: string;
}

interface Row {
  id: string;
  tenant: string;
  region: string;
  name: string;
  hash: string;
  hint: string;
  team: string | null;
  product: string | null;
  customer: string | null;
  feature: string | null;
  environment: string | null;
  models: string[];
  expires_at: Date | null;
  revoked_at: Date | null;
  created_by: string;
  created_at: Date;
}

const columns = `id, tenant, region, name, hash, hint, team, product, customer, feature, environment, models, expires_at,
  revoked_at, created_by, created_at`;

export async function revisionOf(store: Store): Promise<string> {
  const rows = await store.query<{ revision: string }>('SELECT revision::text AS revision FROM gateway_revision');
  return rows[0]?.revision ?? '0';
}

/** Keys that count: not revoked and not over. */
export async function listLiveKeys(store: Store, now: Date): Promise<KeptKey[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM gateway_key WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $1)`,
    [now],
  );
  return rows.map(fromRow);
}

export async function listKeys(store: Store, tenant: string, limit: number): Promise<KeptKey[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM gateway_key WHERE tenant = $1 ORDER BY created_at DESC, id LIMIT $2`,
    [tenant, limit],
  );
  return rows.map(fromRow);
}

export async function insertKey(store: Store, key: KeptKey): Promise<void> {
  await store.query(
    `INSERT INTO gateway_key (id, tenant, region, name, hash, hint, team, product, customer, feature, environment, models,
       expires_at, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      ...[key.id, key.tenant, key.region, key.name, key.hash, key.hint],
      ...[key.team, key.product, key.customer, key.feature, key.environment].map((value) => value ?? null),
      ...[[...key.models], key.expiresAt ?? null, key.createdBy, key.createdAt],
    ],
  );
  await raiseRevision(store);
}

/** @returns the key as it was; undefined where the tenant has none of that id that counts. */
export async function revokeKey(store: Store, tenant: string, id: string, now: Date): Promise<KeptKey | undefined> {
  const rows = await store.query<Row>(
    `UPDATE gateway_key SET revoked_at = $3 WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL RETURNING ${columns}`,
    [tenant, id, now],
  );
  if (rows[0]) await raiseRevision(store);
  return rows[0] && fromRow(rows[0]);
}

async function raiseRevision(store: Store): Promise<void> {
  await store.query('UPDATE gateway_revision SET revision = revision + 1');
}

function fromRow(row: Row): KeptKey {
  const named = { team: row.team, product: row.product, customer: row.customer, feature: row.feature };
  const optional = {
    ...named,
    environment: row.environment,
    expiresAt: iso(row.expires_at),
    revokedAt: iso(row.revoked_at),
  };
  return {
    id: row.id,
    tenant: row.tenant,
    region: row.region,
    name: row.name,
    hash: row.hash,
    hint: row.hint,
    models: row.models,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)) as Partial<KeptKey>),
  };
}

function iso(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
