import type { Store } from '../platform/store/index.ts';
import { rollingMark, type LimitSettings } from './limit.ts';

export interface KeptLimit {
  tenant: string;
  id: string;
  settings: LimitSettings;
  createdBy: string;
  createdAt: Date;
}

const columns = 'tenant, id, settings, created_by AS "createdBy", created_at AS "createdAt"';

export async function listLimits(store: Store, tenant: string): Promise<KeptLimit[]> {
  return store.query<KeptLimit>(`SELECT ${columns} FROM gateway_limit WHERE tenant = $1 ORDER BY name LIMIT 1000`, [
    tenant,
  ]);
}

/** Limits of all tenants, for gateways. */
export async function listAllLimits(store: Store): Promise<KeptLimit[]> {
  return store.query<KeptLimit>(`SELECT ${columns} FROM gateway_limit ORDER BY tenant, id LIMIT 100000`);
}

export async function insertLimit(tx: Store, { tenant, id, settings, createdBy, createdAt }: KeptLimit): Promise<void> {
  await tx.query(
    `INSERT INTO gateway_limit (tenant, id, name, settings, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [tenant, id, settings.name, JSON.stringify(settings), createdBy, createdAt],
  );
}

/** @returns the limit as it was; undefined where there is none */
export async function findLimit(tx: Store, tenant: string, id: string): Promise<KeptLimit | undefined> {
  const [row] = await tx.query<KeptLimit>(
    `SELECT ${columns} FROM gateway_limit WHERE tenant = $1 AND id = $2 FOR UPDATE`,
    [tenant, id],
  );
  return row;
}

export async function updateLimit(tx: Store, tenant: string, id: string, settings: LimitSettings): Promise<void> {
  await tx.query('UPDATE gateway_limit SET name = $3, settings = $4 WHERE tenant = $1 AND id = $2', [
    ...[tenant, id, settings.name],
    JSON.stringify(settings),
  ]);
}

export async function deleteLimit(tx: Store, tenant: string, id: string): Promise<void> {
  await tx.query('DELETE FROM gateway_limit WHERE tenant = $1 AND id = $2', [tenant, id]);
}

export interface UseRow {
  tenant: string;
  counter: string;
  start: Date;
}

/** Locks counters, all of them being there afterwards. @returns what is used of each, in the order that they were asked in */
export async function lockUse(tx: Store, rows: readonly UseRow[]): Promise<number[]> {
  const params = [rows.map(({ tenant }) => tenant), rows.map(({ counter }) => counter), rows.map(({ start }) => start)];
  await tx.query(
    `INSERT INTO gateway_limit_use (tenant, counter, window_start)
     SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (tenant, counter, window_start)
     ORDER BY tenant, counter, window_start ON CONFLICT DO NOTHING`,
    params,
  );
  const found = await tx.query<{ tenant: string; counter: string; start: Date; used: string }>(
    `SELECT u.tenant, u.counter, u.window_start AS start, u.used::text AS used FROM gateway_limit_use u
     JOIN unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (tenant, counter, window_start)
       USING (tenant, counter, window_start)
     ORDER BY u.tenant, u.counter, u.window_start FOR UPDATE OF u`,
    params,
  );
  const used = new Map(found.map((row) => [nameOf(row), Number(row.used)]));
  return rows.map((row) => used.get(nameOf(row)) ?? 0);
}

export async function writeUse(tx: Store, rows: readonly (UseRow & { used: number })[]): Promise<void> {
  await tx.query(
    `UPDATE gateway_limit_use u SET used = n.used
     FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[]) AS n (tenant, counter, window_start, used)
     WHERE u.tenant = n.tenant AND u.counter = n.counter AND u.window_start = n.window_start`,
    [
      rows.map(({ tenant }) => tenant),
      rows.map(({ counter }) => counter),
      rows.map(({ start }) => start),
      rows.map(({ used }) => used),
    ],
  );
}

/**
 * @param starts of the windows of the calendar that go on
 * @param since start of the longest rolling window
 * @returns what is used in them, by part for rolling windows
 */
export async function listUse(
  store: Store,
  tenant: string,
  starts: readonly Date[],
  since: Date,
): Promise<{ counter: string; start: Date; used: string }[]> {
  return store.query(
    `SELECT counter, window_start AS start, used::text AS used FROM gateway_limit_use
     WHERE tenant = $1 AND used > 0 AND (window_start = ANY($2::timestamptz[]) OR (window_start >= $3 AND counter LIKE $4))
     ORDER BY used DESC LIMIT 20000`,
    [tenant, starts, since, `%${rollingMark}"%`],
  );
}

/** Forgets windows that are long over. */
export async function pruneUse(store: Store, before: Date): Promise<void> {
  await store.query('DELETE FROM gateway_limit_use WHERE window_start < $1', [before]);
}

function nameOf({ tenant, counter, start }: UseRow): string {
  return JSON.stringify([tenant, counter, start.getTime()]);
}
