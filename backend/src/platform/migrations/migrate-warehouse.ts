import { splitStatements } from '../sql/index.ts';
import type { Store } from '../store/index.ts';
import type { Warehouse } from '../warehouse/index.ts';
import { fillPlaceholders } from './cluster-placeholders.ts';
import { underMigrationLock } from './migration-lock.ts';
import { planMigrations, type AppliedMigration, type Migration } from './migration-plan.ts';
import { moveRows } from './move-rows.ts';
import { remakeReadDatabase } from './read-database.ts';
import { migrationsOf, readMigrations } from './read-migrations.ts';

export interface MigrateWarehouseOptions {
  /** Holds the lock: ClickHouse has none of its own. */
  store: Pick<Store, 'withLock'>;
  /** Name of the ClickHouse cluster; tables are then created on all of it, with Replicated engines. */
  cluster?: string;
  /** Folder of the files; the product's own by default. */
  directory?: string;
}

const ledger = `
  CREATE TABLE IF NOT EXISTS schema_migration \${ON_CLUSTER}
  (
    Number UInt32,
    Name String,
    Checksum String,
    AppliedAt DateTime64(3, 'UTC') DEFAULT now64(3)
  )
  ENGINE = \${REPLACING}(AppliedAt)
  ORDER BY Number`;

/**
 * Brings ClickHouse to this version: applies to each database the files that are not in its ledger. ClickHouse has no
 * transactions for DDL, so every statement of a file is idempotent and a file that was cut short is applied again from its
 * start. Where regions have databases of their own, rows that are elsewhere are moved there, and the database that reads over
 * all of them is brought up to date. Returns the names of the files applied now, to any database.
 * @throws MigrationError where files and ledger do not fit; AppError as the warehouse does.
 */
export async function migrateWarehouse(warehouse: Warehouse, options: MigrateWarehouseOptions): Promise<string[]> {
  const { store, cluster, directory = migrationsOf('warehouse') } = options;
  const files = await readMigrations(directory);
  const statements = new Map(
    files.map((file) => [file.number, splitStatements(fillPlaceholders(file.sql, cluster), 'clickhouse')]),
  );
  const [main = warehouse] = warehouse.homes;
  return underMigrationLock(store, `warehouse:${main.database}`, async (lost) => {
    const applied = new Set<string>();
    for (const home of warehouse.homes)
      for (const name of await migrateHome(home, { files, statements, cluster, lost })) applied.add(name);
    await moveRows(warehouse, cluster, lost);
    await remakeReadDatabase(warehouse, cluster);
    return [...applied].sort();
  });
}

interface Plan {
  files: readonly Migration[];
  statements: ReadonlyMap<number, readonly string[]>;
  cluster: string | undefined;
  lost: AbortSignal;
}

async function migrateHome(home: Warehouse, { files, statements, cluster, lost }: Plan): Promise<string[]> {
  await home.command(fillPlaceholders(ledger, cluster));
  const { rows } = await home.query<AppliedMigration>(
    'SELECT Number AS number, Name AS name, Checksum AS checksum FROM schema_migration FINAL ORDER BY Number',
  );
  const pending = planMigrations(files, rows);
  for (const migration of pending) {
    for (const statement of statements.get(migration.number) ?? []) {
      lost.throwIfAborted();
      await home.command(statement);
    }
    await record(home, migration);
  }
  return pending.map(({ name }) => name);
}

async function record(warehouse: Warehouse, { number, name, checksum }: Migration): Promise<void> {
  await warehouse.insert('schema_migration', [{ Number: number, Name: name, Checksum: checksum }]);
}
