import type { ScopedTables } from './scope-filter.ts';
import { scopeColumns } from './scope-filter.ts';

type Read = (sql: string, params: Record<string, unknown>) => Promise<unknown[]>;

/** Tables change with migrations only; this is for those that another process applied. */
const maxAgeMs = 30_000;

const sql = `
  SELECT table, groupArray(name) AS columns
  FROM system.columns
  WHERE database = currentDatabase() AND has({names:Array(String)}, name)
  GROUP BY table`;

/** Knows which tables of the database say to whom their rows belong, asked once and kept for a while. */
export class ScopeCatalogue {
  readonly #read: Read;
  #known: { tables: Promise<ScopedTables>; readAt: number } | undefined;

  constructor(read: Read) {
    this.#read = read;
  }

  tables(): Promise<ScopedTables> {
    const now = performance.now();
    if (this.#known && now - this.#known.readAt < maxAgeMs) return this.#known.tables;
    const tables = this.#load();
    tables.catch(() => this.forget());
    this.#known = { tables, readAt: now };
    return tables;
  }

  /** To be called after a statement that may have changed a table. */
  forget(): void {
    this.#known = undefined;
  }

  async #load(): Promise<ScopedTables> {
    const rows = (await this.#read(sql, { names: [...scopeColumns] })) as { table: string; columns: string[] }[];
    return new Map(rows.map(({ table, columns }) => [table, new Set(columns)]));
  }
}
