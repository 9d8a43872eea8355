import type { Store } from '../store/index.ts';
import type { AuditEntry } from './contract.ts';
import { genesisHash, type ChainHead, type LinkedEntry } from './hash-chain.ts';

interface Row {
  body: string;
  hash: string;
  previous_hash: string;
}

export interface AuditFilter {
  tenant: string;
  action?: string;
  target?: string;
  actor?: string;
  from?: Date;
  to?: Date;
  before?: number;
  limit: number;
}

/** The end of a tenant's chain, locked until the transaction ends: whoever appends next waits here. */
export async function lockHead(tx: Store, tenant: string): Promise<ChainHead> {
  await tx.query(`INSERT INTO audit_head (tenant, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT (tenant) DO NOTHING`, [
    tenant,
    genesisHash,
  ]);
  const rows = await tx.query<{ sequence: string; hash: string }>(
    'SELECT sequence, hash FROM audit_head WHERE tenant = $1 FOR UPDATE',
    [tenant],
  );
  return { sequence: Number(rows[0]!.sequence), hash: rows[0]!.hash };
}

export async function insertEntry(tx: Store, tenant: string, entry: LinkedEntry): Promise<void> {
  await tx.query(`INSERT INTO audit_entry (tenant, sequence, body, hash, previous_hash) VALUES ($1, $2, $3, $4, $5)`, [
    tenant,
    entry.sequence,
    entry.body,
    entry.hash,
    entry.previousHash,
  ]);
  await tx.query('UPDATE audit_head SET sequence = $2, hash = $3 WHERE tenant = $1', [
    tenant,
    entry.sequence,
    entry.hash,
  ]);
}

/** Newest first. */
export async function listEntries(store: Store, filter: AuditFilter): Promise<AuditEntry[]> {
  const rows = await store.query<Row>(
    `SELECT body, hash, previous_hash FROM audit_entry
     WHERE tenant = $1
       AND ($2::text IS NULL OR action = $2)
       AND ($3::text IS NULL OR target = $3)
       AND ($4::text IS NULL OR actor_id = $4)
       AND ($5::text IS NULL OR at >= $5)
       AND ($6::text IS NULL OR at < $6)
       AND ($7::bigint IS NULL OR sequence < $7)
     ORDER BY sequence DESC LIMIT $8`,
    [
      filter.tenant,
      filter.action ?? null,
      filter.target ?? null,
      filter.actor ?? null,
      filter.from?.toISOString() ?? null,
      filter.to?.toISOString() ?? null,
      filter.before ?? null,
      filter.limit,
    ],
  );
  return rows.map(fromRow);
}

/** Oldest first, after a sequence. */
export async function entriesAfter(store: Store, tenant: string, after: number, limit: number): Promise<AuditEntry[]> {
  const rows = await store.query<Row>(
    `SELECT body, hash, previous_hash FROM audit_entry WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
    [tenant, after, limit],
  );
  return rows.map(fromRow);
}

export async function listHeads(store: Store): Promise<{ tenant: string; head: ChainHead }[]> {
  const rows = await store.query<{ tenant: string; sequence: string; hash: string }>(
    'SELECT tenant, sequence, hash FROM audit_head WHERE sequence > 0 ORDER BY tenant',
  );
  return rows.map(({ tenant, sequence, hash }) => ({ tenant, head: { sequence: Number(sequence), hash } }));
}

/** The newest entry before which all are older than `cutoff`; undefined where none is. The newest of all stays. */
export async function lastExpired(store: Store, tenant: string, cutoff: Date): Promise<ChainHead | undefined> {
  const rows = await store.query<{ sequence: string; hash: string }>(
    `SELECT sequence, hash FROM audit_entry
     WHERE tenant = $1 AND sequence < coalesce(
       (SELECT min(sequence) FROM audit_entry WHERE tenant = $1 AND at >= $2),
       (SELECT max(sequence) FROM audit_entry WHERE tenant = $1))
     ORDER BY sequence DESC LIMIT 1`,
    [tenant, cutoff.toISOString()],
  );
  return rows[0] && { sequence: Number(rows[0].sequence), hash: rows[0].hash };
}

/** Says that entries up to this one may go; without it the database refuses to delete any. */
export async function insertRetention(
  store: Store,
  tenant: string,
  upTo: ChainHead,
  checkpoint: string,
): Promise<void> {
  await store.query(
    `INSERT INTO audit_retention (tenant, sequence, hash, checkpoint) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant, sequence) DO NOTHING`,
    [tenant, upTo.sequence, upTo.hash, checkpoint],
  );
}

/** @returns how many were deleted, at most `limit`. */
export async function deleteExpired(store: Store, tenant: string, upTo: number, limit: number): Promise<number> {
  const rows = await store.query<{ sequence: string }>(
    `DELETE FROM audit_entry WHERE tenant = $1 AND sequence IN (
       SELECT sequence FROM audit_entry WHERE tenant = $1 AND sequence <= $2 ORDER BY sequence LIMIT $3)
     RETURNING sequence`,
    [tenant, upTo, limit],
  );
  return rows.length;
}

function fromRow({ body, hash, previous_hash }: Row): AuditEntry {
  return { ...(JSON.parse(body) as Omit<AuditEntry, 'hash' | 'previousHash'>), hash, previousHash: previous_hash };
}
