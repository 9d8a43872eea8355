import type { Store } from '../platform/store/index.ts';
import type { LatestDecision, Learned } from './workload-state.ts';

export interface StateKey {
  tenant: string;
  cluster: string;
  workload: string;
}

export interface StateRow extends StateKey {
  region: string;
  learned: Learned | null;
  latest: LatestDecision | null;
  decidedAt: Date | null;
  holdUntil: Date | null;
  holdReason: string | null;
}

const columns = `tenant, cluster, region, workload, learned, latest, decided_at AS "decidedAt", hold_until AS "holdUntil",
  hold_reason AS "holdReason"`;

/** What was learned of the workloads of a cluster. */
export async function listLearned(store: Store, tenant: string, cluster: string): Promise<StateRow[]> {
  return store.query<StateRow>(
    `SELECT ${columns} FROM scaling_workload WHERE tenant = $1 AND cluster = $2 LIMIT 10000`,
    [tenant, cluster],
  );
}

/** The newest decisions of a tenant, without what was learned. */
export async function listLatest(
  store: Store,
  query: { tenant: string; regions: readonly string[] | 'all'; workload?: string },
): Promise<StateRow[]> {
  return store.query<StateRow>(
    `SELECT ${columns.replace('learned,', 'NULL::jsonb AS learned,')} FROM scaling_workload
     WHERE tenant = $1 AND ($2::text[] IS NULL OR region = ANY($2)) AND ($3::text IS NULL OR workload = $3)
       AND latest IS NOT NULL
     ORDER BY workload, cluster LIMIT 5000`,
    [query.tenant, query.regions === 'all' ? null : query.regions, query.workload ?? null],
  );
}

/** Keeps the newest decisions; one statement for all. */
export async function saveLatest(
  store: Store,
  rows: readonly (StateKey & { region: string; latest: LatestDecision })[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await store.query(
    `INSERT INTO scaling_workload (tenant, cluster, region, workload, latest, decided_at)
     SELECT r.tenant, r.cluster, r.region, r.workload, r.latest, $2
     FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, cluster text, region text, workload text, latest jsonb)
     ON CONFLICT (tenant, cluster, workload) DO UPDATE
       SET latest = excluded.latest, decided_at = excluded.decided_at, region = excluded.region`,
    [JSON.stringify(rows), at],
  );
}

export async function saveLearned(
  store: Store,
  rows: readonly (StateKey & { region: string; learned: Learned })[],
  at: Date,
): Promise<void> {
  if (rows.length === 0) return;
  await store.query(
    `INSERT INTO scaling_workload (tenant, cluster, region, workload, learned, learned_at)
     SELECT r.tenant, r.cluster, r.region, r.workload, r.learned, $2
     FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, cluster text, region text, workload text, learned jsonb)
     ON CONFLICT (tenant, cluster, workload) DO UPDATE SET learned = excluded.learned, learned_at = excluded.learned_at`,
    [JSON.stringify(rows), at],
  );
}

/** Workloads that are left alone for now, with the reason. */
export async function listHolds(
  store: Store,
  tenant: string,
  cluster: string,
  now: Date,
): Promise<Map<string, { until: Date; reason: string }>> {
  const rows = await store.query<{ workload: string; until: Date; reason: string }>(
    `SELECT workload, hold_until AS until, hold_reason AS reason FROM scaling_workload
     WHERE tenant = $1 AND cluster = $2 AND hold_until > $3`,
    [tenant, cluster, now],
  );
  return new Map(rows.map(({ workload, until, reason }) => [workload, { until, reason }]));
}

/** `until` null: the workload is no longer left alone. */
export async function saveHold(
  store: Store,
  key: StateKey & { region: string },
  hold: { until: Date | null; reason: string | null },
): Promise<void> {
  await store.query(
    `INSERT INTO scaling_workload (tenant, cluster, region, workload, hold_until, hold_reason) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, cluster, workload) DO UPDATE SET hold_until = excluded.hold_until, hold_reason = excluded.hold_reason`,
    [key.tenant, key.cluster, key.region, key.workload, hold.until, hold.reason],
  );
}
