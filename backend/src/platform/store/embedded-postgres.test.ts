import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openStore, startEmbeddedPostgres, type EmbeddedPostgres } from './index.ts';
import { canRun, canUse, postgresOsUser } from './os-user.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { openPostgresDirectory } from './postgres-directory.ts';
import { isPostmasterOf } from './postmaster.ts';

const asRoot = process.getuid?.() === 0;
/** One installation lives through all tests but those that need a fresh folder: creating a cluster takes seconds. */
let dataDir: string;
let fresh: string;
let server: EmbeddedPostgres | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'amadeus-postgres-'));
});

beforeEach(async () => {
  fresh = await mkdtemp(join(tmpdir(), 'amadeus-fresh-'));
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(fresh, { recursive: true, force: true });
});

afterAll(() => rm(dataDir, { recursive: true, force: true }));

async function ask<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const store = openStore({ url, maxConnections: 1 });
  try {
    return await store.query<Row>(sql);
  } finally {
    await store.close();
  }
}

async function startInChild(): Promise<{ child: ChildProcess; pid: number; url: string }> {
  const script = join(import.meta.dirname, 'fixtures', 'own-postgres.ts');
  const child = spawn(process.execPath, [script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The child ended before the server stood.')));
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return { child, ...(JSON.parse(line) as { pid: number; url: string }) };
}

async function killHard(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('the embedded PostgreSQL', () => {
  test('is durable, speaks UTF-8 and listens on loopback alone', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    const names = [
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'listen_addresses',
      'server_encoding',
      'shared_buffers',
    ];
    const rows = await ask<{ name: string; setting: string }>(
      server.url,
      `SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name IN ('${names.join("','")}')`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      shared_buffers: '32MB',
    });
  });

  test('keeps its password in a file that only its owner reads, and refuses others', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    const file = join(dataDir, 'postgres', 'password');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const password = (await readFile(file, 'utf8')).trim();
    expect(password.length).toBeGreaterThanOrEqual(32);
    await expect(ask(server.url.replace(password, 'guess'), 'SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('keeps what was committed over a stop and a start', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    await ask(server.url, "CREATE TABLE word_kept (word text); INSERT INTO word_kept VALUES ('비용')");
    await server.stop();
    server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.url, 'SELECT word FROM word_kept')).toEqual([{ word: '비용' }]);
  });

  test('replaces a server that its killed owner left behind, and loses nothing', async () => {
    const left = await startInChild();
    await ask(left.url, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    await killHard(left.child);
    server = await startEmbeddedPostgres({ dataDir });
    expect(server.pid).not.toBe(left.pid);
    expect(await isPostmasterOf(left.pid, server.data)).toBe(false);
    expect(await ask(server.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  test('leaves a server alone whose owner lives, and says so', async () => {
    const other = await startInChild();
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await ask(other.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await killHard(other.child);
    server = await startEmbeddedPostgres({ dataDir });
  });

  test('starts again by itself on the same port when it is killed', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    await ask(server.url, 'CREATE TABLE revived (n int); INSERT INTO revived VALUES (1)');
    const killed = server.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    const store = openStore({ url: server.url, acquireTimeoutMs: 30_000 });
    // The first answers may still come from processes of the killed server that have not noticed yet.
    while (server.pid === killed) await store.ping();
    expect(await store.query('SELECT n FROM revived')).toEqual([{ n: 1 }]);
    await store.close();
  });

  test('is not stopped by a stale process file that names another process', async () => {
    server = await startEmbeddedPostgres({ dataDir });
    const { data } = server;
    await server.stop();
    await writeFile(join(data, 'postmaster.pid'), `${process.pid}\n${data}\n0\n5432\n\n127.0.0.1\n\nready   \n`);
    server = await startEmbeddedPostgres({ dataDir });
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('begins anew where a kill interrupted its creation', async () => {
    const place = await openPostgresDirectory(fresh, await postgresOsUser());
    await mkdir(`${place.data}.new`);
    await writeFile(join(`${place.data}.new`, 'PG_VERSION'), '18\n');
    server = await startEmbeddedPostgres({ dataDir: fresh });
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

(asRoot ? describe : describe.skip)('under root (skipped for other users)', () => {
  test('the data moves to a folder that the OS user can reach, and stays there', async () => {
    const user = await postgresOsUser();
    const shared = await mkdtemp(join(tmpdir(), 'amadeus-shared-'));
    await chmod(shared, 0o755);
    const hidden = join(fresh, 'home', 'installation');
    await mkdir(hidden, { recursive: true });
    await chmod(join(fresh, 'home'), 0o700);
    const first = await openPostgresDirectory(hidden, user, shared);
    const second = await openPostgresDirectory(hidden, user, shared);
    expect(first.relocated).toBe(true);
    expect(first.home.startsWith(shared)).toBe(true);
    expect(user && (await canUse(user, first.home))).toBe(true);
    expect(second).toEqual(first);
    await rm(shared, { recursive: true });
  });

  test('existing data that has become unreachable is an error, not an empty database', async () => {
    const user = await postgresOsUser();
    const hidden = join(fresh, 'home', 'installation');
    await mkdir(join(hidden, 'postgres', 'data'), { recursive: true });
    await writeFile(join(hidden, 'postgres', 'data', 'PG_VERSION'), '18\n');
    await chmod(join(fresh, 'home'), 0o700);
    await expect(openPostgresDirectory(hidden, user, fresh)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('the OS user can run the programs', async () => {
    const user = await postgresOsUser();
    const { postgres } = await findPostgresBinaries(user, fresh);
    expect(user && (await canRun(user, postgres, ['--version']))).toBe(true);
  });
});
