import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../telemetry/index.ts';
import type { Store } from './contract.ts';
import { SessionLocks } from './session-locks.ts';
import { isAway, translateStoreError } from './store-errors.ts';

/** What metrics want to know of each call. `code` is `OK`, a SQLSTATE, a system error, or `ERROR`. */
export interface StoreEvent {
  kind: 'query' | 'transaction';
  milliseconds: number;
  code: string;
}

export interface StoreOptions {
  /** postgres://user:password@host:port/database */
  url: string;
  /** Connections of the pool; one more is used for locks. Default 10. */
  maxConnections?: number;
  /** Longest that one statement may run. Default 30 s; `SET LOCAL statement_timeout` raises it in a transaction. */
  statementTimeoutMs?: number;
  /** How long a call waits for a connection while the server is away or the pool is busy. Default 5 s. */
  acquireTimeoutMs?: number;
  log?: Pick<Logger, 'warn'>;
  onEvent?: (event: StoreEvent) => void;
}

const firstPauseMs = 50;
const longestPauseMs = 800;

/**
 * The store on a pool of connections. bigint and numeric arrive as strings, timestamptz as Date, jsonb parsed. It may be
 * opened before the server is there; calls fail with UNAVAILABLE until it is, and work again by themselves when it is back.
 */
export function openStore(options: StoreOptions): Store {
  return new PostgresStore(options);
}

class PostgresStore implements Store {
  readonly url: string;
  #pool: pg.Pool;
  #locks: SessionLocks;
  #acquireTimeoutMs: number;
  #onEvent: (event: StoreEvent) => void;
  #closed: Promise<void> | undefined;

  constructor(options: StoreOptions) {
    this.url = options.url;
    this.#acquireTimeoutMs = options.acquireTimeoutMs ?? 5_000;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#locks = new SessionLocks(options.url);
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.maxConnections ?? 10,
      application_name: 'amadeus',
      connectionTimeoutMillis: this.#acquireTimeoutMs,
      idleTimeoutMillis: 30_000,
      maxLifetimeSeconds: 3_600,
      keepAlive: true,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      idle_in_transaction_session_timeout: 60_000,
    });
    this.#pool.on('error', (error) => options.log?.warn({ err: error }, 'The store closed an idle connection'));
    // The server may end a connection in the very packet that answers a statement, before whoever borrowed it listens; what
    // nobody listens to would end the process. The next statement on that connection fails by itself.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
    return this.#observed('query', async () => {
      const client = await this.#acquire();
      return useAndRelease(client, () => runStatement<Row>(client, sql, params));
    });
  }

  async transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
    return this.#observed('transaction', async () => {
      const client = await this.#begin();
      return useAndRelease(client, async (discard) => {
        const tx = new Transaction(this, client);
        try {
          const result = await work(tx);
          await tx.settle();
          await commit(client);
          return result;
        } catch (error) {
          tx.end();
          await client.query('ROLLBACK').catch(discard);
          throw error;
        } finally {
          tx.end();
        }
      });
    });
  }

  async withLock<T>(name: string, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const lost = await this.#locks.tryLock(name).catch((error: unknown) => {
      throw translateStoreError(error);
    });
    if (!lost) return undefined;
    try {
      return await work(lost);
    } finally {
      await this.#locks.unlock(name);
    }
  }

  async ping(): Promise<boolean> {
    try {
      const client = await this.#pool.connect();
      await useAndRelease(client, () => runStatement(client, 'SELECT 1'));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    this.#closed ??= Promise.all([this.#locks.close(), this.#pool.end()]).then(() => undefined);
    await this.#closed;
  }

  async #observed<T>(kind: StoreEvent['kind'], work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    let code = 'OK';
    try {
      return await work();
    } catch (error) {
      const found = (error as { code?: unknown } | null)?.code;
      code = typeof found === 'string' ? found : 'ERROR';
      throw translateStoreError(error);
    } finally {
      this.#onEvent({ kind, milliseconds: performance.now() - from, code });
    }
  }

  /** Nothing has been sent yet, so trying again is safe: with growing, jittered pauses until the time is up. */
  async #acquire(): Promise<pg.PoolClient> {
    return this.#retried(() => this.#pool.connect());
  }

  async #begin(): Promise<pg.PoolClient> {
    return this.#retried(async () => {
      const client = await this.#pool.connect();
      try {
        await client.query('BEGIN');
        return client;
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  async #retried(connect: () => Promise<pg.PoolClient>): Promise<pg.PoolClient> {
    const deadline = performance.now() + this.#acquireTimeoutMs;
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await connect();
      } catch (error) {
        const wait = pause * (0.5 + Math.random());
        if (!isAway(error) || this.#closed || performance.now() + wait >= deadline) throw error;
        await delay(wait);
      }
    }
  }
}

/** One open transaction. A nested one joins it; where a nested one failed, the whole cannot be committed any more. */
class Transaction implements Store {
  readonly url: string;
  #store: Store;
  #client: pg.PoolClient;
  #tail: Promise<unknown> = Promise.resolve();
  #failure: { error: unknown } | undefined;
  #open = true;

  constructor(store: Store, client: pg.PoolClient) {
    this.url = store.url;
    this.#store = store;
    this.#client = client;
  }

  query<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
    if (!this.#open) return Promise.reject(new Error('The transaction is over: await every statement inside of it.'));
    // One connection runs one statement at a time.
    const answer = this.#tail.then(() => runStatement<Row>(this.#client, sql, params));
    this.#tail = answer.catch(() => undefined);
    return answer.catch((error: unknown) => {
      throw translateStoreError(error);
    });
  }

  async transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
    try {
      return await work(this);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  withLock<T>(name: string, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return this.#store.withLock(name, work);
  }

  ping(): Promise<boolean> {
    return this.#store.ping();
  }

  close(): Promise<void> {
    return Promise.reject(new Error('A transaction cannot close the store.'));
  }

  /** Waits for statements that were not awaited; throws what a nested transaction failed with. */
  async settle(): Promise<void> {
    await this.#tail;
    if (this.#failure) throw this.#failure.error;
  }

  end(): void {
    this.#open = false;
  }
}

async function runStatement<Row extends object>(
  client: pg.PoolClient,
  sql: string,
  params?: readonly unknown[],
): Promise<Row[]> {
  // Without parameters several statements may stand in one text (migrations); the rows are those of the last.
  const answer: unknown = params ? await client.query<Row>(sql, [...params]) : await client.query<Row>(sql);
  const last = (Array.isArray(answer) ? answer.at(-1) : answer) as pg.QueryResult<Row> | undefined;
  return last?.rows ?? [];
}

/** PostgreSQL answers COMMIT with ROLLBACK, and no error, where a statement had failed and its error was swallowed. */
async function commit(client: pg.PoolClient): Promise<void> {
  const answer = await client.query('COMMIT');
  if (answer.command === 'COMMIT') return;
  throw new Error('The transaction was rolled back because one of its statements failed.');
}

/** Gives the connection back, or throws it away where it broke. */
async function useAndRelease<T>(client: pg.PoolClient, work: (discard: () => void) => Promise<T>): Promise<T> {
  let broken = false;
  const onError = () => {
    broken = true;
  };
  // Without a listener, a connection that dies while it is lent would end the process.
  client.on('error', onError);
  try {
    return await work(onError);
  } catch (error) {
    broken ||= isAway(error);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
