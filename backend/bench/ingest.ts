import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { csvRecords } from '../src/anycost/csv-records.ts';
import { chargeColumns } from '../src/anycost/charge-columns.ts';
import { openPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import type { Warehouse } from '../src/platform/warehouse/index.ts';
import { writeBills, type BillKind } from './fixtures/bills.ts';
import { atLeast, atMost, option, report, say, type Figure } from './report.ts';

export const description =
  'FOCUS bills of 5 million lines through the service, beside the bare engine [--rows N] [--runs N] [--kinds csv,csv.gz,parquet] [--data DIR]';

const kinds: readonly BillKind[] = ['csv', 'csv.gz', 'parquet'];
const shareOfBare: Record<BillKind, number> = { csv: 0.35, 'csv.gz': 0.35, parquet: 0.5 };
const maxServiceMiB = 600;
const root = process.env.AMADEUS_ROOT ?? join(import.meta.dirname, '../..');

/** Seconds that something took on the clock, and of the processors' time. */
interface Took {
  seconds: number;
  cpuSeconds: number;
}

/**
 * Generates one bill in three formats, inserts each with `INSERT SELECT FROM file()` into the same tables with the same
 * views, and sends each to a service of its own over HTTP: received, kept in the lake as Parquet, mapped, checked, counted,
 * visible. Memory and processor time are told of the service's process and of the engine's beside it.
 */
export async function run(args: readonly string[]): Promise<void> {
  const rows = Number(option(args, '--rows') ?? 5_000_000);
  const runs = Number(option(args, '--runs') ?? 1);
  const wanted = (option(args, '--kinds') ?? kinds.join(',')).split(',');
  const measured = kinds.filter((kind) => wanted.includes(kind));
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-ingest-'));
  try {
    const { bills, small, bare } = await measureBare(folder, rows, runs, { data: option(args, '--data'), measured });
    const figures: Figure[] = [];
    for (const kind of measured) {
      const served = await measureService(join(folder, `service-${kind}`), bills[kind], small[kind], rows, runs);
      figures.push(...figuresOf(kind, rows, bare.get(kind)!, served));
    }
    report('ingest', figures, { rows });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function figuresOf(kind: BillKind, rows: number, bare: Took, served: Served): Figure[] {
  const name = kind.replace('.', '_');
  const beside = { against: 'INSERT SELECT FROM file() of the bare engine', againstValue: rows / bare.seconds };
  return [
    atLeast(`${name}_rows_per_second`, rows / served.seconds, 'rows/s', undefined, beside),
    atLeast(`${name}_share_of_bare`, bare.seconds / served.seconds, '', shareOfBare[kind]),
    atMost(`${name}_cpu_service`, served.cpuSeconds, 's'),
    atMost(`${name}_cpu_engine`, served.engineCpuSeconds, 's', undefined, {
      against: 'bare engine',
      againstValue: bare.cpuSeconds,
    }),
    atMost(`${name}_peak_memory`, served.peakMiB, 'MiB', maxServiceMiB, {
      against: 'the same with a fifth of the lines',
      againstValue: served.smallPeakMiB,
    }),
    atMost(`${name}_peak_memory_engine`, served.enginePeakMiB, 'MiB'),
  ];
}

async function measureBare(
  folder: string,
  rows: number,
  runs: number,
  { data, measured }: { data: string | undefined; measured: readonly BillKind[] },
): Promise<Record<'bills' | 'small', Record<BillKind, string>> & { bare: Map<BillKind, Took> }> {
  const environment = { AMADEUS_DATA_DIR: join(folder, 'bare'), AMADEUS_TELEMETRY_LOG_LEVEL: 'warn' };
  const { platform, close } = await openPlatform(loadConfig({ environment }), 'bench', say);
  try {
    const bills = await writeBills(platform.warehouse, rows, folder, data);
    const small = await writeBills(platform.warehouse, Math.ceil(rows / 5), folder, data);
    const bare = new Map<BillKind, Took>();
    const engine = engineOf(process.pid);
    for (const kind of measured) {
      const took: Took[] = [];
      for (let turn = 0; turn < runs; turn++) {
        const began = cpuSeconds(engine);
        const seconds = await insertBare(platform.warehouse, kind, bills[kind]);
        took.push({ seconds, cpuSeconds: cpuSeconds(engine) - began });
      }
      const best = took.reduce((one, other) => (other.seconds < one.seconds ? other : one));
      bare.set(kind, best);
      say(
        `bare ${kind}: ${best.seconds.toFixed(1)} s, ${best.cpuSeconds.toFixed(1)} s of CPU, ${Math.round(rows / best.seconds).toLocaleString('en')} rows/s`,
      );
    }
    return { bills, small, bare };
  } finally {
    await close();
    await rm(join(folder, 'bare'), { recursive: true, force: true });
  }
}

async function insertBare(warehouse: Warehouse, kind: BillKind, path: string): Promise<number> {
  const names = await headerOf(path.replace(/\.(csv\.gz|parquet)$/, '.csv'));
  const types = await warehouse.query<{ column: string; type: string }>(
    `SELECT name AS column, type FROM system.columns WHERE database = currentDatabase() AND table = 'fact_cost_usage'`,
  );
  const typeOf = new Map(types.rows.map(({ column, type }) => [column, type]));
  const known = names.filter((name) => chargeColumns.has(name) || name === 'Tags');
  const structure = names.map((name) => `${name} ${name === 'Tags' ? 'String' : (typeOf.get(name) ?? 'String')}`);
  const selected = known.map((name) => (name === 'Tags' ? `JSONExtract(Tags, 'Map(String, String)')` : name));
  const format = kind === 'parquet' ? 'Parquet' : 'CSVWithNames';
  for (const table of ['fact_cost_usage', 'cost_hourly', 'cost_daily'])
    await warehouse.command(`TRUNCATE TABLE ${table}`);
  const began = performance.now();
  await warehouse.command(
    `INSERT INTO fact_cost_usage (Tenant, Region, x_Source, x_SourceFile, x_DropId, ${known.join(', ')})
     SELECT 'default', 'default', 'bare', 'bill', toUUID('00000000-0000-4000-8000-000000000001'), ${selected.join(', ')}
     FROM file('${path}', ${format}, '${structure.join(', ').replaceAll("'", "\\'")}')`,
    // The bounds of one statement are the product's; the bare engine may take all that the engine has.
    { settings: { max_execution_time: 3_600, max_memory_usage: '0', date_time_input_format: 'best_effort' } },
  );
  return (performance.now() - began) / 1000;
}

async function headerOf(path: string): Promise<string[]> {
  for await (const { fields } of csvRecords(createReadStream(path), false)) return fields;
  return [];
}

interface Served extends Took {
  engineCpuSeconds: number;
  peakMiB: number;
  smallPeakMiB: number;
  enginePeakMiB: number;
}

/** A fresh service for each file: first a smaller one, by which it is warm too, then the file itself. */
async function measureService(
  dataDir: string,
  path: string,
  smallPath: string,
  rows: number,
  runs: number,
): Promise<Served> {
  const service = await startService(dataDir);
  const pid = service.child.pid!;
  const engine = engineOf(pid);
  try {
    forgetPeak(pid);
    await send(service, smallPath, 'small');
    const smallPeakMiB = peakMiB(pid);
    for (const one of [pid, engine]) forgetPeak(one);
    const took: (Took & { engineCpuSeconds: number })[] = [];
    for (let turn = 0; turn < runs; turn++) {
      const [began, cpu, engineCpu] = [performance.now(), cpuSeconds(pid), cpuSeconds(engine)];
      const kept = await send(service, path, `bill-${turn}`);
      if (kept !== rows) throw new Error(`${kept} of ${rows} rows of ${path} are kept`);
      const seconds = (performance.now() - began) / 1000;
      took.push({ seconds, cpuSeconds: cpuSeconds(pid) - cpu, engineCpuSeconds: cpuSeconds(engine) - engineCpu });
    }
    const best = took.reduce((one, other) => (other.seconds < one.seconds ? other : one));
    const { size } = await stat(path);
    const served = { ...best, peakMiB: peakMiB(pid), enginePeakMiB: peakMiB(engine), smallPeakMiB };
    say(
      `service ${basename(path)} (${Math.round(size / 1e6)} MB): ${best.seconds.toFixed(1)} s, ${best.cpuSeconds.toFixed(1)} + ${best.engineCpuSeconds.toFixed(1)} s of CPU, ${Math.round(rows / best.seconds).toLocaleString('en')} rows/s, peak ${served.peakMiB.toFixed(0)} + ${served.enginePeakMiB.toFixed(0)} MiB`,
    );
    return served;
  } finally {
    service.child.kill('SIGTERM');
    await service.ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Service {
  child: ChildProcess;
  url: string;
  key: string;
  ended: Promise<unknown>;
}

async function startService(dataDir: string): Promise<Service> {
  const child = spawn(process.execPath, [join(root, 'backend/src/main.ts'), 'serve', '--loading'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      AMADEUS_DATA_DIR: dataDir,
      AMADEUS_HTTP_PORT: String(await freePort()),
      AMADEUS_HTTP_UPLOAD_LIMIT_BYTES: String(64 * 1024 ** 3),
      AMADEUS_HTTP_RATE_LIMIT_PER_MINUTE: '1000000',
      AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    },
  });
  const ended = once(child, 'exit');
  for await (const [message] of on(child, ended))
    if (message.type === 'ready') return { child, url: message.url, key: message.loadingKey ?? '', ended };
  throw new Error('The service ended before it was ready.');
}

async function* on(
  child: ChildProcess,
  ended: Promise<unknown>,
): AsyncGenerator<[{ type: string; url: string; loadingKey?: string }]> {
  for (;;) {
    const next = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
    if (next === undefined) return;
    yield next as [{ type: string; url: string; loadingKey?: string }];
  }
}

/** Sends a file as people do and resolves when it counts. @returns rows that were kept */
async function send({ url, key }: Service, path: string, source: string): Promise<number> {
  const type = path.endsWith('.parquet')
    ? 'application/vnd.apache.parquet'
    : path.endsWith('.gz')
      ? 'application/gzip'
      : 'text/csv';
  const headers = { authorization: `Bearer ${key}`, 'content-type': type };
  const sending = request(new URL(`/api/ingest/focus?source=${source}`, url), { method: 'POST', headers });
  createReadStream(path, { highWaterMark: 256 * 1024 }).pipe(sending);
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  if (answer.statusCode !== 202) throw new Error(`The service answered ${answer.statusCode}: ${text}`);
  const { jobId } = JSON.parse(text) as { jobId: string };
  for (;;) {
    const job = (await (await fetch(new URL(`/api/ingest/jobs/${jobId}`, url), { headers })).json()) as {
      state: string;
      rows: number;
      failure?: string;
    };
    if (job.state === 'completed') return job.rows;
    if (job.state === 'failed') throw new Error(job.failure);
    await delay(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The embedded engine that a process started (Linux); 0 where there is none. */
export function engineOf(parent: number): number {
  const pids = readdirSync('/proc', { encoding: 'utf8' }).filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    const command = readProcess(pid, 'cmdline');
    return readProcess(pid, 'status').includes(`\nPPid:\t${parent}\n`) && command.includes('warehouse/embedded');
  });
  return Number(found ?? 0);
}

/** Processor time of a process so far, its threads included, in seconds (Linux). */
export function cpuSeconds(pid: number): number {
  const [, , ...fields] = readProcess(pid, 'stat')
    .replace(/^.*\) /, 'x x ')
    .split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / 100;
}

/** Peak resident memory of the process itself since `forgetPeak` (Linux); NaN elsewhere. */
function peakMiB(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readProcess(pid, 'status'))?.[1];
  return Number(kib) / 1024;
}

function readProcess(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The peak then counts from the start of the process.
  }
}
