import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DataFormat } from '@clickhouse/client';
import { brotliDecompressSync, gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib';
import { openServer, type Server } from './conformance-fixture.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
});

afterAll(() => server.close());

async function rows<Row>(query: string, query_params: Record<string, unknown> = {}): Promise<Row[]> {
  const result = await server.client.query({ query, query_params, format: 'JSONEachRow' });
  return result.json<Row>();
}

describe('ping', () => {
  test('answers with and without a query', async () => {
    expect(await server.client.ping()).toEqual({ success: true });
    expect(await server.client.ping({ select: true })).toEqual({ success: true });
  });

  test('needs no password', async () => {
    const response = await fetch(`${server.endpoint.url}/ping`);
    expect(await response.text()).toBe('Ok.\n');
  });
});

describe('parameters', () => {
  test.each([
    'plain',
    "it's",
    'a "quoted" word',
    'tab\tnewline\nreturn\r',
    'back\\slash \\n \\N',
    "'; DROP TABLE t; --",
    '{x:String}',
    '한글 🚀',
    '',
  ])('String %j arrives as it is', async (text) => {
    expect(await rows('SELECT {x:String} AS x', { x: text })).toEqual([{ x: text }]);
  });

  test('keep type and value of numbers, dates, arrays, maps and NULL', async () => {
    const query = `SELECT {n:Int64} AS n, {d:Decimal(38, 18)} AS d, {at:DateTime('UTC')} AS at,
      {list:Array(String)} AS list, {map:Map(String, UInt8)} AS map, {nothing:Nullable(String)} AS nothing`;
    const at = new Date('2026-03-29T01:30:00Z');
    const result = await server.client.query({
      query,
      query_params: {
        n: 9007199254740993n,
        d: '0.000000000000000001',
        at,
        list: ["a'b", 'c,d'],
        map: { k: 1 },
        nothing: null,
      },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 },
    });
    expect(await result.json()).toEqual([
      {
        n: '9007199254740993',
        d: '0.000000000000000001',
        at: '2026-03-29 01:30:00',
        list: ["a'b", 'c,d'],
        map: { k: 1 },
        nothing: null,
      },
    ]);
  });

  test('name a table where they are of type Identifier', async () => {
    const query = 'SELECT * FROM {d:Identifier}.{t:Identifier}';
    expect(await rows(query, { d: 'system', t: 'one' })).toEqual([{ dummy: 0 }]);
  });

  test('may be longer than a line of HTTP', async () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => `id-${index}`);
    expect(await rows('SELECT toInt32(length({ids:Array(String)})) AS n', { ids })).toEqual([{ n: 5000 }]);
  });

  test('may come as a form', async () => {
    const result = await server.client.query({
      query: 'SELECT {x:String} AS x',
      query_params: { x: "it's\n1" },
      format: 'JSONEachRow',
      use_multipart_params: true,
    });
    expect(await result.json()).toEqual([{ x: "it's\n1" }]);
  });

  test('that are missing or of another type are refused by name', async () => {
    await expect(rows('SELECT {absent:String}')).rejects.toMatchObject({ code: '456' });
    await expect(rows('SELECT {n:UInt8}', { n: 'many' })).rejects.toMatchObject({ code: '457' });
  });
});

describe('formats', () => {
  test.each<DataFormat>(['JSON', 'JSONCompact', 'JSONStrings', 'JSONColumnsWithMetadata', 'JSONObjectEachRow'])(
    '%s is one document however many blocks the result has',
    async (format) => {
      const result = await server.client.query({ query: 'SELECT number AS n FROM numbers(200000)', format });
      const text = await result.text();
      expect(() => JSON.parse(text) as unknown).not.toThrow();
    },
  );

  test('CSVWithNames has one line of names', async () => {
    const result = await server.client.query({
      query: 'SELECT number AS n FROM numbers(200000)',
      format: 'CSVWithNames',
    });
    const lines = (await result.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(200_001);
    expect(lines.filter((line) => line === '"n"')).toHaveLength(1);
  });

  test('a FORMAT in the statement wins', async () => {
    const { body, headers } = await server.send({ default_format: 'JSON' }, 'SELECT 1 AS x FORMAT CSV');
    expect(body.toString()).toBe('1\n');
    expect(headers['x-clickhouse-format']).toBe('CSV');
  });

  test('default_format counts before the header, and the header before TabSeparated', async () => {
    const header = { 'x-clickhouse-format': 'JSONEachRow' };
    expect((await server.send({ default_format: 'CSV' }, "SELECT 'a'", header)).body.toString()).toBe('"a"\n');
    expect((await server.send({}, "SELECT 'a' AS x", header)).body.toString()).toBe('{"x":"a"}\n');
    expect((await server.send({}, "SELECT 'a', 1")).body.toString()).toBe('a\t1\n');
  });

  test.each([
    'SHOW TABLES',
    'DESCRIBE TABLE system.one',
    'EXPLAIN SELECT 1',
    'EXISTS TABLE system.one',
    'WITH 1 AS x SELECT x',
  ])('%s answers in the format asked for', async (query) => {
    const result = await server.client.query({ query, format: 'JSON' });
    expect(await result.json()).toMatchObject({ meta: expect.any(Array), data: expect.any(Array) });
  });

  test('a statement may be split between URL and body', async () => {
    expect((await server.send({ query: 'SELECT 1 +' }, ' 2')).body.toString()).toBe('3\n');
  });
});

describe('errors before the first byte', () => {
  test.each([
    ['SELEC 1', '62', 400],
    ['SELECT * FROM nowhere', '60', 404],
    ['SELECT nothing FROM system.one', '47', 404],
    ["SELECT throwIf(1, 'boom')", '395', 500],
  ])('%s has its number and status', async (query, code, status) => {
    const answer = await server.send({}, query);
    expect(answer.headers['x-clickhouse-exception-code']).toBe(code);
    expect(answer.status).toBe(status);
    await expect(rows(query)).rejects.toMatchObject({ code, type: expect.stringMatching(/^[A-Z_]+$/) });
  });

  test('an empty statement and two statements are refused', async () => {
    expect((await server.send({}, '  ')).headers['x-clickhouse-exception-code']).toBe('62');
    expect((await server.send({}, 'SELECT 1; SELECT 2')).headers['x-clickhouse-exception-code']).toBe('62');
  });

  test('an unknown setting and an unknown database are refused', async () => {
    expect((await server.send({ no_such_setting: '1' }, 'SELECT 1')).headers['x-clickhouse-exception-code']).toBe(
      '115',
    );
    expect(
      (await server.send({ database: 'no_such_database' }, 'SELECT 1')).headers['x-clickhouse-exception-code'],
    ).toBe('81');
  });

  test('limits are errors and not shorter answers', async () => {
    const limited = { clickhouse_settings: { max_result_rows: '10', result_overflow_mode: 'throw' as const } };
    const query = 'SELECT number FROM numbers(1000)';
    await expect(server.client.query({ query, format: 'JSON', ...limited })).rejects.toMatchObject({ code: '396' });
  });

  test('files of the server are not for callers', async () => {
    const outfile = await server.send({}, "SELECT 1 INTO OUTFILE '/tmp/amadeus-never-written'");
    expect(outfile.status).toBeGreaterThanOrEqual(400);
  });
});

describe('who may ask', () => {
  test.each([
    ['no password', {}],
    ['a wrong password', { authorization: `Basic ${Buffer.from('default:wrong').toString('base64')}` }],
    ['a wrong key', { 'x-clickhouse-user': 'default', 'x-clickhouse-key': 'wrong' }],
  ])('%s is refused', async (_name, headers: Record<string, string>) => {
    const response = await fetch(`${server.endpoint.url}/?query=SELECT%201`, { headers });
    await response.text();
    if (server.endpoint.password === '') return; // a server without password lets everybody in
    expect([401, 403]).toContain(response.status);
    expect(['194', '516']).toContain(response.headers.get('x-clickhouse-exception-code'));
  });

  test('headers and URL carry the password too', async () => {
    const { url, username, password } = server.endpoint;
    const byHeader = await fetch(`${url}/?query=SELECT%201`, {
      headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password },
    });
    const byUrl = await fetch(
      `${url}/?${new URLSearchParams({ query: 'SELECT 1', user: username, password }).toString()}`,
    );
    expect([await byHeader.text(), await byUrl.text()]).toEqual(['1\n', '1\n']);
  });
});

describe('compression', () => {
  test('the client reads compressed answers and sends compressed statements', async () => {
    const client = server.connect({ compression: { request: true, response: true } });
    const result = await client.query({ query: 'SELECT number AS n FROM numbers(100000)', format: 'JSONEachRow' });
    expect(await result.json()).toHaveLength(100_000);
  });

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
  ])('an answer is compressed with %s when asked for', async (coding, decompress) => {
    const answer = await server.send({ enable_http_compression: '1' }, 'SELECT number FROM numbers(1000)', {
      'accept-encoding': coding,
    });
    expect(answer.headers['content-encoding']).toBe(coding);
    expect(decompress(answer.body).toString().split('\n')).toHaveLength(1001);
  });

  test('nothing is compressed unless the setting says so', async () => {
    const answer = await server.send({}, 'SELECT 1', { 'accept-encoding': 'gzip' });
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  test('a compressed statement is read', async () => {
    const answer = await server.send({}, gzipSync('SELECT 42'), { 'content-encoding': 'gzip' });
    expect(answer.body.toString()).toBe('42\n');
  });

  test('a coding that is not spoken is refused in words', async () => {
    const answer = await server.send({}, 'SELECT 1', { 'content-encoding': 'compress' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers['x-clickhouse-exception-code']).toBeDefined();
  });

  test('a damaged body is refused', async () => {
    const damaged = gzipSync('SELECT 42').subarray(0, 12);
    const answer = await server.send({}, damaged, { 'content-encoding': 'gzip' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });
});

test('the database option chooses where names are looked up', async () => {
  const client = server.connect({ database: 'system' });
  const result = await client.query({
    query: 'SELECT currentDatabase() AS d, toInt32(count()) AS n FROM one',
    format: 'JSONEachRow',
  });
  expect(await result.json()).toEqual([{ d: 'system', n: 1 }]);
});

test('the query id of the caller comes back', async () => {
  const { query_id } = await server.client.query({ query: 'SELECT 1', query_id: 'of-my-own' });
  expect(query_id).toBe('of-my-own');
  expect((await server.send({ query_id: 'mine' }, 'SELECT 1')).headers['x-clickhouse-query-id']).toBe('mine');
});
