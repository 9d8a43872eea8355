import type { Readable } from 'node:stream';
import type { Scope } from '../identity/index.ts';
import type { QueryOptions, QueryResult, Warehouse } from './contract.ts';

interface RegionalWarehouseOptions {
  /** Reads all the others together. */
  all: Warehouse;
  /** Rows of regions that have no database of their own. */
  main: Warehouse;
  regions: ReadonlyMap<string, Warehouse>;
  /** Stops what was started for all of them. */
  onClose: () => Promise<void>;
}

/**
 * A warehouse some of whose regions have a database of their own. A read whose scope ends in one database is answered by that
 * database alone; any other reads them together. A row is inserted where its region lives.
 */
export class RegionalWarehouse implements Warehouse {
  readonly homes: readonly Warehouse[];
  readonly regions: readonly string[];
  readonly #all: Warehouse;
  readonly #main: Warehouse;
  readonly #homes: ReadonlyMap<string, Warehouse>;
  readonly #onClose: () => Promise<void>;

  constructor({ all, main, regions, onClose }: RegionalWarehouseOptions) {
    this.#all = all;
    this.#main = main;
    this.#homes = regions;
    this.#onClose = onClose;
    this.homes = [main, ...regions.values()];
    this.regions = [...regions.keys()];
  }

  get database(): string {
    return this.#all.database;
  }

  get endpoint(): Warehouse['endpoint'] {
    return this.#main.endpoint;
  }

  in(region: string): Warehouse {
    return this.#homes.get(region) ?? this.#main;
  }

  async query<Row>(sql: string, options: QueryOptions = {}): Promise<QueryResult<Row>> {
    return this.#readFrom(options.scope).query<Row>(sql, options);
  }

  async exportRaw(sql: string, format: string, options: QueryOptions = {}): Promise<Readable> {
    return this.#readFrom(options.scope).exportRaw(sql, format, options);
  }

  /** Rows of several databases are written one database after the other: each of them sees its part at once, or nothing. */
  async insert(...[table, rows, options]: Parameters<Warehouse['insert']>): Promise<{ writtenRows: number }> {
    if (!isList(rows)) throw new Error(`insert() of a stream of rows into ${table}: ask in(region) for it`);
    const parts = new Map<Warehouse, object[]>();
    for (const row of rows) {
      const home = this.in(regionOf(table, row));
      const part = parts.get(home);
      if (part) part.push(row);
      else parts.set(home, [row]);
    }
    let writtenRows = 0;
    for (const [home, part] of parts) writtenRows += (await home.insert(table, part, options)).writtenRows;
    return { writtenRows };
  }

  async insertRaw(table: string): Promise<{ writtenRows: number }> {
    throw new Error(`insertRaw() into ${table}: ask in(region) for it`);
  }

  async command(sql: string): Promise<void> {
    throw new Error(`command() changes one database: ask in(region) or each of homes for ${sql.trim().slice(0, 60)}`);
  }

  ping(): Promise<boolean> {
    return this.#main.ping();
  }

  async close(): Promise<void> {
    for (const one of [this.#all, ...this.homes]) await one.close();
    await this.#onClose();
  }

  /** What nobody may see is asked of the main database: its filter lets nothing through. */
  #readFrom(scope: Scope | undefined): Warehouse {
    if (scope === undefined || scope.regions === 'all') return this.#all;
    const homes = new Set(scope.regions.map((region) => this.in(region)));
    const [home = this.#main] = homes;
    return homes.size > 1 ? this.#all : home;
  }
}

function isList(rows: readonly object[] | AsyncIterable<object>): rows is readonly object[] {
  return Array.isArray(rows);
}

function regionOf(table: string, row: object): string {
  const region = (row as { Region?: unknown }).Region;
  if (typeof region === 'string') return region;
  throw new Error(`a row of ${table} has no Region: ask in(region) for it`);
}
