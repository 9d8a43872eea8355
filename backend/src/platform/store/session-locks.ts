import pg from 'pg';
import { isAway } from './store-errors.ts';

const heartbeatMs = 10_000;

/**
 * Advisory locks of one session of its own: PostgreSQL gives them back when the session ends, whichever way this process
 * dies. All locks of the process share that one connection.
 */
export class SessionLocks {
  #url: string;
  #client: Promise<pg.Client> | undefined;
  #held = new Map<string, AbortController>();
  #heartbeat: NodeJS.Timeout | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  /** Resolves with the signal that fires when the lock is lost with its session, or undefined where it is taken. */
  async tryLock(name: string): Promise<AbortSignal | undefined> {
    // Within one session PostgreSQL grants the same lock again, so this process keeps its own count.
    if (this.#held.has(name)) return undefined;
    const lost = new AbortController();
    this.#held.set(name, lost);
    try {
      if (await this.#ask('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS answer', name)) return lost.signal;
    } catch (error) {
      this.#held.delete(name);
      throw error;
    }
    this.#held.delete(name);
    return undefined;
  }

  async unlock(name: string): Promise<void> {
    const lost = this.#held.get(name);
    try {
      if (lost && !lost.signal.aborted) {
        await this.#ask('SELECT pg_advisory_unlock(hashtextextended($1, 0)) AS answer', name);
      }
    } catch (error) {
      if (!isAway(error)) throw error;
      // The session is gone and its locks with it.
    } finally {
      this.#held.delete(name);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    const client = await this.#client?.catch(() => undefined);
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #ask(sql: string, name: string): Promise<boolean> {
    const client = await this.#connected();
    const answer = await this.#inTurn(() => client.query<{ answer: boolean }>(sql, [`amadeus:${name}`]));
    return answer.rows[0]?.answer === true;
  }

  /** One connection runs one statement at a time. */
  #inTurn<T>(statement: () => Promise<T>): Promise<T> {
    const answer = this.#tail.then(statement);
    this.#tail = answer.catch(() => undefined);
    return answer;
  }

  #connected(): Promise<pg.Client> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'amadeus locks',
      connectionTimeoutMillis: 5_000,
      query_timeout: heartbeatMs,
      keepAlive: true,
    });
    client.on('error', () => this.#lose(client));
    client.once('end', () => this.#lose(client));
    await client.connect();
    // A machine that vanished without a word must not hold its locks for hours.
    await client.query('SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3');
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      this.#inTurn(() => client.query('SELECT 1')).catch(() => this.#lose(client));
    }, heartbeatMs);
    this.#heartbeat.unref();
    return client;
  }

  /** The session is over: whoever works under one of its locks is told to stop. */
  #lose(client: pg.Client): void {
    const present = this.#client;
    void present?.then((current) => {
      if (current !== client) return;
      clearInterval(this.#heartbeat);
      this.#client = undefined;
      for (const lost of this.#held.values()) lost.abort(new Error('The connection that held the lock is gone.'));
      void client.end().catch(() => undefined);
    });
  }
}
