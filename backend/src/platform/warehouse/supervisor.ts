import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { ChildMessage, EngineOptions } from './embedded/engine-options.ts';

const childPath = fileURLToPath(new URL('./embedded/main.ts', import.meta.url));

const readyWithinMs = 60_000;
const lockWaitMs = 10_000;
const lockAgainMs = 250;
const firstBackoffMs = 100;
const maxBackoffMs = 10_000;
/** A child that lived this long was healthy: its next crash starts the backoff anew. */
const healthyAfterMs = 30_000;
const closeWithinMs = 8_000;

/** Of what a child that does not start writes, this much is kept for the error. */
const errorTextCharacters = 2_000;

/** Native calls of the engine run on these threads, beside file and compression work of Node. */
const engineConcurrency = 16;
const poolThreads = engineConcurrency + 8;
const mebibyte = 1024 * 1024;

type EngineLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export interface EmbeddedClickHouseOptions {
  /** `<dataDir>/warehouse` holds everything of it. */
  dataDir: string;
  log: EngineLog;
  /** Called after each crash, e.g. to count it. */
  onRestart?: () => void;
}

/** A ClickHouse-HTTP server on loopback in a child process that is started again whenever it dies. */
export interface EmbeddedClickHouse {
  url: string;
  username: string;
  password: string;
  /** Process id of the present child; undefined while it is down. */
  pid(): number | undefined;
  /** Stops the child; resolves when it has gone. */
  close(): Promise<void>;
}

/**
 * Starts the embedded engine and resolves when it answers. The address and the token stay the same through restarts.
 * @throws AppError UNAVAILABLE where the folder is in use by another process or the engine cannot start.
 */
export async function startEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements EmbeddedClickHouse {
  readonly username = 'default';
  readonly password = randomBytes(24).toString('base64url');
  readonly #log: EngineLog;
  readonly #onRestart: () => void;
  readonly #directory: string;
  #port = 0;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #backoffMs = firstBackoffMs;
  #closing = false;

  constructor({ dataDir, log, onRestart }: EmbeddedClickHouseOptions) {
    this.#log = log;
    this.#onRestart = onRestart ?? (() => undefined);
    this.#directory = resolve(join(dataDir, 'warehouse'));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    try {
      mkdirSync(this.#directory, { recursive: true });
    } catch (error) {
      throw unavailable(
        `The folder ${this.#directory} cannot be made (${(error as Error).message}); set another dataDir.`,
        error,
      );
    }
    const deadline = Date.now() + lockWaitMs; // a child of a killed service needs a moment to see it and go
    for (;;) {
      try {
        this.#port = await this.#spawn();
        return;
      } catch (error) {
        if (!(error instanceof ChildFailure) || !error.isLocked)
          throw unavailable(`The embedded warehouse does not start: ${(error as Error).message}`, error);
        if (Date.now() > deadline) {
          const detail = `Another process uses the warehouse in ${this.#directory}: stop it, or give this one another dataDir.`;
          throw unavailable(detail, error);
        }
        await new Promise((wake) => setTimeout(wake, lockAgainMs));
      }
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolveGone) => child.once('exit', resolveGone));
    const timer = setTimeout(() => child.kill('SIGKILL'), closeWithinMs);
    if (child.connected) child.disconnect();
    else child.kill('SIGTERM');
    await gone;
    clearTimeout(timer);
  }

  /** Starts a child and resolves with its port when it is ready. */
  #spawn(): Promise<number> {
    const child = fork(childPath, [], {
      execArgv: ['--max-old-space-size=256', '--max-semi-space-size=8', '--expose-gc'],
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '',
        TZ: 'UTC',
        UV_THREADPOOL_SIZE: String(poolThreads),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child = child;
    child.stdout?.on('data', (text: Buffer) => this.#log.debug({ part: 'warehouse' }, text.toString().trimEnd()));
    child.stderr?.on('data', (text: Buffer) => this.#log.warn({ part: 'warehouse' }, text.toString().trimEnd()));
    const startedAt = Date.now();
    const ready = this.#waitUntilReady(child);
    ready.then(
      () => child.once('exit', (code, signal) => this.#onExit(startedAt, signal ?? `status ${code}`)),
      () => child.kill('SIGKILL'),
    );
    const options: EngineOptions = {
      directory: this.#directory,
      token: this.password,
      port: this.#port,
      concurrency: engineConcurrency,
      memoryLimitBytes: 2048 * mebibyte,
    };
    child.send(options, () => undefined); // a child that is gone already is reported by its exit
    return ready;
  }

  #waitUntilReady(child: ChildProcess): Promise<number> {
    return new Promise((resolveReady, reject) => {
      let said = '';
      let reason: string | undefined;
      const late = setTimeout(() => {
        reason = `no answer within ${readyWithinMs / 1000} s`;
        child.kill('SIGKILL');
      }, readyWithinMs);
      const listen = (text: Buffer) => {
        said = (said + text.toString()).slice(-errorTextCharacters);
      };
      child.stderr?.on('data', listen);
      child.on('message', (message: ChildMessage) => {
        if (message.kind === 'failed') {
          reason = message.reason;
          return;
        }
        clearTimeout(late);
        child.stderr?.off('data', listen);
        resolveReady(message.port);
      });
      child.once('error', (error) => {
        clearTimeout(late);
        reject(new ChildFailure(error.message, false));
      });
      child.once('close', (code, signal) => {
        clearTimeout(late);
        const how = reason ?? `it ended with ${signal ?? `status ${code}`}`;
        reject(new ChildFailure([how, said.trim()].filter(Boolean).join('\n'), /Cannot lock file/.test(said)));
      });
    });
  }

  #onExit(startedAt: number, how: string): void {
    this.#child = undefined;
    if (this.#closing) return;
    if (Date.now() - startedAt > healthyAfterMs) this.#backoffMs = firstBackoffMs;
    this.#log.error({ how, againInMs: this.#backoffMs }, 'the embedded warehouse ended; it is started again');
    this.#onRestart();
    this.#startAgain();
  }

  #startAgain(): void {
    const wait = this.#backoffMs;
    this.#backoffMs = Math.min(this.#backoffMs * 2, maxBackoffMs);
    this.#restart = setTimeout(() => {
      this.#spawn().then(
        () => this.#log.info('the embedded warehouse is back'),
        (error: Error) => {
          if (this.#closing) return;
          this.#log.error(
            { error: error.message, againInMs: this.#backoffMs },
            'the embedded warehouse does not start',
          );
          this.#startAgain();
        },
      );
    }, wait);
  }
}

class ChildFailure extends Error {
  readonly isLocked: boolean;

  constructor(message: string, isLocked: boolean) {
    super(message);
    this.isLocked = isLocked;
  }
}

function unavailable(detail: string, cause: unknown): AppError {
  return new AppError('UNAVAILABLE', detail, { cause });
}
