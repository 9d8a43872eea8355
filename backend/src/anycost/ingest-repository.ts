import type { Store } from '../platform/store/index.ts';
import type { Ingest, IngestReport, LineFinding, Place } from './ingest.ts';
import type { KeptFile } from './lake-files.ts';

export interface Reception {
  place: Place;
  file: KeptFile;
  fileName: string;
  receivedBy: string;
  idempotencyKey?: string;
  at: Date;
}

interface IngestRow {
  id: string;
  tenant: string;
  region: string;
  source: string;
  period: string | null;
  version: string;
  file_name: string;
  format: Ingest['format'];
  bytes: string;
  content_hash: string;
  lake_path: string;
  state: Ingest['state'];
  attempts: number;
  progress: number;
  rows_read: string;
  rows_loaded: string;
  rows_quarantined: string;
  rows_flagged: string;
  unchanged: boolean;
  periods: string[];
  failure: string | null;
  received_at: Date;
  finished_at: Date | null;
}

export interface Counts {
  read: number;
  loaded: number;
  quarantined: number;
  flagged: number;
}

/** How a job id and an ingest's number belong together. */
export const jobIdOf = (ingestId: string): string => `focus-${ingestId}`;
export const ingestIdOf = (jobId: string): string | undefined => /^focus-(\d{1,18})$/.exec(jobId)?.[1];

/** The ingest that holds this idempotency key, if any. */
export async function findByKey(
  store: Store,
  tenant: string,
  receivedBy: string,
  key: string,
): Promise<Ingest | undefined> {
  const sql = 'SELECT * FROM anycost_ingest WHERE tenant = $1 AND received_by = $2 AND idempotency_key = $3';
  const [row] = await store.query<IngestRow>(sql, [tenant, receivedBy, key]);
  return row && ingestOf(row);
}

/** The newest file of the place; one that failed does not count. */
export async function findNewest(store: Store, place: Place): Promise<Ingest | undefined> {
  const sql = `
    SELECT * FROM anycost_ingest
    WHERE tenant = $1 AND region = $2 AND source = $3 AND period IS NOT DISTINCT FROM $4 AND state <> 'failed'
    ORDER BY id DESC LIMIT 1`;
  const [row] = await store.query<IngestRow>(sql, [place.tenant, place.region, place.source, place.period ?? null]);
  return row && ingestOf(row);
}

/** What became of equal bytes that were loaded for the same place before. */
export async function findSameBytes(
  store: Store,
  ingest: Ingest,
): Promise<{ periods: string[]; counts: Counts } | undefined> {
  const sql = `
    SELECT * FROM anycost_ingest
    WHERE tenant = $1 AND region = $2 AND source = $3 AND period IS NOT DISTINCT FROM $4 AND content_hash = $5
      AND state = 'completed' ORDER BY id DESC LIMIT 1`;
  const { tenant, region, source, period, contentHash } = ingest;
  const [row] = await store.query<IngestRow>(sql, [tenant, region, source, period ?? null, contentHash]);
  if (row === undefined) return undefined;
  const counts = {
    read: Number(row.rows_read),
    loaded: Number(row.rows_loaded),
    quarantined: Number(row.rows_quarantined),
    flagged: Number(row.rows_flagged),
  };
  return { periods: row.periods, counts };
}

/** Writes down a file that lies in the lake. Undefined where another request with the same key was faster. */
export async function insertIngest(
  store: Store,
  { place, file, ...reception }: Reception,
): Promise<Ingest | undefined> {
  const sql = `
    INSERT INTO anycost_ingest (tenant, region, source, period, version, file_name, format, bytes, content_hash, lake_path,
                                received_by, idempotency_key, received_at, touched_at)
    SELECT $1, $2, $3, $4,
           greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
                    coalesce((SELECT max(version) FROM anycost_ingest WHERE tenant = $1 AND region = $2 AND source = $3), 0) + 1000),
           $5, $6, $7, $8, $9, $10, $11, $12, $12
    ON CONFLICT (tenant, received_by, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING *`;
  const [row] = await store.query<IngestRow>(sql, [
    ...[place.tenant, place.region, place.source, place.period ?? null],
    ...[reception.fileName, file.format, file.bytes, file.contentHash, file.lakePath],
    ...[reception.receivedBy, reception.idempotencyKey ?? null, reception.at],
  ]);
  return row && ingestOf(row);
}

/** Begins a try. Undefined where the ingest is done already. */
export async function beginIngest(store: Store, id: string, at: Date): Promise<Ingest | undefined> {
  const sql = `
    UPDATE anycost_ingest SET state = 'active', attempts = attempts + 1, touched_at = $2, progress = 0, failure = NULL
    WHERE id = $1 AND state IN ('waiting', 'active') RETURNING *`;
  const [row] = await store.query<IngestRow>(sql, [id, at]);
  return row && ingestOf(row);
}

/** Tells how far a load is, and that it goes on. */
export async function noteProgress(
  store: Store,
  id: string,
  progress: number,
  counts: Counts,
  at: Date,
): Promise<void> {
  const sql = `
    UPDATE anycost_ingest SET progress = $2, rows_read = $3, rows_loaded = $4, rows_quarantined = $5, rows_flagged = $6,
           touched_at = $7
    WHERE id = $1 AND state = 'active'`;
  await store.query(sql, [id, progress, counts.read, counts.loaded, counts.quarantined, counts.flagged, at]);
}

/** The ingest is done: with these counts and periods. */
export async function completeIngest(
  store: Store,
  id: string,
  result: { counts: Counts; periods: readonly string[]; unchanged: boolean; at: Date },
): Promise<void> {
  const { counts } = result;
  const sql = `
    UPDATE anycost_ingest SET state = 'completed', progress = 100, rows_read = $2, rows_loaded = $3, rows_quarantined = $4,
           rows_flagged = $5, periods = $6, unchanged = $7, finished_at = $8, failure = NULL
    WHERE id = $1`;
  const numbers = [counts.read, counts.loaded, counts.quarantined, counts.flagged];
  await store.query(sql, [id, ...numbers, result.periods, result.unchanged, result.at]);
}

/** A try went wrong; another one follows. */
export async function noteTrouble(store: Store, id: string, trouble: string, at: Date): Promise<void> {
  await store.query(`UPDATE anycost_ingest SET failure = $2, touched_at = $3 WHERE id = $1 AND state = 'active'`, [
    id,
    trouble,
    at,
  ]);
}

export async function failIngest(store: Store, id: string, failure: string, at: Date): Promise<void> {
  await store.query(
    `UPDATE anycost_ingest SET state = 'failed', failure = $2, finished_at = $3 WHERE id = $1 AND state <> 'completed'`,
    [id, failure, at],
  );
}

/** Replaces the findings of an ingest by those of its latest try. */
export async function saveFindings(store: Store, id: string, findings: readonly LineFinding[]): Promise<void> {
  await store.query('DELETE FROM anycost_finding WHERE ingest_id = $1', [id]);
  const sql = `
    INSERT INTO anycost_finding (ingest_id, place, line, field, reason, quarantined)
    SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::boolean[])`;
  await store.query(sql, [
    id,
    findings.map((_, place) => place),
    findings.map((finding) => finding.line),
    findings.map((finding) => finding.column),
    findings.map((finding) => finding.reason),
    findings.map((finding) => finding.quarantined),
  ]);
}

export async function listFindings(store: Store, id: string, limit: number): Promise<LineFinding[]> {
  const sql = `SELECT line, field, reason, quarantined FROM anycost_finding WHERE ingest_id = $1
               ORDER BY quarantined DESC, place LIMIT $2`;
  const rows = await store.query<{ line: string; field: string; reason: string; quarantined: boolean }>(sql, [
    id,
    limit,
  ]);
  return rows.map(({ line, field, reason, quarantined }) => ({
    line: Number(line),
    column: field,
    reason,
    quarantined,
  }));
}

export async function findReport(store: Store, id: string, tenant: string): Promise<IngestReport | undefined> {
  const [row] = await store.query<IngestRow>('SELECT * FROM anycost_ingest WHERE id = $1 AND tenant = $2', [
    id,
    tenant,
  ]);
  return row && reportOf(row);
}

export interface LeftIngest {
  id: string;
  state: 'waiting' | 'active';
  attempts: number;
  receivedAt: Date;
  /** What went wrong last; absent where the worker was killed before it could say. */
  trouble?: string;
}

/** Ingests that are not done and with which nothing has happened since `before`. */
export async function listLeft(store: Store, before: Date): Promise<LeftIngest[]> {
  const sql = `
    SELECT id, state, attempts, received_at, failure FROM anycost_ingest
    WHERE state IN ('waiting', 'active') AND touched_at < $1 ORDER BY id LIMIT 100`;
  const rows = await store.query<
    Pick<IngestRow, 'id' | 'attempts' | 'received_at' | 'failure'> & Pick<LeftIngest, 'state'>
  >(sql, [before]);
  return rows.map(({ received_at, failure, ...row }) => ({
    ...row,
    receivedAt: received_at,
    ...(failure === null ? {} : { trouble: failure }),
  }));
}

export interface SourceRow {
  source: string;
  region: string;
  lastAt: Date;
  rows: number;
  quarantined: number;
}

/** Each source with its last file that went well and the rows of it that count now. */
export async function listSources(
  store: Store,
  tenant: string,
  regions: readonly string[] | 'all',
): Promise<SourceRow[]> {
  const sql = `
    SELECT source, region, max(finished_at) AS last_at,
           (array_agg(rows_quarantined ORDER BY id DESC))[1] AS quarantined,
           (SELECT coalesce(sum(d.rows_loaded), 0) FROM anycost_drop d
            WHERE d.tenant = $1 AND d.region = i.region AND d.source = i.source AND d.state = 'active') AS rows
    FROM anycost_ingest i
    WHERE tenant = $1 AND state = 'completed' AND ($2::text[] IS NULL OR region = ANY($2))
    GROUP BY source, region ORDER BY source, region LIMIT 1000`;
  const rows = await store.query<{ source: string; region: string; last_at: Date; quarantined: string; rows: string }>(
    sql,
    [tenant, regions === 'all' ? null : regions],
  );
  return rows.map((row) => ({
    source: row.source,
    region: row.region,
    lastAt: row.last_at,
    rows: Number(row.rows),
    quarantined: Number(row.quarantined),
  }));
}

function ingestOf(row: IngestRow): Ingest {
  return {
    id: row.id,
    tenant: row.tenant,
    region: row.region,
    source: row.source,
    ...(row.period === null ? {} : { period: row.period }),
    version: BigInt(row.version),
    fileName: row.file_name,
    format: row.format,
    bytes: Number(row.bytes),
    contentHash: row.content_hash,
    lakePath: row.lake_path,
    state: row.state,
    attempts: row.attempts,
  };
}

function reportOf(row: IngestRow): IngestReport {
  return {
    jobId: jobIdOf(row.id),
    source: row.source,
    region: row.region,
    fileName: row.file_name,
    state: row.state,
    progress: row.progress,
    rowsRead: Number(row.rows_read),
    rows: Number(row.rows_loaded),
    quarantined: Number(row.rows_quarantined),
    flagged: Number(row.rows_flagged),
    unchanged: row.unchanged,
    periods: row.periods,
    ...(row.failure === null ? {} : { failure: row.failure }),
    receivedAt: row.received_at.toISOString(),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at.toISOString() }),
  };
}
