import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sandbox } from '../../deploy/sandbox/sandbox.ts';
import { openPlatform } from '../src/open-platform.ts';
import { ManualClock } from '../src/platform/clock/index.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import { wholeTenant } from '../src/platform/identity/index.ts';
import type { TestStores } from '../src/platform/testing/index.ts';
import { openHand, start, type Hand } from '../src/scaling/fixtures/hand.ts';
import { seededRandom } from '../src/forecasting/lstm/random.ts';
import { atLeast, atMost, option, report, say } from './report.ts';

export const description =
  'scaling for days of a sandbox cluster: two replicas, one killed at random, outages, lost watches, clocks that jump [--days N] [--seed N]';

const stepMs = 60_000;
const leaseMs = 300_000;
/** After an outage, a kill or a jump: the lease runs out, the pods start, the load is measured. */
const graceMs = leaseMs + 240_000;
const staleMs = 150_000;
const podRate = 100;
const dayMs = 86_400_000;
const tenant = 'default';

/** What befalls the cluster and the service; minutes between two of a kind, on average. */
const troubles = { kill: 240, outage: 300, watches: 45, jump: 360 } as const;

interface Span {
  from: number;
  to: number;
}

/**
 * A process that is killed is one whose clock stands still from a random moment on: it does nothing more, gives nothing
 * back, and what it had not kept is lost. Its place is taken by a new one that knows only what the stores hold.
 */
export async function run(args: readonly string[]): Promise<void> {
  const days = Number(option(args, '--days') ?? 7);
  const random = seededRandom(Number(option(args, '--seed') ?? 42));
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-soak-'));
  const environment = {
    AMADEUS_DATA_DIR: folder,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
  };
  const config = loadConfig({ environment });
  const { platform, close } = await openPlatform(config, 'bench', say);
  const image = {
    cpuSecondsPerRequest: 0.01,
    waitSecondsPerRequest: 0.02,
    startSeconds: 20,
    pullSeconds: 2,
    memoryMiB: 60,
  };
  const nodes = [1, 2, 3].map((n) => ({ name: `node-${n}`, cpu: '32', memory: '64Gi' }));
  const sandbox = new Sandbox({ start, images: { 'web:1': image }, nodes, stepMs: 5_000 });
  const place = { sandbox, url: await sandbox.listen(), clock: new ManualClock(start) };
  sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 4 });
  sandbox.serve({ namespace: 'shop', workload: 'web', rate: visits });
  const stores = { store: platform.store, warehouse: platform.warehouse, config } as TestStores;
  const settings = { mode: 'auto', minReplicas: 2, maxReplicas: 40, latencyLimitMs: 200 } as const;
  const everyone: Hand[] = [];
  const open = async (): Promise<Hand> => {
    const scaling = { workloads: [{ tenant, workload: 'shop/web', ...settings }] };
    const hand = await openHand(stores, { tenant, scaling, beside: place, hasOwnClock: true, leaseMs });
    await hand.room.start?.(new AbortController().signal);
    everyone.push(hand);
    return hand;
  };
  const alive = [await open(), await open()];
  const counts = { kills: 0, outages: 0, watches: 0, jumps: 0 };
  const excused: Span[] = [{ from: start, to: start + graceMs }];
  const outages: Span[] = [];
  const jumps: { hand: Hand; until: number; by: number }[] = [];
  let awayUntil = 0;
  const missed: string[] = [];
  const happens = (every: number): boolean => random() < stepMs / 60_000 / every;
  const excuse = (now: number, ms = 0): void => void excused.push({ from: now, to: now + ms + graceMs });
  for (let now = start; now < start + days * dayMs; now += stepMs) {
    if ((now - start) % (dayMs / 4) === 0)
      say(`day ${((now - start) / dayMs).toFixed(2)}: ${JSON.stringify(counts)}, ${replicasOf(sandbox)} replicas`);
    if (happens(troubles.kill)) {
      counts.kills += 1;
      alive[random() < 0.5 ? 0 : 1] = await open();
      excuse(now);
    }
    if (awayUntil === 0 && happens(troubles.outage)) {
      counts.outages += 1;
      awayUntil = now + Math.ceil(1 + random() * 20) * 60_000;
      outages.push({ from: now, to: awayUntil });
      excuse(now, awayUntil - now);
      sandbox.api.setAway(true);
    }
    if (awayUntil > 0 && now >= awayUntil) {
      awayUntil = 0;
      sandbox.api.setAway(false);
    }
    if (happens(troubles.watches)) {
      counts.watches += 1;
      sandbox.api.dropWatches();
    }
    if (jumps.length === 0 && happens(troubles.jump)) {
      counts.jumps += 1;
      const hand = alive[random() < 0.5 ? 0 : 1]!;
      const by = (random() < 0.5 ? -1 : 1) * (random() < 0.5 ? 20_000 : 600_000);
      jumps.push({ hand, by, until: now + 15 * 60_000 });
      await hand.clock.advance(by);
      excuse(now, 15 * 60_000 + Math.abs(by));
    }
    const [jump] = jumps;
    if (jump && now >= jump.until) {
      jumps.pop();
      await jump.hand.clock.advance(-jump.by);
      excuse(now, Math.abs(jump.by));
    }
    sandbox.advance(stepMs);
    // A killed process is killed anywhere: also between a proposal and what follows it.
    for (const hand of alive) await hand.step(stepMs).catch((error: unknown) => say(`a step failed: ${String(error)}`));
    const isExcused = excused.some(({ from, to }) => now >= from && now <= to);
    if (!isExcused && visits(now) > podRate * replicasOf(sandbox)) missed.push(new Date(now).toISOString());
  }
  const result = await judge(alive[0]!, sandbox, outages);
  for (const problem of [...result.problems, ...missed.map((at) => `too few replicas at ${at}`)]) say(problem);
  report('soak', [
    atLeast('simulated_days', days, 'd'),
    atLeast('kills', counts.kills, ''),
    atLeast('outages', counts.outages, ''),
    atLeast('lost_watches', counts.watches, ''),
    atLeast('clock_jumps', counts.jumps, ''),
    atLeast('acts', result.acts, ''),
    atMost('double_acts', result.doubled, '', 0),
    atMost('acts_on_stale_data', result.stale, '', 0),
    atMost('missed_minutes_beyond_outages', missed.length, 'min', 0),
  ]);
  sandbox.api.setAway(false);
  for (const hand of everyone) await hand.close();
  await sandbox.close();
  await close();
  await rm(folder, { recursive: true, force: true });
}

/** Visits a second: a day's wave, and a sale at 20:00 that comes within five minutes. */
function visits(at: number): number {
  const hour = (at % dayMs) / 3_600_000;
  const wave = 0.6 - 0.4 * Math.cos(((hour - 4) / 24) * 2 * Math.PI);
  const minutes = (hour - 20) * 60;
  const rush = minutes < 0 || minutes > 60 ? 1 : 1 + Math.min(1, minutes / 30);
  return 500 * wave * rush;
}

function replicasOf(sandbox: Sandbox): number {
  const found = sandbox.store.find(sandbox.api.kind('deployments'), 'shop', 'web');
  return (found as unknown as { spec: { replicas: number } }).spec.replicas;
}

interface Done {
  id: number;
  from: number;
  to: number;
  at: number;
}

/** Each act has to begin where the one before it ended, and the last at what is there: two of one would break the chain. */
async function judge(
  hand: Hand,
  sandbox: Sandbox,
  outages: readonly Span[],
): Promise<{ acts: number; doubled: number; stale: number; problems: string[] }> {
  const done: Done[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await hand.changes.list(wholeTenant(tenant), {
      limit: 100,
      ...(before === undefined ? {} : { before }),
    });
    for (const { id, state } of page.changes) {
      if (!['applied', 'verifying', 'verified', 'uncertain'].includes(state)) continue;
      const { payload } = await hand.changes.get(id, wholeTenant(tenant));
      const { from, to, decidedAt } = payload as { from: number; to: number; decidedAt: string };
      done.unshift({ id, from, to, at: Date.parse(decidedAt) });
    }
    if (page.next === undefined) break;
    before = page.next;
  }
  const problems: string[] = [];
  let doubled = 0;
  for (const [index, act] of done.entries()) {
    const next = done[index + 1]?.from ?? replicasOf(sandbox);
    if (next === act.to) continue;
    doubled += 1;
    problems.push(`Change ${act.id} went from ${act.from} to ${act.to}, and ${next} was there afterwards`);
  }
  const stale = done.filter(({ at }) => outages.some(({ from, to }) => at > from + staleMs && at < to));
  for (const act of stale) problems.push(`Change ${act.id} was decided while nothing could be measured`);
  return { acts: done.length, doubled, stale: stale.length, problems };
}
