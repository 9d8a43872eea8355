import type { Readable } from 'node:stream';
import type { Telemetry } from '../telemetry/index.ts';
import type { QueryOptions, QueryResult, Warehouse } from './contract.ts';

type Tracer = Pick<Telemetry, 'span' | 'annotate'>;

/** Long statements are cut; they hold no values, which are bound apart. */
const longestText = 2_000;

/** The same warehouse with a client span round every query, insert and command, below the present span. */
export function traceWarehouse(warehouse: Warehouse, telemetry: Tracer): Warehouse {
  return new TracedWarehouse(warehouse, telemetry);
}

class TracedWarehouse implements Warehouse {
  readonly #inner: Warehouse;
  readonly #telemetry: Tracer;

  constructor(inner: Warehouse, telemetry: Tracer) {
    this.#inner = inner;
    this.#telemetry = telemetry;
  }

  get database(): string {
    return this.#inner.database;
  }

  get endpoint(): Warehouse['endpoint'] {
    return this.#inner.endpoint;
  }

  get homes(): readonly Warehouse[] {
    return this.#inner.homes.map((home) => this.#same(home));
  }

  get regions(): readonly string[] {
    return this.#inner.regions;
  }

  in(region: string): Warehouse {
    return this.#same(this.#inner.in(region));
  }

  query<Row>(sql: string, options?: QueryOptions): Promise<QueryResult<Row>> {
    return this.#traced('query', sql, async () => {
      const result = await this.#inner.query<Row>(sql, options);
      this.#telemetry.annotate({
        'db.response.returned_rows': result.rows.length,
        'amadeus.rows_read': result.rowsRead,
        'amadeus.cached': result.cachedAgeSeconds !== undefined,
      });
      return result;
    });
  }

  insert(...args: Parameters<Warehouse['insert']>): Promise<{ writtenRows: number }> {
    return this.#traced('insert', `INSERT INTO ${args[0]}`, () => this.#written(this.#inner.insert(...args)));
  }

  insertRaw(table: string, body: Readable, format: string): Promise<{ writtenRows: number }> {
    const text = `INSERT INTO ${table} FORMAT ${format}`;
    return this.#traced('insert', text, () => this.#written(this.#inner.insertRaw(table, body, format)));
  }

  exportRaw(sql: string, format: string, options?: QueryOptions): Promise<Readable> {
    return this.#traced('export', sql, () => this.#inner.exportRaw(sql, format, options));
  }

  command(...args: Parameters<Warehouse['command']>): Promise<void> {
    return this.#traced('command', args[0], () => this.#inner.command(...args));
  }

  ping(): Promise<boolean> {
    return this.#inner.ping();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #same(inner: Warehouse): Warehouse {
    return inner === this.#inner ? this : new TracedWarehouse(inner, this.#telemetry);
  }

  async #written(insert: Promise<{ writtenRows: number }>): Promise<{ writtenRows: number }> {
    const result = await insert;
    this.#telemetry.annotate({ 'amadeus.written_rows': result.writtenRows });
    return result;
  }

  /** Names as OpenTelemetry's conventions for database clients have them. */
  #traced<T>(operation: string, sql: string, work: () => Promise<T>): Promise<T> {
    const attributes = {
      'db.system.name': 'clickhouse',
      'db.namespace': this.#inner.database,
      'db.operation.name': operation,
      'db.query.text': sql.slice(0, longestText),
    };
    return this.#telemetry.span(`warehouse ${operation}`, attributes, work, { kind: 'client' });
  }
}
