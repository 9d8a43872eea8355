import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from '../clock/index.ts';
import { loadConfig } from '../config/index.ts';
import { openWarehouse, startEmbeddedClickHouse, type EmbeddedClickHouse } from './index.ts';

const log = pino({ level: 'silent' });
let dataDir: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'amadeus-warehouse-'));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<EmbeddedClickHouse> {
  const engine = await startEmbeddedClickHouse({ dataDir, log });
  closers.push(() => engine.close());
  return engine;
}

function connect({ url, username, password }: EmbeddedClickHouse): ClickHouseClient {
  const client = createClient({ url, username, password, log: { level: 127 } });
  closers.push(() => client.close());
  return client;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    if (await condition()) return;
    await delay(50);
  }
  throw new Error('it did not come to that within twenty seconds');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function isGone(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return true;
  return /^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State: Z'));
}

async function count(client: ClickHouseClient, table: string): Promise<number> {
  const result = await client.query({ query: `SELECT toInt32(count()) AS n FROM ${table}`, format: 'JSONEachRow' });
  return (await result.json<{ n: number }>())[0]!.n;
}

describe('an engine that is killed', () => {
  test('comes back at the same address with everything that it acknowledged', async () => {
    const engine = await start();
    const client = connect(engine);
    await client.command({ query: 'CREATE DATABASE kept' });
    await client.command({ query: 'CREATE TABLE kept.t (a Int64) ENGINE = MergeTree ORDER BY a' });
    let acknowledged = 0;
    const before = engine.pid()!;
    setTimeout(() => process.kill(before, 'SIGKILL'), 300);
    while (engine.pid() === before) {
      const sent = await client.insert({ table: 'kept.t', values: [{ a: acknowledged }], format: 'JSONEachRow' }).then(
        () => true,
        () => false,
      );
      if (sent) acknowledged += 1;
    }
    await until(async () => (await client.ping()).success);
    expect(engine.pid()).not.toBe(before);
    expect(acknowledged).toBeGreaterThan(0);
    expect(await count(client, 'kept.t')).toBeGreaterThanOrEqual(acknowledged);
  });

  test('is hardly noticed by those who read', async () => {
    const config = loadConfig({ environment: { AMADEUS_DATA_DIR: dataDir } });
    const metrics = new Registry();
    const warehouse = await openWarehouse({ config, clock: systemClock, telemetry: { log, metrics } });
    closers.push(() => warehouse.close());
    await warehouse.command('CREATE TABLE t (a Int64) ENGINE = MergeTree ORDER BY a');
    await warehouse.insert('t', [{ a: 1 }]);
    const children = await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    const pids = children.trim().split(' ').map(Number);
    const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    const pid = pids.filter((_, index) => commands[index]!.includes('warehouse/embedded/main.ts')).at(-1)!;
    process.kill(pid, 'SIGKILL');
    await until(() => isGone(pid));
    expect((await warehouse.query('SELECT a FROM t')).rows).toEqual([{ a: '1' }]);
    expect(await metrics.getSingleMetricAsString('amadeus_warehouse_restarts_total')).toMatch(/restarts_total 1/);
  });
});

describe('a folder', () => {
  test('keeps its tables through an orderly end', async () => {
    const first = await startEmbeddedClickHouse({ dataDir, log });
    const client = createClient({ url: first.url, password: first.password });
    await client.command({ query: 'CREATE DATABASE kept' });
    await client.command({
      query: 'CREATE TABLE kept.t ENGINE = MergeTree ORDER BY number AS SELECT number FROM numbers(5)',
    });
    await client.close();
    const pid = first.pid()!;
    await first.close();
    expect(await isGone(pid)).toBe(true);
    expect(await count(connect(await start()), 'kept.t')).toBe(5);
  });

  test('that is in use is refused with what to do', async () => {
    await start();
    await expect(startEmbeddedClickHouse({ dataDir, log })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/Another process uses the warehouse in .*dataDir/),
    });
  });

  test('that cannot be made is refused', async () => {
    const nowhere = join(dataDir, 'file');
    await writeFile(nowhere, 'in the way');
    await expect(startEmbeddedClickHouse({ dataDir: nowhere, log })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

test('a service that is killed leaves no engine behind, and the next one starts', async () => {
  const service = fork(fileURLToPath(new URL('./fixtures/service.ts', import.meta.url)), [dataDir], {
    execArgv: [],
    stdio: 'ignore',
    serialization: 'json',
  });
  const { pid } = await new Promise<{ pid: number }>((resolve) =>
    service.once('message', (message) => resolve(message as { pid: number })),
  );
  expect(await isGone(pid)).toBe(false);
  service.kill('SIGKILL');
  await start();
  expect(await isGone(pid)).toBe(true);
});
