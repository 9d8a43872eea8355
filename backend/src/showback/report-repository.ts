import { wholeTenant, type KeptScope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Definition } from './contract.ts';
import { scopeOf } from './report-scope.ts';

export interface ReportRecord {
  id: number;
  tenant: string;
  name: string;
  definition: Definition;
  /** What somebody must see to be told of it. */
  scope: KeptScope;
  provisioned: boolean;
  createdBy: string;
  createdByName: string;
  updatedAt: Date;
}

type Row = Omit<ReportRecord, 'scope'> & { scope: KeptScope | null };

const columns = `id::int, tenant, name, definition, scope, provisioned, created_by AS "createdBy", created_by_name AS "createdByName",
  updated_at AS "updatedAt"`;

function recordOf(row: Row): ReportRecord {
  return { ...row, scope: row.scope ?? scopeOf(wholeTenant(row.tenant), row.definition, 'all')! };
}

export async function listReports(store: Store, tenant: string, limit: number): Promise<ReportRecord[]> {
  const rows = await store.query<Row>(
    `SELECT ${columns} FROM showback_report WHERE tenant = $1 ORDER BY lower(name), id LIMIT $2`,
    [tenant, limit],
  );
  return rows.map(recordOf);
}

export async function countReports(store: Store, tenant: string): Promise<number> {
  const rows = await store.query<{ n: number }>('SELECT count(*)::int AS n FROM showback_report WHERE tenant = $1', [
    tenant,
  ]);
  return rows[0]?.n ?? 0;
}

export async function findReport(store: Store, id: number, tenant: string): Promise<ReportRecord | undefined> {
  const rows = await store.query<Row>(`SELECT ${columns} FROM showback_report WHERE id = $1 AND tenant = $2`, [
    id,
    tenant,
  ]);
  return rows[0] && recordOf(rows[0]);
}

export async function insertReport(
  store: Store,
  report: Pick<ReportRecord, 'tenant' | 'name' | 'definition' | 'scope' | 'createdBy' | 'createdByName'> & { at: Date },
): Promise<ReportRecord> {
  const { tenant, name, definition, scope, createdBy, createdByName, at } = report;
  const rows = await store.query<Row>(
    `INSERT INTO showback_report (tenant, name, definition, created_by, created_by_name, created_at, updated_at, scope)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7) RETURNING ${columns}`,
    [tenant, name, JSON.stringify(definition), createdBy, createdByName, at, JSON.stringify(scope)],
  );
  return recordOf(rows[0]!);
}

export async function updateReport(
  store: Store,
  id: number,
  tenant: string,
  change: { name: string; definition: Definition; scope: KeptScope; at: Date },
): Promise<ReportRecord | undefined> {
  const rows = await store.query<Row>(
    `UPDATE showback_report SET name = $3, definition = $4, updated_at = $5, scope = $6
     WHERE id = $1 AND tenant = $2 RETURNING ${columns}`,
    [id, tenant, change.name, JSON.stringify(change.definition), change.at, JSON.stringify(change.scope)],
  );
  return rows[0] && recordOf(rows[0]);
}

export async function deleteReport(store: Store, id: number, tenant: string): Promise<boolean> {
  const rows = await store.query<{ id: string }>(
    'DELETE FROM showback_report WHERE id = $1 AND tenant = $2 RETURNING id',
    [id, tenant],
  );
  return rows.length > 0;
}

/** Puts a report of a file into its place; what people saved under its name becomes the file's. */
export async function provisionReport(
  store: Store,
  report: { tenant: string; name: string; definition: Definition; scope: KeptScope; at: Date },
): Promise<ReportRecord> {
  const rows = await store.query<Row>(
    `INSERT INTO showback_report (tenant, name, definition, provisioned, created_by, created_by_name, created_at, updated_at,
       scope)
     VALUES ($1, $2, $3, true, 'configuration', 'configuration', $4, $4, $5)
     ON CONFLICT (tenant, name) DO UPDATE SET provisioned = true,
       updated_at = CASE WHEN showback_report.definition = excluded.definition THEN showback_report.updated_at
                         ELSE excluded.updated_at END,
       definition = excluded.definition, scope = excluded.scope
     RETURNING ${columns}`,
    [report.tenant, report.name, JSON.stringify(report.definition), report.at, JSON.stringify(report.scope)],
  );
  return recordOf(rows[0]!);
}

/** Removes reports that came from a file and are no longer in it. */
export function dropUnprovisioned(store: Store, tenant: string, names: readonly string[]): Promise<{ name: string }[]> {
  return store.query<{ name: string }>(
    'DELETE FROM showback_report WHERE tenant = $1 AND provisioned AND NOT (name = ANY($2)) RETURNING name',
    [tenant, [...names]],
  );
}
