import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const description = 'second start to ready, and what service and engines weigh at rest';

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const RUNS = 5;
const REST_SECONDS = 30;

/**
 * Starts the service with the generated estate once, then `--runs` more times (default 5) over the same data, and reads the
 * resident memory of its process tree after half a minute of rest (Linux, /proc: Pss where it is to be had, so that pages
 * which PostgreSQL's processes share are counted once).
 */
export async function run(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--runs');
  const runs = at < 0 ? RUNS : Number(args[at + 1]);
  const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-bench-start-'));
  try {
    say('First start: loads the estate ...');
    const first = await timedStart(dataDir);
    say(`  ready after ${first.seconds.toFixed(1)} s`);
    await stop(first.child);
    const seconds: number[] = [];
    let memory = { service: 0, engine: 0, postgres: 0 };
    for (let i = 0; i < runs; i++) {
      const next = await timedStart(dataDir);
      seconds.push(next.seconds);
      say(`  start ${i + 1}: ready after ${next.seconds.toFixed(1)} s`);
      if (i === runs - 1) {
        say(`Resting for ${REST_SECONDS} s ...`);
        await delay(REST_SECONDS * 1000);
        memory = memoryOf(next.child.pid!);
      }
      await stop(next.child);
    }
    report(first.seconds, seconds, memory, dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function report(first: number, seconds: readonly number[], memory: ReturnType<typeof memoryOf>, dataDir: string): void {
  const median = [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)]!;
  const together = memory.service + memory.engine + memory.postgres;
  const figure = (name: string, value: number, unit: string, limit?: number): object => ({
    name,
    value: Math.round(value * 10) / 10,
    unit,
    ...(limit === undefined ? {} : { target: `<= ${limit}`, holds: value <= limit }),
  });
  const figures = [
    figure('first_start', first, 's'),
    figure('second_start_median', median, 's', 15),
    figure('second_start_max', Math.max(...seconds), 's', 15),
    figure('memory_together', together, 'MiB', 1024),
    figure('memory_service', memory.service, 'MiB'),
    figure('memory_clickhouse', memory.engine, 'MiB'),
    figure('memory_postgresql', memory.postgres, 'MiB'),
    ...Object.entries(sizes(dataDir)).map(([name, bytes]) => figure(`disk_${name}`, bytes / 2 ** 20, 'MiB')),
  ];
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
  process.stdout.write(`${JSON.stringify({ bench: 'start', machine, figures })}\n`);
}

async function timedStart(dataDir: string): Promise<{ child: ChildProcess; seconds: number }> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'backend', 'src', 'main.ts'), 'serve'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      AMADEUS_DATA_DIR: dataDir,
      AMADEUS_HTTP_PORT: String(await freePort()),
      AMADEUS_ESTATE_ENABLED: 'true',
      AMADEUS_TELEMETRY_LOG_LEVEL: 'warn',
    },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The service ended with code ${code} before it was ready.`)));
    child.on('message', (message: { type: string }) => {
      if (message.type === 'ready') resolve();
    });
  });
  return { child, seconds: (performance.now() - began) / 1000 };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** MiB of the service, the embedded ClickHouse and PostgreSQL below the process `pid`. */
function memoryOf(pid: number): { service: number; engine: number; postgres: number } {
  const sum = { service: 0, engine: 0, postgres: 0 };
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // The process ended while we looked.
    }
  }
  const visit = (id: number, depth: number): void => {
    const command = readFileSync(`/proc/${id}/cmdline`, 'utf8');
    const kind = depth === 0 ? 'service' : command.includes('postgres') ? 'postgres' : 'engine';
    sum[kind] += pss(id);
    for (const child of children.get(id) ?? []) visit(child, depth + 1);
  };
  visit(pid, 0);
  return sum;
}

function pss(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1]) / 1024;
  } catch {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  }
}

function sizes(dataDir: string): Record<string, number> {
  const size = (path: string): number => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return 0;
    return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0) : stat.size;
  };
  return Object.fromEntries(readdirSync(dataDir).map((name) => [name.replace(/\W+/g, '_'), size(join(dataDir, name))]));
}
