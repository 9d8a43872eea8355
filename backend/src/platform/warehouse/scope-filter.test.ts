import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Scope } from '../identity/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { scopeFilters } from './scope-filter.ts';

const everything: Scope = { tenant: 'acme', regions: 'all', teams: 'all', products: 'all' };

describe('the filter', () => {
  test('narrows each table by the columns that it has', () => {
    const tables = new Map([
      ['cost', new Set(['Tenant', 'Region', 'x_Team', 'x_Product'])],
      ['job', new Set(['Tenant', 'Team'])],
      ['lookup', new Set<string>()],
    ]);
    const filters = scopeFilters('db', tables, { tenant: 'a', regions: ['b'], teams: ['c'], products: 'all' });
    expect(filters).toBe(
      `{'db.cost':'Tenant IN (unhex(\\'61\\')) AND Region IN (unhex(\\'62\\')) AND x_Team IN (unhex(\\'63\\'))',` +
        `'db.job':'Tenant IN (unhex(\\'61\\')) AND Team IN (unhex(\\'63\\'))'}`,
    );
  });

  test('lets nothing through where nothing is allowed', () => {
    expect(scopeFilters('db', new Map([['t', new Set(['Tenant', 'Team'])]]), { ...everything, teams: [] })).toMatch(
      / AND 0'/,
    );
  });
});

describe('in the engine', () => {
  let stores: TestStores;
  const hostile = "x' OR 1=1 --";

  beforeAll(async () => {
    stores = await testStores({ migrated: false });
    const { warehouse } = stores;
    await warehouse.command(`CREATE TABLE cost (Tenant LowCardinality(String), Region LowCardinality(String),
      x_Team LowCardinality(String), x_Product LowCardinality(String), Amount Int32) ENGINE = MergeTree ORDER BY (Tenant, Region)`);
    await warehouse.command(`CREATE TABLE job (Tenant LowCardinality(String), Team String, Amount Int32, Version UInt64)
      ENGINE = ReplacingMergeTree(Version) ORDER BY (Tenant, Team)`);
    await warehouse.command('CREATE VIEW cost_view AS SELECT Tenant, sum(Amount) AS Amount FROM cost GROUP BY Tenant');
    const row = (Tenant: string, Region: string, x_Team: string, x_Product: string, Amount: number) => ({
      Tenant,
      Region,
      x_Team,
      x_Product,
      Amount,
    });
    await warehouse.insert('cost', [
      row('acme', 'kr', 'red', 'shop', 1),
      row('acme', 'kr', 'blue', 'shop', 2),
      row('acme', 'us', 'red', 'ads', 4),
      row('other', 'kr', 'red', 'shop', 8),
      row(hostile, 'kr', 'red', 'shop', 16),
    ]);
    await warehouse.insert('job', [
      { Tenant: 'acme', Team: 'red', Amount: 100, Version: 1 },
      { Tenant: 'acme', Team: 'blue', Amount: 200, Version: 1 },
      { Tenant: 'other', Team: 'red', Amount: 400, Version: 1 },
    ]);
  });

  afterAll(() => stores.close());

  async function total(sql: string, scope: Scope): Promise<number> {
    const { rows } = await stores.warehouse.query<{ n: string | number }>(sql, { scope });
    return Number(rows[0]!.n);
  }

  test.each<[string, Scope, number]>([
    ['a tenant', everything, 7],
    ['a region', { ...everything, regions: ['kr'] }, 3],
    ['teams', { ...everything, teams: ['red', 'green'] }, 5],
    ['a product', { ...everything, products: ['ads'] }, 4],
    ['no team', { ...everything, teams: [] }, 0],
    ['all at once', { tenant: 'acme', regions: ['kr'], teams: ['red'], products: ['shop'] }, 1],
  ])('sees the rows of %s only', async (_name, scope, expected) => {
    expect(await total('SELECT sum(Amount) AS n FROM cost', scope)).toBe(expected);
  });

  test.each([
    ['under an alias', 'SELECT sum(c.Amount) AS n FROM cost AS c', 7],
    ['by its full name', 'SELECT sum(Amount) AS n FROM {db:Identifier}.cost', 7],
    ['in a subquery', 'SELECT sum(Amount) AS n FROM (SELECT * FROM (SELECT * FROM cost))', 7],
    ['in WITH', 'WITH c AS (SELECT * FROM cost) SELECT sum(Amount) AS n FROM c', 7],
    ['in IN', 'SELECT count() AS n FROM numbers(100) WHERE number IN (SELECT Amount FROM cost)', 3],
    [
      'in a join',
      'SELECT sum(j.Amount) AS n FROM (SELECT DISTINCT x_Team FROM cost) c JOIN job j ON j.Team = c.x_Team',
      300,
    ],
    ['on both sides of a join', 'SELECT count() AS n FROM cost a LEFT JOIN cost b ON a.x_Team = b.x_Team', 5],
    ['in UNION ALL', 'SELECT sum(Amount) AS n FROM (SELECT Amount FROM cost UNION ALL SELECT Amount FROM job)', 307],
    ['through a view', 'SELECT sum(Amount) AS n FROM cost_view', 7],
    ['with FINAL', 'SELECT sum(Amount) AS n FROM job FINAL', 300],
    ['as a count', 'SELECT count() AS n FROM cost', 3],
    ['with OR', 'SELECT sum(Amount) AS n FROM cost WHERE 0 OR 1', 7],
    ['with PREWHERE', "SELECT sum(Amount) AS n FROM cost PREWHERE Tenant != '' WHERE 1", 7],
  ])('holds %s', async (_name, sql, expected) => {
    const { rows } = await stores.warehouse.query<{ n: string | number }>(sql, {
      scope: everything,
      params: { db: stores.warehouse.database },
    });
    expect(Number(rows[0]!.n)).toBe(expected);
  });

  test.each([
    hostile,
    "acme') OR (1=1",
    "acme'} ",
    "\\') OR 1=1 --",
    "acme', 'other",
    "')) UNION ALL SELECT 1 --",
    '\u0000',
    '%',
    '*',
    '',
  ])('a tenant called %j sees its own rows and no others', async (tenant) => {
    expect(await total('SELECT sum(Amount) AS n FROM cost', { ...everything, tenant })).toBe(
      tenant === hostile ? 16 : 0,
    );
    expect(await total('SELECT sum(Amount) AS n FROM cost', { ...everything, teams: [tenant] })).toBe(0);
    expect(
      await total('SELECT sum(Amount) AS n FROM cost', { ...everything, regions: [tenant], products: [tenant] }),
    ).toBe(0);
  });

  test.each([
    "merge(currentDatabase(), '^cost$')",
    "remote('127.0.0.1', currentDatabase(), cost)",
    "loop('cost')",
    "cluster('default', cost)",
  ])('cannot be passed by with %s', async (source) => {
    await expect(total(`SELECT sum(Amount) AS n FROM ${source}`, everything)).rejects.toThrow(/table function/);
    await expect(total(`SELECT count() AS n FROM cost AS a JOIN ${source} AS b ON 1`, everything)).rejects.toThrow(
      /table function/,
    );
  });

  test('is not for the query to change', async () => {
    const sql = 'SELECT sum(Amount) AS n FROM cost SETTINGS additional_table_filters = {}';
    await expect(total(sql, everything)).rejects.toThrow(/table filters/);
    const given = stores.warehouse.query('SELECT 1', {
      scope: everything,
      settings: { additional_table_filters: '{}' },
    });
    await expect(given).rejects.toThrow(/table filters/);
  });

  test('counts in the cache: another scope gets another answer', async () => {
    const ask = async (scope: Scope) => {
      const { rows } = await stores.warehouse.query<{ n: string }>('SELECT sum(Amount) AS n FROM cost', {
        scope,
        cacheSeconds: 30,
      });
      return Number(rows[0]!.n);
    };
    expect(await ask(everything)).toBe(7);
    expect(await ask({ ...everything, tenant: 'other' })).toBe(8);
  });

  test('covers a table made a moment ago', async () => {
    await total('SELECT sum(Amount) AS n FROM cost', everything);
    await stores.warehouse.command(
      'CREATE TABLE later (Tenant String, Amount Int32) ENGINE = MergeTree ORDER BY Tenant',
    );
    await stores.warehouse.insert('later', [
      { Tenant: 'acme', Amount: 1 },
      { Tenant: 'other', Amount: 2 },
    ]);
    expect(await total('SELECT sum(Amount) AS n FROM later', everything)).toBe(1);
  });

  test('narrows what is read by the primary key', async () => {
    const { rows } = await stores.warehouse.query<{ explain: string }>('EXPLAIN indexes = 1 SELECT * FROM cost', {
      scope: everything,
    });
    expect(rows.map(({ explain }) => explain).join('\n')).toMatch(/PrimaryKey[^]*Tenant in/);
  });
});
