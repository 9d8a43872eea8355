import type { Store } from '../platform/store/index.ts';
import type { RuleDiff, RuleSet } from './contract.ts';

export interface VersionRow {
  version: number;
  rules: RuleSet;
  diff: RuleDiff;
  reason: string;
  by: { id: string; name: string };
  at: Date;
}

interface RawVersion {
  version: number;
  rules: RuleSet;
  diff: RuleDiff;
  reason: string;
  by_id: string;
  by_name: string;
  at: Date;
}

const columns = 'version, rules, diff, reason, by_id, by_name, at';

function versionOf({ by_id, by_name, ...row }: RawVersion): VersionRow {
  return { ...row, by: { id: by_id, name: by_name } };
}

/** The newest version, or the named one; undefined where there is none. */
export async function findVersion(store: Store, tenant: string, version?: number): Promise<VersionRow | undefined> {
  const [row] = await store.query<RawVersion>(
    `SELECT ${columns} FROM tag_rule_version WHERE tenant = $1 AND ($2::int IS NULL OR version = $2)
     ORDER BY version DESC LIMIT 1`,
    [tenant, version ?? null],
  );
  return row && versionOf(row);
}

/** Number of the newest version; 0 where there is none. */
export async function newestVersion(store: Store, tenant: string): Promise<number> {
  const [row] = await store.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM tag_rule_version WHERE tenant = $1',
    [tenant],
  );
  return row?.version ?? 0;
}

export async function listVersions(
  store: Store,
  tenant: string,
  before: number | undefined,
  limit: number,
): Promise<VersionRow[]> {
  const rows = await store.query<RawVersion>(
    `SELECT ${columns} FROM tag_rule_version WHERE tenant = $1 AND ($2::int IS NULL OR version < $2)
     ORDER BY version DESC LIMIT $3`,
    [tenant, before ?? null, limit],
  );
  return rows.map(versionOf);
}

/** Throws a unique violation where somebody else has saved that version. */
export async function insertVersion(store: Store, tenant: string, row: VersionRow): Promise<void> {
  await store.query(
    `INSERT INTO tag_rule_version (tenant, version, rules, diff, reason, by_id, by_name, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      tenant,
      row.version,
      JSON.stringify(row.rules),
      JSON.stringify(row.diff),
      row.reason,
      row.by.id,
      row.by.name,
      row.at,
    ],
  );
}

/** Tenants that have rules of their own. */
export async function listTenants(store: Store): Promise<string[]> {
  const rows = await store.query<{ tenant: string }>('SELECT DISTINCT tenant FROM tag_rule_version ORDER BY tenant');
  return rows.map(({ tenant }) => tenant);
}

/** Under which rules the kept bills were last read. */
export async function findApplied(store: Store, tenant: string): Promise<string | undefined> {
  const [row] = await store.query<{ in_force: string }>('SELECT in_force FROM tag_rule_applied WHERE tenant = $1', [
    tenant,
  ]);
  return row?.in_force;
}

export async function keepApplied(store: Store, tenant: string, inForce: string, at: Date): Promise<void> {
  await store.query(
    `INSERT INTO tag_rule_applied (tenant, in_force, at) VALUES ($1, $2, $3)
     ON CONFLICT (tenant) DO UPDATE SET in_force = excluded.in_force, at = excluded.at`,
    [tenant, inForce, at],
  );
}

/** The sealed key of a tenant's tokens: the one that is there, or `sealed` from now on. */
export async function ensureSealedKey(store: Store, tenant: string, sealed: Buffer, at: Date): Promise<Buffer> {
  await store.query(
    'INSERT INTO tag_token_key (tenant, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [tenant, sealed, at],
  );
  const [row] = await store.query<{ sealed: Buffer }>('SELECT sealed FROM tag_token_key WHERE tenant = $1', [tenant]);
  if (!row) throw new Error(`The key of ${tenant} is gone.`);
  return row.sealed;
}
