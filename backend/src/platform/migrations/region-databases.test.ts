import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Registry } from 'prom-client';
import { pino } from 'pino';
import { systemClock } from '../clock/index.ts';
import type { Scope } from '../identity/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { openWarehouse, type Warehouse } from '../warehouse/index.ts';
import { migrateWarehouse } from './index.ts';

const tables = `
CREATE TABLE IF NOT EXISTS fact \${ON_CLUSTER} (Tenant LowCardinality(String), Region LowCardinality(String), Id UInt32,
  Amount Decimal(38, 10), Version UInt64, Key UInt64 MATERIALIZED sipHash64(Id))
ENGINE = \${REPLACING}(Version) PARTITION BY Id % 3 ORDER BY (Tenant, Region, Id);
CREATE TABLE IF NOT EXISTS sums \${ON_CLUSTER} (Tenant LowCardinality(String), Region LowCardinality(String),
  Total SimpleAggregateFunction(sum, Decimal(38, 10)), Ids AggregateFunction(uniqExact, UInt32))
ENGINE = \${AGGREGATING} ORDER BY (Tenant, Region);
CREATE MATERIALIZED VIEW IF NOT EXISTS sums_from_facts \${ON_CLUSTER} TO sums AS
SELECT Tenant, Region, sum(Amount) AS Total, uniqExactState(Id) AS Ids FROM fact GROUP BY Tenant, Region;
CREATE TABLE IF NOT EXISTS word \${ON_CLUSTER} (Word String) ENGINE = \${MERGETREE} ORDER BY Word;`;

const all: Scope = { tenant: 'acme', regions: 'all', teams: 'all', products: 'all' };
const only = (...regions: string[]): Scope => ({ ...all, regions });
const fact = (Region: string, Id: number, Amount: string, Version = 1, Tenant = 'acme') => ({
  ...{ Tenant, Region, Id, Amount, Version },
});
const regions = { AMADEUS_WAREHOUSE_REGIONS: '{"eu": {}, "us-1": {}}' };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'amadeus-regions-'));
  await writeFile(join(directory, '0001_tables.sql'), tables);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const migrate = ({ store }: TestStores, warehouse: Warehouse) => migrateWarehouse(warehouse, { store, directory });
const totals = async (warehouse: Warehouse, scope?: Scope) =>
  (
    await warehouse.query<{ region: string; n: string; total: string; ids: string }>(
      `SELECT f.region AS region, f.n AS n, s.total AS total, s.ids AS ids FROM
         (SELECT Region AS region, toString(count()) AS n FROM fact FINAL GROUP BY region) AS f
         LEFT JOIN (SELECT Region AS region, toString(sum(Total)) AS total, toString(uniqExactMerge(Ids)) AS ids
                    FROM sums GROUP BY region) AS s ON s.region = f.region ORDER BY region`,
      scope ? { scope } : {},
    )
  ).rows.map(({ region, n, total, ids }) => `${region}: ${n} rows, ${total}, ${ids} ids`);

describe('a warehouse with databases of regions', () => {
  let stores: TestStores;
  let warehouse: Warehouse;

  beforeAll(async () => {
    stores = await testStores({ migrated: false, environment: regions });
    ({ warehouse } = stores);
    await migrate(stores, warehouse);
    await warehouse.insert('fact', [
      fact('eu', 1, '0.1'),
      fact('eu', 2, '0.2'),
      fact('us-1', 1, '10'),
      fact('kr', 1, '100'),
      fact('eu', 1, '1000', 1, 'other'),
    ]);
    await warehouse.insert('fact', [fact('eu', 1, '0.4', 2), fact('kr', 2, '200', 2)]);
  });
  afterAll(() => stores.close());

  test('keeps the rows of each region, and what views make of them, in its database', async () => {
    const main = stores.config.warehouse.database;
    expect(warehouse.homes.map(({ database }) => database)).toEqual([main, `${main}_eu`, `${main}_us_1`]);
    expect(await totals(warehouse.in('eu'))).toEqual(['eu: 3 rows, 1000.7, 2 ids']);
    expect(await totals(warehouse.in('us-1'))).toEqual(['us-1: 1 rows, 10, 1 ids']);
    expect(await totals(warehouse.in('anywhere'))).toEqual(['kr: 2 rows, 300, 2 ids']);
  });

  test('reads them together: newest versions, states and materialized columns as in one database', async () => {
    expect(await totals(warehouse)).toEqual([
      'eu: 3 rows, 1000.7, 2 ids',
      'kr: 2 rows, 300, 2 ids',
      'us-1: 1 rows, 10, 1 ids',
    ]);
    const { rows } = await warehouse.query(
      `SELECT toString(sum(Amount)) AS total, countIf(Key = sipHash64(Id)) AS keyed FROM fact FINAL
       WHERE Id IN (SELECT Id FROM fact FINAL WHERE Region = 'us-1')`,
    );
    expect(rows).toEqual([{ total: '1110.4', keyed: '4' }]);
    expect(Object.keys((await warehouse.query<object>('SELECT * FROM fact LIMIT 1')).rows[0]!)).not.toContain('Key');
  });

  test.each([
    ['all regions', all, ['eu: 2 rows, 0.7, 2 ids', 'kr: 2 rows, 300, 2 ids', 'us-1: 1 rows, 10, 1 ids']],
    ['one with a database', only('eu'), ['eu: 2 rows, 0.7, 2 ids']],
    ['one without', only('kr'), ['kr: 2 rows, 300, 2 ids']],
    ['two', only('kr', 'us-1'), ['kr: 2 rows, 300, 2 ids', 'us-1: 1 rows, 10, 1 ids']],
    ['one that has no rows', only('mars'), []],
    ['none', only(), []],
  ])('shows a caller of %s the rows of those alone', async (_, scope, expected) => {
    expect(await totals(warehouse, scope)).toEqual(expected);
  });

  test('reads the database of a single region itself, and by its key through the common one', async () => {
    const explain = async (scope: Scope) =>
      (
        await warehouse.query<{ explain: string }>(`EXPLAIN indexes = 1 SELECT sum(Amount) FROM fact WHERE Id = 1`, {
          scope,
        })
      ).rows
        .map(({ explain: line }) => line)
        .join('\n');
    expect(await explain(only('eu'))).not.toMatch(/ReadFromMerge\b/);
    const together = await explain(only('eu', 'us-1'));
    expect(together).toMatch(/Region in 2-element set/);
  });

  test('hands out one region as a file, and knows what was written meanwhile', async () => {
    const read = () => warehouse.query('SELECT count() AS n FROM fact', { scope: all, cacheSeconds: 60 });
    const before = (await read()).rows;
    await warehouse.in('eu').insert('fact', [fact('eu', 77, '1')]);
    expect((await read()).rows).not.toEqual(before);
    await warehouse.in('eu').command('ALTER TABLE fact DELETE WHERE Id = 77', { settings: { mutations_sync: 2 } });
    const bytes = await warehouse.exportRaw('SELECT Region, Id FROM fact FINAL ORDER BY Id', 'CSV', {
      scope: only('us-1'),
    });
    expect((await bytes.toArray()).join('')).toBe('"us-1",1\n');
  });

  test('does not guess where something belongs', async () => {
    await expect(warehouse.insert('word', [{ Word: 'a' }])).rejects.toThrow(/no Region/);
    await expect(warehouse.insertRaw('fact', Readable.from([]), 'CSV')).rejects.toThrow(/ask in\(region\)/);
    await expect(warehouse.command('TRUNCATE TABLE fact')).rejects.toThrow(/each of homes/);
  });

  test('brings every database, and what reads over them, to a new version', async () => {
    const file = join(directory, '0002_more.sql');
    await writeFile(file, 'ALTER TABLE fact ${ON_CLUSTER} ADD COLUMN IF NOT EXISTS Note String;');
    try {
      expect(await migrate(stores, warehouse)).toEqual(['0002_more.sql']);
      expect(await migrate(stores, warehouse)).toEqual([]);
      await warehouse.in('eu').insert('fact', [{ ...fact('eu', 1, '0.4', 3), Note: 'seen' }]);
      const { rows } = await warehouse.query("SELECT Region AS region FROM fact FINAL WHERE Note = 'seen'");
      expect(rows).toEqual([{ region: 'eu' }]);
    } finally {
      await rm(file);
    }
  });

  test('leaves the others whole where one database is lost', async () => {
    await warehouse.homes[0]!.command(`DROP DATABASE ${warehouse.in('us-1').database} SYNC`);
    expect(await totals(warehouse)).toEqual([expect.stringMatching(/^eu/), expect.stringMatching(/^kr/)]);
    expect(await totals(warehouse, only('eu'))).toEqual([expect.stringMatching(/^eu: 2/)]);
  });
});

describe('a region that is given a database of its own later', () => {
  let stores: TestStores;
  let later: Warehouse;
  const expected = ['eu: 9 rows, 45, 9 ids', 'kr: 2 rows, 3, 2 ids', 'us-1: 1 rows, 5, 1 ids'];

  const left = async () =>
    (
      await stores.warehouse.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND match(name, '^(filling|moving)_')",
      )
    ).rows;

  beforeEach(async () => {
    stores = await testStores({ migrated: false });
    await migrate(stores, stores.warehouse);
    const many = Array.from({ length: 9 }, (_, index) => fact('eu', index + 1, String(index + 1)));
    await stores.warehouse.insert('fact', [...many, fact('kr', 1, '1'), fact('kr', 2, '2'), fact('us-1', 1, '5')]);
    const config = { ...stores.config, warehouse: { ...stores.config.warehouse, regions: { eu: {}, 'us-1': {} } } };
    const telemetry = { log: pino({ level: 'silent' }), metrics: new Registry() };
    later = await openWarehouse({ config, clock: systemClock, telemetry });
  });
  afterEach(async () => {
    for (const { database } of [later, ...later.homes.slice(1)])
      await stores.warehouse.command(`DROP DATABASE IF EXISTS ${database} SYNC`);
    await later.close();
    await stores.close();
  });

  test('has its rows and roll-ups there, each once, wherever their move is killed', async () => {
    for (let step = 1; step < 200; step++) {
      const killed = await migrate(stores, dying(later, step)).then(
        () => false,
        () => true,
      );
      if (killed) continue;
      expect(step).toBeGreaterThan(10);
      expect(await totals(later)).toEqual(expected);
      expect(await totals(later.in('eu'))).toEqual([expected[0]]);
      expect(await totals(stores.warehouse)).toEqual([expected[1]]);
      expect(await left()).toEqual([]);
      return;
    }
    throw new Error('the move never came to its end');
  });

  test('is not forgotten while its rows are on their way', async () => {
    await migrate(stores, dying(later, undefined, /MOVE PARTITION/)).catch(() => undefined);
    expect(await left()).toHaveLength(1);
    await expect(migrate(stores, stores.warehouse)).rejects.toThrow(/start once with the regions as they were/);
    await migrate(stores, later);
    expect(await totals(later)).toEqual(expected);
  });
});

/** The same warehouse in a process that ends before its nth command, or before one of a kind. */
function dying(whole: Warehouse, at: number | undefined, before?: RegExp): Warehouse {
  let step = 0;
  const wrap = (one: Warehouse): Warehouse =>
    new Proxy(one, {
      get: (target, name): unknown => {
        if (name === 'homes') return target.homes.map(wrap);
        if (name === 'in') return (region: string) => wrap(target.in(region));
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return async (...all: unknown[]): Promise<unknown> => {
          if (name === 'command' && (++step === at || before?.test(String(all[0])))) throw new Error('killed');
          return (value as (...given: unknown[]) => Promise<unknown>).apply(target, all);
        };
      },
    });
  return wrap(whole);
}
