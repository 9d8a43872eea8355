import type { ChildProcess } from 'node:child_process';
import pg from 'pg';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../telemetry/index.ts';
import { postgresOsUser, type OsUser } from './os-user.ts';
import { takeOwnerLock } from './owner-lock.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { initialiseCluster, openPostgresDirectory, sharedSystemDir, superuser } from './postgres-directory.ts';
import type { PostgresDirectory } from './postgres-directory.ts';
import { freePort, isPostmasterOf, readPostmasterFile, spawnPostmaster, stopPostmaster } from './postmaster.ts';

export interface EmbeddedPostgresOptions {
  /** Folder of the installation; the server lives in `<dataDir>/postgres`. */
  dataDir: string;
  /** Loopback port; a free one by default. */
  port?: number;
  /** Name of the database; `amadeus` by default. */
  database?: string;
  log?: Pick<Logger, 'info' | 'warn'>;
}

export interface EmbeddedPostgres {
  /** Connection string with the password. Never logged. */
  readonly url: string;
  readonly port: number;
  /** Folder of the cluster on disk. */
  readonly data: string;
  /** Process number of the server at this moment. */
  readonly pid: number | undefined;
  /** Stops the server in order: everything committed is on disk afterwards. Close its clients first. */
  stop(): Promise<void>;
}

const quiet = { info: () => undefined, warn: () => undefined };
const firstRestartMs = 200;
const slowestRestartMs = 30_000;

/**
 * Starts the PostgreSQL that comes with the product: durable, small, on loopback, with a random password. A server left
 * behind by a killed process is shut down in order and replaced; one that dies is started again on the same port.
 * Throws CONFLICT where a living Amadeus process owns the folder, UNAVAILABLE where the server cannot run here.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? quiet;
  const user = await postgresOsUser();
  const place = await openPostgresDirectory(options.dataDir, user);
  if (place.relocated)
    log.warn({ data: place.data }, `PostgreSQL cannot enter ${options.dataDir}; its data lies elsewhere`);
  const { initdb, postgres } = await findPostgresBinaries(user, sharedSystemDir);
  if (await initialiseCluster(place, initdb, user)) log.info({ data: place.data }, 'Created the embedded PostgreSQL');
  await replaceLeftover(place, log);
  const server = new SupervisedPostgres(place, postgres, user, options.database ?? 'amadeus', log);
  await server.start(options.port);
  return server;
}

function connectionString(password: string, port: number, database: string): string {
  return `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** A server that outlived its owner is stopped; one whose owner lives is left alone and reported. */
async function replaceLeftover(place: PostgresDirectory, log: Pick<Logger, 'info' | 'warn'>): Promise<void> {
  const left = await readPostmasterFile(place.data);
  if (!left || !(await isPostmasterOf(left.pid, place.data))) return;
  let owner: pg.Client | undefined;
  try {
    owner = await takeOwnerLock(connectionString(place.password, left.port, 'postgres'), 5_000);
    if (!owner) {
      throw new AppError('CONFLICT', `Another Amadeus process uses ${place.home} (PostgreSQL process ${left.pid}).`, {
        help: 'Stop that process, or give this one another AMADEUS_DATA_DIR.',
      });
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    log.warn({ pid: left.pid }, 'The PostgreSQL left behind does not answer; stopping it');
  }
  await owner?.end().catch(() => undefined);
  await stopPostmaster(left.pid, place.data);
  log.info({ pid: left.pid }, 'Stopped the PostgreSQL that an earlier process left behind');
}

class SupervisedPostgres implements EmbeddedPostgres {
  #place: PostgresDirectory;
  #program: string;
  #user: OsUser | undefined;
  #database: string;
  #log: Pick<Logger, 'info' | 'warn'>;
  #child: ChildProcess | undefined;
  #owner: pg.Client | undefined;
  #port = 0;
  #stopping = false;
  #restart: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(
    place: PostgresDirectory,
    program: string,
    user: OsUser | undefined,
    database: string,
    log: Pick<Logger, 'info' | 'warn'>,
  ) {
    this.#place = place;
    this.#program = program;
    this.#user = user;
    this.#database = database;
    this.#log = log;
  }

  get url(): string {
    return connectionString(this.#place.password, this.#port, this.#database);
  }

  get port(): number {
    return this.#port;
  }

  get data(): string {
    return this.#place.data;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(wantedPort: number | undefined): Promise<void> {
    const tries = wantedPort === undefined ? 3 : 1;
    for (let attempt = 1; ; attempt++) {
      this.#port = wantedPort ?? (await freePort());
      try {
        await this.#launch();
        break;
      } catch (error) {
        // Someone may have taken the free port in between.
        if (attempt >= tries) throw error;
      }
    }
    try {
      await this.#own();
      await this.#createDatabase();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    await this.#turn;
    await this.#owner?.end().catch(() => undefined);
    const pid = this.#child?.pid;
    this.#child = undefined;
    if (pid !== undefined) await stopPostmaster(pid, this.#place.data);
  }

  async #launch(): Promise<void> {
    const child = await spawnPostmaster(this.#place, this.#program, this.#port, this.#user);
    this.#child = child;
    child.once('exit', (code, signal) => {
      if (this.#stopping || this.#child !== child) return;
      this.#log.warn({ code, signal }, 'The embedded PostgreSQL ended by itself; starting it again');
      this.#restartAfter(firstRestartMs);
    });
  }

  #restartAfter(ms: number): void {
    this.#restart = setTimeout(() => {
      this.#turn = this.#revive(ms);
    }, ms);
  }

  async #revive(waitedMs: number): Promise<void> {
    if (this.#stopping) return;
    try {
      await this.#launch();
    } catch (error) {
      this.#log.warn({ err: error }, 'The embedded PostgreSQL does not start; trying again');
      this.#restartAfter(Math.min(waitedMs * 2, slowestRestartMs));
      return;
    }
    this.#log.info({ pid: this.pid }, 'The embedded PostgreSQL is back');
    this.#owner = undefined;
    this.#ownAgain();
  }

  async #own(): Promise<void> {
    const owner = await takeOwnerLock(connectionString(this.#place.password, this.#port, 'postgres'), 5_000);
    if (!owner) throw new AppError('CONFLICT', `Another Amadeus process took ${this.#place.home} at the same moment.`);
    this.#owner = owner;
    owner.once('end', () => {
      if (this.#stopping || this.#owner !== owner) return;
      this.#owner = undefined;
      // A crashed backend closes every connection while the server itself lives on.
      setTimeout(() => this.#ownAgain(), firstRestartMs).unref();
    });
  }

  #ownAgain(): void {
    if (this.#stopping || this.#owner || this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    this.#own().catch(() => {
      setTimeout(() => this.#ownAgain(), 1_000).unref();
    });
  }

  async #createDatabase(): Promise<void> {
    const known = await this.#owner?.query('SELECT 1 FROM pg_database WHERE datname = $1', [this.#database]);
    if (known?.rowCount) return;
    await this.#owner?.query(`CREATE DATABASE ${pg.escapeIdentifier(this.#database)}`);
  }
}
