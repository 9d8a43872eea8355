import type { Store } from '../platform/store/index.ts';
import type { UsagePlace } from './request-row.ts';

/** A day of a source, `2026-11-20`. */
export interface SourceDay extends UsagePlace {
  day: string;
}

/** Notes that a batch is about to land on these days; a roll-up that read them before it landed is not the last. */
export async function noteWrite(
  store: Store,
  writeId: string,
  place: UsagePlace,
  days: readonly string[],
  at: Date,
): Promise<void> {
  const sql = `
    INSERT INTO llm_usage_write (write_id, tenant, region, source, day, noted_at)
    SELECT $1, $2, $3, $4, d, $6 FROM unnest($5::date[]) AS d`;
  await store.query(sql, [writeId, place.tenant, place.region, place.source, days, at]);
}

/** Days whose facts change by no batch; they wait to be rolled up at once. */
export async function noteChanged(store: Store, place: UsagePlace, days: readonly string[], at: Date): Promise<void> {
  const sql = `
    INSERT INTO llm_usage_write (write_id, tenant, region, source, day, landed, noted_at)
    SELECT gen_random_uuid(), $1, $2, $3, d, true, $5 FROM unnest($4::date[]) AS d`;
  await store.query(sql, [place.tenant, place.region, place.source, days, at]);
}

/** The batch is in the warehouse. */
export async function noteLanded(store: Store, writeId: string): Promise<void> {
  await store.query('UPDATE llm_usage_write SET landed = true WHERE write_id = $1', [writeId]);
}

/**
 * The instant that stands for an ingest when two records of one request are compared. Ids grow, and so do the instants: it is
 * when the ingest was first seen where no later one was seen before it, else half-way between its neighbours.
 */
export async function receivedAtOf(store: Store, place: UsagePlace, ingestId: string, now: Date): Promise<Date> {
  const key = [place.tenant, place.region, place.source, ingestId];
  const sql = `
    INSERT INTO llm_usage_ingest AS i (tenant, region, source, ingest_id, received_at)
    SELECT $1, $2, $3, $4::bigint, date_trunc('milliseconds', CASE
             WHEN later.at IS NULL THEN greatest($5::timestamptz, earlier.at + interval '10 ms')
             ELSE later.at - least(later.at - earlier.at, interval '2 minutes') / 2 END)
    FROM (SELECT min(received_at) AS at FROM llm_usage_ingest
          WHERE tenant = $1 AND region = $2 AND source = $3 AND ingest_id > $4::bigint) later,
         (SELECT max(received_at) AS at FROM llm_usage_ingest
          WHERE tenant = $1 AND region = $2 AND source = $3 AND ingest_id < $4::bigint) earlier
    ON CONFLICT (tenant, region, source, ingest_id) DO UPDATE SET received_at = i.received_at
    RETURNING received_at`;
  return store.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`llm-usage ${key.slice(0, 3).join(' ')}`]);
    const [row] = await tx.query<{ received_at: Date }>(sql, [...key, now]);
    return row!.received_at;
  });
}

export interface WaitingDay extends SourceDay {
  firstNotedAt: Date;
  lastNotedAt: Date;
}

/**
 * Days with writes that landed (or whose writer is gone since before `deadBefore`), the longest waiting first. Asked for
 * one tenant's source where `place` is given.
 */
export async function waitingDays(
  store: Store,
  { deadBefore, limit, place }: { deadBefore: Date; limit: number; place?: UsagePlace },
): Promise<WaitingDay[]> {
  const sql = `
    SELECT tenant, region, source, day::text AS day, min(noted_at) AS first, max(noted_at) AS last
    FROM llm_usage_write
    WHERE ($3::text IS NULL OR tenant = $3 AND region = $4 AND source = $5)
    GROUP BY tenant, region, source, day HAVING bool_or(landed OR noted_at < $1)
    ORDER BY first, tenant, region, source, day LIMIT $2`;
  const rows = await store.query<UsagePlace & { day: string; first: Date; last: Date }>(sql, [
    deadBefore,
    limit,
    place?.tenant ?? null,
    place?.region ?? null,
    place?.source ?? null,
  ]);
  return rows.map(({ first, last, ...day }) => ({ ...day, firstNotedAt: first, lastNotedAt: last }));
}

/** How many days of the tenant in [from, to] wait to be rolled up. */
export async function countWaitingDays(
  store: Store,
  { tenant, regions }: { tenant: string; regions: readonly string[] | 'all' },
  from: string,
  to: string,
): Promise<number> {
  const sql = `
    SELECT count(DISTINCT (region, source, day))::int AS n FROM llm_usage_write
    WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2)) AND day BETWEEN $3::date AND $4::date`;
  const [row] = await store.query<{ n: number }>(sql, [tenant, regions === 'all' ? null : regions, from, to]);
  return row?.n ?? 0;
}

export interface BegunDay {
  day: string;
  dropId: string;
  version: string;
}

/** A roll-up that is about to read its facts, and the writes that it will have seen. */
export interface BegunSeal {
  days: BegunDay[];
  writes: string[];
}

/** Begins a roll-up of these days: what has landed by now is covered by it. */
export async function beginSeal(
  store: Store,
  place: UsagePlace,
  days: readonly string[],
  { now, deadBefore }: { now: Date; deadBefore: Date },
): Promise<BegunSeal> {
  const key = [place.tenant, place.region, place.source];
  return store.transaction(async (tx) => {
    const writes = await tx.query<{ id: string }>(
      `SELECT id FROM llm_usage_write WHERE tenant = $1 AND region = $2 AND source = $3 AND day = ANY($4::date[])
         AND (landed OR noted_at < $5)`,
      [...key, days, deadBefore],
    );
    const begun = await tx.query<{ day: string; drop_id: string; version: string }>(
      `INSERT INTO llm_usage_drop (drop_id, tenant, region, source, day, version, state, changed_at)
       SELECT gen_random_uuid(), $1, $2, $3, d, nextval('llm_usage_version'), 'loading', $5 FROM unnest($4::date[]) AS d
       RETURNING day::text AS day, drop_id, version`,
      [...key, days, now],
    );
    return {
      days: begun.map(({ day, drop_id, version }) => ({ day, dropId: drop_id, version })),
      writes: writes.map(({ id }) => id),
    };
  });
}

/** The roll-ups are visible: what they cover no longer waits, and what they replaced may go. */
export async function endSeal(store: Store, place: UsagePlace, seal: BegunSeal, at: Date): Promise<void> {
  const ids = seal.days.map(({ dropId }) => dropId);
  await store.transaction(async (tx) => {
    await tx.query(`UPDATE llm_usage_drop SET state = 'active', changed_at = $2 WHERE drop_id = ANY($1::uuid[])`, [
      ids,
      at,
    ]);
    await tx.query(
      `UPDATE llm_usage_drop d SET state = 'superseded', changed_at = $4
       WHERE d.tenant = $1 AND d.region = $2 AND d.source = $3 AND d.state = 'active'
         AND EXISTS (SELECT FROM llm_usage_drop newer
                     WHERE newer.tenant = d.tenant AND newer.region = d.region AND newer.source = d.source
                       AND newer.day = d.day AND newer.state = 'active' AND newer.version > d.version)`,
      [place.tenant, place.region, place.source, at],
    );
    await tx.query('DELETE FROM llm_usage_write WHERE id = ANY($1::bigint[])', [seal.writes]);
  });
}

/** Roll-ups that no reader can be using any more: replaced, or begun and never shown. */
export async function listRemovable(store: Store, before: Date, limit: number): Promise<string[]> {
  const sql = `
    SELECT drop_id FROM llm_usage_drop WHERE state <> 'active' AND changed_at < $1 ORDER BY changed_at LIMIT $2`;
  return (await store.query<{ drop_id: string }>(sql, [before, limit])).map(({ drop_id }) => drop_id);
}

/** Roll-ups that turned out to be visible. */
export async function keepVisible(store: Store, ids: readonly string[], at: Date): Promise<void> {
  await store.query(`UPDATE llm_usage_drop SET state = 'active', changed_at = $2 WHERE drop_id = ANY($1::uuid[])`, [
    ids,
    at,
  ]);
}

export async function forgetDrops(store: Store, ids: readonly string[]): Promise<void> {
  await store.query('DELETE FROM llm_usage_drop WHERE drop_id = ANY($1::uuid[])', [ids]);
}

/** Ingests that are older than any record that is kept. */
export async function forgetIngests(store: Store, before: Date): Promise<void> {
  await store.query('DELETE FROM llm_usage_ingest WHERE received_at < $1', [before]);
}
