import { splitStatements } from '../sql/index.ts';
import type { Store } from '../store/index.ts';
import type { Warehouse } from '../warehouse/index.ts';
import { fillPlaceholders } from './cluster-placeholders.ts';
import { underMigrationLock } from './migration-lock.ts';
import { planMigrations, type AppliedMigration, type Migration } from './migration-plan.ts';
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
 * Brings ClickHouse to this version: applies the files that are not in the ledger. ClickHouse has no transactions for DDL,
 * so every statement of a file is idempotent and a file that was cut short is applied again from its start. Returns the
 * names of those applied now.
 * @throws MigrationError where files and ledger do not fit; AppError as the warehouse does.
 */
export async function migrateWarehouse(warehouse: Warehouse, options: MigrateWarehouseOptions): Promise<string[]> {
  const { store, cluster, directory = migrationsOf('warehouse') } = options;
  const files = await readMigrations(directory);
  const statements = new Map(
    files.map((file) => [file.number, splitStatements(fillPlaceholders(file.sql, cluster), 'clickhouse')]),
  );
  return underMigrationLock(store, `warehouse:${warehouse.database}`, async (lost) => {
    await warehouse.command(fillPlaceholders(ledger, cluster));
    const { rows } = await warehouse.query<AppliedMigration>(
      'SELECT Number AS number, Name AS name, Checksum AS checksum FROM schema_migration FINAL ORDER BY Number',
    );
    const pending = planMigrations(files, rows);
    for (const migration of pending) {
      for (const statement of statements.get(migration.number) ?? []) {
        lost.throwIfAborted();
        await warehouse.command(statement);
      }
      await record(warehouse, migration);
    }
    return pending.map(({ name }) => name);
  });
}

async function record(warehouse: Warehouse, { number, name, checksum }: Migration): Promise<void> {
  await warehouse.insert('schema_migration', [{ Number: number, Name: name, Checksum: checksum }]);
}
