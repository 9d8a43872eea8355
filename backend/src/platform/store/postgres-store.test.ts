import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors/index.ts';
import { isUniqueViolation, openStore, startEmbeddedPostgres, type EmbeddedPostgres, type Store } from './index.ts';
import { translateStoreError } from './store-errors.ts';

let dataDir: string;
let server: EmbeddedPostgres;
let store: Store;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'amadeus-store-'));
  server = await startEmbeddedPostgres({ dataDir });
  store = openStore({ url: server.url, maxConnections: 4 });
  await store.query('CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text UNIQUE)');
});

beforeEach(async () => {
  await store.query('TRUNCATE note');
});

afterAll(async () => {
  await store.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const add = (on: Store, text: string) => on.query('INSERT INTO note (text) VALUES ($1)', [text]);
const texts = async () =>
  (await store.query<{ text: string }>('SELECT text FROM note ORDER BY id')).map((row) => row.text);

describe('queries', () => {
  test.each([
    "'; DROP TABLE note; --",
    '=HYPERLINK("http://x")',
    '$1',
    '\\',
    "a'||pg_sleep(9)||'",
    '{"a":1}',
    '한글 🚀',
  ])('keep %s as the text it is', async (text) => {
    await add(store, text);
    expect(await texts()).toEqual([text]);
  });

  test('refuse a text with a NUL byte without harm', async () => {
    await expect(add(store, 'a\0b')).rejects.toBeInstanceOf(Error);
    expect(await texts()).toEqual([]);
  });

  test('hand out bigint and numeric as exact strings', async () => {
    expect(await store.query("SELECT 9223372036854775807 AS big, '0.10'::numeric AS money")).toEqual([
      { big: '9223372036854775807', money: '0.10' },
    ]);
  });

  test('say which constraint refused a row', async () => {
    await add(store, 'once');
    const refused = await add(store, 'once').catch((error: unknown) => error);
    expect([
      isUniqueViolation(refused),
      isUniqueViolation(refused, 'note_text_key'),
      isUniqueViolation(refused, 'x'),
    ]).toEqual([true, true, false]);
  });

  test('are cut off when they take too long', async () => {
    const hasty = openStore({ url: server.url, maxConnections: 1, statementTimeoutMs: 50 });
    await expect(hasty.query('SELECT pg_sleep(30)')).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    await hasty.close();
  });

  test('give up with UNAVAILABLE when every connection is busy', async () => {
    const narrow = openStore({ url: server.url, maxConnections: 1, acquireTimeoutMs: 3_000 });
    await narrow.transaction(async () => {
      await expect(narrow.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
    await narrow.close();
  });

  test('are told to whoever counts them', async () => {
    const seen: string[] = [];
    const counted = openStore({ url: server.url, maxConnections: 1, onEvent: (e) => seen.push(`${e.kind} ${e.code}`) });
    await counted.query('SELECT 1');
    await counted.query('SELECT 1/0').catch(() => undefined);
    await counted.transaction((tx) => tx.query('SELECT 1'));
    await counted.close();
    expect(seen).toEqual(['query OK', 'query 22012', 'transaction OK']);
  });
});

describe('transactions', () => {
  test('commit all or nothing', async () => {
    await store.transaction(async (tx) => {
      await add(tx, 'a');
      await add(tx, 'b');
    });
    const failed = store.transaction(async (tx) => {
      await add(tx, 'c');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await texts()).toEqual(['a', 'b']);
  });

  test('joined by a nested one end together with it', async () => {
    const failed = store.transaction(async (tx) => {
      await tx.transaction((inner) => add(inner, 'inner'));
      throw new Error('outer');
    });
    await expect(failed).rejects.toThrow('outer');
    expect(await texts()).toEqual([]);
  });

  test('cannot be committed after a nested one failed, even where that is swallowed', async () => {
    const failed = store.transaction(async (tx) => {
      await add(tx, 'outer');
      await tx
        .transaction(async (inner) => {
          await add(inner, 'inner');
          throw new Error('inner');
        })
        .catch(() => undefined);
    });
    await expect(failed).rejects.toThrow('inner');
    expect(await texts()).toEqual([]);
  });

  test('do not pretend to have committed after a swallowed statement error', async () => {
    const failed = store.transaction(async (tx) => {
      await add(tx, 'lost');
      await tx.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(failed).rejects.toThrow('rolled back');
    expect(await texts()).toEqual([]);
  });

  test('run statements that were started together one after the other', async () => {
    await store.transaction(async (tx) => {
      await Promise.all(['1', '2', '3', '4'].map((text) => add(tx, text)));
    });
    expect(await texts()).toEqual(['1', '2', '3', '4']);
  });

  test('refuse a statement that comes after their end', async () => {
    let escaped: Store | undefined;
    await store.transaction(async (tx) => {
      escaped = tx;
    });
    await expect(escaped?.query('SELECT 1')).rejects.toThrow('over');
  });
});

describe('locks', () => {
  test('let one in at a time, across stores and within one', async () => {
    const other = openStore({ url: server.url, maxConnections: 1 });
    const seen = await store.withLock('loop:x', async () => [
      await store.withLock('loop:x', async () => 'in'),
      await other.withLock('loop:x', async () => 'in'),
      await other.withLock('loop:y', async () => 'in'),
    ]);
    expect(seen).toEqual([undefined, undefined, 'in']);
    expect(await other.withLock('loop:x', async () => 'in')).toBe('in');
    await other.close();
  });

  test('are given back when the work throws', async () => {
    await expect(store.withLock('loop:x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await store.withLock('loop:x', async () => 1)).toBe(1);
  });

  test('fall when the process that holds them is killed', async () => {
    const script = join(import.meta.dirname, 'fixtures', 'hold-lock.ts');
    const child = spawn(process.execPath, [script, server.url, 'loop:z'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    await once(child.stdout, 'data');
    expect(await store.withLock('loop:z', async () => 'in')).toBeUndefined();
    child.kill('SIGKILL');
    let got: string | undefined;
    while (got === undefined) {
      got = await store.withLock('loop:z', async () => 'in');
      await delay(20);
    }
    expect(got).toBe('in');
  });

  test('tell the work when their connection is lost', async () => {
    const aborted = await store.withLock('loop:x', async (lost) => {
      await store.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'amadeus locks' AND pid <> pg_backend_pid()",
      );
      if (!lost.aborted) await once(lost, 'abort');
      return lost.aborted;
    });
    expect(aborted).toBe(true);
    expect(await store.withLock('loop:x', async () => 'again')).toBe('again');
  });
});

describe('a store that goes away', () => {
  test('fails with UNAVAILABLE, and answers by itself when it is back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amadeus-away-'));
    const first = await startEmbeddedPostgres({ dataDir: folder });
    const client = openStore({ url: first.url, acquireTimeoutMs: 2_000 });
    await client.query('CREATE TABLE kept (n int)');
    await client.query('INSERT INTO kept VALUES (1)');
    expect(await client.ping()).toBe(true);
    await first.stop();
    await expect(client.query('SELECT n FROM kept')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(client.transaction((tx) => tx.query('SELECT 1'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(client.withLock('x', async () => 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await client.ping()).toBe(false);
    const second = await startEmbeddedPostgres({ dataDir: folder, port: first.port });
    // A loaded machine may take longer than one call's patience; what counts is that nothing has to be done.
    while (!(await client.ping())) await delay(20);
    expect(await client.query('SELECT n FROM kept')).toEqual([{ n: 1 }]);
    expect(await client.withLock('x', async () => 1)).toBe(1);
    await client.close();
    await second.stop();
    await rm(folder, { recursive: true });
  });

  test('in the middle of a transaction rolls it back and keeps the process alive', async () => {
    const failed = store.transaction(async (tx) => {
      await add(tx, 'half');
      const [own] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await store.query('SELECT pg_terminate_backend($1)', [own?.pid]);
      await add(tx, 'rest');
    });
    await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await texts()).toEqual([]);
  });
});

test.each([
  ['53100', 'DISK_FULL'],
  ['57P03', 'UNAVAILABLE'],
  ['53300', 'UNAVAILABLE'],
  ['ECONNREFUSED', 'UNAVAILABLE'],
  ['57014', 'UPSTREAM_TIMEOUT'],
  ['40P01', 'CONFLICT'],
])('SQLSTATE %s becomes %s', (code, expected) => {
  const translated = translateStoreError(Object.assign(new Error('x'), { code }));
  expect(translated).toBeInstanceOf(AppError);
  expect((translated as AppError).code).toBe(expected);
});
