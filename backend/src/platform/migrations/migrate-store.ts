import { splitStatements } from '../sql/index.ts';
import type { Store } from '../store/index.ts';
import { underMigrationLock } from './migration-lock.ts';
import { planMigrations, type AppliedMigration, type Migration } from './migration-plan.ts';
import { migrationsOf, readMigrations } from './read-migrations.ts';

export interface MigrateStoreOptions {
  /** Folder of the files; the product's own by default. */
  directory?: string;
}

const ledger = `
  CREATE TABLE IF NOT EXISTS schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

/**
 * Brings PostgreSQL to this version: applies the files that are not in the ledger, each in a transaction with its line in
 * the ledger. Returns the names of those applied now.
 * @throws MigrationError where files and ledger do not fit; AppError as the store does.
 */
export async function migrateStore(
  store: Store,
  { directory = migrationsOf('store') }: MigrateStoreOptions = {},
): Promise<string[]> {
  const files = await readMigrations(directory);
  return underMigrationLock(store, 'store', async (lost) => {
    await store.query(ledger);
    const applied = await store.query<AppliedMigration>(
      'SELECT number, name, checksum FROM schema_migration ORDER BY number',
    );
    const pending = planMigrations(files, applied);
    for (const migration of pending) {
      lost.throwIfAborted();
      await apply(store, migration);
    }
    return pending.map(({ name }) => name);
  });
}

function apply(store: Store, { number, name, sql, checksum }: Migration): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.query('SET LOCAL statement_timeout = 0'); // an index on a large table takes its time
    for (const statement of splitStatements(sql, 'postgres')) await tx.query(statement);
    await tx.query('INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
  });
}
