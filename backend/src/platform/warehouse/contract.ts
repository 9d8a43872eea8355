import type { Readable } from 'node:stream';
import type { Scope } from '../identity/index.ts';

export type WarehouseParams = Record<string, unknown>;

export interface QueryOptions {
  /** Bound on the server side as `{name:Type}`; never concatenate values into SQL. */
  params?: WarehouseParams;
  /** Rows of other tenants, regions, teams or products do not exist for this query. Omit only for the system's own work. */
  scope?: Scope;
  /** Milliseconds before the query is cancelled; default `warehouse.guards.timeoutMs`. */
  timeoutMs?: number;
  /** Rows of the result after which QUERY_LIMIT is thrown; default `warehouse.guards.maxResultRows`. */
  maxResultRows?: number;
  signal?: AbortSignal;
  /** Seconds for which an equal query (same SQL, parameters and scope) may be answered from memory. 0 (default): never. */
  cacheSeconds?: number;
  /** Further ClickHouse settings for this query only. */
  settings?: Record<string, string | number>;
}

export interface QueryResult<Row> {
  rows: Row[];
  /** Milliseconds that the engine spent, as it reports them. */
  elapsedMs: number;
  rowsRead: number;
  /**
   * How many rows a statement with a LIMIT has without it: at least so many, and exactly with the setting
   * `exact_rows_before_limit`.
   */
  rowsBeforeLimit?: number;
  /** Age in seconds of a cached answer; undefined when fresh. */
  cachedAgeSeconds?: number;
}

/**
 * The analytics store: ClickHouse by URL, or the embedded engine speaking the same protocol. Decimals and 64-bit integers
 * arrive as strings. Errors are AppErrors: UNAVAILABLE (away), QUERY_LIMIT (guard), DISK_FULL, INTERNAL.
 *
 * Where regions have databases of their own (`warehouse.regions`), reads see the rows of all of them, `insert` puts each row
 * into the database of its `Region`, and everything else that writes is asked of `in(region)` or of `homes`.
 */
export interface Warehouse {
  /** The warehouse of the rows of one region: its own database, or the main one. The same object where none has its own. */
  in(region: string): Warehouse;
  /** One for each database that holds rows, the main one first: for work that is done in all of them, e.g. migrations. */
  readonly homes: readonly Warehouse[];
  /** Regions that have a database of their own. */
  readonly regions: readonly string[];
  query<Row>(sql: string, options?: QueryOptions): Promise<QueryResult<Row>>;
  /**
   * Inserts objects (JSONEachRow) and resolves when they are durable. A column that the table lacks is an error. With a
   * token, a batch that arrives twice counts once and is sent again by itself, where the table keeps tokens (Replicated
   * engines, or the setting non_replicated_deduplication_window). Rows that nobody waits for may be sent over `spreadMs`
   * milliseconds (default: 0), so that this process has time for others meanwhile; of a list only.
   */
  insert(
    table: string,
    rows: readonly object[] | AsyncIterable<object>,
    options?: { columns?: readonly string[]; token?: string; signal?: AbortSignal; spreadMs?: number },
  ): Promise<{ writtenRows: number }>;
  /** Inserts a raw body in a ClickHouse format, e.g. Parquet or CSVWithNames. */
  insertRaw(table: string, body: Readable, format: string): Promise<{ writtenRows: number }>;
  /** Runs a query and hands out its raw bytes in a format, e.g. Parquet. */
  exportRaw(sql: string, format: string, options?: QueryOptions): Promise<Readable>;
  command(
    sql: string,
    options?: { params?: WarehouseParams; settings?: Record<string, string | number> },
  ): Promise<void>;
  ping(): Promise<boolean>;
  /** Name of the database that is read. */
  readonly database: string;
  /** Base URL and credentials for other clients, e.g. benchmarks. Never logged. */
  readonly endpoint: { url: string; username: string; password: string };
  close(): Promise<void>;
}
