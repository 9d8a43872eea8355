import type { Store } from '../platform/store/index.ts';

export interface KeptFeedback {
  tenant: string;
  requestId: string;
  author: string;
  good: boolean;
  comment?: string;
  at: Date;
}

/** The later word of the same author counts. @returns whether it says something else than before */
export async function keepFeedback(store: Store, one: KeptFeedback): Promise<boolean> {
  const [before] = await store.query<{ good: boolean }>(
    'SELECT good FROM gateway_feedback WHERE tenant = $1 AND request_id = $2 AND author = $3 FOR UPDATE',
    [one.tenant, one.requestId, one.author],
  );
  await store.query(
    `INSERT INTO gateway_feedback (tenant, request_id, author, good, comment, at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant, request_id, author) DO UPDATE SET
       good = excluded.good, comment = excluded.comment, at = excluded.at`,
    [one.tenant, one.requestId, one.author, one.good, one.comment ?? null, one.at],
  );
  return before?.good !== one.good;
}

/** Votes for and against by call. */
export async function votesOf(
  store: Store,
  tenant: string,
  requestIds: readonly string[],
): Promise<Map<string, { up: number; down: number }>> {
  const rows = await store.query<{ id: string; up: number; down: number }>(
    `SELECT request_id AS id, count(*) FILTER (WHERE good)::integer AS up, count(*) FILTER (WHERE NOT good)::integer AS down
     FROM gateway_feedback WHERE tenant = $1 AND request_id = ANY($2) GROUP BY request_id`,
    [tenant, requestIds],
  );
  return new Map(rows.map(({ id, up, down }) => [id, { up, down }]));
}
