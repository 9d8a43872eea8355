import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MigrationError, type Migration } from './migration-plan.ts';

/** Folder of the migrations that belong to this version of the service. */
export function migrationsOf(store: 'store' | 'warehouse'): string {
  return fileURLToPath(new URL(`../../../migrations/${store}`, import.meta.url));
}

/**
 * The files `NNNN_name.sql` of a folder, in order.
 * @throws MigrationError for a file that is named otherwise.
 */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(names.map((name) => readMigration(directory, name)));
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1];
  if (number === undefined)
    throw new MigrationError(`${join(directory, name)}: name it NNNN_name.sql, e.g. 0007_budgets.sql.`);
  const sql = (await readFile(join(directory, name), 'utf8')).replace(/\r\n/g, '\n');
  return { number: Number(number), name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
}
