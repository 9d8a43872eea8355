import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { ChangeMode, ChangeState, Doubt } from './change.ts';
import { openStates } from './change.ts';
import type { ChangePreview } from './change-handler.ts';

export interface Actor {
  id: string;
  name: string;
}

export interface ChangeRow {
  id: number;
  tenant: string;
  /** Of what it is about; null where that is no region in particular. */
  region: string | null;
  /** To whom that belongs; null where it is not known. */
  team: string | null;
  product: string | null;
  kind: string;
  target: string;
  payload: unknown;
  preview: ChangePreview;
  reason: string;
  mode: ChangeMode;
  /** What the proposing room asked for; null where it left that to the configuration. */
  askedMode: ChangeMode | null;
  approvalsNeeded: number;
  approvals: number;
  state: ChangeState;
  author: Actor;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date;
  notBefore: Date | null;
  attemptKey: string | null;
  tries: number;
  doubt: Doubt | null;
  applied: unknown;
  failure: string | null;
}

export interface NewChange {
  tenant: string;
  region: string | null;
  team: string | null;
  product: string | null;
  kind: string;
  target: string;
  payload: unknown;
  preview: ChangePreview;
  reason: string;
  mode: ChangeMode;
  approvalsNeeded: number;
  askedMode: ChangeMode | null;
  author: Actor;
  at: Date;
  expiresAt: Date;
  dedupKey: string | null;
}

export interface StepRow {
  id: number;
  changeId: number;
  at: Date;
  actor: Actor;
  event: string;
  from: ChangeState | null;
  to: ChangeState;
  note: string | null;
}

/** What a step sets besides the state; a key that is absent keeps its value, but for the pause, which ends. */
export interface ChangeUpdate {
  lookAt?: Date | null;
  notBefore?: Date;
  attemptKey?: string | null;
  tries?: number;
  doubt?: Doubt | null;
  applied?: unknown;
  failure?: string | null;
}

type Place = Pick<ChangeRow, 'tenant' | 'region' | 'team' | 'product'>;

/**
 * Whether somebody sees a Change. One that is about no region in particular is seen by those who see them all; nobody is kept
 * from one because it is not known to whom it belongs, as from the traffic of the same workload.
 */
export function isWithin(scope: Scope, { tenant, region, team, product }: Place): boolean {
  const sees = (seen: readonly string[] | 'all', name: string | null, unknown: boolean): boolean =>
    seen === 'all' || (name === null ? unknown : seen.includes(name));
  return (
    tenant === scope.tenant &&
    sees(scope.regions, region, false) &&
    sees(scope.teams, team, true) &&
    sees(scope.products, product, true)
  );
}

/** The same as a condition on the table `c`: its parameters are $1 to $4. */
export const withinSql = `c.tenant = $1 AND ($2::text[] IS NULL OR c.region = ANY ($2))
  AND ($3::text[] IS NULL OR c.team IS NULL OR c.team = ANY ($3))
  AND ($4::text[] IS NULL OR c.product IS NULL OR c.product = ANY ($4))`;

export function withinParams({ tenant, ...parts }: Scope): unknown[] {
  return [tenant, ...[parts.regions, parts.teams, parts.products].map((part) => (part === 'all' ? null : [...part]))];
}

const columns = `c.id, c.tenant, c.region, c.team, c.product, c.kind, c.target, c.payload, c.preview, c.reason, c.mode,
  c.asked_mode AS "askedMode", c.approvals_needed AS "approvalsNeeded",
  (SELECT count(*)::int FROM change_approval a WHERE a.change_id = c.id) AS approvals,
  c.state, jsonb_build_object('id', c.author_id, 'name', c.author_name) AS author,
  c.created_at AS "createdAt", c.updated_at AS "updatedAt", c.expires_at AS "expiresAt", c.not_before AS "notBefore",
  c.attempt_key AS "attemptKey", c.tries, c.doubt, c.applied, c.failure`;

type Raw<Row extends { id: number }> = Omit<Row, 'id'> & { id: string };
const withNumber = <Row extends { id: number }>(row: Raw<Row>): Row =>
  ({ ...row, id: Number(row.id) }) as unknown as Row;

/** Resolves with the new id, or undefined where an open Change with the same key exists. */
export async function insertChange(store: Store, change: NewChange): Promise<number | undefined> {
  const rows = await store.query<{ id: string }>(
    `INSERT INTO change (tenant, kind, target, payload, preview, reason, mode, approvals_needed, state, author_id,
       author_name, created_at, updated_at, expires_at, dedup_key, asked_mode, region, team, product)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'proposed', $9, $10, $11, $11, $12, $13, $14, $15, $16, $17)
     ON CONFLICT DO NOTHING RETURNING id`,
    [
      change.tenant,
      change.kind,
      change.target,
      JSON.stringify(change.payload),
      JSON.stringify(change.preview),
      change.reason,
      change.mode,
      change.approvalsNeeded,
      change.author.id,
      change.author.name,
      change.at,
      change.expiresAt,
      change.dedupKey,
      change.askedMode,
      change.region,
      change.team,
      change.product,
    ],
  );
  return rows[0] ? Number(rows[0].id) : undefined;
}

export async function findOpenTwin(store: Store, change: NewChange): Promise<number | undefined> {
  const rows = await store.query<{ id: string }>(
    'SELECT id FROM change WHERE tenant = $1 AND kind = $2 AND dedup_key = $3 AND state = ANY ($4)',
    [change.tenant, change.kind, change.dedupKey, openStates],
  );
  return rows[0] ? Number(rows[0].id) : undefined;
}

/** `lock` holds the row until the transaction ends, so that two people's steps come one after the other. */
export async function findChange(store: Store, id: number, lock = false): Promise<ChangeRow | undefined> {
  const rows = await store.query<Raw<ChangeRow>>(
    `SELECT ${columns} FROM change c WHERE c.id = $1${lock ? ' FOR UPDATE OF c' : ''}`,
    [id],
  );
  return rows[0] && withNumber<ChangeRow>(rows[0]);
}

export async function listChanges(
  store: Store,
  query: {
    scope: Scope;
    states?: readonly ChangeState[];
    kind?: string;
    before?: number;
    limit: number;
  },
): Promise<ChangeRow[]> {
  const rows = await store.query<Raw<ChangeRow>>(
    `SELECT ${columns} FROM change c
     WHERE ${withinSql} AND ($5::text[] IS NULL OR c.state = ANY ($5)) AND ($6::text IS NULL OR c.kind = $6)
       AND ($7::bigint IS NULL OR c.id < $7)
     ORDER BY c.id DESC LIMIT $8`,
    [...withinParams(query.scope), query.states ?? null, query.kind ?? null, query.before ?? null, query.limit],
  );
  return rows.map((row) => withNumber<ChangeRow>(row));
}

/** Those of the tenant among these ids. */
export async function findChanges(store: Store, tenant: string, ids: readonly number[]): Promise<ChangeRow[]> {
  const rows = await store.query<Raw<ChangeRow>>(
    `SELECT ${columns} FROM change c WHERE c.tenant = $1 AND c.id = ANY ($2::bigint[])`,
    [tenant, ids],
  );
  return rows.map((row) => withNumber<ChangeRow>(row));
}

export async function countOpen(store: Store, scope: Scope, states: readonly ChangeState[]): Promise<number> {
  const rows = await store.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM change c WHERE ${withinSql} AND c.state = ANY ($5)`,
    [...withinParams(scope), states],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Moves a Change on, where it still is in the state (and at the attempt and try) that the caller saw. Resolves with false
 * where someone else was faster.
 */
export async function moveChange(
  store: Store,
  seen: Pick<ChangeRow, 'id' | 'state' | 'attemptKey' | 'tries'>,
  to: ChangeState,
  at: Date,
  update: ChangeUpdate = {},
): Promise<boolean> {
  const rows = await store.query(
    `UPDATE change SET state = $5, updated_at = $6,
       look_at = CASE WHEN $7 THEN $8 ELSE look_at END,
       attempt_key = CASE WHEN $9 THEN $10 ELSE attempt_key END,
       tries = coalesce($11, tries),
       doubt = $12,
       applied = CASE WHEN $13 THEN $14::jsonb ELSE applied END,
       failure = CASE WHEN $15 THEN $16 ELSE failure END,
       not_before = $17
     WHERE id = $1 AND state = $2 AND attempt_key IS NOT DISTINCT FROM $3 AND tries = $4
     RETURNING id`,
    [
      seen.id,
      seen.state,
      seen.attemptKey,
      seen.tries,
      to,
      at,
      'lookAt' in update,
      update.lookAt ?? null,
      'attemptKey' in update,
      update.attemptKey ?? null,
      update.tries ?? null,
      update.doubt ?? null,
      'applied' in update,
      update.applied === undefined ? null : JSON.stringify(update.applied),
      'failure' in update,
      update.failure ?? null,
      update.notBefore ?? null,
    ],
  );
  return rows.length === 1;
}

/** Counts one more try before the world is touched; false where someone else has begun one. */
export async function beginTry(store: Store, seen: ChangeRow, lookAt: Date): Promise<boolean> {
  const rows = await store.query(
    `UPDATE change SET tries = tries + 1, look_at = $5, not_before = NULL
     WHERE id = $1 AND state = $2 AND attempt_key IS NOT DISTINCT FROM $3 AND tries = $4 RETURNING id`,
    [seen.id, seen.state, seen.attemptKey, seen.tries, lookAt],
  );
  return rows.length === 1;
}

/** Keeps why a try failed, and pauses. Does nothing where the Change has been moved meanwhile. */
export async function noteFailure(store: Store, seen: ChangeRow, failure: string, notBefore: Date): Promise<void> {
  await store.query(
    'UPDATE change SET failure = $4, look_at = $5, not_before = $5 WHERE id = $1 AND state = $2 AND tries = $3',
    [seen.id, seen.state, seen.tries, failure, notBefore],
  );
}

/** Ids of Changes that the driver is to look at, which it then does not get again before `again`. */
export async function takeDue(store: Store, now: Date, again: Date, limit: number): Promise<number[]> {
  const rows = await store.query<{ id: string }>(
    `UPDATE change SET look_at = $2 WHERE id IN (
       SELECT id FROM change WHERE look_at <= $1 ORDER BY look_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [now, again, limit],
  );
  return rows.map((row) => Number(row.id));
}

export async function findExpired(store: Store, now: Date, limit: number): Promise<number[]> {
  const rows = await store.query<{ id: string }>(
    `SELECT id FROM change WHERE state IN ('proposed', 'approved') AND expires_at <= $1 ORDER BY expires_at LIMIT $2`,
    [now, limit],
  );
  return rows.map((row) => Number(row.id));
}
