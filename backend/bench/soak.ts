import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from '../../deploy/sandbox/sandbox.ts';
import { changesGround } from '../src/changes/fixtures/ground.ts';
import { seededRandom } from '../src/forecasting/lstm/random.ts';
import { wholeTenant } from '../src/platform/identity/index.ts';
import type { Store } from '../src/platform/store/index.ts';
import { startStoreServers, type StoreAddresses } from '../src/platform/testing/store-servers.ts';
import { start } from '../src/scaling/fixtures/hand.ts';
import { scalingKind } from '../src/scaling/scaling-change.ts';
import { listLatest } from '../src/scaling/workload-state-repository.ts';
import { Patients } from './fixtures/soak-patients.ts';
import { createStores } from './fixtures/soak-stores.ts';
import {
  leaseMs,
  openWorld,
  podRate,
  replicasOf,
  tenant,
  visits,
  type FromController,
  type ToController,
} from './fixtures/soak-world.ts';
import { atLeast, atMost, option, report, say } from './report.ts';

export const description =
  'scaling and healing for days of a sandbox cluster: two processes, killed (-9) at random, outages, lost watches, clocks that jump [--days N] [--seed N]';

const stepMs = 60_000;
/** After an outage, a kill or a jump: the lease runs out, the pods start, the load is measured. */
const graceMs = leaseMs + 240_000;
const staleMs = 150_000;
const dayMs = 86_400_000;
/** A step takes some milliseconds; a kill falls somewhere within, or right after. */
const killWithinMs = 40;
const answersWithinMs = 300_000;

/** What befalls the cluster and the service; minutes between two of a kind, on average. */
const troubles = { kill: 240, outage: 300, watches: 45, jump: 360 } as const;

interface Span {
  from: number;
  to: number;
}

/** One process of the controller. */
class Controller {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(url: string, now: number, parts: { folder: string; environment: NodeJS.ProcessEnv }) {
    const file = join(import.meta.dirname, 'fixtures', 'soak-controller-process.ts');
    const child = fork(file, [url, String(now), parts.folder], { env: parts.environment, stdio: 'inherit' });
    const controller = new Controller(child);
    if (!(await controller.#answer())) throw new Error('A controller did not start; what it said stands above.');
    return controller;
  }

  /** Resolves when it has done what was due, or when it is dead. */
  async step(message: ToController): Promise<void> {
    const answered = this.#answer();
    this.#child.send(message, () => undefined);
    const answer = await answered;
    if (answer?.problem !== undefined) say(`a step failed: ${answer.problem}`);
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #answer(): Promise<FromController | undefined> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('A controller does not answer.')), answersWithinMs);
      const settle = (answer: FromController | undefined): void => {
        clearTimeout(timer);
        this.#child.off('message', hear);
        this.#child.off('exit', die);
        resolve(answer);
      };
      const hear = (message: unknown): void => settle(message as FromController);
      const die = (): void => settle(undefined);
      this.#child.on('message', hear);
      this.#child.on('exit', die);
    });
  }
}

/** Days of a cluster in minutes: two processes of the controller on real stores, under everything that befalls them. */
export async function run(args: readonly string[]): Promise<void> {
  const days = Number(option(args, '--days') ?? 7);
  const seed = Number(option(args, '--seed') ?? 42);
  const random = seededRandom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'amadeus-bench-soak-'));
  const engines = await startStoreServers();
  const { clickhouseUrl, postgresUrl } = (await (await fetch(engines.url)).json()) as StoreAddresses;
  const environment = { CLICKHOUSE_URL: clickhouseUrl, DATABASE_URL: postgresUrl };
  const stores = await createStores(folder, say, environment);
  const sandbox = openWorld(start);
  const patients = new Patients(sandbox, start, { seed, days });
  const url = await sandbox.listen();
  const controllerParts = { folder, environment: { ...process.env, ...environment } };
  const open = (now: number): Promise<Controller> => Controller.open(url, now, controllerParts);
  const alive = await Promise.all([open(start), open(start)]);
  const either = (): 0 | 1 => (random() < 0.5 ? 0 : 1);
  const counts = { kills: 0, outages: 0, watches: 0, jumps: 0 };
  const excused: Span[] = [{ from: start, to: start + graceMs }];
  const outages: Span[] = [];
  let jumping: { index: 0 | 1; until: number; by: number } | undefined;
  let awayUntil = 0;
  const missed: string[] = [];
  // Whoever has no time for all of it gets the figures of what was lived through.
  let until = start + days * dayMs;
  process.once('SIGTERM', () => (until = 0));
  let now = start;
  const happens = (every: number): boolean => random() < stepMs / 60_000 / every;
  const excuse = (now: number, ms = 0): void => void excused.push({ from: now, to: now + ms + graceMs });
  for (; now < until; now += stepMs) {
    if ((now - start) % (dayMs / 4) === 0)
      say(`day ${((now - start) / dayMs).toFixed(2)}: ${JSON.stringify(counts)}, ${replicasOf(sandbox)} replicas`);
    const steps: [ToController, ToController] = [{ pass: stepMs }, { pass: stepMs }];
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
    if (!jumping && happens(troubles.jump)) {
      counts.jumps += 1;
      const by = (random() < 0.5 ? -1 : 1) * (random() < 0.5 ? 20_000 : 600_000);
      jumping = { index: either(), by, until: now + 15 * 60_000 };
      steps[jumping.index].jump = by;
      excuse(now, 15 * 60_000 + Math.abs(by));
    } else if (jumping && now >= jumping.until) {
      steps[jumping.index].jump = -jumping.by;
      excuse(now, Math.abs(jumping.by));
      jumping = undefined;
    }
    const victim = happens(troubles.kill) ? either() : undefined;
    const killAt = random() * killWithinMs;
    patients.advance(now);
    sandbox.advance(stepMs);
    await Promise.all([
      ...alive.map((controller, index) => controller.step(steps[index as 0 | 1])),
      victim === undefined ? undefined : delay(killAt).then(() => alive[victim].kill()),
    ]);
    if (victim !== undefined) {
      counts.kills += 1;
      excuse(now);
      alive[victim] = await open(now + stepMs);
      // The new one has a clock that is right.
      if (jumping?.index === victim) jumping = undefined;
    }
    const isExcused = excused.some(({ from, to }) => now >= from && now <= to);
    if (!isExcused && visits(now) > podRate * replicasOf(sandbox)) {
      missed.push(`${new Date(now).toISOString()}: ${await lastWord(stores.store)}`);
    }
  }
  sandbox.api.setAway(false);
  for (const controller of alive) await controller.kill();
  const result = await judge(stores.store, sandbox, outages);
  const healing = patients.judge(now, (from, to) => coveredMs(excused, from, to));
  for (const problem of [...result.problems, ...missed.map((at) => `too few replicas at ${at}`)]) say(problem);
  for (const [what, all] of Object.entries(healing))
    if (Array.isArray(all)) for (const one of all) say(`${what}: ${one}`);
  report('soak', [
    atLeast('simulated_days', Math.round(((now - start) / dayMs) * 100) / 100, 'd', 7),
    atLeast('kills', counts.kills, ''),
    atLeast('outages', counts.outages, ''),
    atLeast('lost_watches', counts.watches, ''),
    atLeast('clock_jumps', counts.jumps, ''),
    atLeast('acts', result.acts, ''),
    atMost('double_acts', result.doubled, '', 0),
    atMost('acts_on_stale_data', result.stale, '', 0),
    atMost('missed_minutes_beyond_outages', missed.length, 'min', 0),
    atLeast('failures', healing.patients, ''),
    atLeast('healing_acts', healing.acts, ''),
    atMost('double_healing_acts', healing.doubled.length, '', 0),
    atMost('healing_acts_on_what_a_person_had_mended', healing.stale.length, '', 0),
    atMost('failures_nobody_acted_on_beyond_outages', healing.missed.length, '', 0),
    atMost('wrong_rollbacks', healing.wrong.length, '', 0),
  ]);
  await sandbox.close();
  await stores.close();
  await engines.close();
  await rm(folder, { recursive: true, force: true });
}

/** What the service last said of the workload: why it did nothing, where it did nothing. */
async function lastWord(store: Store): Promise<string> {
  const [row] = await listLatest(store, { tenant, regions: 'all' });
  if (!row?.latest) return 'nothing was decided yet';
  const { replicas, wanted, mode, held, deciding, requestsPerMinute, usablePerPod } = row.latest;
  const left = row.holdUntil ? `, left alone until ${row.holdUntil.toISOString()}: ${row.holdReason}` : '';
  const load = `${requestsPerMinute?.toFixed(0) ?? 'no'} requests a minute, ${usablePerPod?.toFixed(0) ?? 'unknown'} a pod`;
  return `${replicas} replicas, ${wanted} wanted by ${deciding.term} (${mode}, held: ${held}) at ${row.decidedAt?.toISOString()}, ${load}${left}`;
}

/** Milliseconds of [from, to) that lie in any of the spans. */
function coveredMs(spans: readonly Span[], from: number, to: number): number {
  let covered = 0;
  let reached = from;
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const begins = Math.max(reached, span.from);
    const ends = Math.min(to, span.to);
    if (ends <= begins) continue;
    covered += ends - begins;
    reached = ends;
  }
  return covered;
}

interface Done {
  id: number;
  from: number;
  to: number;
  at: number;
}

/** Each act has to begin where the one before it ended, and the last at what is there: two of one would break the chain. */
async function judge(
  store: Store,
  sandbox: Sandbox,
  outages: readonly Span[],
): Promise<{ acts: number; doubled: number; stale: number; problems: string[] }> {
  const { service: changes } = changesGround(store);
  const done: Done[] = [];
  let before: number | undefined;
  for (;;) {
    const page = await changes.list(wholeTenant(tenant), {
      kind: scalingKind,
      limit: 100,
      ...(before === undefined ? {} : { before }),
    });
    for (const { id, state } of page.changes) {
      if (!['applied', 'verifying', 'verified', 'uncertain'].includes(state)) continue;
      const { payload } = await changes.get(id, wholeTenant(tenant));
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
