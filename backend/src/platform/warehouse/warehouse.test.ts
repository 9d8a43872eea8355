import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { ManualClock } from '../clock/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import type { Warehouse } from './index.ts';

const clock = new ManualClock();
let stores: TestStores;
let warehouse: Warehouse;

beforeAll(async () => {
  stores = await testStores({ migrated: false, clock });
  warehouse = stores.warehouse;
  await warehouse.command(`CREATE TABLE amount (Id Int64, Amount Decimal(76, 30), At DateTime('UTC'), Note String)
    ENGINE = MergeTree ORDER BY Id SETTINGS non_replicated_deduplication_window = 100`);
});

afterAll(() => stores.close());

async function count(table: string): Promise<number> {
  const { rows } = await warehouse.query<{ n: number }>(`SELECT toInt32(count()) AS n FROM ${table}`);
  return rows[0]!.n;
}

describe('values', () => {
  test('amounts and 64-bit integers keep every digit, in and out', async () => {
    const digits = '1234567890123456789012345678901234567890.123456789012345678901234567891';
    await warehouse.insert('amount', [
      { Id: 9007199254740993n, Amount: new Decimal('1e-20'), At: new Date('2026-01-02T03:04:05Z'), Note: "it's" },
      { Id: 2, Amount: digits, At: '2026-01-02 03:04:05', Note: '=1+1' },
    ]);
    const { rows } = await warehouse.query('SELECT * FROM amount ORDER BY Id');
    expect(rows).toEqual([
      { Id: '2', Amount: digits, At: '2026-01-02 03:04:05', Note: '=1+1' },
      { Id: '9007199254740993', Amount: '0.00000000000000000001', At: '2026-01-02 03:04:05', Note: "it's" },
    ]);
  });

  test('an amount as a parameter is exact', async () => {
    const sql = 'SELECT count() AS n FROM amount WHERE Amount = {amount:Decimal(76, 30)}';
    const { rows } = await warehouse.query(sql, { params: { amount: new Decimal('1e-20') } });
    expect(rows).toEqual([{ n: '1' }]);
  });

  test.each([
    "'; DROP TABLE amount; --",
    '=HYPERLINK("http://x")',
    '\\',
    '\\N',
    '{a:b}',
    "a' OR '1'='1",
    '한글 🚀',
    '',
  ])('free text %j comes back as it was given', async (text) => {
    await warehouse.insert('amount', [{ Id: 100, Amount: '1', At: '2026-01-01 00:00:00', Note: text }]);
    const sql = 'SELECT DISTINCT Note FROM amount WHERE Id = 100 AND Note = {note:String}';
    expect((await warehouse.query(sql, { params: { note: text } })).rows).toEqual([{ Note: text }]);
  });
});

describe('failures', () => {
  test('a guard that is hit says QUERY_LIMIT', async () => {
    const many = warehouse.query('SELECT number FROM numbers(1000)', { maxResultRows: 10 });
    await expect(many).rejects.toMatchObject({ code: 'QUERY_LIMIT', retryable: false });
    const slow = warehouse.query('SELECT count() FROM system.numbers', { timeoutMs: 300 });
    await expect(slow).rejects.toMatchObject({ code: 'QUERY_LIMIT' });
    const wide = warehouse.query('SELECT * FROM amount', { settings: { max_bytes_to_read: '1' } });
    await expect(wide).rejects.toMatchObject({ code: 'QUERY_LIMIT', engineCode: 307 });
  });

  test('a statement that is wrong says INTERNAL, and the engine`s words stay inside', async () => {
    const error = await warehouse.query('SELECT secret_column FROM amount').catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'INTERNAL', engineCode: 47 });
    expect((error as Error).message).not.toMatch(/secret_column/);
    expect(String((error as Error).cause)).toMatch(/secret_column/);
  });

  test('a caller who goes away says CLIENT_CLOSED', async () => {
    const gone = new AbortController();
    const reading = warehouse.query('SELECT count() FROM system.numbers', { signal: gone.signal });
    setTimeout(() => gone.abort(), 100);
    await expect(reading).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  test('query() refuses what writes', async () => {
    for (const sql of [
      'DROP TABLE amount',
      'INSERT INTO amount SELECT 1',
      'SELECT 1; DROP TABLE amount',
      'SET x = 1',
      '-- only\n',
    ]) {
      await expect(warehouse.query(sql)).rejects.toThrow(/query\(\)/);
    }
  });
});

describe('the result cache', () => {
  const sql = 'SELECT toInt32(count()) AS n FROM cached WHERE a >= {from:Int32}';
  const ask = (cacheSeconds: number, from = 0) =>
    warehouse.query<{ n: number }>(sql, { params: { from }, cacheSeconds });

  test('answers from memory while it is young, and says how old it is', async () => {
    await warehouse.command('CREATE TABLE cached (a Int32) ENGINE = MergeTree ORDER BY a');
    expect(await ask(30)).not.toHaveProperty('cachedAgeSeconds');
    await warehouse.command('INSERT INTO cached VALUES (1)');
    await clock.advance(12_000);
    expect(await ask(30)).toMatchObject({ rows: [{ n: 0 }], cachedAgeSeconds: 12 });
    expect((await ask(30, 1)).rows).toEqual([{ n: 1 }]);
    expect((await ask(0)).rows).toEqual([{ n: 1 }]);
    await clock.advance(20_000);
    expect((await ask(30)).rows).toEqual([{ n: 1 }]);
  });

  test('forgets what the process itself has written to', async () => {
    const [{ n: before }] = (await ask(30)).rows as [{ n: number }];
    await warehouse.insert('cached', [{ a: 2 }]);
    expect((await ask(30)).rows).toEqual([{ n: before + 1 }]);
    await warehouse.command('TRUNCATE TABLE cached');
    await warehouse.insert('cached', [{ a: 1 }]);
  });

  test('gives each caller rows of his own', async () => {
    const { rows } = await ask(30, 5);
    rows[0]!.n = 99;
    expect((await ask(30, 5)).rows).toEqual([{ n: 0 }]);
  });

  test('asks the engine once for those who ask together', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(30, 7)));
    expect(answers.map(({ rows }) => rows[0]!.n)).toEqual(Array.from({ length: 10 }, () => 0));
  });
});

describe('batches', () => {
  const row = (id: number) => ({ Id: id, Amount: '1', At: '2026-01-01 00:00:00', Note: 'batch' });
  const kept = async (id: number) => {
    const { rows } = await warehouse.query<{ n: string }>('SELECT count() AS n FROM amount WHERE Id = {id:Int64}', {
      params: { id },
    });
    return Number(rows[0]!.n);
  };

  test('with one token count once', async () => {
    expect(await warehouse.insert('amount', [row(201)], { token: 'drop-1' })).toEqual({ writtenRows: 1 });
    await warehouse.insert('amount', [row(201)], { token: 'drop-1' });
    await warehouse.insert('amount', [row(201)], { token: 'drop-2' });
    expect(await kept(201)).toBe(2);
  });

  test('without a token count every time', async () => {
    await warehouse.insert('amount', [row(202)]);
    await warehouse.insert('amount', [row(202)]);
    expect(await kept(202)).toBe(2);
  });

  test('of chosen columns, from a generator', async () => {
    async function* rows() {
      for (let id = 0; id < 10_000; id += 1) yield { Id: 300, Note: `n${id}` };
    }
    expect(await warehouse.insert('amount', rows(), { columns: ['Id', 'Note'] })).toEqual({ writtenRows: 10_000 });
    expect(await kept(300)).toBe(10_000);
  });

  test('with an unknown column are refused whole', async () => {
    const rows = [row(400), { ...row(400), Unknown: 1 }];
    await expect(warehouse.insert('amount', rows)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await kept(400)).toBe(0);
  });

  test('as Parquet go out and come in again', async () => {
    await warehouse.command('CREATE TABLE copy AS amount');
    const file = await warehouse.exportRaw('SELECT * FROM amount', 'Parquet');
    const { writtenRows } = await warehouse.insertRaw('copy', file, 'Parquet');
    expect(writtenRows).toBe(await count('amount'));
    expect(await count('copy')).toBe(writtenRows);
  });

  test('that fail half-way out end in the engine`s reason', async () => {
    const sql = "SELECT number, throwIf(number = 1500000, 'boom') FROM numbers(3000000)";
    const stream = await warehouse.exportRaw(sql, 'TabSeparated');
    const read = async () => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toMatchObject({ code: 'INTERNAL', engineCode: 395 });
  });
});

test('ping tells whether it answers', async () => {
  expect(await warehouse.ping()).toBe(true);
});
