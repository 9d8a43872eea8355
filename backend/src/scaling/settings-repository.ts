import type { Store } from '../platform/store/index.ts';
import type { ScalingSettings } from './contract.ts';

export interface SettingsRow {
  tenant: string;
  workload: string;
  settings: Partial<ScalingSettings>;
  origin: 'api' | 'file';
  version: number;
  updatedBy: { id: string; name: string };
  updatedAt: Date;
}

const columns = `tenant, workload, settings, origin, version, updated_at AS "updatedAt",
  jsonb_build_object('id', updated_by_id, 'name', updated_by_name) AS "updatedBy"`;

export async function listSettings(store: Store, tenant?: string): Promise<SettingsRow[]> {
  return store.query<SettingsRow>(
    `SELECT ${columns} FROM scaling_settings WHERE ($1::text IS NULL OR tenant = $1) ORDER BY tenant, workload LIMIT 10000`,
    [tenant ?? null],
  );
}

export async function findSettings(store: Store, tenant: string, workload: string): Promise<SettingsRow | undefined> {
  const rows = await store.query<SettingsRow>(
    `SELECT ${columns} FROM scaling_settings WHERE tenant = $1 AND workload = $2`,
    [tenant, workload],
  );
  return rows[0];
}

/** Writes settings whose version is the given one (0: new); false where somebody was faster. */
export async function saveSettings(
  store: Store,
  row: Omit<SettingsRow, 'version' | 'updatedAt'> & { at: Date },
  version: number,
): Promise<boolean> {
  const rows = await store.query(
    `INSERT INTO scaling_settings AS s (tenant, workload, settings, origin, updated_by_id, updated_by_name, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant, workload) DO UPDATE SET settings = excluded.settings, origin = excluded.origin,
       version = s.version + 1, updated_by_id = excluded.updated_by_id, updated_by_name = excluded.updated_by_name,
       updated_at = excluded.updated_at
     WHERE s.version = $8
     RETURNING version`,
    [
      ...[row.tenant, row.workload, JSON.stringify(row.settings), row.origin, row.updatedBy.id, row.updatedBy.name],
      ...[row.at, version],
    ],
  );
  return rows.length > 0;
}

export async function removeSettings(store: Store, tenant: string, workload: string): Promise<void> {
  await store.query('DELETE FROM scaling_settings WHERE tenant = $1 AND workload = $2', [tenant, workload]);
}
