import type { Store } from '../platform/store/index.ts';

export interface SealedPrompt {
  tenant: string;
  requestId: string;
  region: string;
  policy: string;
  version: string;
  team: string | null;
  product: string | null;
  keyId: string;
  sealed: Buffer;
  createdAt: Date;
  expiresAt: Date;
}

/** What was sealed with a key that is destroyed meanwhile is left out: nobody could read it. */
export async function insertPrompts(store: Store, prompts: readonly SealedPrompt[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const one of prompts)
      await tx.query(
        `INSERT INTO gateway_prompt
           (tenant, request_id, region, policy, version, team, product, key_id, sealed, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
         WHERE EXISTS (SELECT 1 FROM tenant_key WHERE id = $8 AND destroyed_at IS NULL FOR SHARE)
         ON CONFLICT DO NOTHING`,
        [
          ...[one.tenant, one.requestId, one.region, one.policy, one.version, one.team, one.product, one.keyId],
          ...[one.sealed, one.createdAt, one.expiresAt],
        ],
      );
  });
}

/** The newest first. */
export async function listPrompts(
  store: Store,
  query: { tenant: string; policy: string; from: Date; to: Date; now: Date; limit: number },
): Promise<SealedPrompt[]> {
  return store.query<SealedPrompt>(
    `SELECT tenant, request_id AS "requestId", region, policy, version, team, product, key_id AS "keyId", sealed,
            created_at AS "createdAt", expires_at AS "expiresAt"
     FROM gateway_prompt
     WHERE tenant = $1 AND policy = $2 AND created_at >= $3 AND created_at < $4 AND expires_at > $5
     ORDER BY created_at DESC, request_id LIMIT $6`,
    [query.tenant, query.policy, query.from, query.to, query.now, query.limit],
  );
}

/** Where the prompt of a call lies; undefined where there is none, or its key was destroyed. */
export async function placeOf(
  store: Store,
  tenant: string,
  requestId: string,
): Promise<Pick<SealedPrompt, 'policy' | 'createdAt'> | undefined> {
  const rows = await store.query<Pick<SealedPrompt, 'policy' | 'createdAt'>>(
    `SELECT policy, created_at AS "createdAt" FROM gateway_prompt
     WHERE tenant = $1 AND request_id = $2
       AND EXISTS (SELECT 1 FROM tenant_key WHERE id = key_id AND destroyed_at IS NULL)`,
    [tenant, requestId],
  );
  return rows[0];
}

export async function deleteOver(store: Store, now: Date): Promise<void> {
  await store.query('DELETE FROM gateway_prompt WHERE expires_at <= $1', [now]);
}

export async function erasePrompts(store: Store, tenant: string): Promise<void> {
  await store.query('DELETE FROM gateway_prompt WHERE tenant = $1', [tenant]);
}
