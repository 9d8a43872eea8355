import type { Store } from '../platform/store/index.ts';
import type { Ingest, KeptFile, Place } from './ingest.ts';

export interface Reception {
  place: Place;
  connector: string;
  /** Name of the only file, or of the group. */
  fileName: string;
  /** Of all files. */
  contentHash: string;
  files: readonly KeptFile[];
  rulesVersion: string;
  receivedBy: string;
  idempotencyKey?: string;
  at: Date;
}

export interface IngestRow {
  id: string;
  tenant: string;
  region: string;
  source: string;
  period: string | null;
  version: string;
  file_name: string;
  connector: string;
  rules_version: string;
  items_kept: string;
  reload_requested: boolean;
  files: KeptFile[] | null;
  format: string;
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
  /** Charges. */
  loaded: number;
  /** Requests, jobs and samples that sinks keep. */
  items: number;
  quarantined: number;
  flagged: number;
}

/** How a job id and an ingest's number belong together. */
export const jobIdOf = (ingestId: string): string => `ingest-${ingestId}`;
export const ingestIdOf = (jobId: string): string | undefined => /^(?:focus|ingest)-(\d{1,18})$/.exec(jobId)?.[1];

const filesOf = (table: string): string => `(
  SELECT json_agg(json_build_object('fileName', f.file_name, 'format', f.format, 'bytes', f.bytes,
                                    'contentHash', f.content_hash, 'lakePath', f.lake_path) ORDER BY f.place)
  FROM anycost_file f WHERE f.ingest_id = ${table}.id) AS files`;
const ingestColumns = `anycost_ingest.*, ${filesOf('anycost_ingest')}`;

/** The ingest that holds this idempotency key, if any. */
export async function findByKey(
  store: Store,
  tenant: string,
  receivedBy: string,
  key: string,
): Promise<Ingest | undefined> {
  const sql = `SELECT ${ingestColumns} FROM anycost_ingest WHERE tenant = $1 AND received_by = $2 AND idempotency_key = $3`;
  const [row] = await store.query<IngestRow>(sql, [tenant, receivedBy, key]);
  return row && ingestOf(row);
}

/** The newest file of the place; one that failed does not count. */
export async function findNewest(store: Store, place: Place): Promise<Ingest | undefined> {
  const sql = `
    SELECT ${ingestColumns} FROM anycost_ingest
    WHERE tenant = $1 AND region = $2 AND source = $3 AND period IS NOT DISTINCT FROM $4 AND state <> 'failed'
    ORDER BY id DESC LIMIT 1`;
  const [row] = await store.query<IngestRow>(sql, [place.tenant, place.region, place.source, place.period ?? null]);
  return row && ingestOf(row);
}

/** What became of equal bytes that were loaded for the same place before, in the same way. */
export async function findSameBytes(
  store: Store,
  ingest: Ingest,
): Promise<{ periods: string[]; counts: Counts } | undefined> {
  const sql = `
    SELECT * FROM anycost_ingest
    WHERE tenant = $1 AND region = $2 AND source = $3 AND period IS NOT DISTINCT FROM $4 AND content_hash = $5
      AND state = 'completed' ORDER BY id DESC LIMIT 1`;
  const { tenant, region, source, period, contentHash, connector, rulesVersion } = ingest;
  const [row] = await store.query<IngestRow>(sql, [tenant, region, source, period ?? null, contentHash]);
  if (row?.connector !== connector || row.rules_version !== rulesVersion) return undefined;
  const counts = {
    read: Number(row.rows_read),
    loaded: Number(row.rows_loaded),
    items: Number(row.items_kept),
    quarantined: Number(row.rows_quarantined),
    flagged: Number(row.rows_flagged),
  };
  return { periods: row.periods, counts };
}

/** Writes down files that lie in the lake. Undefined where another request with the same key was faster. */
export async function insertIngest(
  store: Store,
  { place, files, ...reception }: Reception,
): Promise<Ingest | undefined> {
  const [first] = files;
  if (first === undefined) throw new Error('an ingest has a file');
  const sql = `
    INSERT INTO anycost_ingest (tenant, region, source, period, version, file_name, format, bytes, content_hash, lake_path,
                                received_by, idempotency_key, received_at, touched_at, connector, rules_version)
    SELECT $1, $2, $3, $4,
           greatest((extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
                    coalesce((SELECT max(version) FROM anycost_ingest WHERE tenant = $1 AND region = $2 AND source = $3), 0) + 1000),
           $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14
    ON CONFLICT (tenant, received_by, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING *`;
  return store.transaction(async (tx) => {
    const [row] = await tx.query<IngestRow>(sql, [
      ...[place.tenant, place.region, place.source, place.period ?? null],
      ...[reception.fileName, first.format, files.reduce((sum, { bytes }) => sum + bytes, 0), reception.contentHash],
      ...[commonPath(files), reception.receivedBy, reception.idempotencyKey ?? null, reception.at],
      ...[reception.connector, reception.rulesVersion],
    ]);
    if (row === undefined) return undefined;
    const filesSql = `
      INSERT INTO anycost_file (ingest_id, place, file_name, format, bytes, content_hash, lake_path)
      SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[])`;
    await tx.query(filesSql, [
      row.id,
      files.map((_, index) => index),
      files.map(({ fileName }) => fileName),
      files.map(({ format }) => format),
      files.map(({ bytes }) => bytes),
      files.map(({ contentHash }) => contentHash),
      files.map(({ lakePath }) => lakePath),
    ]);
    return ingestOf({ ...row, files: [...files] });
  });
}

/** The rows of a file lie elsewhere in the lake now. */
export async function moveFile(store: Store, ingestId: string, place: number, lakePath: string): Promise<void> {
  await store.query('UPDATE anycost_file SET lake_path = $3 WHERE ingest_id = $1 AND place = $2', [
    ...[ingestId, place, lakePath],
  ]);
}

/** Path of the only file, or of the folder that holds all of them. */
function commonPath(files: readonly KeptFile[]): string {
  const [first] = files;
  return files.length === 1 ? first!.lakePath : first!.lakePath.split('/').slice(0, -1).join('/');
}

/** Begins a try. Undefined where the ingest is done already. */
export async function beginIngest(store: Store, id: string, at: Date): Promise<Ingest | undefined> {
  const sql = `
    UPDATE anycost_ingest SET state = 'active', attempts = attempts + 1, touched_at = $2, progress = 0, failure = NULL
    WHERE id = $1 AND state IN ('waiting', 'active') RETURNING ${ingestColumns}`;
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
  result: { counts: Counts; periods: readonly string[]; unchanged: boolean; rulesVersion: string; at: Date },
): Promise<void> {
  const { counts } = result;
  const sql = `
    UPDATE anycost_ingest SET state = 'completed', progress = 100, rows_read = $2, rows_loaded = $3, rows_quarantined = $4,
           rows_flagged = $5, items_kept = $6, periods = $7, unchanged = $8, finished_at = $9, rules_version = $10,
           reload_requested = false, failure = NULL
    WHERE id = $1`;
  const numbers = [counts.read, counts.loaded, counts.quarantined, counts.flagged, counts.items];
  await store.query(sql, [id, ...numbers, result.periods, result.unchanged, result.at, result.rulesVersion]);
}

/** A try went wrong; another one follows. */
export async function noteTrouble(store: Store, id: string, trouble: string, at: Date): Promise<void> {
  await store.query(`UPDATE anycost_ingest SET failure = $2, touched_at = $3 WHERE id = $1 AND state = 'active'`, [
    id,
    trouble,
    at,
  ]);
}

/** Nothing of it counts; where it was loaded for the second time, what counted before goes on to. */
export async function failIngest(store: Store, id: string, failure: string, at: Date): Promise<void> {
  await store.query(
    `UPDATE anycost_ingest SET state = CASE WHEN reload_requested THEN 'completed' ELSE 'failed' END, failure = $2,
            finished_at = $3, reload_requested = false
     WHERE id = $1 AND state <> 'completed'`,
    [id, failure, at],
  );
}

/**
 * Asks for another load of what counts now, oldest first: the drops of this tenant (source, month), and what sinks keep.
 * @returns ids of the ingests that are to be loaded again
 */
export async function requestReload(
  store: Store,
  query: { tenant?: string; source?: string; period?: string },
  at: Date,
): Promise<string[]> {
  const sql = `
    UPDATE anycost_ingest i SET state = 'waiting', reload_requested = true, progress = 0, touched_at = $4
    WHERE ($1::text IS NULL OR tenant = $1) AND ($2::text IS NULL OR source = $2) AND state = 'completed'
      AND (EXISTS (SELECT FROM anycost_drop d WHERE d.ingest_id = i.id AND d.state = 'active'
                   AND ($3::text IS NULL OR d.period = $3))
           OR items_kept > 0 AND $3::text IS NULL)
    RETURNING id`;
  const rows = await store.query<{ id: string }>(sql, [
    query.tenant ?? null,
    query.source ?? null,
    query.period ?? null,
    at,
  ]);
  return rows.map(({ id }) => id).sort((one, other) => Number(BigInt(one) - BigInt(other)));
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
    connector: row.connector,
    files: row.files ?? [],
    rulesVersion: row.rules_version,
    isReload: row.reload_requested,
    state: row.state,
    attempts: row.attempts,
  };
}
