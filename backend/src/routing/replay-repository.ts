import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Evaluate, ReplayResult } from './evaluation-contract.ts';

/** A replay that runs as a job: what was asked, within what its author sees. */
export interface KeptReplay {
  id: string;
  tenant: string;
  authorId: string;
  state: 'waiting' | 'running' | 'done' | 'failed';
  question: { asked: Evaluate; scope: Scope };
  result: ReplayResult | null;
  failure: string | null;
}

export async function insertReplay(
  store: Store,
  { id, tenant, authorId, question }: Pick<KeptReplay, 'id' | 'tenant' | 'authorId' | 'question'>,
  at: Date,
): Promise<void> {
  await store.query(
    `INSERT INTO routing_replay (id, tenant, author_id, state, question, created_at, updated_at)
     VALUES ($1, $2, $3, 'waiting', $4, $5, $5)`,
    [id, tenant, authorId, JSON.stringify(question), at],
  );
  await store.query("DELETE FROM routing_replay WHERE created_at < $1::timestamptz - interval '30 days'", [at]);
}

export async function findReplay(store: Store, id: string): Promise<KeptReplay | undefined> {
  const rows = await store.query<KeptReplay>(
    `SELECT id, tenant, author_id AS "authorId", state, question, result, failure FROM routing_replay WHERE id = $1`,
    [id],
  );
  return rows[0];
}

export async function noteReplay(
  store: Store,
  id: string,
  { state, result, failure }: { state: KeptReplay['state']; result?: ReplayResult; failure?: string },
  at: Date,
): Promise<void> {
  await store.query('UPDATE routing_replay SET state = $2, result = $3, failure = $4, updated_at = $5 WHERE id = $1', [
    ...[id, state, result === undefined ? null : JSON.stringify(result), failure ?? null, at],
  ]);
}

/** Replays of the tenant that have not come to an end. */
export async function countOpenReplays(store: Store, tenant: string): Promise<number> {
  const rows = await store.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM routing_replay WHERE tenant = $1 AND state IN ('waiting', 'running')
       AND updated_at > now() - interval '1 hour'`,
    [tenant],
  );
  return rows[0]?.open ?? 0;
}
