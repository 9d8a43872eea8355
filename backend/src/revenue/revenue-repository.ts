import type { Store } from '../platform/store/index.ts';
import type { Revenue } from './revenue-line.ts';

interface Row {
  customer: string;
  from: string;
  to: string;
  amount: string;
  currency: string;
}

const columns = `customer, to_char(period_from, 'YYYY-MM-DD') AS "from", to_char(period_to, 'YYYY-MM-DD') AS "to",
  trim_scale(amount)::text AS amount, currency`;

/** Lines whose period shares a day with the span; days, both included. */
export async function listBetween(store: Store, tenant: string, from: string, to: string): Promise<Revenue[]> {
  return store.query<Row>(
    `SELECT ${columns} FROM revenue_line WHERE tenant = $1 AND period_from <= $3 AND period_to >= $2
     ORDER BY customer, currency, period_from, period_to`,
    [tenant, from, to],
  );
}

export async function listPeriod(store: Store, tenant: string, from: string, to: string): Promise<Revenue[]> {
  return store.query<Row>(
    `SELECT ${columns} FROM revenue_line WHERE tenant = $1 AND period_from = $2 AND period_to = $3
     ORDER BY customer, currency`,
    [tenant, from, to],
  );
}

/** One writer of a tenant at a time, until the transaction ends: overlaps are looked for across lines. */
export async function lockTenant(tx: Store, tenant: string): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('revenue:' || $1, 0))", [tenant]);
}

export async function deletePeriod(tx: Store, tenant: string, from: string, to: string): Promise<number> {
  const rows = await tx.query(
    'DELETE FROM revenue_line WHERE tenant = $1 AND period_from = $2 AND period_to = $3 RETURNING 1 AS one',
    [tenant, from, to],
  );
  return rows.length;
}

export async function insertLines(
  tx: Store,
  tenant: string,
  lines: readonly Revenue[],
  by: string,
  at: Date,
): Promise<void> {
  await tx.query(
    `INSERT INTO revenue_line (tenant, period_from, period_to, customer, currency, amount, imported_by, imported_at)
     SELECT $1, f, t, c, y, a, $7, $8
     FROM unnest($2::date[], $3::date[], $4::text[], $5::text[], $6::numeric[]) AS line (f, t, c, y, a)`,
    [
      tenant,
      lines.map(({ from }) => from),
      lines.map(({ to }) => to),
      lines.map(({ customer }) => customer),
      lines.map(({ currency }) => currency),
      lines.map(({ amount }) => amount),
      by,
      at,
    ],
  );
}

/** Who imported each period. */
export async function listImporters(
  tx: Store,
  tenant: string,
): Promise<{ from: string; to: string; importedBy: string }[]> {
  return tx.query(
    `SELECT to_char(period_from, 'YYYY-MM-DD') AS "from", to_char(period_to, 'YYYY-MM-DD') AS "to",
            min(imported_by) AS "importedBy"
     FROM revenue_line WHERE tenant = $1 GROUP BY period_from, period_to ORDER BY 1, 2`,
    [tenant],
  );
}

export interface PeriodRow {
  from: string;
  to: string;
  customers: number;
  totals: Record<string, string>;
  importedBy: string;
  importedAt: Date;
}

/** The newest periods, 1,000 at most. */
export async function listPeriods(store: Store, tenant: string): Promise<PeriodRow[]> {
  return store.query<PeriodRow>(
    `SELECT to_char(period_from, 'YYYY-MM-DD') AS "from", to_char(period_to, 'YYYY-MM-DD') AS "to",
            max(customers)::int AS customers, jsonb_object_agg(currency, total) AS totals,
            max(imported_by) AS "importedBy", max(imported_at) AS "importedAt"
     FROM (SELECT period_from, period_to, currency, trim_scale(sum(amount))::text AS total,
                  count(*) AS customers, max(imported_by) AS imported_by, max(imported_at) AS imported_at
           FROM revenue_line WHERE tenant = $1 GROUP BY period_from, period_to, currency) AS each
     GROUP BY period_from, period_to ORDER BY period_from DESC, period_to DESC LIMIT 1000`,
    [tenant],
  );
}
