import type { ObjectRef } from '../kubernetes/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Mode } from './guards.ts';

export interface ActRow {
  id: number;
  incidentId: number;
  act: 'memory' | 'rollback';
  mode: Mode;
  key: string;
  container: string;
  revision: string | null;
  detail: Readonly<Record<string, unknown>>;
  at: Date;
  changeId: number | null;
  sameWorkload: boolean;
}

export interface NewAct {
  incidentId: number;
  tenant: string;
  cluster: string;
  ref: ObjectRef;
  container: string;
  act: 'memory' | 'rollback';
  mode: Mode;
  key: string;
  revision?: string;
  detail: object;
  at: Date;
}

type Raw = Omit<ActRow, 'id' | 'incidentId' | 'changeId'> & {
  id: string;
  incidentId: string;
  changeId: string | null;
};

const columns = `id, incident_id AS "incidentId", act, mode, key, container, revision, detail, at, change_id AS "changeId"`;
const typed = (raw: Raw): ActRow => ({
  ...raw,
  id: Number(raw.id),
  incidentId: Number(raw.incidentId),
  changeId: raw.changeId === null ? null : Number(raw.changeId),
});

/** The act of that step that is under way without a Change yet, or a new one. */
export async function intend(store: Store, act: NewAct): Promise<number> {
  const { incidentId, tenant, cluster, ref, container, mode, key, detail, at } = act;
  const open = await store.query<{ id: string }>(
    'SELECT id FROM healing_act WHERE incident_id = $1 AND key = $2 AND mode = $3 AND change_id IS NULL ORDER BY id LIMIT 1',
    [incidentId, key, mode],
  );
  if (open[0]) return Number(open[0].id);
  const rows = await store.query<{ id: string }>(
    `INSERT INTO healing_act (incident_id, tenant, cluster, namespace, kind, name, container, act, mode, key, revision, detail, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id`,
    [
      ...[incidentId, tenant, cluster, ref.namespace, ref.kind, ref.name, container, act.act, mode, key],
      ...[act.revision ?? null, JSON.stringify(detail), at],
    ],
  );
  return Number(rows[0]?.id);
}

/** Binds the act to its Change. Where that Change is another act's already (it was proposed before), this one never was. */
export async function bindAct(store: Store, id: number, changeId: number): Promise<void> {
  await store.transaction(async (tx) => {
    const taken = await tx.query('SELECT id FROM healing_act WHERE change_id = $1 AND id <> $2', [changeId, id]);
    if (taken.length > 0) await tx.query('DELETE FROM healing_act WHERE id = $1', [id]);
    else await tx.query('UPDATE healing_act SET change_id = $2 WHERE id = $1', [id, changeId]);
  });
}

/** Takes back an intention that came to nothing, e.g. because the proposal was refused. */
export async function dropAct(store: Store, id: number): Promise<void> {
  await store.query('DELETE FROM healing_act WHERE id = $1 AND change_id IS NULL', [id]);
}

/** Acts on a workload since an instant, and on its cluster within the last hour; newest first. */
export async function pastActs(
  store: Store,
  of: { tenant: string; cluster: string; ref: ObjectRef },
  since: Date,
  hourAgo: Date,
): Promise<ActRow[]> {
  const { tenant, cluster, ref } = of;
  const rows = await store.query<Raw>(
    `SELECT ${columns}, (namespace = $3 AND kind = $4 AND name = $5) AS "sameWorkload" FROM healing_act
     WHERE tenant = $1 AND cluster = $2 AND ((namespace = $3 AND kind = $4 AND name = $5 AND at >= $6) OR at >= $7)
     ORDER BY at DESC LIMIT 2000`,
    [tenant, cluster, ref.namespace, ref.kind, ref.name, since, hourAgo],
  );
  return rows.map(typed);
}

/** ReplicaSets of a workload that were gone back to, ever. */
export async function usedRevisions(
  store: Store,
  of: { tenant: string; cluster: string; ref: ObjectRef },
): Promise<{ revision: string; incidentId: number; changeId: number | null }[]> {
  const { tenant, cluster, ref } = of;
  const rows = await store.query<{ revision: string; incidentId: string; changeId: string | null }>(
    `SELECT revision, incident_id AS "incidentId", change_id AS "changeId" FROM healing_act WHERE tenant = $1 AND cluster = $2 AND namespace = $3
       AND kind = $4 AND name = $5 AND act = 'rollback' AND mode <> 'observe' AND revision IS NOT NULL
     ORDER BY id DESC LIMIT 500`,
    [tenant, cluster, ref.namespace, ref.kind, ref.name],
  );
  return rows.map(({ revision, incidentId, changeId }) => ({
    revision,
    incidentId: Number(incidentId),
    changeId: changeId === null ? null : Number(changeId),
  }));
}

export async function actsOfIncidents(store: Store, incidents: readonly number[]): Promise<ActRow[]> {
  const rows = await store.query<Raw>(
    `SELECT ${columns}, true AS "sameWorkload" FROM healing_act WHERE incident_id = ANY ($1::bigint[]) ORDER BY at, id LIMIT 5000`,
    [incidents],
  );
  return rows.map(typed);
}
