import type { Warehouse } from '../warehouse/index.ts';
import { fillPlaceholders } from './cluster-placeholders.ts';
import { MigrationError } from './migration-plan.ts';
import { tablesOfRegions } from './tables-of-regions.ts';

/** Rows of one table that are in one database and belong into another. */
interface Move {
  from: Warehouse;
  to: Warehouse;
  table: string;
  /** SQL of the rows that move. */
  which: string;
  params: Record<string, unknown>;
}

const long = { max_execution_time: 0, max_bytes_to_read: 0 };

/**
 * Brings rows to the database of their region, after a region was given one of its own. To be called under the lock of the
 * migrations, while nobody writes. Killed at any point it goes on where it stopped, and no row is lost or there twice:
 *
 *  1. the rows are copied to `filling_...` beside their table, which is renamed to `moving_...` when it is complete;
 *  2. they are deleted from their table;
 *  3. each partition of `moving_...` moves over as it is: no view sees it as an insert, so that roll-ups, which move
 *     themselves, do not count it again.
 *
 * @throws MigrationError where a move was begun to a database that is not one of the homes now
 */
export async function moveRows(warehouse: Warehouse, cluster: string | undefined, lost: AbortSignal): Promise<void> {
  for (const from of warehouse.homes) {
    const begun = await begunMoves(from);
    const tables = warehouse.homes.length < 2 ? [] : await tablesOfRegions(from);
    for (const to of warehouse.homes) {
      if (to.database === from.database) continue;
      const rows = rowsOf(warehouse, to);
      const found = new Set(await tablesWith(from, tables, rows));
      for (const table of tables) {
        lost.throwIfAborted();
        const move: Move = { from, to, table, ...rows };
        const isBegun = begun.delete(nameOf('moving', move));
        if (found.has(table) || isBegun) await moveTable(move, isBegun, cluster);
      }
    }
    // Rows written since would be taken for rows that have moved.
    for (const name of begun)
      throw new MigrationError(
        `${from.database}.${name} holds rows on their way to another database, which warehouse.regions does not name: start once with the regions as they were then, and change them after.`,
      );
  }
}

/** Which rows live in a home: those of its regions, or in the main one those of no other. */
function rowsOf(warehouse: Warehouse, home: Warehouse): Pick<Move, 'which' | 'params'> {
  const own = warehouse.regions.filter((region) => warehouse.in(region).database === home.database);
  return own.length > 0
    ? { which: 'Region IN {regions:Array(String)}', params: { regions: own } }
    : { which: 'Region NOT IN {regions:Array(String)}', params: { regions: warehouse.regions } };
}

async function tablesWith(
  from: Warehouse,
  tables: readonly string[],
  { which, params }: Pick<Move, 'which' | 'params'>,
): Promise<string[]> {
  if (tables.length === 0) return [];
  const parts = tables.map((table) => `(SELECT '${table}' AS name FROM \`${table}\` WHERE ${which} LIMIT 1)`);
  const { rows } = await from.query<{ name: string }>(parts.join(' UNION ALL '), {
    params,
    timeoutMs: 600_000,
    settings: { max_bytes_to_read: 0 },
  });
  return rows.map(({ name }) => name);
}

async function moveTable(move: Move, isBegun: boolean, cluster: string | undefined): Promise<void> {
  const { from, to, table, which, params } = move;
  const [filling, moving] = [nameOf('filling', move), nameOf('moving', move)];
  const ddl = (sql: string) => from.command(fillPlaceholders(sql, cluster), { settings: long });
  if (!isBegun) {
    await ddl(`DROP TABLE IF EXISTS \`${filling}\` \${ON_CLUSTER} SYNC`);
    await ddl(`CREATE TABLE \`${filling}\` \${ON_CLUSTER} AS \`${table}\``);
    await from.command(`INSERT INTO \`${filling}\` SELECT * FROM \`${table}\` WHERE ${which}`, {
      params,
      settings: { ...long, max_partitions_per_insert_block: 0 },
    });
    await ddl(`RENAME TABLE \`${filling}\` TO \`${moving}\` \${ON_CLUSTER}`);
  }
  await from.command(`ALTER TABLE \`${table}\` DELETE WHERE ${which}`, {
    params,
    settings: { ...long, mutations_sync: 2 },
  });
  for (const partition of await partitionsOf(from, moving))
    await from.command(
      `ALTER TABLE \`${moving}\` MOVE PARTITION ID '${partition}' TO TABLE \`${to.database}\`.\`${table}\``,
      { settings: long },
    );
  await ddl(`DROP TABLE IF EXISTS \`${moving}\` \${ON_CLUSTER} SYNC`);
}

function nameOf(phase: 'filling' | 'moving', { table, to }: Move): string {
  return `${phase}_${table}_to_${to.database}`;
}

async function begunMoves(from: Warehouse): Promise<Set<string>> {
  const { rows } = await from.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'moving_')`,
  );
  return new Set(rows.map(({ name }) => name));
}

async function partitionsOf(from: Warehouse, table: string): Promise<string[]> {
  const { rows } = await from.query<{ id: string }>(
    `SELECT DISTINCT partition_id AS id FROM system.parts
     WHERE database = currentDatabase() AND table = {table:String} AND active AND rows > 0 ORDER BY id`,
    { params: { table } },
  );
  return rows.map(({ id }) => id);
}
