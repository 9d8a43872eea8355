import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Selection } from '../src/cost/index.ts';
import { focusBytes, planFocus, type FocusFormat } from '../src/focus-export/focus-exports.ts';
import { countLines, lineBytes, lineRows } from '../src/focus-export/line-exports.ts';
import { openPlatform } from '../src/open-platform.ts';
import { systemClock } from '../src/platform/clock/index.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import type { Scope } from '../src/platform/identity/index.ts';
import { openWarehouse, type Warehouse } from '../src/platform/warehouse/index.ts';
import { days, loadCosts } from './fixtures/costs.ts';
import { atMost, option, report, say, type Figure } from './report.ts';

export const description =
  '1 million lines to Excel and CSV, and as FOCUS: time, and whether memory stays flat in the rows [--rows N] [--data DIR] [--only csv,xlsx]';

const everything: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const dayMs = 86_400_000;
/** What the peak may grow by, from a quarter of the rows to all of them, and still be called flat. */
const flat = 1.2;
const kinds = ['csv', 'xlsx', 'focus-csv', 'focus-parquet'] as const;
/**
 * MiB of V8's heaps that a file may take: it makes a peak a matter of what is held and not of when garbage happens to be
 * collected, and rows that were held would end the process.
 */
const heap = ['--max-old-space-size=96', '--max-semi-space-size=8'];
/** Part of the rows that the library beside is given: it holds a dozen KiB of each. */
const peerDays = 4;

type Kind = 'csv' | 'xlsx' | 'focus-csv' | 'focus-parquet' | 'peer-xlsx';

interface Measured {
  rows: number;
  seconds: number;
  peakMiB: number;
  bytes: number;
}

/**
 * Fills a warehouse, then makes each file in a process of its own, once with a quarter of the lines and once with all,
 * and looks at its resident memory on the way. CLICKHOUSE_URL puts a server in the place of the
 * embedded engine.
 */
export async function run(args: readonly string[]): Promise<void> {
  const rows = Number(option(args, '--rows') ?? 1_000_000);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-export-'));
  const database = `amadeus_bench_${randomBytes(4).toString('hex')}`;
  const { CLICKHOUSE_URL } = process.env;
  const environment = {
    AMADEUS_DATA_DIR: folder,
    AMADEUS_WAREHOUSE_DATABASE: database,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'warn',
    ...(CLICKHOUSE_URL === undefined ? {} : { CLICKHOUSE_URL }),
  };
  const opened = await openPlatform(loadConfig({ environment }), 'bench', say);
  try {
    const now = opened.platform.clock.now();
    const only = (option(args, '--only') ?? kinds.join(',')).split(',');
    await loadCosts(opened.platform.warehouse, rows, now, option(args, '--data'));
    report('export', await measureAll(opened.platform.warehouse, now, folder, only), { rows });
  } finally {
    await opened.platform.warehouse.command(`DROP DATABASE IF EXISTS ${database}`).catch(() => undefined);
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureAll(warehouse: Warehouse, now: Date, folder: string, only: readonly string[]): Promise<Figure[]> {
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  const quarter = today - Math.round(days / 4) * dayMs;
  const all = today - (days + 1) * dayMs;
  const to = today + 2 * dayMs;
  const inOwnProcess = (kind: Kind, from: number) => measure(warehouse, { kind, from, to, path: join(folder, 'file') });
  const peer = only.includes('xlsx') ? await inOwnProcess('peer-xlsx', today - peerDays * dayMs) : undefined;
  const figures: Figure[] = [];
  for (const kind of kinds.filter((name) => only.includes(name))) {
    const name = kind.replace('-', '_');
    const few = await inOwnProcess(kind, quarter);
    const many = await inOwnProcess(kind, all);
    const beside =
      kind === 'xlsx' && peer
        ? { against: `write-excel-file, ${peer.rows} rows, all held`, againstValue: peer.peakMiB }
        : {};
    figures.push(
      atMost(`${name}_seconds`, many.seconds, 's'),
      atMost(`${name}_file`, many.bytes / 2 ** 20, 'MiB'),
      atMost(`${name}_peak_quarter`, few.peakMiB, 'MiB'),
      atMost(`${name}_peak`, many.peakMiB, 'MiB', few.peakMiB * flat, beside),
    );
  }
  return figures;
}

interface Task {
  kind: Kind;
  from: number;
  to: number;
  path: string;
}

async function measure(warehouse: Warehouse, task: Task): Promise<Measured> {
  const { url, username, password } = warehouse.endpoint;
  const address = new URL(url);
  address.username = username;
  address.password = password;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...(task.kind === 'peer-xlsx' ? [] : heap), fileURLToPath(import.meta.url), JSON.stringify(task)],
    {
      env: { ...process.env, CLICKHOUSE_URL: address.href, AMADEUS_WAREHOUSE_DATABASE: warehouse.database },
      timeout: 9 * 60_000,
    },
  );
  const measured = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Measured;
  say(`${task.kind}: ${measured.rows} rows, ${measured.seconds.toFixed(1)} s, peak ${measured.peakMiB.toFixed(0)} MiB`);
  return measured;
}

/** Makes one file in this process and says what it took. */
async function make({ kind, from, to, path }: Task): Promise<Measured> {
  const config = loadConfig({ environment: process.env });
  const log = pino({ level: 'silent' });
  const warehouse = await openWarehouse({ config, clock: systemClock, telemetry: { log, metrics: new Registry() } });
  const selection = { from, to, filters: [] };
  // The operating system's own peak would be that of the parent, from which this process was forked.
  let peak = 0;
  const look = (): void => void (peak = Math.max(peak, process.memoryUsage.rss()));
  const looking = setInterval(look, 10);
  const began = performance.now();
  const rows = await write(warehouse, kind, selection, path);
  const seconds = (performance.now() - began) / 1000;
  look();
  clearInterval(looking);
  await warehouse.close();
  const { size } = await stat(path);
  return { rows, seconds, peakMiB: peak / 2 ** 20, bytes: size };
}

async function write(warehouse: Warehouse, kind: Kind, selection: Selection, path: string): Promise<number> {
  if (kind === 'focus-csv' || kind === 'focus-parquet') {
    const format = kind.replace('focus-', '') as FocusFormat;
    const plan = await planFocus(warehouse, { version: '1.4', format, selection }, everything);
    await pipeline(await focusBytes(warehouse, plan, everything), createWriteStream(path));
    return plan.rows;
  }
  const { rows, drops } = await countLines(warehouse, selection, everything);
  const found = lineRows(warehouse, selection, drops, everything);
  if (kind === 'peer-xlsx') await writeHeld(found, path);
  else await pipeline(Readable.from(lineBytes(kind, found)), createWriteStream(path));
  return rows;
}

/** The same rows by a library that holds them all. */
async function writeHeld(rows: AsyncIterable<readonly unknown[]>, path: string): Promise<void> {
  const { default: writeExcelFile } = await import('write-excel-file/node');
  const held: { value: string }[][] = [];
  for await (const row of rows) held.push(row.map((value) => ({ value: typeof value === 'string' ? value : '' })));
  await writeExcelFile(held).toFile(path);
}

const task = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url) && task?.startsWith('{'))
  process.stdout.write(`${JSON.stringify(await make(JSON.parse(task) as Task))}\n`);
