import { Session, type ChdbQueryStream } from 'chdb';
import { Exception } from './exception-status.ts';

/** What a request wants to be true around its statement. */
export interface Surroundings {
  database: string;
  settings: ReadonlyMap<string, string>;
  /** Values as they stand in the URL: ClickHouse's escaped text. */
  params: ReadonlyMap<string, string>;
}

export interface Ran {
  bytes: Uint8Array;
  rowsRead: number;
}

/**
 * One connection to the engine. It remembers what was set on it, so that the next request sees its own surroundings and
 * nothing of the last one's, at the price of the difference between the two.
 */
export class EngineSession {
  /** Marks this connection's queries in system.processes, so that they can be cancelled. */
  readonly tag: string;
  readonly #session: Session;
  readonly #settings = new Map<string, string>();
  readonly #params = new Map<string, string>();
  #database = '';
  #spoilt = false;
  #undo: string | undefined;

  constructor(directory: string, settingsPath: string, tag: string) {
    this.#session = new Session(directory, { connectionArgs: [`--config-file=${settingsPath}`] });
    this.tag = tag;
  }

  /** False once something happened that cannot be undone by setting it back; it must be closed then. */
  get reusable(): boolean {
    return !this.#spoilt;
  }

  spoil(): void {
    this.#spoilt = true;
  }

  /** True where the statement names a parameter that only an earlier request gave: it must be an error, not that value. */
  wouldLeak(sql: string, params: Surroundings['params']): boolean {
    return [...this.#params.keys()].some((name) => !params.has(name) && new RegExp(`\\{\\s*${name}\\s*:`).test(sql));
  }

  /** Makes database, settings and parameters those of the request, and takes back what the last one set. */
  async prepare({ database, settings, params }: Surroundings): Promise<void> {
    const wanted = this.#tagged(settings);
    const taken = [...this.#settings.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} = DEFAULT`);
    const statements = [
      ...(database === this.#database ? [] : [`USE ${quotedName(database)}`]),
      ...setStatement([...taken, ...this.#changes(wanted, params)]),
    ];
    if (statements.length === 0) return;
    this.#spoilt = true; // half of it may stand if it fails
    await this.#session.queryAsync(statements.join('; '));
    this.#remember(database, wanted, params);
    this.#spoilt = wanted.has('readonly'); // it forbids the SET that would take it back
  }

  /**
   * The same on a connection that its owner keeps: what the owner chose with SET holds, and what only this request changes
   * is put back before the next one.
   */
  async prepareKept({ database, settings, params }: Surroundings): Promise<void> {
    if (this.#undo !== undefined) await this.#session.queryAsync(this.#undo);
    this.#undo = undefined;
    const wanted = this.#tagged(settings);
    const names = [...wanted.keys()].map(literal).join(', ');
    const sql = `SELECT name, value, changed FROM system.settings WHERE name IN (${names})`;
    const before = await this.#session.queryAsync(sql, { format: 'JSONCompactEachRow' });
    const lines = before.text().split('\n').filter(Boolean);
    const rows = lines.map((line) => JSON.parse(line) as [string, string, number]);
    this.#settings.clear();
    const statements = [`USE ${quotedName(database)}`, ...setStatement(this.#changes(wanted, params))];
    await this.#session.queryAsync(statements.join('; '));
    this.#undo = setStatement(
      rows.map(([name, value, changed]) => `${name} = ${changed ? literal(value) : 'DEFAULT'}`),
    )[0];
    for (const [name, value] of params) this.#params.set(name, value);
    if (wanted.has('readonly')) this.#spoilt = true;
  }

  /** Starts a SELECT; chunks are computed as they are pulled. Undefined where the engine cannot stream this statement. */
  stream(sql: string, format: string): ChdbQueryStream | undefined {
    try {
      return this.#session.queryStream(sql, { format });
    } catch (error) {
      if ((error as Error).message.includes('Streaming query is not supported')) return undefined;
      throw error;
    }
  }

  /** Runs a statement to its end. */
  async run(sql: string, format: string): Promise<Ran> {
    const result = await this.#session.queryAsync(sql, { format });
    return { bytes: result.bytes(), rowsRead: result.rowsRead };
  }

  close(): void {
    this.#session.close();
  }

  #tagged(settings: Surroundings['settings']): Map<string, string> {
    const comment = settings.get('log_comment');
    return new Map(settings).set('log_comment', comment === undefined ? this.tag : `${this.tag} ${comment}`);
  }

  #changes(wanted: ReadonlyMap<string, string>, params: Surroundings['params']): string[] {
    const differs =
      (known: Map<string, string>) =>
      ([name, value]: [string, string]) =>
        known.get(name) !== value;
    return [
      ...[...wanted].filter(differs(this.#settings)).map(([name, value]) => `${name} = ${literal(value)}`),
      ...[...params].filter(differs(this.#params)).map(([name, value]) => `param_${name} = ${literal(value)}`),
    ];
  }

  #remember(database: string, wanted: ReadonlyMap<string, string>, params: Surroundings['params']): void {
    this.#database = database;
    this.#settings.clear();
    for (const [name, value] of wanted) this.#settings.set(name, value);
    for (const [name, value] of params) this.#params.set(name, value);
  }
}

/** A string literal of ClickHouse. */
export function literal(value: string): string {
  if (value.includes('\0')) throw new Exception(36, 'BAD_ARGUMENTS', 'A setting or parameter holds a NUL character.');
  return `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}

function setStatement(assignments: readonly string[]): string[] {
  return assignments.length === 0 ? [] : [`SET ${assignments.join(', ')}`];
}

function quotedName(name: string): string {
  return `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``;
}
