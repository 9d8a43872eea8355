import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, connect, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from '../clock/index.ts';
import { loadConfig } from '../config/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { openWarehouse, type Warehouse } from './index.ts';

/** A wire to the server that can be cut and mended. */
class Wire {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  get port(): number {
    return this.#port;
  }

  mend(): Promise<void> {
    const server = createServer((socket) => {
      const far = connect(Number(this.#target.port), this.#target.hostname);
      for (const [end, other] of [
        [socket, far],
        [far, socket],
      ] as const) {
        this.#sockets.add(end);
        end.on('error', () => other.destroy());
        end.on('close', () => this.#sockets.delete(end));
        end.pipe(other);
      }
    });
    this.#server = server;
    return new Promise((resolve) =>
      server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (server.address() as AddressInfo).port;
        resolve();
      }),
    );
  }

  cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server?.close(() => resolve()));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return closed;
  }
}

const telemetry = { log: pino({ level: 'silent' }), metrics: new Registry() };
let stores: TestStores;
let wire: Wire;
let warehouse: Warehouse;

function config(): ReturnType<typeof loadConfig> {
  const { username, password } = stores.warehouse.endpoint;
  const url = `http://${username}:${encodeURIComponent(password)}@127.0.0.1:${wire.port}`;
  return loadConfig({ environment: { CLICKHOUSE_URL: url, AMADEUS_WAREHOUSE_DATABASE: stores.warehouse.database } });
}

beforeAll(async () => {
  stores = await testStores({ migrated: false });
  wire = new Wire(stores.warehouse.endpoint.url);
  await wire.mend();
  warehouse = await openWarehouse({ config: config(), clock: systemClock, telemetry });
  await warehouse.command(
    `CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10`,
  );
});

afterAll(async () => {
  await warehouse.close();
  await wire.cut();
  await stores.close();
});

test('a server that is away says UNAVAILABLE, and everything works when it is back', async () => {
  await warehouse.insert('t', [{ a: 1 }]);
  await wire.cut();
  expect(await warehouse.ping()).toBe(false);
  await expect(warehouse.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
  await expect(warehouse.insert('t', [{ a: 2 }])).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  await expect(openWarehouse({ config: config(), clock: systemClock, telemetry })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
  await wire.mend();
  expect(await warehouse.ping()).toBe(true);
  await warehouse.insert('t', [{ a: 3 }]);
  expect((await warehouse.query('SELECT a FROM t ORDER BY a')).rows).toEqual([{ a: '1' }, { a: '3' }]);
});

test('a short absence is bridged for reads and for batches with a token', async () => {
  await wire.cut();
  const reading = warehouse.query('SELECT 42 AS x');
  const writing = warehouse.insert('t', [{ a: 9 }], { token: 'nine' });
  setTimeout(() => void wire.mend(), 150);
  expect((await reading).rows).toEqual([{ x: 42 }]);
  expect(await writing).toEqual({ writtenRows: 1 });
  expect((await warehouse.query('SELECT a FROM t WHERE a = 9')).rows).toEqual([{ a: '9' }]);
});

test('credentials that are refused are named, without the password', async () => {
  const url = `http://default:not-the-password@127.0.0.1:${wire.port}`;
  const opening = openWarehouse({
    config: loadConfig({ environment: { CLICKHOUSE_URL: url } }),
    clock: systemClock,
    telemetry,
  });
  const error = (await opening.catch((thrown: Error) => thrown)) as Error;
  expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/warehouse\.url/) });
  expect(error.message).not.toMatch(/not-the-password/);
});
