import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { ChangeState } from './change.ts';
import { withinParams, withinSql, type Actor, type StepRow } from './change-repository.ts';

export interface NewStep {
  changeId: number;
  at: Date;
  actor: Actor;
  event: string;
  from: ChangeState | null;
  to: ChangeState;
  note: string | null;
  /** Whether people are told of it. */
  tell: boolean;
}

const columns = `s.id, s.change_id AS "changeId", s.at, jsonb_build_object('id', s.actor_id, 'name', s.actor_name) AS actor,
  s.event, s.from_state AS "from", s.to_state AS "to", s.note`;

type RawStep = Omit<StepRow, 'id' | 'changeId'> & { id: string; changeId: string };
const numbered = (row: RawStep): StepRow => ({ ...row, id: Number(row.id), changeId: Number(row.changeId) });

export async function insertStep(store: Store, step: NewStep): Promise<void> {
  await store.query(
    `INSERT INTO change_step (change_id, at, actor_id, actor_name, event, from_state, to_state, note, tell)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [step.changeId, step.at, step.actor.id, step.actor.name, step.event, step.from, step.to, step.note, step.tell],
  );
}

export async function listSteps(store: Store, changeId: number): Promise<StepRow[]> {
  const rows = await store.query<RawStep>(
    `SELECT ${columns} FROM change_step s WHERE s.change_id = $1 ORDER BY s.id LIMIT 1000`,
    [changeId],
  );
  return rows.map(numbered);
}

/** Steps in [from, to) with what their Change is about, oldest first: marks for graphs. */
export async function listMarks(
  store: Store,
  query: { scope: Scope; from: Date; to: Date; limit: number },
): Promise<{ id: string; kind: string; target: string; state: string; reason: string; author: string; at: Date }[]> {
  return store.query(
    `SELECT c.id::text AS id, c.kind, c.target, s.to_state AS state, c.reason, c.author_name AS author, s.at
     FROM change_step s JOIN change c ON c.id = s.change_id
     WHERE ${withinSql} AND s.at >= $5 AND s.at < $6 AND s.from_state IS DISTINCT FROM s.to_state
     ORDER BY s.at, s.id LIMIT $7`,
    [...withinParams(query.scope), query.from, query.to, query.limit],
  );
}

export async function listUntold(store: Store, limit: number): Promise<StepRow[]> {
  const rows = await store.query<RawStep>(
    `SELECT ${columns} FROM change_step s WHERE s.tell AND s.told_at IS NULL ORDER BY s.id LIMIT $1`,
    [limit],
  );
  return rows.map(numbered);
}

export async function markTold(store: Store, id: number, at: Date): Promise<void> {
  await store.query('UPDATE change_step SET told_at = $2 WHERE id = $1', [id, at]);
}
