import type { Store } from '../platform/store/index.ts';
import type { Money } from './money.ts';
import { zero } from './money.ts';
import type { Day } from './zoned-day.ts';

export interface CounterDay {
  day: Day;
  reserved: string;
  settled: string;
}

/** Counters of a budget by day, oldest first. */
export async function listCounterDays(
  store: Store,
  tenant: string,
  budgetId: string,
  from: Day,
  to: Day,
): Promise<CounterDay[]> {
  return store.query<CounterDay>(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day, trim_scale(reserved)::text AS reserved,
       trim_scale(settled)::text AS settled FROM budget_counter
     WHERE tenant = $1 AND budget_id = $2 AND day BETWEEN $3::date AND $4::date AND reserved + settled > 0 ORDER BY day`,
    [tenant, budgetId, from, to],
  );
}

export interface Part {
  budgetId: string;
  day: Day;
  /** In the currency of the budget. */
  amount: string;
  /** Currency of the budget per unit of the reservation's. */
  rate: string;
}

/** Adds to the counters of a day; negative amounts take away. */
export async function addToCounter(
  tx: Store,
  tenant: string,
  { budgetId, day }: Pick<Part, 'budgetId' | 'day'>,
  change: { reserved: string; settled: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO budget_counter (tenant, budget_id, day) VALUES ($1, $2, $3::date) ON CONFLICT DO NOTHING`,
    [tenant, budgetId, day],
  );
  await tx.query(
    `UPDATE budget_counter SET reserved = reserved + $4::numeric, settled = settled + $5::numeric
     WHERE tenant = $1 AND budget_id = $2 AND day = $3::date`,
    [tenant, budgetId, day, change.reserved, change.settled],
  );
}

export type CounterChange = Pick<Part, 'budgetId' | 'day'> & { reserved: string; settled: string };

/** The same for many: changes of one budget and day are summed. */
export async function addToCounters(tx: Store, tenant: string, changes: readonly CounterChange[]): Promise<void> {
  const sums = new Map<string, { budgetId: string; day: Day; reserved: Money; settled: Money }>();
  for (const { budgetId, day, reserved, settled } of changes) {
    const name = `${budgetId} ${day}`;
    const sum = sums.get(name) ?? { budgetId, day, reserved: zero, settled: zero };
    sums.set(name, { ...sum, reserved: sum.reserved.plus(reserved), settled: sum.settled.plus(settled) });
  }
  const rows = [...sums.values()].filter(({ reserved, settled }) => !reserved.isZero() || !settled.isZero());
  if (rows.length === 0) return;
  const places = [tenant, rows.map(({ budgetId }) => budgetId), rows.map(({ day }) => day)];
  await tx.query(
    `INSERT INTO budget_counter (tenant, budget_id, day) SELECT $1, * FROM unnest($2::text[], $3::date[])
     ON CONFLICT DO NOTHING`,
    places,
  );
  await tx.query(
    `UPDATE budget_counter SET reserved = budget_counter.reserved + change.reserved,
       settled = budget_counter.settled + change.settled
     FROM unnest($2::text[], $3::date[], $4::numeric[], $5::numeric[]) AS change (budget_id, day, reserved, settled)
     WHERE tenant = $1 AND budget_counter.budget_id = change.budget_id AND budget_counter.day = change.day`,
    [...places, rows.map(({ reserved }) => reserved.toFixed()), rows.map(({ settled }) => settled.toFixed())],
  );
}

export interface ReservationRow {
  id: string;
  tenant: string;
  amount: string;
  currency: string;
  state: 'open' | 'settled' | 'expired';
  expiresAt: Date;
  actual: string | null;
  late: boolean;
}

const columns = 'id, tenant, amount::text, currency, state, expires_at AS "expiresAt", actual::text, late';

export interface NewReservation {
  id: string;
  tenant: string;
  amount: string;
  currency: string;
  at: Date;
  expiresAt: Date;
  parts: readonly Part[];
}

/** Writes reservations with their parts. @returns the ids that were written: not those that there were already */
export async function insertReservations(tx: Store, reservations: readonly NewReservation[]): Promise<Set<string>> {
  const rows = await tx.query<{ id: string }>(
    `INSERT INTO budget_reservation (id, tenant, amount, currency, state, created_at, expires_at)
     SELECT id, tenant, amount, currency, 'open', created_at, expires_at
     FROM unnest($1::uuid[], $2::text[], $3::numeric[], $4::text[], $5::timestamptz[], $6::timestamptz[])
       AS new (id, tenant, amount, currency, created_at, expires_at)
     ON CONFLICT DO NOTHING RETURNING id`,
    [
      reservations.map(({ id }) => id),
      reservations.map(({ tenant }) => tenant),
      reservations.map(({ amount }) => amount),
      reservations.map(({ currency }) => currency),
      reservations.map(({ at }) => at),
      reservations.map(({ expiresAt }) => expiresAt),
    ],
  );
  const written = new Set(rows.map(({ id }) => id));
  const parts = reservations.flatMap(({ id, tenant, parts: own }) =>
    written.has(id) ? own.map((part) => ({ ...part, id, tenant })) : [],
  );
  if (parts.length > 0)
    await tx.query(
      `INSERT INTO budget_reservation_part (reservation_id, tenant, budget_id, day, amount, rate)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::numeric[], $6::numeric[])`,
      [
        parts.map(({ id }) => id),
        parts.map(({ tenant }) => tenant),
        parts.map(({ budgetId }) => budgetId),
        parts.map(({ day }) => day),
        parts.map(({ amount }) => amount),
        parts.map(({ rate }) => rate),
      ],
    );
  return written;
}

export async function findReservations(store: Store, ids: readonly string[]): Promise<Map<string, ReservationRow>> {
  const rows = await store.query<ReservationRow>(
    `SELECT ${columns} FROM budget_reservation WHERE id = ANY ($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The same, locked in the order of their ids until the transaction ends. */
export async function lockReservations(tx: Store, ids: readonly string[]): Promise<Map<string, ReservationRow>> {
  const rows = await tx.query<ReservationRow>(
    `SELECT ${columns} FROM budget_reservation WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Parts of many reservations, by the id of the reservation. */
export async function listPartsOf(store: Store, ids: readonly string[]): Promise<Map<string, Part[]>> {
  const rows = await store.query<Part & { id: string }>(
    `SELECT reservation_id AS id, budget_id AS "budgetId", to_char(day, 'YYYY-MM-DD') AS day, amount::text, rate::text
     FROM budget_reservation_part WHERE reservation_id = ANY ($1::uuid[]) ORDER BY budget_id`,
    [ids],
  );
  const parts = new Map<string, Part[]>();
  for (const { id, ...part } of rows) parts.set(id, [...(parts.get(id) ?? []), part]);
  return parts;
}

/** Marks reservations that are locked as settled. */
export async function settleReservations(
  tx: Store,
  settled: readonly { id: string; actual: string; late: boolean }[],
  at: Date,
): Promise<void> {
  await tx.query(
    `UPDATE budget_reservation SET state = 'settled', actual = done.actual, late = done.late, settled_at = $4
     FROM unnest($1::uuid[], $2::numeric[], $3::boolean[]) AS done (id, actual, late)
     WHERE budget_reservation.id = done.id`,
    [settled.map(({ id }) => id), settled.map(({ actual }) => actual), settled.map(({ late }) => late), at],
  );
}

export async function findReservation(store: Store, id: string): Promise<ReservationRow | undefined> {
  const [row] = await store.query<ReservationRow>(`SELECT ${columns} FROM budget_reservation WHERE id = $1`, [id]);
  return row;
}

/** The same, locked until the transaction ends: settling and expiring come one after the other. */
export async function lockReservation(tx: Store, id: string): Promise<ReservationRow | undefined> {
  const [row] = await tx.query<ReservationRow>(`SELECT ${columns} FROM budget_reservation WHERE id = $1 FOR UPDATE`, [
    id,
  ]);
  return row;
}

export async function listParts(store: Store, id: string): Promise<Part[]> {
  return store.query<Part>(
    `SELECT budget_id AS "budgetId", to_char(day, 'YYYY-MM-DD') AS day, amount::text, rate::text
     FROM budget_reservation_part WHERE reservation_id = $1 ORDER BY budget_id`,
    [id],
  );
}

/** Moves a reservation on where it is still in that state; false where it is not. */
export async function moveReservation(
  tx: Store,
  id: string,
  from: ReservationRow['state'],
  to: { state: 'settled'; actual: string; late: boolean; at: Date } | { state: 'expired' },
): Promise<boolean> {
  const settled = to.state === 'settled' ? to : undefined;
  const rows = await tx.query(
    `UPDATE budget_reservation SET state = $3, actual = $4, late = $5, settled_at = $6 WHERE id = $1 AND state = $2
     RETURNING id`,
    [id, from, to.state, settled?.actual ?? null, settled?.late ?? false, settled?.at ?? null],
  );
  return rows.length === 1;
}

/** Open reservations whose time is over, the oldest first. */
export async function listOverdue(store: Store, now: Date, limit: number): Promise<{ id: string }[]> {
  return store.query<{ id: string }>(
    `SELECT id FROM budget_reservation WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`,
    [now, limit],
  );
}

/** What open reservations of a budget hold by day although their time is over. */
export async function overdueAmounts(
  store: Store,
  budget: { tenant: string; id: string },
  now: Date,
): Promise<Map<Day, string>> {
  const rows = await store.query<{ day: Day; amount: string }>(
    `SELECT to_char(p.day, 'YYYY-MM-DD') AS day, sum(p.amount)::text AS amount
     FROM budget_reservation r JOIN budget_reservation_part p ON p.reservation_id = r.id
     WHERE r.state = 'open' AND r.expires_at <= $3 AND p.tenant = $1 AND p.budget_id = $2 GROUP BY p.day`,
    [budget.tenant, budget.id, now],
  );
  return new Map(rows.map(({ day, amount }) => [day, amount]));
}

/** Removes reservations that ended before, and counters of days that no window reaches any more. */
export async function pruneCounters(store: Store, reservationsBefore: Date, daysBefore: Day): Promise<void> {
  await store.query(
    `DELETE FROM budget_reservation WHERE id IN (
       SELECT id FROM budget_reservation WHERE state <> 'open' AND created_at < $1 ORDER BY created_at LIMIT 10000)`,
    [reservationsBefore],
  );
  await store.query('DELETE FROM budget_counter WHERE day < $1::date AND reserved = 0', [daysBefore]);
}
