import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { drainPending } from 'chdb';
import { EngineSession, literal, type Surroundings } from './engine-session.ts';
import { Exception } from './exception-status.ts';
import { writeEngineSettings, type EngineOptions } from './engine-options.ts';

const killAgainMs = 250;
const maxKeptSessions = 64;

interface KeptSession {
  session: EngineSession;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
}

/**
 * The chDB engine of this process: connections that are reused when they are clean, connections that callers keep by a
 * session id, and the cancelling of queries. Connections on one folder share one engine and run in parallel.
 */
export class Engine {
  readonly #directory: string;
  readonly #settingsPath: string;
  readonly #concurrency: number;
  readonly #control: EngineSession;
  readonly #idle: EngineSession[] = [];
  readonly #kept = new Map<string, KeptSession>();
  #count = 0;

  /** Opens the folder. Throws where another process holds it. */
  constructor(options: EngineOptions) {
    mkdirSync(options.directory, { recursive: true });
    this.#directory = join(options.directory, 'data');
    this.#settingsPath = writeEngineSettings(options);
    this.#concurrency = options.concurrency;
    this.#control = this.#open();
  }

  /** A connection that is free and on which `sql` cannot see the parameters of an earlier request. */
  take(sql: string, params: Surroundings['params']): EngineSession {
    const session = this.#idle.pop();
    if (session === undefined) return this.#open();
    if (!session.wouldLeak(sql, params)) return session;
    session.close();
    return this.#open();
  }

  giveBack(session: EngineSession): void {
    if (session.reusable && this.#idle.length < this.#concurrency) this.#idle.push(session);
    else session.close();
  }

  /** The caller's own connection, which keeps its temporary tables and SETs until it was idle for `timeoutSeconds`. */
  takeKept(id: string, mustExist: boolean): EngineSession {
    let kept = this.#kept.get(id);
    if (kept?.busy) throw new Exception(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client.`);
    if (kept === undefined) {
      if (mustExist) throw new Exception(372, 'SESSION_NOT_FOUND', `Session ${id} is not found or has expired.`);
      if (this.#kept.size >= maxKeptSessions) {
        const text = `${maxKeptSessions} sessions are open. Let one expire, or work without session_id.`;
        throw new Exception(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', text);
      }
      kept = { session: this.#open(), busy: false, expiry: undefined };
      this.#kept.set(id, kept);
    }
    clearTimeout(kept.expiry);
    kept.busy = true;
    return kept.session;
  }

  giveBackKept(id: string, timeoutSeconds: number): void {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    if (!kept.session.reusable) return this.#drop(id, kept);
    kept.busy = false;
    kept.expiry = setTimeout(() => this.#drop(id, kept), timeoutSeconds * 1000);
    kept.expiry.unref();
  }

  /** Waits for `work` on a connection; when `signal` fires, its query is killed and `work` rejects as the engine says. */
  async cancellable<T>(session: EngineSession, work: Promise<T>, signal: AbortSignal): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const kill = () => {
      session.spoil();
      const where = `Settings['log_comment'] = ${literal(session.tag)} OR startsWith(Settings['log_comment'], ${literal(`${session.tag} `)})`;
      this.#control.run(`KILL QUERY WHERE ${where} ASYNC`, 'Null').catch(() => undefined);
    };
    const onAbort = () => {
      kill();
      timer = setInterval(kill, killAgainMs); // the query may not have begun when the first one came
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await work;
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Gives memory that nothing uses back to the machine; to be called when nobody asks anything. */
  async releaseMemory(): Promise<void> {
    globalThis.gc?.(); // results lie outside V8's heap, which alone would see no reason to collect
    await this.#control.run('SYSTEM JEMALLOC PURGE', 'Null');
  }

  /** Cancels what runs and releases the folder. */
  async close(): Promise<void> {
    await this.#control.run('KILL QUERY WHERE query_id != queryID() ASYNC', 'Null').catch(() => undefined);
    for (const [id, kept] of this.#kept) this.#drop(id, kept);
    for (const session of this.#idle.splice(0)) session.close();
    await drainPending();
    this.#control.close();
    await drainPending();
  }

  #drop(id: string, kept: KeptSession): void {
    clearTimeout(kept.expiry);
    this.#kept.delete(id);
    kept.session.close();
  }

  #open(): EngineSession {
    this.#count += 1;
    return new EngineSession(this.#directory, this.#settingsPath, `connection-${this.#count}`);
  }
}
