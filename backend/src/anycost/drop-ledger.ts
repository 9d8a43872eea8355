import type { Store } from '../platform/store/index.ts';
import type { Ingest } from './ingest.ts';

/** Drops that may be removed at once; the rest waits for the next turn. */
const maxRemoved = 50;

/** Notes a set of rows before the first of them is written, so that rows of a crashed try are found again. */
export async function noteLoading(
  store: Store,
  ingest: Ingest,
  drop: { id: string; period: string; version: bigint },
  at: Date,
): Promise<void> {
  const sql = `
    INSERT INTO anycost_drop (drop_id, ingest_id, tenant, region, source, period, version, state, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'loading', $8)`;
  const { id, tenant, region, source } = ingest;
  await store.query(sql, [drop.id, id, tenant, region, source, drop.period, drop.version, at]);
}

/** Earlier tries of this ingest gave up their rows. */
export async function abandonLoading(store: Store, ingestId: string, at: Date): Promise<void> {
  const sql = `UPDATE anycost_drop SET state = 'abandoned', changed_at = $2 WHERE ingest_id = $1 AND state = 'loading'`;
  await store.query(sql, [ingestId, at]);
}

/** True where all of them may become visible; false where another try has taken over and their rows may be removed. */
export async function claimActivation(
  store: Store,
  drops: readonly { id: string; rows: number }[],
  at: Date,
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const sql = `
      UPDATE anycost_drop d SET state = 'activating', changed_at = $3, rows_loaded = claimed.rows
      FROM unnest($1::uuid[], $2::bigint[]) AS claimed (id, rows)
      WHERE d.drop_id = claimed.id AND d.state = 'loading' RETURNING d.drop_id`;
    const claimed = await tx.query(sql, [drops.map(({ id }) => id), drops.map(({ rows }) => rows), at]);
    if (claimed.length === drops.length) return true;
    const undo = `UPDATE anycost_drop SET state = 'abandoned' WHERE drop_id = ANY($1::uuid[]) AND state = 'activating'`;
    await tx.query(undo, [drops.map(({ id }) => id)]);
    return false;
  });
}

/** The drops are visible; older ones of the same place and month no longer are. */
export async function noteActive(
  store: Store,
  ingest: Ingest,
  drops: readonly { id: string; period: string; version: bigint }[],
  at: Date,
): Promise<void> {
  await store.query(`UPDATE anycost_drop SET state = 'active', changed_at = $2 WHERE drop_id = ANY($1::uuid[])`, [
    drops.map(({ id }) => id),
    at,
  ]);
  const sql = `
    UPDATE anycost_drop d SET state = 'superseded', changed_at = $4
    WHERE d.tenant = $1 AND d.region = $2 AND d.source = $3 AND d.state IN ('active', 'activating')
      AND EXISTS (SELECT FROM anycost_drop newer
                  WHERE newer.tenant = d.tenant AND newer.region = d.region AND newer.source = d.source
                    AND newer.period = d.period AND newer.state = 'active' AND newer.version > d.version)`;
  await store.query(sql, [ingest.tenant, ingest.region, ingest.source, at]);
}

/** Gives up sets of rows whose ingest is over, or that were claimed a day ago and never became active. */
export async function abandonLeft(store: Store, now: Date): Promise<void> {
  const sql = `
    UPDATE anycost_drop d SET state = 'abandoned', changed_at = $1 FROM anycost_ingest i
    WHERE i.id = d.ingest_id
      AND (d.state = 'loading' AND i.state IN ('completed', 'failed')
           OR d.state = 'activating' AND d.changed_at < $1::timestamptz - interval '1 day')`;
  await store.query(sql, [now]);
}

/** Drops that no reader can be using any more. */
export async function listRemovable(store: Store, before: Date): Promise<string[]> {
  const sql = `
    SELECT drop_id FROM anycost_drop WHERE state IN ('superseded', 'abandoned') AND changed_at < $1
    ORDER BY changed_at LIMIT ${maxRemoved}`;
  return (await store.query<{ drop_id: string }>(sql, [before])).map(({ drop_id }) => drop_id);
}

export async function forgetDrops(store: Store, ids: readonly string[]): Promise<void> {
  await store.query('DELETE FROM anycost_drop WHERE drop_id = ANY($1::uuid[])', [ids]);
}

/** Drops that turned out to be visible. */
export async function keepVisible(store: Store, ids: readonly string[], at: Date): Promise<void> {
  await store.query(`UPDATE anycost_drop SET state = 'active', changed_at = $2 WHERE drop_id = ANY($1::uuid[])`, [
    ids,
    at,
  ]);
}

/** The visible drop of each month that this ingest was the last to load. */
export async function ownedDrops(
  store: Store,
  ingestId: string,
): Promise<Map<string, { dropId: string; version: bigint }>> {
  const sql = `SELECT period, drop_id, version FROM anycost_drop WHERE ingest_id = $1 AND state = 'active' ORDER BY version`;
  const rows = await store.query<{ period: string; drop_id: string; version: string }>(sql, [ingestId]);
  return new Map(rows.map((row) => [row.period, { dropId: row.drop_id, version: BigInt(row.version) }]));
}
