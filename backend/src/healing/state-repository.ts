import type { Store } from '../platform/store/index.ts';
import type { Mode } from './guards.ts';
import type { ModeRule } from './mode.ts';

interface Of {
  tenant: string;
  cluster: string;
}

/** Notes that ReplicaSets are well. */
export async function noteWell(
  store: Store,
  { tenant, cluster }: Of,
  sets: readonly { namespace: string; replicaSet: string }[],
  at: Date,
): Promise<void> {
  if (sets.length === 0) return;
  await store.query(
    `INSERT INTO healing_revision (tenant, cluster, namespace, replica_set, well_since, well_until)
     SELECT $1, $2, namespace, replica_set, $5, $5 FROM unnest($3::text[], $4::text[]) AS seen (namespace, replica_set)
     ON CONFLICT (tenant, cluster, namespace, replica_set) DO UPDATE SET well_until = EXCLUDED.well_until`,
    [tenant, cluster, sets.map(({ namespace }) => namespace), sets.map(({ replicaSet }) => replicaSet), at],
  );
  await store.query(
    "DELETE FROM healing_revision WHERE tenant = $1 AND cluster = $2 AND well_until < $3::timestamptz - interval '90 days'",
    [tenant, cluster, at],
  );
}

/** Those of these ReplicaSets that were seen to be well. */
export async function knownWell(
  store: Store,
  { tenant, cluster }: Of,
  namespace: string,
  sets: readonly string[],
): Promise<Set<string>> {
  const rows = await store.query<{ name: string }>(
    `SELECT replica_set AS name FROM healing_revision
     WHERE tenant = $1 AND cluster = $2 AND namespace = $3 AND replica_set = ANY ($4)`,
    [tenant, cluster, namespace, sets],
  );
  return new Set(rows.map(({ name }) => name));
}

export interface ModeRow extends ModeRule {
  setBy: { id: string; name: string };
  setAt: Date;
}

export async function listModes(store: Store, tenant: string): Promise<ModeRow[]> {
  return store.query<ModeRow>(
    `SELECT target, mode, jsonb_build_object('id', set_by_id, 'name', set_by_name) AS "setBy", set_at AS "setAt"
     FROM healing_mode WHERE tenant = $1 ORDER BY target LIMIT 2000`,
    [tenant],
  );
}

/** Resolves with the mode before, if any. */
export async function saveMode(
  tx: Store,
  tenant: string,
  rule: ModeRule,
  by: { id: string; name: string },
  at: Date,
): Promise<Mode | undefined> {
  const before = await tx.query<{ mode: Mode }>(
    'SELECT mode FROM healing_mode WHERE tenant = $1 AND target = $2 FOR UPDATE',
    [tenant, rule.target],
  );
  await tx.query(
    `INSERT INTO healing_mode (tenant, target, mode, set_by_id, set_by_name, set_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, target) DO UPDATE SET mode = $3, set_by_id = $4, set_by_name = $5, set_at = $6`,
    [tenant, rule.target, rule.mode, by.id, by.name, at],
  );
  return before[0]?.mode;
}

/** Resolves with the mode that it had, or undefined where there was none. */
export async function deleteMode(tx: Store, tenant: string, target: string): Promise<Mode | undefined> {
  const rows = await tx.query<{ mode: Mode }>(
    'DELETE FROM healing_mode WHERE tenant = $1 AND target = $2 RETURNING mode',
    [tenant, target],
  );
  return rows[0]?.mode;
}

export interface WatchRow {
  cluster: string;
  region: string;
  lookedAt: Date;
  freshAt: Date | null;
  leads: boolean;
  pods: number;
  trouble: string | null;
}

export async function noteWatch(store: Store, tenant: string, row: WatchRow): Promise<void> {
  const { cluster, region, lookedAt, freshAt, leads, pods, trouble } = row;
  await store.query(
    `INSERT INTO healing_watch (tenant, cluster, region, looked_at, fresh_at, leads, pods, trouble)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (tenant, cluster) DO UPDATE
     SET region = $3, looked_at = $4, fresh_at = $5, leads = $6, pods = $7, trouble = $8`,
    [tenant, cluster, region, lookedAt, freshAt, leads, pods, trouble],
  );
}

export async function listWatches(store: Store, tenant: string): Promise<WatchRow[]> {
  return store.query<WatchRow>(
    `SELECT cluster, region, looked_at AS "lookedAt", fresh_at AS "freshAt", leads, pods, trouble
     FROM healing_watch WHERE tenant = $1 ORDER BY cluster LIMIT 100`,
    [tenant],
  );
}

/** Name of everything that stands on this store: its replicas hold a lease together. */
export async function fleetIdentity(store: Store): Promise<string> {
  const named = (server: string) =>
    store.query<{ id: string }>(
      `SELECT 'amadeus-' || left(md5(${server} || ' ' || oid::text || ' ' || datname), 16) AS id
       FROM pg_database WHERE datname = current_database()`,
    );
  // Some providers do not let their customers ask which cluster of databases it is.
  const rows = await named('(SELECT system_identifier::text FROM pg_control_system())').catch(() => named(`''`));
  return rows[0]?.id ?? 'amadeus';
}
