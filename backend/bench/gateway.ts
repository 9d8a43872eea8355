import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { atLeast, atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'the LLM gateway beside a bare reverse proxy and no proxy at all [--seconds N] [--rounds N] [--clients 1,32,256]';

const here = import.meta.dirname;
const main = join(here, '..', 'src', 'main.ts');
const body = JSON.stringify({
  model: 'bench',
  messages: [{ role: 'user', content: 'word '.repeat(180) }],
  max_tokens: 100,
});
const profileFolder = process.env['BENCH_PROFILE_FOLDER'];
const profiling = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
const streamed = body.replace('{"model"', '{"stream":true,"model"');

interface Target {
  name: 'direct' | 'bare' | 'gateway';
  url: string;
  pid: number;
}

/**
 * A provider without delay, and before it: nothing, a bare Node reverse proxy, and the gateway with keys, a policy, a budget
 * that is counted, and records of usage. All in one run, in turns, several rounds; medians of the rounds.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(option(args, '--seconds') ?? 8);
  const rounds = Number(option(args, '--rounds') ?? 3);
  const clients = (option(args, '--clients') ?? '1,32,256').split(',').map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-bench-gateway-'));
  const children: ChildProcess[] = [];
  try {
    const upstream = await startFixture('upstream-process.ts', [], children);
    const upstreamUrl = `http://127.0.0.1:${upstream.port}`;
    const bare = await startFixture('bare-proxy-process.ts', [upstreamUrl], children);
    const gateway = await startGateway(folder, upstreamUrl, children);
    const targets: Target[] = [
      { name: 'direct', url: upstreamUrl, pid: upstream.pid },
      { name: 'bare', url: `http://127.0.0.1:${bare.port}`, pid: bare.pid },
      { name: 'gateway', url: gateway.url, pid: gateway.pid },
    ];
    const figures = await measure(targets, gateway.secret, { seconds, rounds, clients });
    report('gateway', figures, { seconds, rounds });
  } finally {
    for (const child of children) child.kill('SIGINT');
    await delay(4000);
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  targets: readonly Target[],
  secret: string,
  { seconds, rounds, clients }: { seconds: number; rounds: number; clients: readonly number[] },
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const target of targets) await closedLoop(target, secret, body, 8, 2);
  for (const count of clients) {
    for (const [kind, text] of [
      ['', body],
      ['stream_', streamed],
    ] as const) {
      const rates: Record<string, number[]> = { direct: [], bare: [], gateway: [] };
      const used: Record<string, { calls: number; cpu: number }> = {};
      for (let round = 0; round < rounds; round++)
        for (const target of targets) {
          const before = processorSeconds(target.pid);
          const calls = (await closedLoop(target, secret, text, count, seconds)).length;
          rates[target.name]!.push(calls / seconds);
          const sum = (used[target.name] ??= { calls: 0, cpu: 0 });
          sum.calls += calls;
          sum.cpu += processorSeconds(target.pid) - before;
        }
      const perCore = (name: string): number => used[name]!.calls / Math.max(0.01, used[name]!.cpu);
      say(
        `  calls per second of processor: bare ${Math.round(perCore('bare'))}, gateway ${Math.round(perCore('gateway'))}`,
      );
      figures.push(
        atMost(`${kind}calls_per_core_second_${count}`, perCore('gateway'), '', undefined, {
          against: 'bare reverse proxy',
          againstValue: perCore('bare'),
        }),
      );
      const median = (name: string): number => quantile(rates[name]!, 0.5);
      say(`${count} clients ${kind}: ${targets.map(({ name }) => `${name} ${Math.round(median(name))}/s`).join(', ')}`);
      const beside = { against: 'bare reverse proxy, calls a second', againstValue: median('bare') };
      figures.push(atMost(`${kind}calls_a_second_${count}`, median('gateway'), '1/s', undefined, beside));
      figures.push(
        atLeast(
          `${kind}share_of_bare_${count}`,
          median('gateway') / median('bare'),
          '',
          count === 32 ? 0.5 : undefined,
        ),
      );
    }
  }
  for (const rate of [200, 1000]) figures.push(...(await addedLatency(targets, secret, rate, { seconds, rounds })));
  figures.push(atMost('memory_peak', peakMemory(targets.at(-1)!.pid), 'MiB'));
  return figures;
}

/** Calls at a fixed rate, whatever the answers take: what the gateway adds to the time without it. */
async function addedLatency(
  targets: readonly Target[],
  secret: string,
  rate: number,
  { seconds, rounds }: { seconds: number; rounds: number },
): Promise<Figure[]> {
  const samples: Record<string, number[]> = { direct: [], bare: [], gateway: [] };
  for (let round = 0; round < rounds; round++)
    for (const target of targets) samples[target.name]!.push(...(await openLoop(target, secret, rate, seconds)));
  const added = (name: string, share: number): number =>
    quantile(samples[name]!, share) - quantile(samples['direct']!, share);
  const limits: Record<string, number> = rate === 1000 ? { p50: 1, p95: 5 } : {};
  return Object.entries({ p50: 0.5, p95: 0.95, p99: 0.99 }).map(([name, share]) => {
    const beside = { against: 'added by the bare proxy, µs', againstValue: added('bare', share) * 1000 };
    const limit = limits[name] === undefined ? undefined : limits[name] * 1000;
    return atMost(`added_${name}_at_${rate}`, added('gateway', share) * 1000, 'µs', limit, beside);
  });
}

/** Seconds of processor time that the process has used so far (Linux); 0 where the system does not tell. */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

async function closedLoop(
  target: Target,
  secret: string,
  text: string,
  clients: number,
  seconds: number,
): Promise<number[]> {
  const pool = new Pool(target.url, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < until) times.push(await call(pool, secret, text));
    }),
  );
  await pool.close();
  return times;
}

async function openLoop(target: Target, secret: string, rate: number, seconds: number): Promise<number[]> {
  const pool = new Pool(target.url, { connections: 64, pipelining: 1 });
  const times: number[] = [];
  const calls: Promise<void>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < rate * seconds;) {
    const due = Math.min(rate * seconds, ((performance.now() - began) * rate) / 1000);
    for (; sent < due; sent++) calls.push(call(pool, secret, body).then((ms) => void times.push(ms)));
    await delay(1);
  }
  await Promise.all(calls);
  await pool.close();
  return times;
}

async function call(pool: Pool, secret: string, text: string): Promise<number> {
  const began = performance.now();
  const answer = await pool.request({
    path: '/v1/chat/completions',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: text,
  });
  const said = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${said.slice(0, 300)}`);
  return performance.now() - began;
}

async function startFixture(
  file: string,
  args: string[],
  children: ChildProcess[],
): Promise<{ port: number; pid: number }> {
  const child = fork(join(here, 'fixtures', file), args, { execArgv: ['--no-warnings'] });
  children.push(child);
  const { port } = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('exit', () => reject(new Error(`${file} ended`)));
  });
  return { port, pid: child.pid! };
}

/** The service with its embedded stores, a policy, a key, and a budget that every call counts against. */
async function startGateway(
  folder: string,
  upstream: string,
  children: ChildProcess[],
): Promise<{ url: string; secret: string; pid: number }> {
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    AMADEUS_DATA_DIR: folder,
    AMADEUS_HTTP_PORT: String(port),
    AMADEUS_ESTATE_ENABLED: 'false',
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_GATEWAY_PORT: String(gatewayPort),
    AMADEUS_GATEWAY_PROVIDERS: JSON.stringify([{ name: 'upstream', kind: 'openai', url: upstream }]),
    AMADEUS_GATEWAY_POLICIES: JSON.stringify([
      {
        name: 'bench',
        match: { models: ['bench'] },
        choose: { strategy: 'cheapest', routes: [{ provider: 'upstream', model: 'gpt-4o-mini' }] },
      },
    ]),
  };
  const token = await output(
    env,
    'keys',
    'create',
    '--name',
    'bench',
    ...['gateway:write', 'budgets:write'].flatMap((one) => ['--permission', one]),
  );
  const child = spawn(process.execPath, ['--no-warnings', ...profiling, main, 'serve'], {
    env,
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type: string }).type === 'ready') resolve();
    });
    child.once('exit', () => reject(new Error('the service ended')));
  });
  const post = async (path: string, sent: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(sent),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  };
  await post('/api/budgets', {
    ...{ name: 'bench', amount: '1000000', currency: 'USD', timeZone: 'UTC', enforcement: 'enforce', channels: [] },
    ...{ filters: [{ dimension: 'x_Team', values: ['bench'] }], window: { kind: 'calendar', unit: 'month' } },
    thresholds: [{ kind: 'percent', value: '100', on: 'actual' }],
  });
  const { secret } = await post('/api/gateway/keys', { name: 'bench', team: 'bench' });
  await delay(2500);
  return { url: `http://127.0.0.1:${gatewayPort}`, secret: secret as string, pid: child.pid! };
}

async function output(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--no-warnings', main, ...args], { env, stdio: ['ignore', 'pipe', 2] });
  let text = '';
  child.stdout!.on('data', (piece: Buffer) => (text += piece.toString()));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}`);
  return text.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Highest resident memory of the process in MiB (Linux); 0 where the system does not tell. */
function peakMemory(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
