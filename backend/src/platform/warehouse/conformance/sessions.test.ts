import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { openServer, type Server } from './conformance-fixture.ts';

let server: Server;

beforeAll(async () => {
  server = await openServer();
});

afterAll(() => server.close());

async function text(fields: Record<string, string>, sql: string): Promise<string> {
  return (await server.send(fields, sql)).body.toString().trim();
}

describe('a request without a session', () => {
  const blockSize = "SELECT getSetting('max_block_size')";

  test('leaves none of its settings behind', async () => {
    const before = await text({}, blockSize);
    expect(await text({ max_block_size: '77' }, blockSize)).toBe('77');
    const after = await Promise.all(Array.from({ length: 20 }, () => text({}, blockSize)));
    expect(new Set(after)).toEqual(new Set([before]));
  });

  test('leaves none behind when it fails either', async () => {
    const before = await text({}, blockSize);
    await server.send({ max_block_size: '77' }, 'SELECT * FROM nowhere');
    await server.send({ max_block_size: '78', no_such_setting: '1' }, 'SELECT 1');
    expect(await text({}, blockSize)).toBe(before);
  });

  test('leaves no parameter behind', async () => {
    expect(await text({ param_secret: 'mine' }, 'SELECT {secret:String}')).toBe('mine');
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const answer = await server.send({}, 'SELECT {secret:String}');
      expect(answer.headers['x-clickhouse-exception-code']).toBe('456');
    }
  });

  test('leaves no database, SET, temporary table or read-only mode behind', async () => {
    await server.send({}, 'USE system');
    await server.send({}, 'SET max_block_size = 79');
    await server.send({}, 'CREATE TEMPORARY TABLE mine (a Int8)');
    await server.send({ readonly: '1' }, 'SELECT 1');
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect(await text({}, 'SELECT currentDatabase()')).toBe(server.database);
      expect(await text({}, blockSize)).not.toBe('79');
      expect((await server.send({}, 'SELECT * FROM mine')).headers['x-clickhouse-exception-code']).toBe('60');
      expect((await server.send({}, 'CREATE TABLE IF NOT EXISTS written (a Int8) ENGINE = Memory')).status).toBe(200);
    }
  });

  test('that is read-only writes nothing and changes no setting', async () => {
    const create = await server.send({ readonly: '1' }, 'CREATE TABLE never (a Int8) ENGINE = Memory');
    expect(create.headers['x-clickhouse-exception-code']).toBe('164');
    const setting = await server.send({ readonly: '1' }, 'SELECT 1 SETTINGS max_threads = 1');
    expect(setting.headers['x-clickhouse-exception-code']).toBe('164');
  });
});

describe('a session', () => {
  const session = () => ({ session_id: randomUUID(), session_timeout: '30' });

  test('keeps temporary tables and SETs', async () => {
    const mine = session();
    await server.send(mine, 'CREATE TEMPORARY TABLE kept (a Int8)');
    await server.send(mine, 'INSERT INTO kept VALUES (5)');
    await server.send(mine, 'SET max_block_size = 79');
    expect(await text(mine, 'SELECT a FROM kept')).toBe('5');
    expect(await text(mine, "SELECT getSetting('max_block_size')")).toBe('79');
    expect((await server.send(session(), 'SELECT a FROM kept')).headers['x-clickhouse-exception-code']).toBe('60');
  });

  test('keeps its own SET when a request brings another value', async () => {
    const mine = session();
    await server.send(mine, 'SET max_block_size = 79');
    expect(await text({ ...mine, max_block_size: '80' }, "SELECT getSetting('max_block_size')")).toBe('80');
    expect(await text(mine, "SELECT getSetting('max_block_size')")).toBe('79');
  });

  test('keeps no parameter', async () => {
    const mine = session();
    expect(await text({ ...mine, param_p: '1' }, 'SELECT {p:Int8}')).toBe('1');
    expect((await server.send(mine, 'SELECT {p:Int8}')).headers['x-clickhouse-exception-code']).toBe('456');
  });

  test('takes one request at a time', async () => {
    const mine = session();
    const [one, other] = await Promise.all([
      server.send(mine, 'SELECT sleep(1)'),
      server.send(mine, 'SELECT sleep(1)'),
    ]);
    expect([one.headers['x-clickhouse-exception-code'], other.headers['x-clickhouse-exception-code']].sort()).toEqual([
      '373',
      undefined,
    ]);
  });

  test('that must exist and does not is refused', async () => {
    const answer = await server.send({ ...session(), session_check: '1' }, 'SELECT 1');
    expect(answer.headers['x-clickhouse-exception-code']).toBe('372');
  });
});
