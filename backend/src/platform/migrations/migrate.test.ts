import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testStores, type TestStores } from '../testing/index.ts';
import { MigrationError, migrateStore, migrateWarehouse } from './index.ts';

let stores: TestStores;
let directory: string;

beforeAll(async () => {
  stores = await testStores({ migrated: false });
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'amadeus-migrations-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));
afterAll(() => stores.close());

const write = (name: string, sql: string) => writeFile(join(directory, name), sql);
const toStore = () => migrateStore(stores.store, { directory });
const toWarehouse = () => migrateWarehouse(stores.warehouse, { store: stores.store, directory });

describe('the store', () => {
  beforeEach(() =>
    stores.store.query('DROP SCHEMA public CASCADE').then(() => stores.store.query('CREATE SCHEMA public')),
  );

  test('gets each file once, however many processes start together', async () => {
    await write('0001_note.sql', "CREATE TABLE note (text text); -- one; two\nINSERT INTO note VALUES ('a;b');");
    const applied = await Promise.all([toStore(), toStore(), toStore()]);
    expect(applied.flat()).toEqual(['0001_note.sql']);
    expect(await stores.store.query('SELECT text FROM note')).toEqual([{ text: 'a;b' }]);
    expect(await toStore()).toEqual([]);
  });

  test('keeps nothing of a file that fails half-way', async () => {
    await write('0001_half.sql', 'CREATE TABLE half (a int); SELECT nonsense;');
    await expect(toStore()).rejects.toThrow();
    await write('0001_half.sql', 'CREATE TABLE half (a int);');
    expect(await toStore()).toEqual(['0001_half.sql']);
  });

  test('refuses a changed file and says what to do', async () => {
    await write('0001_a.sql', 'CREATE TABLE a (x int);');
    await toStore();
    await write('0001_a.sql', 'CREATE TABLE a (x bigint);');
    await expect(toStore()).rejects.toThrow(MigrationError);
    await write('0001_a.sql', 'CREATE TABLE a (x int);\r\n'.trimEnd());
    expect(await toStore()).toEqual([]);
  });

  test('refuses a file that is not named as one', async () => {
    await write('first.sql', 'SELECT 1');
    await expect(toStore()).rejects.toThrow(/NNNN_name.sql/);
  });
});

describe('the warehouse', () => {
  test('gets each file once, under the lock of the store', async () => {
    await write(
      '0001_t.sql',
      'CREATE TABLE IF NOT EXISTS t ${ON_CLUSTER} (a Int8) ENGINE = ${MERGETREE} ORDER BY a;\nINSERT INTO t VALUES (1);',
    );
    const applied = await Promise.all([toWarehouse(), toWarehouse()]);
    expect(applied.flat()).toEqual(['0001_t.sql']);
    expect((await stores.warehouse.query('SELECT a FROM t')).rows).toEqual([{ a: 1 }]);
    await write('0001_t.sql', 'SELECT 2');
    await expect(toWarehouse()).rejects.toThrow(/was changed after it was applied/);
  });
});

test('the product`s own files apply to empty databases, and again change nothing', async () => {
  const fresh = await testStores();
  try {
    expect(await migrateStore(fresh.store)).toEqual([]);
    expect(await migrateWarehouse(fresh.warehouse, { store: fresh.store })).toEqual([]);
  } finally {
    await fresh.close();
  }
});
