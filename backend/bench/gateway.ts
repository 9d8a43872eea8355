import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  closedLoop,
  familyOf,
  openLoop,
  peakMemory,
  processorSeconds,
  type Asking,
  type Target,
} from './fixtures/gateway-load.ts';
import {
  models,
  startBare,
  startGateway,
  startLiteLlm,
  startPortkey,
  startSimulator,
  startUpstream,
} from './fixtures/gateway-targets.ts';
import { atLeast, atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'the LLM gateway beside a bare reverse proxy, LiteLLM and Portkey where installed (LITELLM_BIN, PORTKEY_HOME), and no proxy at all [--seconds N] [--warm N] [--rounds N] [--clients 1,32,256,1000] [--rates 200,1000] [--real 256,1000] [--peers no]';

interface Wish {
  seconds: number;
  /** Seconds for which each is called before anything is measured, whole answers and streams alike. */
  warm: number;
  rounds: number;
  clients: readonly number[];
  rates: readonly number[];
  real: readonly number[];
}

/** At more clients or calls than these a peer would only queue. */
const mostPeerClients = 32;
const peerRate = 50;
const warmClients = 32;

/**
 * A provider without delay, and before it: nothing, a bare Node reverse proxy, the gateway with keys, a policy, an exact cache
 * that no call finds its answer in, a budget that is counted, and records of usage; and what others run. All in one run, in
 * turns, several rounds; medians of the rounds. Then the same before a provider that takes as long as real ones do.
 */
export async function run(args: readonly string[]): Promise<void> {
  const numbers = (name: string, usual: string): number[] =>
    (option(args, name) ?? usual).split(',').filter(Boolean).map(Number);
  const wish: Wish = {
    seconds: Number(option(args, '--seconds') ?? 8),
    warm: Number(option(args, '--warm') ?? 10),
    rounds: Number(option(args, '--rounds') ?? 3),
    clients: numbers('--clients', '1,32,256,1000'),
    rates: numbers('--rates', '200,1000'),
    real: numbers('--real', '256,1000'),
  };
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-bench-gateway-'));
  const children: ChildProcess[] = [];
  try {
    const direct = await startUpstream(children);
    const real = await startSimulator(children);
    const bare = await startBare(direct.url, children);
    const gateway = await startGateway(folder, direct.url, real.url, children);
    const found = option(args, '--peers') === 'no' ? [] : await startPeers(folder, direct.url, children);
    const targets = [direct, bare, gateway, ...found];
    const figures = await measure(targets, wish);
    figures.push(...(await measureReal(real, gateway, wish)));
    figures.push(atMost('memory_peak', peakMemory(gateway.pid), 'MiB'));
    for (const peer of found)
      figures.push(
        atMost(`memory_peak_${peer.name}`, Math.max(...familyOf(peer.pid).map(peakMemory)), 'MiB'),
        atMost(`calls_failed_${peer.name}`, peer.failed ?? 0, ''),
      );
    const absent = ['litellm', 'portkey'].filter((name) => !found.some((peer) => peer.name === name));
    report('gateway', figures, { seconds: wish.seconds, warm: wish.warm, rounds: wish.rounds, absent });
  } finally {
    for (const child of children) child.kill('SIGINT');
    await delay(4000);
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startPeers(folder: string, upstream: string, children: ChildProcess[]): Promise<Target[]> {
  const started: Target[] = [];
  for (const [name, start] of [
    ['LiteLLM', () => startLiteLlm(folder, upstream, children)],
    ['Portkey', () => startPortkey(upstream, children)],
  ] as const) {
    try {
      const target = await start();
      if (target) started.push(target);
      else say(`${name} is not installed: left out`);
    } catch (error) {
      say(`${name} does not start: left out (${String(error)})`);
    }
  }
  return started;
}

async function measure(targets: readonly Target[], wish: Wish): Promise<Figure[]> {
  const figures: Figure[] = [];
  // A young process is compiled as it goes: what it takes until then is told by the bench of the start.
  for (const target of targets)
    for (const stream of [false, true]) await closedLoop(target, quick(stream), warmClients, wish.warm / 2);
  const peers = targets.filter(isPeer);
  for (const rate of wish.rates) figures.push(...(await addedLatency(targets.filter(isOurs), rate, wish)));
  if (peers.length > 0) figures.push(...(await addedLatency(targets, peerRate, wish)));
  for (const count of wish.clients)
    for (const stream of [false, true]) figures.push(...(await throughput(targets, quick(stream), count, wish)));
  return figures;
}

interface Sum {
  rates: number[];
  calls: number;
  own: number;
  family: number;
}

/** Each target in turn, as fast as so many clients can. */
async function throughput(
  all: readonly Target[],
  asking: Asking,
  count: number,
  { seconds, rounds }: Wish,
): Promise<Figure[]> {
  const targets = count > mostPeerClients ? all.filter(isOurs) : all;
  const sums = new Map<string, Sum>(targets.map(({ name }) => [name, { rates: [], calls: 0, own: 0, family: 0 }]));
  for (let round = 0; round < rounds; round++)
    for (const target of targets) {
      await rested(targets);
      const family = familyOf(target.pid);
      const before = family.map(processorSeconds);
      const began = performance.now();
      const calls = (await closedLoop(target, asking, count, seconds)).length;
      const used = family.map((pid, index) => processorSeconds(pid) - before[index]!);
      const sum = sums.get(target.name)!;
      sum.rates.push((calls * 1000) / (performance.now() - began));
      sum.calls += calls;
      sum.own += used[0]!;
      sum.family += used.reduce((total, one) => total + one, 0);
    }
  const kind = asking.stream ? 'stream_' : '';
  const rate = (name: string): number => quantile(sums.get(name)!.rates, 0.5);
  const perCore = ({ name }: Target, of: 'own' | 'family'): number =>
    sums.get(name)!.calls / Math.max(0.01, sums.get(name)![of]);
  const told = targets.map((one) => `${one.name} ${Math.round(rate(one.name))}/s (${Math.round(perCore(one, 'own'))})`);
  say(`${count} clients ${kind}: ${told.join(', ')}; in brackets per second of its processor time`);
  const bare = targets.find(({ name }) => name === 'bare')!;
  const figures = targets
    .filter(({ name }) => name === 'gateway' || isPeer({ name }))
    .flatMap((target): Figure[] => {
      const suffix = `${count}${target.name === 'gateway' ? '' : `_${target.name}`}`;
      const beside = { against: 'bare reverse proxy', againstValue: rate('bare') };
      return [
        atMost(`${kind}calls_a_second_${suffix}`, rate(target.name), '1/s', undefined, beside),
        atMost(
          `${kind}calls_per_core_second_${suffix}`,
          perCore(target, target.name === 'gateway' ? 'own' : 'family'),
          '',
          undefined,
          { against: 'bare reverse proxy', againstValue: perCore(bare, 'own') },
        ),
      ];
    });
  const share = rate('gateway') / rate('bare');
  figures.push(atLeast(`${kind}share_of_bare_${count}`, share, '', count === 32 ? 0.5 : undefined));
  const gateway = targets.find(({ name }) => name === 'gateway')!;
  figures.push(atMost(`${kind}calls_per_core_second_with_stores_${count}`, perCore(gateway, 'family'), ''));
  return figures;
}

/** Calls at a fixed rate, whatever the answers take: what each adds to the time without it. */
async function addedLatency(targets: readonly Target[], rate: number, { seconds, rounds }: Wish): Promise<Figure[]> {
  const samples = new Map(targets.map(({ name }) => [name as string, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const target of targets) {
      await rested(targets);
      samples.get(target.name)!.push(...(await openLoop(target, quick(false), rate, seconds)));
    }
  const added = (name: string, share: number): number =>
    quantile(samples.get(name)!, share) - quantile(samples.get('direct')!, share);
  const limits: Record<string, number> = rate === 1000 ? { p50: 1, p95: 5 } : {};
  const figures = Object.entries({ p50: 0.5, p95: 0.95, p99: 0.99 }).flatMap(([name, share]) => {
    const beside = { against: 'added by the bare proxy, µs', againstValue: added('bare', share) * 1000 };
    const limit = limits[name] === undefined ? undefined : limits[name] * 1000;
    return [
      atMost(`added_${name}_at_${rate}`, added('gateway', share) * 1000, 'µs', limit, beside),
      ...targets
        .filter(isPeer)
        .map((peer) => atMost(`added_${name}_at_${rate}_${peer.name}`, added(peer.name, share) * 1000, 'µs')),
    ];
  });
  for (const { name, value } of figures) say(`${name}: ${Math.round(value)} µs`);
  return figures;
}

/** Streams of a provider that takes its time: what matters is how many go at once, and that nothing is added. */
async function measureReal(direct: Target, gateway: Target, { real, seconds }: Wish): Promise<Figure[]> {
  const figures: Figure[] = [];
  const asking = { model: models.real, stream: true, maxTokens: 24 };
  for (const count of real) {
    await rested([gateway]);
    const alone = await closedLoop(direct, asking, count, seconds);
    const before = processorSeconds(gateway.pid);
    const through = await closedLoop(gateway, asking, count, seconds);
    const cpu = processorSeconds(gateway.pid) - before;
    say(`${count} clients of real speed: ${alone.length} streams without, ${through.length} through the gateway`);
    const beside = { against: 'without a proxy', againstValue: alone.length / seconds };
    figures.push(atMost(`real_streams_a_second_${count}`, through.length / seconds, '1/s', undefined, beside));
    figures.push(atMost(`real_streams_per_core_second_${count}`, through.length / Math.max(0.01, cpu), ''));
    for (const [name, share] of Object.entries({ p50: 0.5, p95: 0.95, p99: 0.99 }))
      figures.push(
        atMost(`real_${name}_${count}`, quantile(through, share), 'ms', undefined, {
          against: 'without a proxy, ms',
          againstValue: quantile(alone, share),
        }),
      );
  }
  return figures;
}

/** What the load before left to do is done: it belongs to nobody's next figure. */
async function rested(targets: readonly Target[]): Promise<void> {
  for (const { rest } of targets) await rest?.();
}

function quick(stream: boolean): Asking {
  return { model: models.quick, stream, maxTokens: 100 };
}

function isPeer({ name }: Pick<Target, 'name'>): boolean {
  return name === 'litellm' || name === 'portkey';
}

function isOurs(target: Pick<Target, 'name'>): boolean {
  return !isPeer(target);
}
