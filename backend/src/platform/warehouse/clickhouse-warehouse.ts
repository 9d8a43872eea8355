import { Readable } from 'node:stream';
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { AppError } from '../errors/index.ts';
import type { Scope } from '../identity/index.ts';
import { readAnswer, type Answer } from './answer-text.ts';
import type { QueryOptions, QueryResult, Warehouse, WarehouseParams } from './contract.ts';
import { withErrorsRead } from './export-stream.ts';
import { batched, deduplication, inFileOrder, insertSettings, longSeconds } from './insert-body.ts';
import { quotedFormat, quotedName, quotedTable } from './sql-names.ts';
import { bindable, insertLine } from './values.ts';
import { assertReads } from './read-guard.ts';
import type { ResultCache } from './result-cache.ts';
import { retrying } from './retry.ts';
import { scopeFilters } from './scope-filter.ts';
import { ScopeCatalogue } from './scope-catalogue.ts';
import { toWarehouseError } from './warehouse-error.ts';
import type { WarehouseMetrics } from './warehouse-metrics.ts';

export interface WarehouseGuards {
  timeoutMs: number;
  maxResultRows: number;
  maxBytesToRead: number;
}

export interface ClickHouseWarehouseOptions {
  client: ClickHouseClient;
  database: string;
  endpoint: Warehouse['endpoint'];
  guards: WarehouseGuards;
  cache: ResultCache;
  metrics: WarehouseMetrics;
  /** Stops what was started for this warehouse, e.g. the embedded engine. */
  onClose: () => Promise<void>;
  /** The warehouse of all regions of which this one holds some; absent where there is one database. */
  whole?: () => Warehouse;
}

type Settings = Record<string, string | number>;

/** The engine stops at the guard itself; the client gives up a little later, for an engine that hangs. */
const graceMs = 2_000;

const readSettings: Settings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  result_overflow_mode: 'throw',
  read_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  cancel_http_readonly_queries_on_client_close: 1,
};

/** The warehouse over ClickHouse's HTTP interface: a server, or the embedded engine behind the same interface. */
export class ClickHouseWarehouse implements Warehouse {
  readonly database: string;
  readonly endpoint: Warehouse['endpoint'];
  readonly #client: ClickHouseClient;
  readonly #guards: WarehouseGuards;
  readonly #cache: ResultCache;
  readonly #metrics: WarehouseMetrics;
  readonly #onClose: () => Promise<void>;
  readonly #catalogue: ScopeCatalogue;
  readonly #whole: (() => Warehouse) | undefined;

  constructor(options: ClickHouseWarehouseOptions) {
    const { client, database, endpoint, guards, cache, metrics, onClose, whole } = options;
    this.#client = client;
    this.database = database;
    this.endpoint = endpoint;
    this.#guards = guards;
    this.#cache = cache;
    this.#metrics = metrics;
    this.#onClose = onClose;
    this.#whole = whole;
    this.#catalogue = new ScopeCatalogue((sql, params) =>
      this.#read(sql, { params, scope: undefined }).then(({ rows }) => rows),
    );
  }

  get homes(): readonly Warehouse[] {
    return this.#whole?.().homes ?? [this];
  }

  get regions(): readonly string[] {
    return this.#whole?.().regions ?? [];
  }

  in(region: string): Warehouse {
    return this.#whole?.().in(region) ?? this;
  }

  async query<Row>(sql: string, options: QueryOptions = {}): Promise<QueryResult<Row>> {
    assertReads(sql, options.scope !== undefined);
    const cacheSeconds = options.cacheSeconds ?? 0;
    if (cacheSeconds <= 0) return asResult(await this.#read(sql, options));
    const key = cacheKey(this.database, sql, options);
    const known = this.#cache.get(key, cacheSeconds);
    if (known) {
      this.#metrics.cacheRequests.inc({ outcome: 'hit' });
      return { ...asResult<Row>(readAnswer(known.text, undefined)), cachedAgeSeconds: known.ageSeconds };
    }
    const shared = this.#cache.underWay.get(key);
    this.#metrics.cacheRequests.inc({ outcome: shared ? 'shared' : 'miss' });
    return asResult(shared ? readAnswer((await shared).text, undefined) : await this.#readShared(key, sql, options));
  }

  async insert(
    table: string,
    rows: readonly object[] | AsyncIterable<object>,
    options: { columns?: readonly string[]; token?: string; signal?: AbortSignal; spreadMs?: number } = {},
  ): Promise<{ writtenRows: number }> {
    const { columns, token, signal, spreadMs = 0 } = options;
    let writtenRows = 0;
    const lineOf = (row: object): string => {
      writtenRows += 1;
      return insertLine(row);
    };
    const into = `${quotedTable(table)}${columns ? ` (${columns.map(quotedName).join(', ')})` : ''}`;
    const settings = { ...insertSettings, ...deduplication(token) };
    const attempt = async () => {
      writtenRows = 0;
      await this.#send(
        `INSERT INTO ${into} FORMAT JSONEachRow`,
        Readable.from(batched(rows, lineOf, spreadMs), { highWaterMark: 1 }),
        settings,
        signal,
      );
      return { writtenRows };
    };
    return this.#timed('insert', async () => {
      const isRepeatable = token !== undefined && Array.isArray(rows) && (await this.#deduplicates(table));
      try {
        return await (isRepeatable ? retrying(attempt, signal) : attempt());
      } finally {
        // What this process wrote, this process reads at once; other replicas see it when their answers have aged.
        this.#cache.forget(table);
      }
    });
  }

  insertRaw(table: string, body: Readable, format: string): Promise<{ writtenRows: number }> {
    return this.#timed('insert', async () => {
      const sql = `INSERT INTO ${quotedTable(table)} FORMAT ${quotedFormat(format)}`;
      return { writtenRows: await this.#send(sql, body, { ...insertSettings, ...inFileOrder, ...deduplication() }) };
    });
  }

  exportRaw(sql: string, format: string, options: QueryOptions = {}): Promise<Readable> {
    assertReads(sql, options.scope !== undefined);
    return this.#timed('export', async () => {
      const settings = await this.#readSettings({ maxResultRows: 0, timeoutMs: longSeconds * 1000, ...options });
      const { stream } = await this.#call(() =>
        this.#client.exec({
          query: `${sql.trim().replace(/;$/, '')}\nFORMAT ${quotedFormat(format)}`,
          query_params: bindable(options.params),
          // Uncompressed: a decoder that is cut off drops its last bytes, and with them the reason for the cut.
          clickhouse_settings: { ...settings, enable_http_compression: 0 },
          ...(options.signal ? { abort_signal: options.signal } : {}),
        }),
      );
      return withErrorsRead(stream, options.signal);
    });
  }

  async command(sql: string, options: { params?: WarehouseParams; settings?: Settings } = {}): Promise<void> {
    await this.#timed('command', () =>
      this.#call(() =>
        this.#client.command({
          query: sql,
          query_params: bindable(options.params),
          clickhouse_settings: {
            max_execution_time: longSeconds,
            wait_end_of_query: 1,
            ...options.settings,
          },
        }),
      ),
    );
    this.#catalogue.forget();
  }

  async ping(): Promise<boolean> {
    const { success } = await this.#client.ping({ select: true });
    return success;
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#cache.clear();
    await this.#onClose();
  }

  /** True where the table knows the tokens of its last batches, so that a batch may be sent again. */
  async #deduplicates(table: string): Promise<boolean> {
    const sql = `SELECT engine LIKE 'Replicated%' OR create_table_query LIKE '%non_replicated_deduplication_window%' AS known
      FROM system.tables WHERE database = currentDatabase() AND name = {table:String}`;
    const { rows } = await this.#read(sql, { params: { table } });
    return (rows as { known: number }[])[0]?.known === 1;
  }

  #readShared(key: string, sql: string, options: QueryOptions): Promise<Answer> {
    const { underWay, writes } = this.#cache;
    // One caller's going away must not end the read for those who wait for the same answer.
    const { signal: _, ...rest } = options;
    const reading = this.#read(sql, rest)
      .then((answer) => {
        if (writes === this.#cache.writes) this.#cache.set(key, answer.text);
        return answer;
      })
      .finally(() => {
        if (underWay.get(key) === reading) underWay.delete(key);
      });
    underWay.set(key, reading);
    return reading;
  }

  #read(sql: string, options: ReadOptions): Promise<Answer> {
    return this.#timed('query', () => retrying(() => this.#readOnce(sql, options), options.signal));
  }

  async #readOnce(sql: string, options: ReadOptions): Promise<Answer> {
    const settings = await this.#readSettings(options);
    const timeoutMs = options.timeoutMs ?? this.#guards.timeoutMs;
    const late = AbortSignal.timeout(timeoutMs + graceMs);
    const signal = options.signal ? AbortSignal.any([options.signal, late]) : late;
    try {
      options.signal?.throwIfAborted();
      const answer = await this.#client.query({
        query: sql,
        format: 'JSON',
        query_params: bindable(options.params),
        clickhouse_settings: { ...settings, wait_end_of_query: 1 },
        abort_signal: signal,
      });
      const close = () => answer.close();
      signal.addEventListener('abort', close, { once: true });
      const text = await answer.text().finally(() => signal.removeEventListener('abort', close));
      return readAnswer(text, answer.response_headers);
    } catch (error) {
      if (options.signal?.aborted)
        throw new AppError('CLIENT_CLOSED', 'The caller went away before the answer.', { cause: error });
      if (late.aborted)
        throw new AppError('QUERY_LIMIT', `The query takes longer than the ${timeoutMs} ms allowed.`, { cause: error });
      throw toWarehouseError(error);
    }
  }

  async #readSettings({ scope, timeoutMs, maxResultRows, settings }: ReadOptions): Promise<ClickHouseSettings> {
    const guards = this.#guards;
    if (scope && settings && 'additional_table_filters' in settings)
      throw new Error('a scoped query cannot set its own table filters');
    const all: Settings = {
      ...readSettings,
      max_execution_time: (timeoutMs ?? guards.timeoutMs) / 1000,
      max_result_rows: String(maxResultRows ?? guards.maxResultRows),
      max_bytes_to_read: String(guards.maxBytesToRead),
      ...settings,
    };
    if (scope) all.additional_table_filters = scopeFilters(this.database, await this.#catalogue.tables(), scope);
    return all;
  }

  /** Sends rows as the body of an INSERT; resolves with the number of rows that the engine read from it. */
  async #send(sql: string, values: Readable, settings: Settings, signal?: AbortSignal): Promise<number> {
    return this.#call(async () => {
      const { stream, summary } = await this.#client.exec({
        query: sql,
        values,
        clickhouse_settings: { ...settings, wait_end_of_query: 1 },
        ...(signal ? { abort_signal: signal } : {}),
      });
      for await (const _ of stream);
      return Number(summary?.read_rows ?? 0) || Number(summary?.written_rows ?? 0);
    }, signal);
  }

  async #call<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted)
        throw new AppError('CLIENT_CLOSED', 'The caller went away before the end.', { cause: error });
      throw toWarehouseError(error);
    }
  }

  async #timed<T>(kind: string, work: () => Promise<T>): Promise<T> {
    const end = this.#metrics.seconds.startTimer({ kind });
    try {
      const result = await work();
      end({ outcome: 'ok' });
      return result;
    } catch (error) {
      end({ outcome: error instanceof AppError ? error.code : 'INTERNAL' });
      throw error;
    }
  }
}

type ReadOptions = Omit<QueryOptions, 'scope' | 'signal'> & { scope?: Scope | undefined; signal?: AbortSignal };

function asResult<Row>({ rows, elapsedMs, rowsRead, rowsBeforeLimit }: Answer): QueryResult<Row> {
  const before = rowsBeforeLimit === undefined ? {} : { rowsBeforeLimit };
  return { rows: rows as Row[], elapsedMs, rowsRead, ...before };
}

/** Everything that can change an answer. */
function cacheKey(database: string, sql: string, { params, scope, maxResultRows, settings }: QueryOptions): string {
  return JSON.stringify([database, sql, bindable(params), scope ?? null, maxResultRows ?? null, settings ?? null]);
}
