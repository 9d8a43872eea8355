import type { Store } from '../platform/store/index.ts';
import type { IngestReport, IngestState, LineFinding } from './ingest.ts';
import { jobIdOf, type IngestRow } from './ingest-repository.ts';

/** Replaces the findings of an ingest by those of its latest try. */
export async function saveFindings(store: Store, id: string, findings: readonly LineFinding[]): Promise<void> {
  await store.query('DELETE FROM anycost_finding WHERE ingest_id = $1', [id]);
  const sql = `
    INSERT INTO anycost_finding (ingest_id, place, line, field, reason, quarantined, file_name)
    SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[], $6::boolean[], $7::text[])`;
  await store.query(sql, [
    id,
    findings.map((_, place) => place),
    findings.map((finding) => finding.line),
    findings.map((finding) => finding.column),
    findings.map((finding) => finding.reason),
    findings.map((finding) => finding.quarantined),
    findings.map((finding) => finding.file),
  ]);
}

export async function listFindings(store: Store, id: string, limit: number): Promise<LineFinding[]> {
  const sql = `SELECT file_name AS file, line, field, reason, quarantined FROM anycost_finding WHERE ingest_id = $1
               ORDER BY quarantined DESC, place LIMIT $2`;
  type Row = { file: string; line: string; field: string; reason: string; quarantined: boolean };
  const rows = await store.query<Row>(sql, [id, limit]);
  return rows.map(({ file, line, field, reason, quarantined }) => ({
    file,
    line: Number(line),
    column: field,
    reason,
    quarantined,
  }));
}

/** @param tenant whose it must be; anybody's where absent */
export async function findReport(store: Store, id: string, tenant?: string): Promise<IngestReport | undefined> {
  const sql = 'SELECT * FROM anycost_ingest WHERE id = $1 AND ($2::text IS NULL OR tenant = $2)';
  const [row] = await store.query<IngestRow>(sql, [id, tenant ?? null]);
  return row && reportOf(row);
}

/** The newest ingests of a tenant, newest first; `before` is the id of the last one that is known. */
export async function listReports(
  store: Store,
  query: { tenant: string; regions: readonly string[] | 'all'; limit: number } & Partial<
    Record<'source' | 'before', string> & { state: IngestState }
  >,
): Promise<IngestReport[]> {
  const sql = `
    SELECT * FROM anycost_ingest
    WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2)) AND ($3::text IS NULL OR source = $3)
      AND ($4::text IS NULL OR state = $4) AND ($5::bigint IS NULL OR id < $5)
    ORDER BY id DESC LIMIT $6`;
  const { tenant, regions, source, state, before, limit } = query;
  const rows = await store.query<IngestRow>(sql, [
    ...[tenant, regions === 'all' ? null : regions, source ?? null, state ?? null, before ?? null, limit],
  ]);
  return rows.map(reportOf);
}

export interface SourceRow {
  source: string;
  region: string;
  lastAt: Date;
  rows: number;
  quarantined: number;
  connector: string;
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
           (array_agg(connector ORDER BY id DESC))[1] AS connector,
           (SELECT coalesce(sum(d.rows_loaded), 0) FROM anycost_drop d
            WHERE d.tenant = $1 AND d.region = i.region AND d.source = i.source AND d.state = 'active')
             + (array_agg(items_kept ORDER BY id DESC))[1] AS rows
    FROM anycost_ingest i
    WHERE tenant = $1 AND (state = 'completed' OR reload_requested) AND ($2::text[] IS NULL OR region = ANY($2))
    GROUP BY source, region ORDER BY source, region LIMIT 1000`;
  type Row = { source: string; region: string; last_at: Date; quarantined: string; rows: string; connector: string };
  const rows = await store.query<Row>(sql, [tenant, regions === 'all' ? null : regions]);
  return rows.map((row) => ({
    source: row.source,
    region: row.region,
    lastAt: row.last_at,
    rows: Number(row.rows),
    quarantined: Number(row.quarantined),
    connector: row.connector,
  }));
}

function reportOf(row: IngestRow): IngestReport {
  return {
    jobId: jobIdOf(row.id),
    source: row.source,
    region: row.region,
    connector: row.connector,
    fileName: row.file_name,
    state: row.state,
    progress: row.progress,
    rowsRead: Number(row.rows_read),
    rows: Number(row.rows_loaded) + Number(row.items_kept),
    quarantined: Number(row.rows_quarantined),
    flagged: Number(row.rows_flagged),
    unchanged: row.unchanged,
    periods: row.periods,
    ...(row.failure === null ? {} : { failure: row.failure }),
    receivedAt: row.received_at.toISOString(),
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at.toISOString() }),
  };
}
