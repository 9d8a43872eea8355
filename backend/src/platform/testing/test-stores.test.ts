import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testStores, type TestStores } from './index.ts';

let one: TestStores;
let other: TestStores;

beforeAll(async () => {
  [one, other] = await Promise.all([testStores(), testStores({ migrated: false })]);
});

afterAll(() => Promise.all([one.close(), other.close()]));

test('a migrated pair has the tables of both stores', async () => {
  const { rows } = await one.warehouse.query<{ name: string }>(
    'SELECT name FROM system.tables WHERE database = currentDatabase()',
  );
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['fact_cost_usage', 'cost_hourly', 'schema_migration']),
  );
  expect(await one.store.query('SELECT number FROM schema_migration')).not.toHaveLength(0);
});

test('another pair is empty and apart', async () => {
  await one.warehouse.command('CREATE TABLE mine (a Int8) ENGINE = Memory');
  const { rows } = await other.warehouse.query('SELECT name FROM system.tables WHERE database = currentDatabase()');
  expect(rows).toEqual([]);
  expect(await other.store.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);
});
