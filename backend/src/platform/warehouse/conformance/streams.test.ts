import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { openServer, type Server } from './conformance-fixture.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
});

afterAll(() => server.close());

const failsLate = "SELECT number AS n, throwIf(number = 1500000, 'boom') AS t FROM numbers(3000000)";
const settings = {
  max_block_size: '65536',
  http_write_exception_in_output_format: 0,
  http_response_buffer_size: '0',
} as const;

/** Queries of this test that still run, by a mark in their text. */
async function running(mark: string): Promise<number> {
  const result = await server.client.query({
    query: `SELECT toInt32(count()) AS n FROM system.processes WHERE position(query, {mark:String}) > 0 AND position(query, 'system.processes') = 0`,
    query_params: { mark },
    format: 'JSONEachRow',
  });
  return (await result.json<{ n: number }>())[0]!.n;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await condition()) return;
    await delay(50);
  }
  throw new Error('it did not come to that within ten seconds');
}

/** Starts a query by hand and gives its answer without reading it. */
function open(query: string): Promise<{ response: IncomingMessage; destroy: () => void }> {
  const { url, username, password } = server.endpoint;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}/?max_block_size=65536`,
      { method: 'POST', auth: `${username}:${password}` },
      (response) => {
        response.on('error', () => undefined);
        resolve({ response, destroy: () => request.destroy() });
      },
    );
    request.on('error', reject);
    request.end(query);
  });
}

describe('a large result', () => {
  test('arrives whole, row by row', async () => {
    const result = await server.client.query({
      query: 'SELECT number AS n FROM numbers(2000000)',
      format: 'JSONEachRow',
    });
    let sum = 0;
    let count = 0;
    for await (const batch of result.stream<{ n: string | number }>()) {
      for (const row of batch) {
        sum += Number(row.json<{ n: string | number }>().n);
        count += 1;
      }
    }
    expect([count, sum]).toEqual([2_000_000, 1_999_999_000_000]);
  });

  test('waits for a reader who pauses, and the engine with it', async () => {
    const { response, destroy } = await open(
      `SELECT number, repeat('x', 200) AS pausing FROM numbers(1000000000) FORMAT TabSeparated`,
    );
    await until(async () => response.readableLength >= response.readableHighWaterMark);
    const readRows = async () => {
      const result = await server.client.query({
        query: `SELECT toFloat64(sum(read_rows)) AS n FROM system.processes WHERE position(query, 'AS pausing') > 0`,
        format: 'JSONEachRow',
      });
      return (await result.json<{ n: number }>())[0]!.n;
    };
    let before = -1;
    await until(async () => {
      const now = await readRows();
      const stands = now === before;
      before = now;
      return stands;
    });
    expect(before).toBeLessThan(20_000_000);
    destroy();
    await until(async () => (await running('AS pausing')) === 0);
  });
});

describe('an error in the middle of a stream', () => {
  test('is thrown by the client, not taken for the end', async () => {
    const result = await server.client.query({
      query: failsLate,
      format: 'JSONEachRow',
      clickhouse_settings: settings,
    });
    let count = 0;
    const read = async () => {
      for await (const batch of result.stream()) count += batch.length;
    };
    await expect(read()).rejects.toThrow(/boom/);
    expect(count).toBeGreaterThan(0);
  });

  test('cuts the body and names the reason at its end', async () => {
    const answer = await server.send({ ...asText(settings), default_format: 'TabSeparated' }, failsLate);
    expect(answer.status).toBe(200);
    expect(answer.cut).toBe(true);
    const tag = String(answer.headers['x-clickhouse-exception-tag']);
    expect(answer.body.subarray(-4_000).toString()).toMatch(
      new RegExp(`__exception__\\r\\n${tag}[^]*boom[^]*${tag}\\r\\n__exception__\\r\\n$`),
    );
  });

  test('is readable in a compressed body too', async () => {
    const fields = { ...asText(settings), default_format: 'TabSeparated', enable_http_compression: '1' };
    const answer = await server.send(fields, failsLate, { 'accept-encoding': 'gzip' });
    expect(answer.cut).toBe(true);
    expect(gunzipSync(answer.body, { finishFlush: 2 }).subarray(-4_000).toString()).toMatch(/boom/);
  });

  test('keeps its status where the caller waits for the end of the query', async () => {
    const late = "SELECT throwIf(number = 150000, 'boom') AS t FROM numbers(300000)";
    const answer = await server.send({ max_block_size: '65536', wait_end_of_query: '1' }, late);
    expect(answer.headers['x-clickhouse-exception-code']).toBe('395');
  });

  test('leaves the server as it was', async () => {
    const result = await server.client.query({ query: 'SELECT 1 AS x', format: 'JSONEachRow' });
    expect(await result.json()).toEqual([{ x: 1 }]);
  });
});

describe('a caller who goes away', () => {
  test('before the first row ends the query', async () => {
    const gone = new AbortController();
    const query = `SELECT count() AS endless_first FROM system.numbers`;
    const reading = server.client.query({
      query,
      abort_signal: gone.signal,
      clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
    });
    reading.catch(() => undefined);
    await until(async () => (await running('endless_first')) === 1);
    gone.abort();
    await expect(reading).rejects.toThrow();
    await until(async () => (await running('endless_first')) === 0);
  });

  test('in the middle of a stream ends the query', async () => {
    const { response, destroy } = await open('SELECT number AS endless_middle FROM system.numbers FORMAT TabSeparated');
    await new Promise((first) => response.once('data', first));
    destroy();
    await until(async () => (await running('endless_middle')) === 0);
  });

  test('in the middle of an insert leaves nothing behind', async () => {
    await server.client.command({ query: 'CREATE TABLE half (a Int64) ENGINE = MergeTree ORDER BY a' });
    const { url, username, password } = server.endpoint;
    const query = encodeURIComponent(`INSERT INTO ${server.database}.half FORMAT TabSeparated`);
    const request = httpRequest(`${url}/?query=${query}`, { method: 'POST', auth: `${username}:${password}` });
    request.on('error', () => undefined);
    await new Promise((written) => request.write('1\n2\n3\n', written));
    request.destroy();
    await until(async () => (await running('INSERT INTO')) === 0);
    const result = await server.client.query({
      query: 'SELECT toInt32(count()) AS n FROM half',
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ n: 0 }]);
  });

  test('again and again exhausts nothing', async () => {
    for (let round = 0; round < 40; round += 1) {
      const { response, destroy } = await open('SELECT number AS often FROM system.numbers FORMAT TabSeparated');
      await new Promise((first) => response.once('data', first));
      destroy();
    }
    await until(async () => (await running('AS often')) === 0);
  });
});

describe('queries at the same time', () => {
  test('run beside each other', async () => {
    const sleepers = Array.from({ length: 4 }, () =>
      server.client.query({ query: 'SELECT sleep(2) AS beside', format: 'JSON' }).then((r) => r.text()),
    );
    await until(async () => (await running('sleep(2)')) >= 4);
    await Promise.all(sleepers);
  });

  test('keep their parameters apart', async () => {
    const ask = async (n: number) => {
      const result = await server.client.query({
        query: 'SELECT {n:Int32} AS n',
        query_params: { n },
        format: 'JSONEachRow',
      });
      return (await result.json<{ n: number }>())[0]!.n;
    };
    const numbers = Array.from({ length: 300 }, (_, n) => n);
    expect(await Promise.all(numbers.map(ask))).toEqual(numbers);
  });
});

function asText(given: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
}
