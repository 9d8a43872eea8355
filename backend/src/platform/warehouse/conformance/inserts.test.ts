import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { openServer, type Server } from './conformance-fixture.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
  await server.client.command({
    query: "CREATE TABLE t (a Int64, s String DEFAULT upper('none')) ENGINE = MergeTree ORDER BY a",
  });
});

beforeEach(async () => {
  await server.client.command({ query: 'TRUNCATE TABLE t' });
});

afterAll(() => server.close());

async function kept(): Promise<unknown[]> {
  const result = await server.client.query({
    query: 'SELECT toString(a), s FROM t ORDER BY a, s',
    format: 'JSONCompactEachRow',
  });
  return result.json();
}

async function count(): Promise<number> {
  const result = await server.client.query({ query: 'SELECT toInt32(count()) AS n FROM t', format: 'JSONEachRow' });
  return (await result.json<{ n: number }>())[0]!.n;
}

describe('rows of the client', () => {
  test('arrays keep quotes, line ends and defaults', async () => {
    await server.client.insert({ table: 't', values: [{ a: 1, s: "it's\n\t\\" }, { a: 2 }], format: 'JSONEachRow' });
    expect(await kept()).toEqual([
      ['1', "it's\n\t\\"],
      ['2', 'NONE'],
    ]);
  });

  test('chosen columns only', async () => {
    await server.client.insert({ table: 't', values: [[5]], columns: ['a'], format: 'JSONCompactEachRow' });
    expect(await kept()).toEqual([['5', 'NONE']]);
  });

  test('a stream of half a million rows', async () => {
    function* rows() {
      for (let a = 0; a < 500_000; a += 1) yield { a, s: `row ${a}` };
    }
    await server.client.insert({ table: 't', values: Readable.from(rows()), format: 'JSONEachRow' });
    expect(await count()).toBe(500_000);
  });

  test('a compressed stream', async () => {
    const client = server.connect({ compression: { request: true, response: false } });
    await client.insert({ table: 't', values: Readable.from([{ a: 1 }, { a: 2 }]), format: 'JSONEachRow' });
    expect(await count()).toBe(2);
  });

  test('the summary counts what was written', async () => {
    const { summary } = await server.client.insert({
      table: 't',
      values: [{ a: 1 }, { a: 2 }, { a: 3 }],
      format: 'JSONEachRow',
      clickhouse_settings: { wait_end_of_query: 1 },
    });
    expect(summary).toMatchObject({ written_rows: '3' });
  });
});

describe('bodies as they come', () => {
  test.each([
    ['CSV', '1,"a ""b"""\n2,c\n'],
    ['CSVWithNames', 's,a\n"a ""b""",1\nc,2\n'],
    ['TabSeparated', '1\ta "b"\n2\tc\n'],
    ['Values', `(1, 'a "b"'), (2, 'c')`],
    ['JSONCompactEachRow', '[1, "a \\"b\\""]\n[2, "c"]\n'],
  ])('%s with the statement in the URL', async (format, body) => {
    expect((await server.send({ query: `INSERT INTO t FORMAT ${format}` }, body)).status).toBe(200);
    expect(await kept()).toEqual([
      ['1', 'a "b"'],
      ['2', 'c'],
    ]);
  });

  test('data behind the statement in one body', async () => {
    await server.send({}, 'INSERT INTO t (a, s) FORMAT CSV\n7,"x;y"\n');
    await server.send({}, "INSERT INTO t (a, s) SETTINGS async_insert = 0 VALUES (8, 'z')");
    await server.send({ param_a: '9' }, "INSERT INTO t (a, s) VALUES ({a:Int64}, 'p')");
    expect(await kept()).toEqual([
      ['7', 'x;y'],
      ['8', 'z'],
      ['9', 'p'],
    ]);
  });

  test('bytes that are no text stay as they are', async () => {
    const body = Buffer.concat([Buffer.from('1\t'), Buffer.from([0xff, 0xfe, 0x80]), Buffer.from('\n')]);
    await server.send({ query: 'INSERT INTO t FORMAT TabSeparated' }, body);
    const result = await server.client.query({ query: 'SELECT hex(s) AS h FROM t', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ h: 'FFFE80' }]);
  });

  test.each(['Parquet', 'Native', 'Arrow', 'ORC', 'RowBinary'])(
    '%s out and in again, over many blocks',
    async (format) => {
      const { body } = await server.send(
        {},
        `SELECT toInt64(number) AS a, toString(number) AS s FROM numbers(200000) FORMAT ${format}`,
      );
      const answer = await server.send({ query: `INSERT INTO t FORMAT ${format}` }, body);
      expect(answer.body.toString()).toBe('');
      expect(await count()).toBe(200_000);
      const result = await server.client.query({
        query: 'SELECT toString(sum(a)) AS a, toString(sum(toInt64(s))) AS s FROM t',
        format: 'JSONEachRow',
      });
      expect(await result.json()).toEqual([{ a: '19999900000', s: '19999900000' }]);
    },
  );

  test('a compressed Parquet body', async () => {
    const { body } = await server.send({}, `SELECT toInt64(number) AS a, 'x' AS s FROM numbers(10) FORMAT Parquet`);
    await server.send({ query: 'INSERT INTO t FORMAT Parquet' }, gzipSync(body), { 'content-encoding': 'gzip' });
    expect(await count()).toBe(10);
  });

  test('the client sends a file as it is', async () => {
    const { body } = await server.send({}, `SELECT toInt64(number) AS a, 'x' AS s FROM numbers(10) FORMAT Parquet`);
    await server.client.insert({ table: 't', values: Readable.from([body], { objectMode: false }), format: 'Parquet' });
    expect(await count()).toBe(10);
  });

  test('INSERT ... SELECT needs no body', async () => {
    await server.client.command({ query: "INSERT INTO t SELECT number, 'n' FROM numbers(5)" });
    expect(await count()).toBe(5);
  });
});

describe('bad input', () => {
  test('a row that does not parse is refused with its place, and nothing of the body is kept', async () => {
    const answer = await server.send({ query: 'INSERT INTO t (a) FORMAT JSONEachRow' }, '{"a":1}\n{"a":"two"}\n');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body.toString()).toMatch(/row 2/);
    expect(await count()).toBe(0);
  });

  test('a compressed body that ends early keeps nothing', async () => {
    const whole = gzipSync(Array.from({ length: 100_000 }, (_, a) => `{"a":${a}}`).join('\n'));
    const answer = await server.send(
      { query: 'INSERT INTO t (a) FORMAT JSONEachRow' },
      whole.subarray(0, whole.length / 2),
      {
        'content-encoding': 'gzip',
      },
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await count()).toBe(0);
  });

  test('a Parquet file that is none is refused', async () => {
    const answer = await server.send(
      { query: 'INSERT INTO t FORMAT Parquet' },
      Buffer.from('PAR1 but not really PAR1'),
    );
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await count()).toBe(0);
  });

  test('a table or format that does not exist is refused', async () => {
    expect(
      (await server.send({ query: 'INSERT INTO nowhere FORMAT CSV' }, '1\n')).headers['x-clickhouse-exception-code'],
    ).toBe('60');
    expect(
      (await server.send({ query: 'INSERT INTO t FORMAT Nonsense' }, '1\n')).headers['x-clickhouse-exception-code'],
    ).toBe('73');
  });
});
