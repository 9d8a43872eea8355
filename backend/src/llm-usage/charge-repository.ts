import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { DayUsage } from './estimated-charges.ts';
import type { UsagePlace } from './request-row.ts';

/** A month of a source whose estimated charges are to be sent. */
export interface DueMonth extends UsagePlace {
  /** `2026-11`. */
  month: string;
  change: string;
}

/** The usage of these months changed; their charges are sent when they are due. */
export async function noteMonths(
  store: Store,
  place: UsagePlace,
  months: readonly string[],
  due: { first: Date; again: Date },
): Promise<void> {
  const sql = `
    INSERT INTO llm_usage_charge AS c (tenant, region, source, month, due_at)
    SELECT $1, $2, $3, m, $5 FROM unnest($4::text[]) AS m
    ON CONFLICT (tenant, region, source, month) DO UPDATE SET change = c.change + 1, due_at = least(c.due_at, $6)`;
  await store.query(sql, [place.tenant, place.region, place.source, months, due.first, due.again]);
}

export async function listDueMonths(store: Store, now: Date, limit: number): Promise<DueMonth[]> {
  const sql = `
    SELECT tenant, region, source, month, change FROM llm_usage_charge WHERE due_at <= $1 ORDER BY due_at LIMIT $2`;
  return store.query<DueMonth>(sql, [now, limit]);
}

/** The month was sent as of `change`: it is looked at again when the next look is due, sooner where it changed meanwhile. */
export async function noteSent(store: Store, due: DueMonth, next: { look: Date; change: Date }): Promise<void> {
  const sql = `
    UPDATE llm_usage_charge SET due_at = CASE WHEN change = $5 THEN $6::timestamptz ELSE $7::timestamptz END
    WHERE tenant = $1 AND region = $2 AND source = $3 AND month = $4`;
  await store.query(sql, [due.tenant, due.region, due.source, due.month, due.change, next.look, next.change]);
}

/** The month holds no charges any more. */
export async function forgetMonth(store: Store, due: DueMonth): Promise<void> {
  const sql =
    'DELETE FROM llm_usage_charge WHERE tenant = $1 AND region = $2 AND source = $3 AND month = $4 AND change = $5';
  await store.query(sql, [due.tenant, due.region, due.source, due.month, due.change]);
}

/** Priced usage of a month by day and all dimensions, from the roll-ups that count. */
export async function readMonth(warehouse: Warehouse, due: DueMonth): Promise<DayUsage[]> {
  const { tenant, region, source, month } = due;
  const dimensions = {
    provider: 'Provider',
    model: 'Model',
    modelVersion: 'ModelVersion',
    team: 'Team',
    product: 'Product',
    customer: 'Customer',
    feature: 'Feature',
    environment: 'Environment',
    currency: 'Currency',
  };
  const sums = {
    requests: 'Requests',
    inputTokens: 'InputTokens',
    cachedInputTokens: 'CachedInputTokens',
    cacheWriteTokens: 'CacheWriteTokens',
    outputTokens: 'OutputTokens',
    reasoningTokens: 'ReasoningTokens',
    cost: 'Cost',
  };
  const { rows } = await warehouse.query<DayUsage>(
    `SELECT toString(Day) AS day, ${Object.entries(dimensions)
      .map(([name, column]) => `${column} AS ${name}`)
      .join(', ')},
            ${Object.entries(sums)
              .map(([name, column]) => `toString(sum(${column})) AS ${name}`)
              .join(', ')}
     FROM llm_daily
     WHERE Tenant = {tenant:String} AND Region = {region:String} AND Currency != '' AND x_DropId IN (
       SELECT x_DropId FROM llm_day FINAL
       WHERE Tenant = {tenant:String} AND Region = {region:String} AND x_Source = {source:String}
         AND toStartOfMonth(Day) = {first:Date})
     GROUP BY day, ${Object.keys(dimensions).join(', ')}
     ORDER BY day, ${Object.keys(dimensions).join(', ')}`,
    { params: { tenant, region, source, first: `${month}-01` }, maxResultRows: 1_000_000, timeoutMs: 120_000 },
  );
  return rows;
}
