import type { Store } from '../platform/store/index.ts';
import type { StateKey } from './workload-state-repository.ts';

export interface ActRow extends StateKey {
  changeId: number;
  at: Date;
  from: number;
  to: number;
  /** Whether it counts against the acts of an hour. */
  counts: boolean;
}

type Raw = Omit<ActRow, 'changeId'> & { changeId: string };
const columns = `change_id AS "changeId", tenant, cluster, workload, at, from_replicas AS "from", to_replicas AS "to", counts`;
const typed = (row: Raw): ActRow => ({ ...row, changeId: Number(row.changeId) });

/** Notes an act; the same Change twice is one. */
export async function insertAct(store: Store, act: ActRow): Promise<void> {
  await store.query(
    `INSERT INTO scaling_act (change_id, tenant, cluster, workload, at, from_replicas, to_replicas, counts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (change_id) DO NOTHING`,
    [act.changeId, act.tenant, act.cluster, act.workload, act.at, act.from, act.to, act.counts],
  );
}

/** Acts on the workloads of a cluster since an instant, oldest first. */
export async function listActs(store: Store, tenant: string, cluster: string, since: Date): Promise<ActRow[]> {
  const rows = await store.query<Raw>(
    `SELECT ${columns} FROM scaling_act WHERE tenant = $1 AND cluster = $2 AND at >= $3 ORDER BY change_id LIMIT 100000`,
    [tenant, cluster, since],
  );
  return rows.map(typed);
}

export async function newestAct(store: Store, { tenant, cluster, workload }: StateKey): Promise<ActRow | undefined> {
  const rows = await store.query<Raw>(
    `SELECT ${columns} FROM scaling_act WHERE tenant = $1 AND cluster = $2 AND workload = $3
     ORDER BY change_id DESC LIMIT 1`,
    [tenant, cluster, workload],
  );
  return rows.map(typed)[0];
}

/** True for the one who may tell people of it: each act is told once. */
export async function claimTelling(store: Store, changeId: number, at: Date): Promise<boolean> {
  const rows = await store.query(
    'UPDATE scaling_act SET told_at = $2 WHERE change_id = $1 AND told_at IS NULL RETURNING change_id',
    [changeId, at],
  );
  return rows.length > 0;
}

/** Acts are kept for as long as the page shows them. */
export async function forgetActs(store: Store, before: Date): Promise<void> {
  await store.query('DELETE FROM scaling_act WHERE at < $1', [before]);
}
