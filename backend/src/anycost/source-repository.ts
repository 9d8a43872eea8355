import type { Store } from '../platform/store/index.ts';

/** A source as people declared it, with what the service knows of its last turns. */
export interface DeclaredSource {
  tenant: string;
  name: string;
  connector: string;
  region: string;
  settings: Record<string, unknown>;
  everyMinutes: number;
  enabled: boolean;
  /** yaml: the configuration alone can change it. */
  origin: 'yaml' | 'api';
  cursor?: string;
  lastRunAt?: Date;
  lastOkAt?: Date;
  lastError?: string;
  nextAt?: Date;
  /** Turns in a row that went wrong. */
  failures: number;
  createdBy: string;
  createdAt: Date;
  changedAt: Date;
}

interface SourceRow {
  tenant: string;
  name: string;
  connector: string;
  region: string;
  settings: Record<string, unknown>;
  every_minutes: number;
  enabled: boolean;
  origin: 'yaml' | 'api';
  cursor: string | null;
  last_run_at: Date | null;
  last_ok_at: Date | null;
  last_error: string | null;
  next_at: Date | null;
  failures: number;
  created_by: string;
  created_at: Date;
  changed_at: Date;
}

const maxListed = 1_000;

export async function findSource(store: Store, tenant: string, name: string): Promise<DeclaredSource | undefined> {
  const sql = 'SELECT * FROM anycost_source WHERE tenant = $1 AND name = $2';
  const [row] = await store.query<SourceRow>(sql, [tenant, name]);
  return row && sourceOf(row);
}

export async function listDeclared(
  store: Store,
  tenant: string,
  regions: readonly string[] | 'all',
): Promise<DeclaredSource[]> {
  const sql = `SELECT * FROM anycost_source WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2))
               ORDER BY name LIMIT ${maxListed}`;
  return (await store.query<SourceRow>(sql, [tenant, regions === 'all' ? null : regions])).map(sourceOf);
}

/**
 * Keeps a declaration. Where the kind, the region or the settings are others than before, the cursor begins anew: it says
 * nothing about another place.
 */
export async function saveSource(
  store: Store,
  source: Pick<
    DeclaredSource,
    'tenant' | 'name' | 'connector' | 'region' | 'settings' | 'everyMinutes' | 'enabled' | 'origin' | 'createdBy'
  >,
  at: Date,
): Promise<DeclaredSource> {
  const sql = `
    INSERT INTO anycost_source AS old (tenant, name, connector, region, settings, every_minutes, enabled, origin, next_at,
                                       created_by, created_at, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $9)
    ON CONFLICT (tenant, name) DO UPDATE SET
      connector = excluded.connector, region = excluded.region, settings = excluded.settings,
      every_minutes = excluded.every_minutes, enabled = excluded.enabled, origin = excluded.origin,
      changed_at = excluded.changed_at, next_at = excluded.next_at, failures = 0, last_error = NULL,
      cursor = CASE WHEN (old.connector, old.region, old.settings) = (excluded.connector, excluded.region, excluded.settings)
                    THEN old.cursor END
    WHERE (old.connector, old.region, old.settings, old.every_minutes, old.enabled, old.origin)
      IS DISTINCT FROM (excluded.connector, excluded.region, excluded.settings, excluded.every_minutes, excluded.enabled, excluded.origin)
    RETURNING *`;
  const { tenant, name, connector, region, settings, everyMinutes, enabled, origin, createdBy } = source;
  const [row] = await store.query<SourceRow>(sql, [
    ...[tenant, name, connector, region, JSON.stringify(settings), everyMinutes, enabled, origin, at, createdBy],
  ]);
  if (row) return sourceOf(row);
  return (await findSource(store, tenant, name))!;
}

export async function removeSource(store: Store, tenant: string, name: string): Promise<void> {
  await store.query('DELETE FROM anycost_source WHERE tenant = $1 AND name = $2', [tenant, name]);
}

/** Removes declarations of the configuration that it no longer has. What they sent stays. */
export async function removeUndeclared(store: Store, kept: readonly { tenant: string; name: string }[]): Promise<void> {
  const sql = `
    DELETE FROM anycost_source WHERE origin = 'yaml'
      AND (tenant, name) NOT IN (SELECT * FROM unnest($1::text[], $2::text[]))`;
  await store.query(sql, [kept.map(({ tenant }) => tenant), kept.map(({ name }) => name)]);
}

/** Sources whose turn has come, the longest waiting first. */
export async function listDue(store: Store, connectors: readonly string[], now: Date): Promise<DeclaredSource[]> {
  const sql = `SELECT * FROM anycost_source WHERE enabled AND next_at <= $1 AND connector = ANY($2::text[])
               ORDER BY next_at LIMIT 20`;
  return (await store.query<SourceRow>(sql, [now, connectors])).map(sourceOf);
}

export async function bringForward(store: Store, tenant: string, name: string, at: Date): Promise<void> {
  await store.query('UPDATE anycost_source SET next_at = $3 WHERE tenant = $1 AND name = $2', [tenant, name, at]);
}

/** What a turn came to. A declaration that was changed meanwhile keeps its own cursor. */
export async function noteTurn(
  store: Store,
  source: DeclaredSource,
  turn: { at: Date; nextAt: Date; cursor?: string; error?: string },
): Promise<void> {
  const sql = `
    UPDATE anycost_source SET last_run_at = $3, next_at = $4, last_error = $5,
           last_ok_at = CASE WHEN $5::text IS NULL THEN $3 ELSE last_ok_at END,
           failures = CASE WHEN $5::text IS NULL THEN 0 ELSE failures + 1 END,
           cursor = coalesce($6, cursor)
    WHERE tenant = $1 AND name = $2 AND changed_at = $7`;
  const { tenant, name, changedAt } = source;
  await store.query(sql, [tenant, name, turn.at, turn.nextAt, turn.error ?? null, turn.cursor ?? null, changedAt]);
}

function sourceOf(row: SourceRow): DeclaredSource {
  return {
    tenant: row.tenant,
    name: row.name,
    connector: row.connector,
    region: row.region,
    settings: row.settings,
    everyMinutes: row.every_minutes,
    enabled: row.enabled,
    origin: row.origin,
    ...(row.cursor === null ? {} : { cursor: row.cursor }),
    ...(row.last_run_at === null ? {} : { lastRunAt: row.last_run_at }),
    ...(row.last_ok_at === null ? {} : { lastOkAt: row.last_ok_at }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    ...(row.next_at === null ? {} : { nextAt: row.next_at }),
    failures: row.failures,
    createdBy: row.created_by,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
