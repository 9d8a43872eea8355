import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';

export type FileState = 'waiting' | 'active' | 'ready' | 'failed' | 'expired';

export interface FileRow {
  id: string;
  tenant: string;
  kind: string;
  fileName: string;
  contentType: string;
  state: FileState;
  request: unknown;
  scope: Scope;
  path: string | null;
  rows: string | null;
  bytes: string | null;
  failure: string | null;
  attempts: number;
  createdBy: string;
  createdByName: string;
  createdAt: Date;
  expiresAt: Date;
}

const columns = `id::text, tenant, kind, file_name AS "fileName", content_type AS "contentType", state, request, scope, path,
  rows::text, bytes::text, failure, attempts, created_by AS "createdBy", created_by_name AS "createdByName",
  created_at AS "createdAt", expires_at AS "expiresAt"`;

export interface NewFile {
  tenant: string;
  kind: string;
  fileName: string;
  contentType: string;
  request: unknown;
  scope: Scope;
  createdBy: { id: string; name: string };
  at: Date;
  expiresAt: Date;
}

export async function insertFile(store: Store, file: NewFile): Promise<FileRow> {
  const rows = await store.query<FileRow>(
    `INSERT INTO export_file (tenant, kind, file_name, content_type, request, scope, created_by, created_by_name,
       created_at, touched_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) RETURNING ${columns}`,
    [
      ...[file.tenant, file.kind, file.fileName, file.contentType, JSON.stringify(file.request)],
      ...[JSON.stringify(file.scope), file.createdBy.id, file.createdBy.name, file.at, file.expiresAt],
    ],
  );
  return rows[0]!;
}

export async function findFile(store: Store, id: string): Promise<FileRow | undefined> {
  return (await store.query<FileRow>(`SELECT ${columns} FROM export_file WHERE id = $1`, [id]))[0];
}

/** The newest files that someone asked for. */
export function listFiles(store: Store, tenant: string, createdBy: string, limit: number): Promise<FileRow[]> {
  return store.query<FileRow>(
    `SELECT ${columns} FROM export_file WHERE tenant = $1 AND created_by = $2 ORDER BY id DESC LIMIT $3`,
    [tenant, createdBy, limit],
  );
}

/** Files of someone that are still to be made. */
export async function countOpen(store: Store, tenant: string, createdBy: string): Promise<number> {
  const rows = await store.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM export_file WHERE tenant = $1 AND created_by = $2 AND state IN ('waiting', 'active')`,
    [tenant, createdBy],
  );
  return rows[0]?.n ?? 0;
}

/** Takes a file up to make it; undefined where it is made, failed or gone. */
export async function beginFile(store: Store, id: string, at: Date): Promise<FileRow | undefined> {
  const rows = await store.query<FileRow>(
    `UPDATE export_file SET state = 'active', attempts = attempts + 1, touched_at = $2
     WHERE id = $1 AND state IN ('waiting', 'active') RETURNING ${columns}`,
    [id, at],
  );
  return rows[0];
}

export async function touchFile(store: Store, id: string, at: Date): Promise<void> {
  await store.query('UPDATE export_file SET touched_at = $2 WHERE id = $1', [id, at]);
}

export async function finishFile(
  store: Store,
  id: string,
  made: { path: string; rows: number; bytes: number; at: Date },
): Promise<void> {
  await store.query(
    `UPDATE export_file SET state = 'ready', path = $2, rows = $3, bytes = $4, failure = NULL, touched_at = $5 WHERE id = $1`,
    [id, made.path, made.rows, made.bytes, made.at],
  );
}

export async function failFile(store: Store, id: string, failure: string, at: Date): Promise<void> {
  await store.query(`UPDATE export_file SET state = 'failed', failure = $2, touched_at = $3 WHERE id = $1`, [
    id,
    failure.slice(0, 2_000),
    at,
  ]);
}

/** Files that a worker left behind: nothing has happened to them since. */
export function listLeft(store: Store, before: Date): Promise<{ id: string; attempts: number }[]> {
  return store.query<{ id: string; attempts: number }>(
    `SELECT id::text, attempts FROM export_file WHERE state IN ('waiting', 'active') AND touched_at < $1
     ORDER BY id LIMIT 100`,
    [before],
  );
}

/** Marks what has expired, and says which files are to be removed. */
export function expireFiles(store: Store, now: Date): Promise<{ id: string; path: string | null }[]> {
  return store.query<{ id: string; path: string | null }>(
    `UPDATE export_file SET state = 'expired' WHERE id IN
       (SELECT id FROM export_file WHERE state <> 'expired' AND expires_at <= $1 ORDER BY id LIMIT 1000)
     RETURNING id::text, path`,
    [now],
  );
}
