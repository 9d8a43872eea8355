import type { Store } from '../platform/store/index.ts';
import type { Observation } from './comparison.ts';
import type { Comparison } from './contract.ts';
import type { Experiment, LeftOut } from './experiment.ts';

const columns = `id, tenant, name, kind, state, policy, b_policy AS "bPolicy", b_version AS "bVersion", b_content AS "bContent",
  settings, trim_scale(budget)::text AS budget, currency, trim_scale(spent)::text AS spent, observed, verdict,
  left_out AS "leftOut",
  end_reason AS "endReason", change_id::int AS "changeId",
  jsonb_build_object('id', author_id, 'name', author_name) AS author,
  created_at AS "createdAt", started_at AS "startedAt", ended_at AS "endedAt"`;

export async function insertExperiment(store: Store, one: Experiment): Promise<void> {
  await store.query(
    `INSERT INTO experiment (id, tenant, name, kind, state, policy, b_policy, b_version, b_content, settings, budget, currency,
       author_id, author_name, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      ...[one.id, one.tenant, one.name, one.kind, one.state, one.policy, one.bPolicy, one.bVersion],
      ...[JSON.stringify(one.bContent), JSON.stringify(one.settings), one.budget, one.currency],
      ...[one.author.id, one.author.name, one.createdAt],
    ],
  );
}

export async function listExperiments(store: Store, tenant: string): Promise<Experiment[]> {
  return store.query<Experiment>(
    `SELECT ${columns} FROM experiment WHERE tenant = $1 ORDER BY created_at DESC, id LIMIT 200`,
    [tenant],
  );
}

/** Experiments of every tenant that run. */
export async function listRunning(store: Store): Promise<Experiment[]> {
  return store.query<Experiment>(`SELECT ${columns} FROM experiment WHERE state = 'running' ORDER BY id LIMIT 1000`);
}

/** @param lock keeps others from changing it until the transaction is over */
export async function findExperiment(store: Store, id: string, lock = false): Promise<Experiment | undefined> {
  const rows = await store.query<Experiment>(
    `SELECT ${columns} FROM experiment WHERE id = $1 ${lock ? 'FOR UPDATE' : ''}`,
    [id],
  );
  return rows[0];
}

export async function startExperiment(store: Store, id: string, changeId: number, at: Date): Promise<void> {
  await store.query(
    `UPDATE experiment SET state = 'running', change_id = $2, started_at = $3 WHERE id = $1 AND state = 'draft'`,
    [id, changeId, at],
  );
}

/** @returns whether it ran until now */
export async function endExperiment(
  store: Store,
  id: string,
  { reason, verdict }: { reason: string; verdict?: Comparison },
  at: Date,
): Promise<boolean> {
  const rows = await store.query(
    `UPDATE experiment SET state = 'ended', end_reason = $2, verdict = $3, ended_at = $4
     WHERE id = $1 AND state = 'running' RETURNING 1`,
    [id, reason, verdict === undefined ? null : JSON.stringify(verdict), at],
  );
  return rows.length > 0;
}

/**
 * Holds money of the experiment for a copy that is about to be sent. What was held and not settled in time is counted as spent.
 * @returns false where the budget has no room for it, or the experiment does not run
 */
export async function holdMoney(
  store: Store,
  { id, experiment, amount, until }: { id: string; experiment: string; amount: string; until: Date },
  now: Date,
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const found = await findExperiment(tx, experiment, true);
    if (found?.state !== 'running') return false;
    await tx.query(
      `WITH gone AS (DELETE FROM experiment_hold WHERE experiment = $1 AND until < $2 RETURNING amount)
       UPDATE experiment SET spent = spent + (SELECT coalesce(sum(amount), 0) FROM gone) WHERE id = $1`,
      [experiment, now],
    );
    const rows = await tx.query(
      `INSERT INTO experiment_hold (id, experiment, amount, until)
       SELECT $1, $2, $3, $4 FROM experiment e
       WHERE e.id = $2 AND e.spent + $3::numeric
         + (SELECT coalesce(sum(amount), 0) FROM experiment_hold h WHERE h.experiment = $2) <= e.budget
       RETURNING 1`,
      [id, experiment, amount, until],
    );
    return rows.length > 0;
  });
}

/** Counts what a copy cost, and lets go of what was held for it. */
export async function settleMoney(store: Store, id: string, experiment: string, cost: string): Promise<void> {
  await store.query(
    `WITH held AS (DELETE FROM experiment_hold WHERE id = $1 RETURNING 1)
     UPDATE experiment SET spent = spent + $3::numeric WHERE id = $2 AND EXISTS (SELECT 1 FROM held)`,
    [id, experiment, cost],
  );
}

/** Counts what was held for copies and not settled in time as spent: whoever held it died, or the store was away. */
export async function expireHolds(store: Store, now: Date): Promise<void> {
  await store.query(
    `WITH gone AS (DELETE FROM experiment_hold WHERE until < $1 RETURNING experiment, amount),
       sums AS (SELECT experiment, sum(amount) AS amount FROM gone GROUP BY experiment)
     UPDATE experiment SET spent = spent + sums.amount FROM sums WHERE id = sums.experiment`,
    [now],
  );
}

/** Adds to the counts of calls that could not be compared. */
export async function countLeftOut(store: Store, experiment: string, counts: LeftOut): Promise<void> {
  await store.query(
    `UPDATE experiment SET left_out = left_out || (
       SELECT jsonb_object_agg(key, value::int + coalesce((left_out ->> key)::int, 0)) FROM jsonb_each_text($2::jsonb)
     ) WHERE id = $1`,
    [experiment, JSON.stringify(counts)],
  );
}

/** Keeps observations; the same ones again change nothing. */
export async function keepObservations(
  store: Store,
  seen: readonly (Observation & { experiment: string })[],
  at: Date,
): Promise<void> {
  const column = <F extends keyof (typeof seen)[number]>(field: F) => seen.map((one) => one[field]);
  await store.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO experiment_observation (experiment, call_id, arm, unit, ok, cost, total_ms, first_token_ms, quality, at)
       SELECT experiment, call_id, arm, unit, ok, cost, total_ms, first_token_ms, quality, $10
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::float8[], $7::float8[], $8::float8[],
         $9::float8[]) AS seen (experiment, call_id, arm, unit, ok, cost, total_ms, first_token_ms, quality)
       WHERE EXISTS (SELECT 1 FROM experiment e WHERE e.id = seen.experiment)
       ON CONFLICT DO NOTHING`,
      [
        ...[column('experiment'), column('callId'), column('arm'), column('unit'), column('ok'), column('cost')],
        ...[column('totalMs'), column('firstTokenMs'), column('quality'), at],
      ],
    );
    await tx.query(
      `UPDATE experiment e SET observed = (SELECT count(*) FROM experiment_observation o WHERE o.experiment = e.id)
       WHERE id = ANY ($1)`,
      [[...new Set(column('experiment'))]],
    );
  });
}

export async function listObservations(store: Store, experiment: string, limit: number): Promise<Observation[]> {
  return store.query<Observation>(
    `SELECT call_id AS "callId", arm, unit, ok, cost, total_ms AS "totalMs", first_token_ms AS "firstTokenMs", quality
     FROM experiment_observation WHERE experiment = $1 ORDER BY at, call_id LIMIT $2`,
    [experiment, limit],
  );
}
