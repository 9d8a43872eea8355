import { createHash } from 'node:crypto';
import type { Warehouse } from '../warehouse/index.ts';
import { fillPlaceholders } from './cluster-placeholders.ts';
import { tablesOfRegions } from './tables-of-regions.ts';

interface Column {
  table: string;
  name: string;
  type: string;
  kind: string;
  expression: string;
}

/**
 * Makes the database that reads over all regions ask: each of its tables is that table of every home together, by the engine
 * Merge, which reads states and FINAL as the tables themselves do. A table is made anew where its columns or the homes have
 * changed, at once for those who read it, and dropped where the homes have it no longer.
 */
export async function remakeReadDatabase(warehouse: Warehouse, cluster: string | undefined): Promise<void> {
  const [main] = warehouse.homes;
  if (main === undefined || warehouse.homes.length < 2) return;
  const present = await marksOf(main, warehouse.database);
  const wanted = new Set<string>();
  for (const [table, columns] of await columnsOf(main)) {
    wanted.add(table);
    const definition = `(${columns.map(columnSql).join(', ')}) ENGINE = Merge(REGEXP('^(${homesPattern(warehouse)})$'), '^${table}$')`;
    const mark = createHash('sha256').update(definition).digest('hex');
    if (present.get(table) === mark) continue;
    const sql = `CREATE OR REPLACE TABLE \`${warehouse.database}\`.\`${table}\` \${ON_CLUSTER} ${definition} COMMENT '${mark}'`;
    await main.command(fillPlaceholders(sql, cluster));
  }
  for (const table of present.keys()) {
    if (wanted.has(table)) continue;
    const sql = `DROP TABLE IF EXISTS \`${warehouse.database}\`.\`${table}\` \${ON_CLUSTER} SYNC`;
    await main.command(fillPlaceholders(sql, cluster));
  }
}

/** The names are letters, digits and `_` only: in a pattern they stand for themselves. */
function homesPattern({ homes }: Warehouse): string {
  return homes.map(({ database }) => database).join('|');
}

/** Materialized columns stay so, that `SELECT *` is the same everywhere; what a default would fill in has been filled in. */
function columnSql({ name, type, kind, expression }: Column): string {
  return `\`${name}\` ${type}${kind === 'MATERIALIZED' ? ` MATERIALIZED ${expression}` : ''}`;
}

async function marksOf(main: Warehouse, database: string): Promise<Map<string, string>> {
  const { rows } = await main.query<{ name: string; comment: string }>(
    'SELECT name, comment FROM system.tables WHERE database = {database:String}',
    { params: { database } },
  );
  return new Map(rows.map(({ name, comment }) => [name, comment]));
}

async function columnsOf(main: Warehouse): Promise<Map<string, Column[]>> {
  const tables = await tablesOfRegions(main);
  const { rows } = await main.query<Column>(
    `SELECT table, name, type, default_kind AS kind, default_expression AS expression FROM system.columns
     WHERE database = currentDatabase() AND table IN {tables:Array(String)} ORDER BY table, position`,
    { params: { tables }, maxResultRows: 100_000 },
  );
  return Map.groupBy(rows, ({ table }) => table);
}
