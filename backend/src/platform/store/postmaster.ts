import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AppError } from '../errors/index.ts';
import type { OsUser } from './os-user.ts';
import { asUser, serverEnvironment, type PostgresDirectory } from './postgres-directory.ts';

const run = promisify(execFile);
const logLimitBytes = 8 * 1024 * 1024;
const startLimitMs = 300_000;

/** What stands in postmaster.pid. */
export interface PostmasterFile {
  pid: number;
  port: number;
  ready: boolean;
}

/** Small in memory, unconditional in durability, reachable over loopback alone. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '32MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  max_wal_size: '256MB',
  max_worker_processes: '4',
  max_parallel_workers: '2',
  max_parallel_workers_per_gather: '1',
  autovacuum_max_workers: '2',
  io_method: 'sync',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The server's log is not rotated, so what clients are told anyway (errors, statements with their values) stays out.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/** Undefined where no server has been started in that folder, or it has stopped in order. */
export async function readPostmasterFile(data: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number.parseInt(lines[3] ?? '0', 10), ready: (lines[7] ?? '').trim() === 'ready' };
}

/** Whether that process lives and is the postmaster of that folder: after a reboot the number may be someone else's. */
export async function isPostmasterOf(pid: number, data: string): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  if (process.platform === 'linux') {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    return words.includes(data);
  }
  const listed = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return listed.stdout.includes(data);
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  // Where nobody reaps orphans a dead server stays as a zombie.
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line !== '' && line.slice(line.lastIndexOf(')') + 2, line.lastIndexOf(')') + 3) !== 'Z';
}

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/**
 * Starts the server in a process group of its own (Ctrl-C in the terminal must reach the service first, which stops the
 * server last) and resolves when it accepts connections. Throws UNAVAILABLE with the end of the server's log.
 */
export async function spawnPostmaster(
  place: PostgresDirectory,
  program: string,
  port: number,
  user: OsUser | undefined,
): Promise<ChildProcess> {
  await removeStalePidFile(place.data);
  const written = await boundedLogSize(place.logFile);
  const log = openSync(place.logFile, 'a', 0o600);
  const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const child = spawn(program, ['-D', place.data, ...flags], {
    ...asUser(user),
    cwd: '/',
    env: serverEnvironment(),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject));
  await Promise.race([waitUntilReady(place, child, written), failed]);
  child.unref();
  return child;
}

async function removeStalePidFile(data: string): Promise<void> {
  const left = await readPostmasterFile(data);
  if (left && !(await isPostmasterOf(left.pid, data))) await rm(join(data, 'postmaster.pid'), { force: true });
}

async function boundedLogSize(file: string): Promise<number> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size <= logLimitBytes) return size;
  await truncate(file, 0);
  return 0;
}

async function waitUntilReady(place: PostgresDirectory, child: ChildProcess, logFrom: number): Promise<void> {
  for (let waited = 0; waited < startLimitMs; waited += 20) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const file = await readPostmasterFile(place.data);
    if (file?.pid === child.pid && file?.ready) return;
    await delay(20);
  }
  child.kill('SIGQUIT');
  const log = await readFile(place.logFile).catch(() => Buffer.alloc(0));
  const said = log
    .subarray(Math.max(logFrom, log.length - 2000))
    .toString('utf8')
    .trim();
  const code = /no space left/i.test(said) ? 'DISK_FULL' : 'UNAVAILABLE';
  throw new AppError(code, `The embedded PostgreSQL in ${place.data} did not start: ${said || 'it wrote nothing'}`, {
    help: `Its log is ${place.logFile}. Or set DATABASE_URL to a PostgreSQL server.`,
  });
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. Killed hard after `patienceMs`. */
export async function stopPostmaster(pid: number, data: string, patienceMs = 20_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (!(await isPostmasterOf(pid, data))) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    for (let waited = 0; waited < patienceMs; waited += 20) {
      if (!(await isPostmasterOf(pid, data))) return;
      await delay(20);
    }
  }
  throw new AppError('UNAVAILABLE', `The PostgreSQL process ${pid} does not stop. End it by hand, then start again.`);
}
