import type { Store } from '../platform/store/index.ts';
import type { Observation } from './semantic/hit-certainty.ts';

/** An entry as the store keeps it. */
export interface StoredEntry {
  key: Buffer;
  tenant: string;
  keyId: string;
  policy: string;
  kind: 'answer' | 'embedding';
  tags: readonly string[];
  sealed: Buffer;
  context: Buffer | null;
  sealedQuestion: Buffer | null;
  createdAt: Date;
  expiresAt: Date;
}

/** What gateways know of every entry. */
export interface EntryLine {
  sequence: string;
  key: Buffer;
  tenant: string;
  keyId: string;
  policy: string;
  tags: readonly string[];
  context: Buffer | null;
  sealedQuestion: Buffer | null;
  createdAt: Date;
  expiresAt: Date;
}

export interface Flush {
  id: string;
  tenant: string;
  policy: string | null;
  tag: string | null;
  at: Date;
}

/** Numbers that entries were given by the store. */
export interface InsertedEntries {
  count: number;
  first: string | null;
  last: string | null;
}

/** One statement for all of them: what is sealed goes as one run of bytes. @param entries of different keys */
export async function insertEntries(store: Store, entries: readonly StoredEntry[]): Promise<InsertedEntries> {
  const pieces: Buffer[] = [];
  let size = 0;
  const placed = (bytes: Buffer): { from: number; length: number } => {
    const from = size + 1;
    pieces.push(bytes);
    size += bytes.length;
    return { from, length: bytes.length };
  };
  const lines = entries.map((entry) => {
    const sealed = placed(entry.sealed);
    const question = entry.sealedQuestion && placed(entry.sealedQuestion);
    return {
      ...{ key: entry.key.toString('hex'), tenant: entry.tenant, key_id: entry.keyId, policy: entry.policy },
      ...{ kind: entry.kind, tags: entry.tags, context: entry.context?.toString('hex') ?? null },
      ...{ sealed_from: sealed.from, sealed_length: sealed.length },
      ...{ question_from: question?.from ?? null, question_length: question?.length ?? null },
      ...{ created_at: entry.createdAt, expires_at: entry.expiresAt },
    };
  });
  const [inserted] = await store.query<InsertedEntries>(insertSql, [JSON.stringify(lines), Buffer.concat(pieces)]);
  return inserted!;
}

/** A key that was destroyed seals nothing any more, also where its process does not know yet. */
const insertSql = `
  WITH line AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS one(
      key text, tenant text, key_id text, policy text, kind text, tags text[], context text, sealed_from int,
      sealed_length int, question_from int, question_length int, created_at timestamptz, expires_at timestamptz)
  ), living AS MATERIALIZED (
    SELECT id FROM tenant_key WHERE id IN (SELECT key_id FROM line) AND destroyed_at IS NULL FOR SHARE
  ), inserted AS (
    INSERT INTO gateway_cache_entry
      (key, tenant, key_id, policy, kind, tags, sealed, context, sealed_question, bytes, created_at, expires_at, used_at)
    SELECT decode(key, 'hex'), tenant, key_id, policy, kind, tags, substring($2::bytea FROM sealed_from FOR sealed_length),
           decode(context, 'hex'), substring($2::bytea FROM question_from FOR question_length),
           sealed_length + coalesce(question_length, 0), created_at, expires_at, created_at
    FROM line JOIN living ON living.id = line.key_id
    ON CONFLICT (key) DO UPDATE SET
      sequence = nextval('gateway_cache_entry_sequence_seq'), key_id = excluded.key_id, tags = excluded.tags,
      sealed = excluded.sealed, context = excluded.context, sealed_question = excluded.sealed_question,
      bytes = excluded.bytes, created_at = excluded.created_at, expires_at = excluded.expires_at,
      used_at = excluded.used_at
    RETURNING sequence
  )
  SELECT count(*)::int AS count, min(sequence)::text AS first, max(sequence)::text AS last FROM inserted`;

/** Numbers that were passed over, the first and the last of them. */
export interface Gap {
  low: bigint;
  high: bigint;
}

/**
 * Of two writers at the same time the one that took the later number may be seen first: what comes below the last line that was
 * seen comes within 30 seconds, for one statement writes an entry, and no statement may take longer.
 */
export async function linesAfter(store: Store, sequence: string, limit: number): Promise<EntryLine[]> {
  return store.query<EntryLine>(`${lineSql} WHERE sequence > $1 ORDER BY sequence LIMIT $2`, [sequence, limit]);
}

/** Lines that came below the last that was seen. */
export async function linesWithin(store: Store, gaps: readonly Gap[]): Promise<EntryLine[]> {
  const [lows, highs] = [gaps.map(({ low }) => String(low)), gaps.map(({ high }) => String(high))];
  return store.query<EntryLine>(
    `${lineSql} JOIN unnest($1::bigint[], $2::bigint[]) AS gap(low, high) ON sequence BETWEEN low AND high ORDER BY sequence`,
    [lows, highs],
  );
}

const lineSql = `
  SELECT sequence::text AS sequence, key, tenant, key_id AS "keyId", policy, tags, context,
         sealed_question AS "sealedQuestion", created_at AS "createdAt", expires_at AS "expiresAt"
  FROM gateway_cache_entry`;

export async function readEntry(store: Store, key: Buffer): Promise<{ keyId: string; sealed: Buffer } | undefined> {
  const rows = await store.query<{ keyId: string; sealed: Buffer }>(
    'SELECT key_id AS "keyId", sealed FROM gateway_cache_entry WHERE key = $1',
    [key],
  );
  return rows[0];
}

export async function noteUse(store: Store, keys: readonly Buffer[], at: Date): Promise<void> {
  await store.query('UPDATE gateway_cache_entry SET used_at = $2 WHERE key = ANY($1)', [keys, at]);
}

export async function flushesAfter(store: Store, id: string, limit: number): Promise<Flush[]> {
  return store.query<Flush>(
    'SELECT id::text AS id, tenant, policy, tag, at FROM gateway_cache_flush WHERE id > $1 ORDER BY id LIMIT $2',
    [id, limit],
  );
}

/** Within a transaction: gateways follow when it is over. @returns how many entries the store has dropped */
export async function flush(
  tx: Store,
  { tenant, policy, tag }: { tenant: string; policy?: string | undefined; tag?: string | undefined },
  at: Date,
): Promise<number> {
  await inOrder(tx, 'gateway-cache flushes');
  await tx.query('INSERT INTO gateway_cache_flush (tenant, policy, tag, at) VALUES ($1, $2, $3, $4)', [
    ...[tenant, policy ?? null, tag ?? null, at],
  ]);
  const rows = await tx.query<{ count: string }>(
    `WITH gone AS (
       DELETE FROM gateway_cache_entry
       WHERE tenant = $1 AND ($2::text IS NULL OR policy = $2) AND ($3::text IS NULL OR $3 = ANY(tags)) RETURNING 1
     ) SELECT count(*)::text AS count FROM gone`,
    [tenant, policy ?? null, tag ?? null],
  );
  return Number(rows[0]!.count);
}

/**
 * Until the transaction is over nobody else is given a number in the table. Gateways read what is above the last number that they
 * have seen; a number is taken before it can be seen, so that of two transactions under way the later could be seen first, and the
 * earlier never. Whoever holds it must wait for nothing that those who wait for it hold.
 */
async function inOrder(tx: Store, table: string): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text AS locked', [table]);
}

/** Deletes what is over, and of each tenant what was not used for longest beyond its bytes. */
export async function sweep(store: Store, now: Date, mostBytes: number): Promise<void> {
  await store.query('DELETE FROM gateway_cache_entry WHERE expires_at <= $1', [now]);
  await store.query(
    `DELETE FROM gateway_cache_entry WHERE key IN (
       SELECT key FROM (
         SELECT key, sum(bytes) OVER (PARTITION BY tenant ORDER BY used_at DESC, key) AS upto FROM gateway_cache_entry
       ) AS ranked WHERE upto > $1)`,
    [mostBytes],
  );
  const old = new Date(now.getTime() - 30 * 86_400_000);
  await store.query('DELETE FROM gateway_cache_flush WHERE at < $1', [old]);
  await store.query('DELETE FROM gateway_semantic_hit WHERE at < $1', [old]);
  await store.query('DELETE FROM gateway_semantic_observation WHERE at < $1', [
    new Date(now.getTime() - 90 * 86_400_000),
  ]);
}

export interface SemanticHit {
  tenant: string;
  requestId: string;
  policy: string;
  entry: Buffer;
  similarity: number;
  at: Date;
}

export async function insertHits(store: Store, hits: readonly SemanticHit[]): Promise<void> {
  for (const { tenant, requestId, policy, entry, similarity, at } of hits)
    await store.query(
      `INSERT INTO gateway_semantic_hit (tenant, request_id, policy, entry, similarity, at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING`,
      [tenant, requestId, policy, entry, similarity, at],
    );
}

export interface StoredObservation extends Observation {
  tenant: string;
  policy: string;
  entry: Buffer;
}

/** Within a transaction as the last of it, for others wait to write theirs until it is over. */
export async function insertObservations(
  store: Store,
  observations: readonly (StoredObservation & { source: 'answer' | 'feedback'; at: Date })[],
): Promise<void> {
  if (observations.length === 0) return;
  const rows = observations.map(({ entry, ...rest }) => ({ ...rest, entry: entry.toString('hex') }));
  await store.transaction(async (tx) => {
    await inOrder(tx, 'gateway-cache observations');
    await tx.query(
      `INSERT INTO gateway_semantic_observation (tenant, policy, entry, similarity, correct, source, at)
       SELECT tenant, policy, decode(entry, 'hex'), similarity, correct, source, at FROM json_to_recordset($1::json) AS one(
         tenant text, policy text, entry text, similarity double precision, correct boolean, source text, at timestamptz)`,
      [JSON.stringify(rows)],
    );
  });
}

export async function observationsAfter(
  store: Store,
  id: string,
  limit: number,
): Promise<(StoredObservation & { id: string })[]> {
  return store.query(
    `SELECT id::text AS id, tenant, policy, entry, similarity, correct FROM gateway_semantic_observation
     WHERE id > $1 ORDER BY id LIMIT $2`,
    [id, limit],
  );
}

/** @returns what the call was given because it meant the same; undefined where it was not */
export async function hitOf(
  store: Store,
  tenant: string,
  requestId: string,
): Promise<Pick<SemanticHit, 'policy' | 'entry' | 'similarity'> | undefined> {
  const rows = await store.query<SemanticHit>(
    'SELECT policy, entry, similarity FROM gateway_semantic_hit WHERE tenant = $1 AND request_id = $2',
    [tenant, requestId],
  );
  return rows[0];
}
