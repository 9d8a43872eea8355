import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { AppError } from '../errors/index.ts';

const run = promisify(execFile);

/** The account under which PostgreSQL runs where the service itself runs as root, which PostgreSQL refuses. */
export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

/** Undefined unless this process runs as root; then the OS user `postgres`, created where it is missing. */
export async function postgresOsUser(): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const name = 'postgres';
  const known = await lookUp(name);
  if (known) return known;
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  } catch (error) {
    throw new AppError(
      'UNAVAILABLE',
      `PostgreSQL refuses to run as root and the OS user ${name} could not be created.`,
      {
        cause: error,
        help: `Create the OS user ${name}, start Amadeus as another user than root, or set DATABASE_URL.`,
      },
    );
  }
  const created = await lookUp(name);
  if (created) return created;
  throw new AppError('UNAVAILABLE', `The OS user ${name} was created but cannot be found; set DATABASE_URL instead.`);
}

async function lookUp(name: string): Promise<OsUser | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) };
  } catch {
    return undefined;
  }
}

/** Whether the program exits with 0 when it is run as that user. Asks the kernel, so ACLs and mounts count too. */
export async function canRun(user: OsUser, program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args, { uid: user.uid, gid: user.gid, cwd: '/', timeout: 20_000 }).then(
    () => true,
    () => false,
  );
}

/** Whether the user can enter and write the directory, every parent included. */
export async function canUse(user: OsUser, directory: string): Promise<boolean> {
  return canRun(user, '/bin/sh', ['-c', 'cd -- "$1" && test -w .', 'sh', directory]);
}
