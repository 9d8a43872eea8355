import type { Warehouse } from '../platform/warehouse/index.ts';
import type { DropTally } from './drop-tally.ts';
import { factColumns } from './charge-columns.ts';
import type { Ingest } from './ingest.ts';
import { instantText } from './instant.ts';

/** Tables that answers are read from and in which every line of a drop is counted. */
const rowTables = ['fact_cost_usage', 'cost_hourly', 'cost_daily'] as const;

/** Writes rows that nobody sees yet. */
export async function insertFacts(
  warehouse: Warehouse,
  rows: AsyncIterable<object>,
  signal?: AbortSignal,
): Promise<void> {
  await warehouse.insert('fact_cost_usage', rows, { columns: factColumns, ...(signal ? { signal } : {}) });
}

/** How many lines of these drops stand in each of the tables that answers are read from. */
export async function countRows(warehouse: Warehouse, ids: readonly string[]): Promise<Map<string, number[]>> {
  const found = new Map(ids.map((id) => [id, [0, 0, 0]]));
  const sql = rowTables
    .map((table, place) => {
      const counted = table === 'fact_cost_usage' ? 'count()' : 'sum(LineCount)';
      return `SELECT x_DropId AS id, ${place} AS place, toString(${counted}) AS lines FROM ${table}
              WHERE x_DropId IN {ids:Array(UUID)} GROUP BY id`;
    })
    .join(' UNION ALL ');
  const { rows } = await warehouse.query<{ id: string; place: number; lines: string }>(sql, {
    params: { ids: [...ids] },
    timeoutMs: 120_000,
  });
  for (const { id, place, lines } of rows) found.get(id)![place] = Number(lines);
  return found;
}

/** Makes the drops visible, all in one block: readers see every month of the file in its new version, or none. */
export async function activateDrops(
  warehouse: Warehouse,
  ingest: Ingest,
  drops: readonly DropTally[],
  at: Date,
): Promise<void> {
  const rows = drops.map((drop) => ({
    Tenant: ingest.tenant,
    Region: ingest.region,
    x_Source: ingest.source,
    x_Period: drop.period,
    x_DropId: drop.id,
    x_DropVersion: drop.version,
    ContentHash: ingest.contentHash,
    LakePath: ingest.lakePath,
    FileName: ingest.fileName,
    RowCount: drop.rows,
    QuarantinedCount: drop.quarantined,
    Currencies: [...drop.currencies].sort(),
    ...chargePeriod(drop),
    ActivatedAt: at.toISOString(),
  }));
  await warehouse.insert('cost_drop', rows);
}

/** A month without a line has no charge period; it is said to be its first instant. */
function chargePeriod({ rows, period, chargeFrom, chargeLast, chargeTo }: DropTally): Record<string, string> {
  const [from, last, to] =
    rows === 0
      ? Array.from({ length: 3 }, () => `${period}-01 00:00:00`)
      : [chargeFrom, chargeLast, chargeTo].map(instantText);
  return { ChargePeriodFrom: from!, ChargePeriodLast: last!, ChargePeriodTo: to! };
}

/** Content hash of the visible drop of each month of a source. */
export async function activeHashes(warehouse: Warehouse, ingest: Ingest): Promise<Map<string, string>> {
  const sql = `
    SELECT x_Period AS period, ContentHash AS hash FROM cost_drop FINAL
    WHERE Tenant = {tenant:String} AND Region = {region:String} AND x_Source = {source:String}`;
  const params = { tenant: ingest.tenant, region: ingest.region, source: ingest.source };
  const { rows } = await warehouse.query<{ period: string; hash: string }>(sql, { params });
  return new Map(rows.map(({ period, hash }) => [period, hash]));
}

/** Which of these drops are visible. */
export async function visibleDrops(warehouse: Warehouse, ids: readonly string[]): Promise<string[]> {
  const sql = 'SELECT toString(x_DropId) AS id FROM cost_drop FINAL WHERE x_DropId IN {ids:Array(UUID)}';
  const { rows } = await warehouse.query<{ id: string }>(sql, { params: { ids: [...ids] } });
  return rows.map(({ id }) => id);
}

/**
 * Removes the rows of drops that are not visible, from the facts and from every roll-up that is fed by them. The engine does
 * it in the background.
 */
export async function removeRows(warehouse: Warehouse, ids: readonly string[]): Promise<void> {
  const { rows } = await warehouse.query<{ table: string }>(`
    SELECT table FROM system.columns
    WHERE database = currentDatabase() AND name = 'x_DropId' AND (table = 'fact_cost_usage' OR startsWith(table, 'cost_'))
      AND table NOT IN ('cost_drop') AND table IN (
        SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
    ORDER BY table`);
  for (const { table } of rows)
    await warehouse.command(`ALTER TABLE ${table} DELETE WHERE x_DropId IN {ids:Array(UUID)}`, {
      params: { ids: [...ids] },
    });
}

/** Removes tables of loads that were killed more than a day ago. */
export async function removeOldStaging(warehouse: Warehouse, prefix: string): Promise<void> {
  const { rows } = await warehouse.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
       AND metadata_modification_time < now() - INTERVAL 1 DAY LIMIT 100`,
    { params: { prefix } },
  );
  for (const { name } of rows) await warehouse.command(`DROP TABLE IF EXISTS ${name} SYNC`);
}
