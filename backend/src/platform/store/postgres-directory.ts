import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, chmod, chown, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../errors/index.ts';
import { canUse, type OsUser } from './os-user.ts';

const run = promisify(execFile);

/** Where copies go that an unprivileged account must reach although the checkout lies in root's home. */
export const sharedSystemDir = '/var/lib/amadeus';
export const superuser = 'amadeus';

export interface PostgresDirectory {
  /** Holds `data`, `password` and `server.log`. */
  home: string;
  data: string;
  password: string;
  logFile: string;
}

/**
 * The folder of the embedded server below `dataDir`, owned by whoever runs it, with its password. Where root runs the
 * service below a folder that `user` may not enter, the folder lies in `sharedDir` instead and `postgres.location`
 * points to it. Throws UNAVAILABLE where existing data has become unreachable.
 */
export async function openPostgresDirectory(
  dataDir: string,
  user: OsUser | undefined,
  sharedDir = sharedSystemDir,
): Promise<PostgresDirectory & { relocated: boolean }> {
  await mkdir(dataDir, { recursive: true });
  const root = await realpath(dataDir);
  const wanted = join(root, 'postgres');
  const pointer = join(root, 'postgres.location');
  const pointed = (await readFile(pointer, 'utf8').catch(() => '')).trim();
  const home = pointed || (await reachableHome(root, wanted, user, sharedDir));
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (user) await chown(home, user.uid, user.gid);
  if (home !== wanted && !pointed) await writeFile(pointer, `${home}\n`);
  const password = await readOrCreatePassword(join(home, 'password'), user);
  return { home, data: join(home, 'data'), password, logFile: join(home, 'server.log'), relocated: home !== wanted };
}

async function reachableHome(
  root: string,
  wanted: string,
  user: OsUser | undefined,
  sharedDir: string,
): Promise<string> {
  if (!user) return wanted;
  await mkdir(wanted, { recursive: true, mode: 0o700 });
  await chown(wanted, user.uid, user.gid);
  if (await canUse(user, wanted)) return wanted;
  // The data folder is ours: letting others pass through it (not list it) opens nothing, its secrets are 0600 files.
  await chmod(root, (await stat(root)).mode | 0o011);
  if (await canUse(user, wanted)) return wanted;
  if (await exists(join(wanted, 'data', 'PG_VERSION'))) {
    throw new AppError('UNAVAILABLE', `The OS user ${user.name} can no longer reach the data in ${wanted}.`, {
      help: `Allow ${user.name} to pass through every parent folder (chmod o+x), or set DATABASE_URL.`,
    });
  }
  await rm(wanted, { recursive: true, force: true });
  const home = join(sharedDir, createHash('sha256').update(root).digest('hex').slice(0, 16), 'postgres');
  await mkdir(home, { recursive: true, mode: 0o755 });
  await chown(home, user.uid, user.gid);
  if (await canUse(user, home)) return home;
  throw new AppError('UNAVAILABLE', `The OS user ${user.name} can reach neither ${wanted} nor ${home}.`, {
    help: 'Set AMADEUS_DATA_DIR to a folder that every user may pass through, or set DATABASE_URL.',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function readOrCreatePassword(file: string, user: OsUser | undefined): Promise<string> {
  const present = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (present) return present;
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  if (user) await chown(file, user.uid, user.gid);
  return password;
}

/**
 * Creates the cluster (UTF-8, SCRAM passwords, checksums) where there is none. It is made aside and moved into place, so
 * that a kill in the middle leaves no half cluster. Throws UNAVAILABLE with initdb's own words.
 */
export async function initialiseCluster(
  place: PostgresDirectory,
  initdb: string,
  user: OsUser | undefined,
): Promise<boolean> {
  if (await exists(join(place.data, 'PG_VERSION'))) return false;
  const half = `${place.data}.new`;
  await rm(half, { recursive: true, force: true });
  const args = [
    `--pgdata=${half}`,
    `--username=${superuser}`,
    `--pwfile=${join(place.home, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  try {
    await run(initdb, args, { ...asUser(user), cwd: '/', env: serverEnvironment(), timeout: 120_000 });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? String(error);
    const code = /no space left/i.test(said) ? 'DISK_FULL' : 'UNAVAILABLE';
    throw new AppError(code, `The embedded PostgreSQL could not be created in ${place.data}: ${said}`, {
      cause: error,
    });
  }
  await rename(half, place.data);
  return true;
}

export function asUser(user: OsUser | undefined): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

/** Nothing of the service's environment reaches the server: it may hold secrets, or PG* variables that would steer it. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
