import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
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
  'FOCUS bills of 5 million lines through the service, beside the bare engine [--rows N] [--runs N] [--data DIR]';

const kinds: readonly BillKind[] = ['csv', 'csv.gz', 'parquet'];
const shareOfBare: Record<BillKind, number> = { csv: 0.35, 'csv.gz': 0.35, parquet: 0.5 };
const maxServiceMiB = 600;
const root = process.env.AMADEUS_ROOT ?? join(import.meta.dirname, '../..');

/**
 * Generates one bill in three formats, inserts each with `INSERT SELECT FROM file()` into the same tables with the same
 * views, and sends each to a service of its own over HTTP: received, kept in the lake as Parquet, mapped, checked, counted,
 * visible. Peak memory is that of the service's process; the engine's is not in it, on neither side.
 */
export async function run(args: readonly string[]): Promise<void> {
  const rows = Number(option(args, '--rows') ?? 5_000_000);
  const runs = Number(option(args, '--runs') ?? 1);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-ingest-'));
  try {
    const { bills, small, bare } = await measureBare(folder, rows, runs, option(args, '--data'));
    const figures: Figure[] = [];
    for (const kind of kinds) {
      const served = await measureService(join(folder, `service-${kind}`), bills[kind], small[kind], rows, runs);
      const speed = rows / served.seconds;
      const beside = { against: 'INSERT SELECT FROM file() of the bare engine', againstValue: rows / bare[kind] };
      const name = kind.replace('.', '_');
      figures.push(
        atLeast(`${name}_rows_per_second`, speed, 'rows/s', undefined, beside),
        atLeast(`${name}_share_of_bare`, (speed * bare[kind]) / rows, '', shareOfBare[kind]),
        atMost(`${name}_peak_memory`, served.peakMiB, 'MiB', maxServiceMiB, {
          against: 'the same with a fifth of the lines',
          againstValue: served.smallPeakMiB,
        }),
      );
    }
    report('ingest', figures, { rows });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureBare(
  folder: string,
  rows: number,
  runs: number,
  data: string | undefined,
): Promise<Record<'bills' | 'small', Record<BillKind, string>> & { bare: Record<BillKind, number> }> {
  const environment = { AMADEUS_DATA_DIR: join(folder, 'bare'), AMADEUS_TELEMETRY_LOG_LEVEL: 'warn' };
  const { platform, close } = await openPlatform(loadConfig({ environment }), 'bench', say);
  try {
    const bills = await writeBills(platform.warehouse, rows, folder, data);
    const small = await writeBills(platform.warehouse, Math.ceil(rows / 5), folder, data);
    const bare = { csv: 0, 'csv.gz': 0, parquet: 0 };
    for (const kind of kinds) {
      const seconds: number[] = [];
      for (let turn = 0; turn < runs; turn++) seconds.push(await insertBare(platform.warehouse, kind, bills[kind]));
      bare[kind] = Math.min(...seconds);
      say(`bare ${kind}: ${bare[kind].toFixed(1)} s, ${Math.round(rows / bare[kind]).toLocaleString('en')} rows/s`);
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
    { settings: { max_execution_time: 3_600, date_time_input_format: 'best_effort' } },
  );
  return (performance.now() - began) / 1000;
}

async function headerOf(path: string): Promise<string[]> {
  for await (const { fields } of csvRecords(createReadStream(path), false)) return fields;
  return [];
}

interface Served {
  seconds: number;
  peakMiB: number;
  smallPeakMiB: number;
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
  try {
    forgetPeak(service.child);
    await send(service, smallPath, 'small');
    const smallPeakMiB = peakMiB(service.child);
    forgetPeak(service.child);
    const seconds: number[] = [];
    for (let turn = 0; turn < runs; turn++) {
      const began = performance.now();
      const kept = await send(service, path, `bill-${turn}`);
      if (kept !== rows) throw new Error(`${kept} of ${rows} rows of ${path} are kept`);
      seconds.push((performance.now() - began) / 1000);
    }
    const best = Math.min(...seconds);
    const { size } = await stat(path);
    say(
      `service ${basename(path)} (${Math.round(size / 1e6)} MB): ${best.toFixed(1)} s, ${Math.round(rows / best).toLocaleString('en')} rows/s, peak ${peakMiB(service.child).toFixed(0)} MiB`,
    );
    return { seconds: best, peakMiB: peakMiB(service.child), smallPeakMiB };
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

/** Peak resident memory of the process itself since `forgetPeak` (Linux); NaN elsewhere. */
function peakMiB({ pid }: ChildProcess): number {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib) / 1024;
  } catch {
    return NaN;
  }
}

function forgetPeak({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The peak then counts from the start of the process.
  }
}
