import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { systemClock } from '../clock/index.ts';
import { loadConfig } from '../config/index.ts';
import { openWarehouse, type Warehouse } from './index.ts';

const telemetry = { log: pino({ level: 'silent' }), metrics: new Registry() };
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-full-'));
const mounted = isMounted();
const ballast = join(dataDir, 'warehouse', 'ballast');
let warehouse: Warehouse;

/** A disk of a few megabytes, where this machine lets us have one. */
function isMounted(): boolean {
  mkdirSync(join(dataDir, 'warehouse'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', join(dataDir, 'warehouse')], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

beforeAll(async () => {
  if (mounted) writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
  warehouse = await openWarehouse({
    config: loadConfig({ environment: { AMADEUS_DATA_DIR: dataDir } }),
    clock: systemClock,
    telemetry,
  });
  await warehouse.command('CREATE TABLE t (a Int64, s String CODEC(NONE)) ENGINE = MergeTree ORDER BY a');
});

afterAll(async () => {
  await warehouse.close();
  if (mounted) execFileSync('umount', [join(dataDir, 'warehouse')]);
  rmSync(dataDir, { recursive: true, force: true });
});

async function count(): Promise<number> {
  const { rows } = await warehouse.query<{ n: number }>('SELECT toInt32(count()) AS n FROM t');
  return rows[0]!.n;
}

const onSmallDisk = mounted ? test : test.skip;

onSmallDisk('a full disk says DISK_FULL, keeps what was acknowledged, and works again when there is room', async () => {
  let kept = 0;
  const fill = async () => {
    for (let a = 0; a < 200; a += 1) {
      await warehouse.command(`INSERT INTO t SELECT ${a}, randomString(1000000)`);
      kept += 1;
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: 'DISK_FULL', status: 507 });
  expect(kept).toBeGreaterThan(0);
  expect(await count()).toBe(kept);
  rmSync(ballast);
  await warehouse.command('TRUNCATE TABLE t SYNC');
  await warehouse.insert('t', [{ a: 1, s: 'room' }]);
  expect(await count()).toBe(1);
});

onSmallDisk('a body that does not fit in the spool says DISK_FULL and leaves nothing behind', async () => {
  async function* rows() {
    for (let a = 0; a < 60; a += 1) yield { a: 1000 + a, s: 'x'.repeat(1_000_000) };
  }
  const before = await count();
  await expect(warehouse.insert('t', rows())).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(await count()).toBe(before);
  await warehouse.insert('t', [{ a: 2, s: 'still works' }]);
  expect(await count()).toBe(before + 1);
});

test('what a server writes of a full disk is understood', async () => {
  const text =
    'Code: 75. DB::ErrnoException: Cannot write to file /x: , errno: 28, strerror: No space left on device. (CANNOT_WRITE_TO_FILE_DESCRIPTOR)';
  const server = await listening((_request, response) => {
    response.writeHead(500, { 'X-ClickHouse-Exception-Code': '75' }).end(text);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = loadConfig({ environment: { CLICKHOUSE_URL: url } });
  await expect(openWarehouse({ config, clock: systemClock, telemetry })).rejects.toMatchObject({ code: 'DISK_FULL' });
  server.close();
});

function listening(handler: Parameters<typeof createServer>[1] & object): Promise<Server> {
  const server = createServer(handler);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
