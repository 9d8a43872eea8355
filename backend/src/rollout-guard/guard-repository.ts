import type { Store } from '../platform/store/index.ts';
import type { Finding } from './judge.ts';
import { addSides, emptySide, type Side } from './side.ts';
import type { Tally } from './tallies.ts';

/** Both sides of a rollout at the share that it has. */
export interface Sides {
  candidate: Side;
  stable: Side;
}

/** A rollout that was stopped. */
export interface Stop {
  changeId: number;
  tenant: string;
  policy: string;
  version: string;
  /** What had served before; null where that were other policies. */
  stable: string | null;
  share: number;
  evidence: { findings: Finding[]; candidateCalls: number; stableCalls: number; currency: string };
  reason: string;
  at: Date;
}

interface TallyRow {
  changeId: string;
  share: number;
  arm: 'A' | 'B';
  calls: string;
  failures: string;
  priced: string;
  cost: number;
  costSquares: number;
  currency: string;
  firstToken: [number, number][];
}

/** Keeps what a process has seen; it replaces what the same one told before. */
export async function keepTallies(store: Store, tallies: readonly Tally[], at: Date): Promise<void> {
  const rows = tallies.map(({ changeId, share, arm, instance, side }) => ({
    ...{
      changeId,
      share,
      arm,
      instance,
      calls: side.calls,
      failures: side.failures,
      priced: side.priced,
      cost: side.cost,
    },
    ...{ costSquares: side.costSquares, currency: side.currency, firstToken: [...side.firstToken] },
  }));
  await store.query(
    `INSERT INTO routing_rollout_tally (change_id, share, arm, instance, calls, failures, priced, cost, cost_squares, currency,
       first_token, updated_at)
     SELECT "changeId", share, arm, instance, calls, failures, priced, cost, "costSquares", currency, "firstToken", $2
     FROM jsonb_to_recordset($1::jsonb) AS t("changeId" bigint, share double precision, arm text, instance text, calls bigint,
       failures bigint, priced bigint, cost double precision, "costSquares" double precision, currency text, "firstToken" jsonb)
     ON CONFLICT (change_id, share, arm, instance) DO UPDATE SET calls = EXCLUDED.calls, failures = EXCLUDED.failures,
       priced = EXCLUDED.priced, cost = EXCLUDED.cost, cost_squares = EXCLUDED.cost_squares, currency = EXCLUDED.currency,
       first_token = EXCLUDED.first_token, updated_at = EXCLUDED.updated_at`,
    [JSON.stringify(rows), at],
  );
}

/** What all processes have seen of a rollout at one of its shares. */
export async function sidesOf(store: Store, changeId: number, share: number): Promise<Sides> {
  const rows = await store.query<TallyRow>(
    `SELECT change_id::text AS "changeId", share, arm, calls::text, failures::text, priced::text, cost,
       cost_squares AS "costSquares", currency, first_token AS "firstToken"
     FROM routing_rollout_tally WHERE change_id = $1 AND share = $2 ORDER BY instance LIMIT 10000`,
    [changeId, share],
  );
  const sum = (arm: 'A' | 'B'): Side =>
    rows.filter((row) => row.arm === arm).reduce((all, row) => addSides(all, sideOf(row)), emptySide());
  return { candidate: sum('B'), stable: sum('A') };
}

function sideOf({ calls, failures, priced, cost, costSquares, currency, firstToken }: TallyRow): Side {
  return {
    ...{ calls: Number(calls), failures: Number(failures), priced: Number(priced) },
    ...{ cost, costSquares, currency, firstToken: new Map(firstToken) },
  };
}

export async function forgetTallies(store: Store, before: Date): Promise<void> {
  await store.query('DELETE FROM routing_rollout_tally WHERE updated_at < $1', [before]);
}

/** Keeps why a rollout is stopped; the first reason of a Change stays. */
export async function keepStop(store: Store, stop: Stop): Promise<void> {
  const { changeId, tenant, policy, version, stable, share, evidence, reason, at } = stop;
  await store.query(
    `INSERT INTO routing_rollout_stop (change_id, tenant, policy, version, stable, share, evidence, reason, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (change_id) DO NOTHING`,
    [changeId, tenant, policy, version, stable, share, JSON.stringify(evidence), reason, at],
  );
}

/** Stops of a policy, newest first. */
export async function listStops(store: Store, tenant: string, policy: string, limit: number): Promise<Stop[]> {
  const rows = await store.query<Omit<Stop, 'changeId'> & { changeId: string }>(
    `SELECT change_id::text AS "changeId", tenant, policy, version, stable, share, evidence, reason, at
     FROM routing_rollout_stop WHERE tenant = $1 AND policy = $2 ORDER BY at DESC, change_id DESC LIMIT $3`,
    [tenant, policy, limit],
  );
  return rows.map((row) => ({ ...row, changeId: Number(row.changeId) }));
}
