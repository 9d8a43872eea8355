import type { Store } from '../platform/store/index.ts';
import type { Day } from './zoned-day.ts';

/** An allotment as the store has it. */
export interface AllotmentRow {
  id: string;
  tenant: string;
  holder: string;
  state: 'open' | 'settled' | 'expired';
  held: string;
  spent: string;
  settled: string;
  open: boolean;
  /** Its time is over, also where nobody has swept it yet. */
  overdue: boolean;
}

const columns = `a.reservation_id AS id, a.tenant, a.holder, r.state, r.amount::text AS held, a.spent::text AS spent,
  a.settled::text AS settled, a.open`;

/** Locks allotments with their reservations until the transaction ends. */
export async function lockAllotments(tx: Store, ids: readonly string[], at: Date): Promise<Map<string, AllotmentRow>> {
  const rows = await tx.query<AllotmentRow>(
    `SELECT ${columns}, r.state = 'open' AND r.expires_at <= $2 AS overdue
     FROM budget_allotment a JOIN budget_reservation r ON r.id = a.reservation_id
     WHERE a.reservation_id = ANY ($1::uuid[]) ORDER BY a.reservation_id FOR UPDATE`,
    [ids, at],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export interface NewAllotment {
  id: string;
  tenant: string;
  holder: string;
  at: Date;
}

/** Goes beside a reservation that was just inserted. */
export async function insertAllotments(tx: Store, allotments: readonly NewAllotment[]): Promise<void> {
  if (allotments.length === 0) return;
  await tx.query(
    `INSERT INTO budget_allotment (reservation_id, tenant, holder, renewed_at)
     SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])`,
    [
      allotments.map(({ id }) => id),
      allotments.map(({ tenant }) => tenant),
      allotments.map(({ holder }) => holder),
      allotments.map(({ at }) => at),
    ],
  );
}

export interface AllotmentUpdate {
  id: string;
  held: string;
  spent: string;
  settled: number;
  /** True ends it: its reservation is settled with what was spent. */
  close: boolean;
  late: boolean;
  lean: boolean;
  parts: readonly { budgetId: string; day: Day; amount: string }[];
}

/** Writes how allotments that are locked stand. */
export async function updateAllotments(
  tx: Store,
  updates: readonly AllotmentUpdate[],
  { at, expiresAt }: { at: Date; expiresAt: Date },
): Promise<void> {
  if (updates.length === 0) return;
  const ids = updates.map(({ id }) => id);
  const closes = updates.map(({ close }) => close);
  const spent = updates.map((update) => update.spent);
  await tx.query(
    `WITH allotment AS (
       UPDATE budget_allotment a SET spent = n.spent, settled = n.settled, renewed_at = $7, lean = n.lean,
         open = NOT n.close
       FROM unnest($1::uuid[], $3::numeric[], $4::bigint[], $5::boolean[], $9::boolean[])
         AS n (id, spent, settled, close, lean)
       WHERE a.reservation_id = n.id)
     UPDATE budget_reservation r SET amount = n.held,
       state = CASE WHEN n.close THEN 'settled' ELSE r.state END,
       actual = CASE WHEN n.close THEN n.spent END,
       late = n.late,
       settled_at = CASE WHEN n.close THEN $7::timestamptz END,
       expires_at = CASE WHEN r.state = 'open' THEN $8::timestamptz ELSE r.expires_at END
     FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $5::boolean[], $6::boolean[]) AS n (id, held, spent, close, late)
     WHERE r.id = n.id`,
    [
      ids,
      updates.map(({ held }) => held),
      spent,
      updates.map(({ settled }) => settled),
      closes,
      updates.map(({ late }) => late),
      at,
      expiresAt,
      updates.map(({ lean }) => lean),
    ],
  );
  const parts = updates.flatMap(({ id, parts: own }) => own.map((part) => ({ id, ...part })));
  if (parts.length > 0)
    await tx.query(
      `UPDATE budget_reservation_part p SET amount = n.amount
       FROM unnest($1::uuid[], $2::text[], $3::numeric[]) AS n (id, budget_id, amount)
       WHERE p.reservation_id = n.id AND p.budget_id = n.budget_id`,
      [parts.map(({ id }) => id), parts.map(({ budgetId }) => budgetId), parts.map(({ amount }) => amount)],
    );
}

export interface DeadAllotment {
  id: string;
  tenant: string;
  spent: string;
  settled: number;
  budgetIds: string[];
}

/** Allotments of a holder that nobody has closed, and the budgets that they are of. */
export async function listOpenAllotments(store: Store, holder: string): Promise<DeadAllotment[]> {
  return store.query<DeadAllotment>(
    `SELECT reservation_id AS id, tenant, spent::text AS spent, settled::int AS settled, (
       SELECT coalesce(array_agg(p.budget_id ORDER BY p.budget_id), '{}') FROM budget_reservation_part p
       WHERE p.reservation_id = a.reservation_id) AS "budgetIds"
     FROM budget_allotment a WHERE holder = $1 AND open ORDER BY reservation_id`,
    [holder],
  );
}

/** Allotments that hold more of any of these budgets than their calls need, and when their holders last spoke. */
export async function listHolding(
  store: Store,
  tenant: string,
  budgetIds: readonly string[],
): Promise<{ id: string; renewedAt: Date }[]> {
  return store.query<{ id: string; renewedAt: Date }>(
    `SELECT a.reservation_id AS id, a.renewed_at AS "renewedAt"
     FROM budget_allotment a JOIN budget_reservation r ON r.id = a.reservation_id
     WHERE a.tenant = $1 AND a.open AND NOT a.lean AND r.state = 'open' AND r.amount > 0 AND EXISTS (
       SELECT FROM budget_reservation_part p WHERE p.reservation_id = a.reservation_id AND p.budget_id = ANY ($2))`,
    [tenant, budgetIds],
  );
}
