import type { Store } from '../platform/store/index.ts';
import type { Budget, Person } from './budget.ts';
import type { BudgetInput } from './contract.ts';

interface BudgetRow {
  tenant: string;
  id: string;
  settings: BudgetInput;
  origin: Budget['origin'];
  version: number;
  created_by_id: string;
  created_by_name: string;
  created_at: Date;
  updated_at: Date;
}

const columns = 'tenant, id, settings, origin, version, created_by_id, created_by_name, created_at, updated_at';

function budgetOf(row: BudgetRow): Budget {
  return {
    tenant: row.tenant,
    id: row.id,
    settings: row.settings,
    origin: row.origin,
    version: row.version,
    createdBy: { id: row.created_by_id, name: row.created_by_name },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Budgets of a tenant (of all tenants where none is named), by name. */
export async function listBudgets(store: Store, tenant?: string): Promise<Budget[]> {
  const rows = await store.query<BudgetRow>(
    `SELECT ${columns} FROM budget WHERE deleted_at IS NULL AND ($1::text IS NULL OR tenant = $1)
     ORDER BY tenant, lower(name), id`,
    [tenant ?? null],
  );
  return rows.map(budgetOf);
}

/** Budgets that gateways count against. */
export async function listEnforced(store: Store, tenant: string): Promise<Budget[]> {
  const rows = await store.query<BudgetRow>(
    `SELECT ${columns} FROM budget WHERE tenant = $1 AND enforcement <> 'none' AND deleted_at IS NULL ORDER BY id`,
    [tenant],
  );
  return rows.map(budgetOf);
}

export async function findBudget(store: Store, tenant: string, id: string): Promise<Budget | undefined> {
  const [row] = await store.query<BudgetRow>(
    `SELECT ${columns} FROM budget WHERE tenant = $1 AND id = $2 AND deleted_at IS NULL`,
    [tenant, id],
  );
  return row && budgetOf(row);
}

export interface LockedBudget extends Budget {
  deleted: boolean;
  recalledUntil: Date | null;
}

/**
 * Locks budgets until the transaction ends, in the order of their ids so that nobody waits in a circle, and hands them out as
 * they are now. Deleted ones are locked and handed out too: their counters still settle.
 */
export async function lockBudgets(tx: Store, tenant: string, ids: readonly string[]): Promise<LockedBudget[]> {
  const rows = await tx.query<BudgetRow & { deleted: boolean; recalledUntil: Date | null }>(
    `SELECT ${columns}, deleted_at IS NOT NULL AS deleted, recalled_until AS "recalledUntil" FROM budget WHERE tenant = $1 AND id = ANY ($2)
     ORDER BY id FOR NO KEY UPDATE`,
    [tenant, ids],
  );
  return rows.map((row) => ({ ...budgetOf(row), deleted: row.deleted, recalledUntil: row.recalledUntil }));
}

/** Marks budgets that are locked: until then allotments keep nothing of them but what their calls under way need. */
export async function markRecalled(tx: Store, tenant: string, ids: readonly string[], until: Date): Promise<void> {
  await tx.query(
    `UPDATE budget SET recalled_until = $3 WHERE tenant = $1 AND id = ANY ($2)
     AND (recalled_until IS NULL OR recalled_until < $3)`,
    [tenant, ids, until],
  );
}

export async function countBudgets(store: Store, tenant: string): Promise<number> {
  const [row] = await store.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM budget WHERE tenant = $1 AND deleted_at IS NULL',
    [tenant],
  );
  return row?.n ?? 0;
}

/** Whether there is or was a budget of that id. */
export async function isKnown(store: Store, tenant: string, id: string): Promise<boolean> {
  const rows = await store.query('SELECT 1 FROM budget WHERE tenant = $1 AND id = $2', [tenant, id]);
  return rows.length > 0;
}

/** Writes a new budget, or takes one up again that was deleted. The name is free, or a unique violation is thrown. */
export async function insertBudget(
  store: Store,
  budget: { tenant: string; id: string; settings: BudgetInput; origin: Budget['origin']; by: Person; at: Date },
): Promise<void> {
  await store.query(
    `INSERT INTO budget (tenant, id, name, settings, enforcement, origin, created_by_id, created_by_name, created_at,
       updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
     ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, settings = excluded.settings,
       enforcement = excluded.enforcement, origin = excluded.origin, version = budget.version + 1,
       updated_at = excluded.updated_at, deleted_at = NULL`,
    [
      budget.tenant,
      budget.id,
      budget.settings.name,
      JSON.stringify(budget.settings),
      budget.settings.enforcement,
      budget.origin,
      budget.by.id,
      budget.by.name,
      budget.at,
    ],
  );
}

/** False where the budget is no longer at that version. */
export async function updateBudget(store: Store, seen: Budget, settings: BudgetInput, at: Date): Promise<boolean> {
  const rows = await store.query(
    `UPDATE budget SET name = $4, settings = $5, enforcement = $6, version = version + 1, updated_at = $7
     WHERE tenant = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL RETURNING id`,
    [seen.tenant, seen.id, seen.version, settings.name, JSON.stringify(settings), settings.enforcement, at],
  );
  return rows.length === 1;
}

export async function deleteBudget(store: Store, seen: Budget, at: Date): Promise<boolean> {
  const rows = await store.query(
    `UPDATE budget SET deleted_at = $4, version = version + 1
     WHERE tenant = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL RETURNING id`,
    [seen.tenant, seen.id, seen.version, at],
  );
  return rows.length === 1;
}

export interface BudgetEvent {
  kind: string;
  text: string;
  at: Date;
  by?: Person;
  reason?: string;
  before?: unknown;
  after?: unknown;
}

export async function insertEvent(
  store: Store,
  { tenant, id }: { tenant: string; id: string },
  event: BudgetEvent,
): Promise<void> {
  await store.query(
    `INSERT INTO budget_event (tenant, budget_id, at, kind, text, by_id, by_name, reason, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      tenant,
      id,
      event.at,
      event.kind,
      event.text,
      event.by?.id ?? null,
      event.by?.name ?? null,
      event.reason ?? null,
      event.before === undefined ? null : JSON.stringify(event.before),
      event.after === undefined ? null : JSON.stringify(event.after),
    ],
  );
}

export interface EventRow extends BudgetEvent {
  id: number;
}

export async function listEvents(
  store: Store,
  { tenant, id }: { tenant: string; id: string },
  before: number | undefined,
  limit: number,
): Promise<EventRow[]> {
  const rows = await store.query<{
    id: string;
    at: Date;
    kind: string;
    text: string;
    by_id: string | null;
    by_name: string | null;
    reason: string | null;
    before: unknown;
    after: unknown;
  }>(
    `SELECT id, at, kind, text, by_id, by_name, reason, before, after FROM budget_event
     WHERE tenant = $1 AND budget_id = $2 AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
    [tenant, id, before ?? null, limit],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    at: row.at,
    kind: row.kind,
    text: row.text,
    ...(row.by_id === null ? {} : { by: { id: row.by_id, name: row.by_name ?? '' } }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.before === null ? {} : { before: row.before }),
    ...(row.after === null ? {} : { after: row.after }),
  }));
}
