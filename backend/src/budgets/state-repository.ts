import type { Store } from '../platform/store/index.ts';
import type { Budget, Person } from './budget.ts';
import type { BudgetHistory, BudgetStatus, Notice } from './contract.ts';

/** What was last seen of a budget. */
export interface StateRow {
  budgetId: string;
  fingerprint: string;
  evaluatedAt?: Date;
  status?: BudgetStatus;
  dataUntil?: string;
  method?: string;
  notices: Notice[];
  snooze?: { until: Date; reason: string; by: Person; at: Date };
}

interface RawState {
  budget_id: string;
  fingerprint: string;
  evaluated_at: Date | null;
  status: BudgetStatus | null;
  data_until: string | null;
  method: string | null;
  notices: Notice[];
  snoozed_until: Date | null;
  snooze_reason: string | null;
  snoozed_by_id: string | null;
  snoozed_by_name: string | null;
  snoozed_at: Date | null;
}

function stateOf(row: RawState): StateRow {
  return {
    budgetId: row.budget_id,
    fingerprint: row.fingerprint,
    ...(row.evaluated_at ? { evaluatedAt: row.evaluated_at } : {}),
    ...(row.status ? { status: row.status } : {}),
    ...(row.data_until === null ? {} : { dataUntil: row.data_until }),
    ...(row.method === null ? {} : { method: row.method }),
    notices: row.notices,
    ...(row.snoozed_until && row.snoozed_at
      ? {
          snooze: {
            until: row.snoozed_until,
            reason: row.snooze_reason ?? '',
            by: { id: row.snoozed_by_id ?? '', name: row.snoozed_by_name ?? '' },
            at: row.snoozed_at,
          },
        }
      : {}),
  };
}

/** States of a tenant's budgets, by id. */
export async function listStates(store: Store, tenant: string): Promise<Map<string, StateRow>> {
  const rows = await store.query<RawState>('SELECT * FROM budget_state WHERE tenant = $1', [tenant]);
  return new Map(rows.map((row) => [row.budget_id, stateOf(row)]));
}

/** The state of one budget, locked until the transaction ends; made where there is none yet. */
export async function lockState(tx: Store, { tenant, id }: Pick<Budget, 'tenant' | 'id'>): Promise<StateRow> {
  await tx.query('INSERT INTO budget_state (tenant, budget_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [tenant, id]);
  const [row] = await tx.query<RawState>('SELECT * FROM budget_state WHERE tenant = $1 AND budget_id = $2 FOR UPDATE', [
    tenant,
    id,
  ]);
  if (!row) throw new Error(`The state of budget ${id} is gone.`);
  return stateOf(row);
}

export async function keepState(
  tx: Store,
  { tenant, id }: Pick<Budget, 'tenant' | 'id'>,
  state: {
    fingerprint: string;
    evaluatedAt: Date;
    status: BudgetStatus;
    dataUntil?: string;
    method: string;
    notices: Notice[];
  },
): Promise<void> {
  await tx.query(
    `UPDATE budget_state SET fingerprint = $3, evaluated_at = $4, status = $5, data_until = $6, method = $7, notices = $8
     WHERE tenant = $1 AND budget_id = $2`,
    [
      tenant,
      id,
      state.fingerprint,
      state.evaluatedAt,
      JSON.stringify(state.status),
      state.dataUntil ?? null,
      state.method,
      JSON.stringify(state.notices),
    ],
  );
}

/** Notes why a budget could not be evaluated; its last figures stay, and the next turn looks again. */
export async function keepFailure(
  store: Store,
  { tenant, id }: Pick<Budget, 'tenant' | 'id'>,
  notice: Notice,
): Promise<void> {
  await store.query(
    `INSERT INTO budget_state (tenant, budget_id, notices) VALUES ($1, $2, $3)
     ON CONFLICT (tenant, budget_id) DO UPDATE SET fingerprint = '', notices = excluded.notices`,
    [tenant, id, JSON.stringify([notice])],
  );
}

/** Notes that a budget was looked at and nothing had changed. */
export async function touchState(store: Store, { tenant, id }: Pick<Budget, 'tenant' | 'id'>, at: Date): Promise<void> {
  await store.query('UPDATE budget_state SET evaluated_at = $3 WHERE tenant = $1 AND budget_id = $2', [tenant, id, at]);
}

export async function keepSnooze(
  tx: Store,
  { tenant, id }: Pick<Budget, 'tenant' | 'id'>,
  snooze: StateRow['snooze'],
): Promise<void> {
  await tx.query(
    `UPDATE budget_state SET snoozed_until = $3, snooze_reason = $4, snoozed_by_id = $5, snoozed_by_name = $6,
       snoozed_at = $7 WHERE tenant = $1 AND budget_id = $2`,
    [
      tenant,
      id,
      snooze?.until ?? null,
      snooze?.reason ?? null,
      snooze?.by.id ?? null,
      snooze?.by.name ?? null,
      snooze?.at ?? null,
    ],
  );
}

export async function insertSnapshot(
  tx: Store,
  { tenant, id }: Pick<Budget, 'tenant' | 'id'>,
  status: BudgetStatus,
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO budget_snapshot (tenant, budget_id, at, window_from, spent, amount, forecast, state)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tenant, id, at, status.windowFrom, status.spent, status.amount, status.forecast ?? null, status.state],
  );
}

const shownSnapshots = 500;

/** The last evaluations that differ from the one before, newest first. */
export async function listSnapshots(
  store: Store,
  { tenant, id }: Pick<Budget, 'tenant' | 'id'>,
): Promise<BudgetHistory['snapshots']> {
  const rows = await store.query<{
    at: Date;
    spent: string;
    amount: string;
    forecast: string | null;
    state: BudgetStatus['state'];
  }>(
    `SELECT at, spent, amount, forecast, state FROM budget_snapshot WHERE tenant = $1 AND budget_id = $2
     ORDER BY id DESC LIMIT ${shownSnapshots}`,
    [tenant, id],
  );
  return rows.map(({ at, spent, amount, forecast, state }) => ({
    at: at.toISOString(),
    spent,
    amount,
    ...(forecast === null ? {} : { forecast }),
    state,
  }));
}

/** Removes snapshots that are older than they are kept. */
export async function pruneSnapshots(store: Store, before: Date): Promise<void> {
  await store.query(
    'DELETE FROM budget_snapshot WHERE id IN (SELECT id FROM budget_snapshot WHERE at < $1 ORDER BY at LIMIT 10000)',
    [before],
  );
}
