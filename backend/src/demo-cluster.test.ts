import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { demoSettings } from '../../.config/demo-cluster.ts';
import { kinds, type ReplicatedObject } from '../../deploy/sandbox/cluster/kinds.ts';
import { DemoCluster } from '../../deploy/sandbox/demo/demo-cluster.ts';
import { demoNamespace, demoVisits, planOf } from '../../deploy/sandbox/demo/plan.ts';
import { changesGround, type Ground } from './changes/fixtures/ground.ts';
import { createForecastingRoom } from './forecasting/index.ts';
import { createHealingRoom } from './healing/index.ts';
import { createKubernetesRoom } from './kubernetes/index.ts';
import { createAudit } from './platform/audit/index.ts';
import { ManualClock } from './platform/clock/index.ts';
import { loadConfig } from './platform/config/index.ts';
import { wholeTenant, type Caller } from './platform/identity/index.ts';
import type { Notification } from './platform/notify/index.ts';
import { createOutgoing } from './platform/outgoing/index.ts';
import type { Loop, Platform, Room } from './platform/platform.ts';
import { createSilentTelemetry } from './platform/telemetry/index.ts';
import { testStores, type TestStores } from './platform/testing/index.ts';
import { createScalingRoom } from './scaling/index.ts';
import { createWorkloadsRoom, type WorkloadsRoom } from './workloads/index.ts';

// All that `npm start` shows of a cluster, with the settings that it gives, in as many seconds as it takes minutes there.
const minuteMs = 60_000;
const start = Date.parse('2026-11-20T11:00:00Z');
const saleAt = start + 8 * minuteMs;
const plan = planOf(saleAt, { token: 'token-of-the-demo', starts: 0, earlier: [] });
const folder = mkdtempSync(join(tmpdir(), 'amadeus-demo-'));
const frontend = `${demoNamespace}/frontend`;
const clock = new ManualClock(start);
const demo = new DemoCluster(plan, start);
const told: Notification[] = [];
const closers: (() => unknown)[] = [];
const person: Caller = {
  ...{ kind: 'person', id: 'grafana:1', name: 'Mina', roles: ['admin'], scope: wholeTenant('default') },
  permissions: new Set(['changes:read', 'changes:approve', 'changes:apply'] as const),
};
let stores: TestStores;
let rooms: Room[];
let workloads: WorkloadsRoom;
let forecasting: ReturnType<typeof createForecastingRoom>;
let ground: Ground;

beforeAll(async () => {
  stores = await testStores({ environment: { AMADEUS_WAREHOUSE_CACHE_SECONDS: '0' } });
  const url = await demo.sandbox.listen();
  writeFileSync(join(folder, 'token'), plan.token);
  const own = loadConfig({ environment: demoSettings(plan, url, folder) });
  const { kubernetes: clusters, prometheus, scaling, healing, forecasting: foreseen } = own;
  const tuning = { ...foreseen.tuning, secondsPerDay: 0 };
  const config = {
    ...{ ...stores.config, dataDir: folder, kubernetes: clusters, prometheus, scaling, healing },
    forecasting: { ...foreseen, tuning },
  };
  const telemetry = createSilentTelemetry();
  const outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry });
  const { store, warehouse } = stores;
  const audit = createAudit({ config, store, clock, log: telemetry.log });
  ground = changesGround(store, { clock });
  const notifier = {
    channels: ['slack'],
    send: async (notice: Notification) => {
      told.push(notice);
      return [];
    },
  };
  const platform = { config, clock, store, warehouse, telemetry, outgoing, audit, notifier } as unknown as Platform;
  const kubernetes = createKubernetesRoom(platform);
  workloads = createWorkloadsRoom(platform);
  forecasting = createForecastingRoom(platform, workloads, ground.service);
  const hand = createScalingRoom(platform, {
    clusters: kubernetes.clusters,
    leaseOf: (cluster) => kubernetes.leaseOf(cluster, 'scaling'),
    changes: ground.service,
    champions: (scope) => workloads.workloads(scope),
    events: (key, range) => forecasting.events.upcoming(key, range),
    prices: { book: async () => ({ rate: () => ({ unitPrice: '0.03', currency: 'USD' }) }) },
  });
  const turns = { name: 'scaling', everyMs: 15_000, run: (signal: AbortSignal) => hand.turn(signal) };
  rooms = [
    workloads,
    forecasting,
    createHealingRoom(platform, kubernetes, ground.service),
    { ...hand, loops: [turns], start: async () => hand.start?.(new AbortController().signal) },
  ];
  closers.push(
    () => outgoing.close(),
    () => kubernetes.close?.(),
    ...rooms.map((room) => () => room.close?.()),
  );
  for (const room of rooms) await room.start?.(new AbortController().signal);
});
afterAll(async () => {
  for (const close of closers.reverse()) {
    const closed = close();
    for (let i = 0; i < 10; i += 1) await clock.advance(minuteMs);
    await closed;
  }
  await demo.sandbox.close();
  await stores?.close();
  rmSync(folder, { recursive: true, force: true });
});

const stepMs = 15_000;
const { signal } = new AbortController();

/** Lets time pass on both sides: every loop runs when it is due, and Changes are driven. */
async function passUntil(until: number): Promise<void> {
  const loops: Loop[] = rooms.flatMap((room) => room.loops ?? []);
  while (clock.now().getTime() < until) {
    const before = clock.now().getTime();
    demo.advance(stepMs);
    await clock.advance(stepMs);
    // The watch and the lease go over real connections.
    await delay(5);
    const isDue = ({ everyMs, offsetMs = 0 }: Loop): boolean =>
      Math.floor((before - offsetMs) / everyMs) !== Math.floor((before + stepMs - offsetMs) / everyMs);
    for (const loop of loops.filter(isDue)) await loop.run(signal);
    await ground.service.tick(signal);
    for (const id of new Set(ground.queued.splice(0))) await ground.service.advance(id);
  }
}

const deployment = (name: string): ReplicatedObject =>
  demo.sandbox.store.find(kinds.deployments, demoNamespace, name) as unknown as ReplicatedObject;
const container = (name: string) => deployment(name).spec.template.spec.containers[0]!;
const readyPods = (name: string): number =>
  demo.sandbox.pods(demoNamespace, name).filter(({ status }) => status.containerStatuses?.every(({ ready }) => ready))
    .length;

async function changesOf(kind: string) {
  const { changes } = await ground.service.list(wholeTenant('default'), { limit: 100 });
  return changes.filter((change) => change.kind === kind);
}

describe('the demo’s cluster', () => {
  const [hungry, broken] = plan.troubles;

  test('gives a pod the memory that it lacks', async () => {
    await passUntil(hungry!.at + minuteMs);
    expect(container(hungry!.service).resources?.limits?.memory).toBe('356Mi');
    const [change] = await changesOf('healing.memory');
    const { reason } = await ground.service.get(change!.id, wholeTenant('default'));
    expect(reason).toContain('killed for memory at 256Mi');
  });

  test('takes a broken release back', async () => {
    await passUntil(broken!.at + 2 * minuteMs);
    expect(container(broken!.service).image).toBe(`shop/${broken!.service}:1.0`);
    expect(readyPods(broken!.service)).toBe(2);
    expect(await changesOf('healing.rollback')).toHaveLength(1);
  });

  test('foresees the sale before it begins', async () => {
    await passUntil(saleAt - 30_000);
    const range = { from: new Date(saleAt - 20 * minuteMs), to: new Date(saleAt + 10 * minuteMs) };
    const { ahead, actual } = await forecasting.trafficSeries(
      { workload: frontend, horizonMinutes: 10, ...range },
      wholeTenant('default'),
    );
    const last = actual.findLast((value) => value !== null)!;
    const inSale = ahead!.minutes.findIndex((minute) => minute >= saleAt + 3 * minuteMs);
    expect(ahead!.predicted[inSale]! / last).toBeGreaterThan(3);
  });

  test('has the pods ready before it, and nobody waits in it', async () => {
    await passUntil(saleAt);
    const needed = demoVisits(plan.sales)(saleAt + 3 * minuteMs) * 0.012;
    expect(readyPods('frontend')).toBeGreaterThanOrEqual(Math.ceil(needed));
    const before = { ...demo.sandbox.counters(demoNamespace, 'frontend')! };
    await passUntil(saleAt + 4 * minuteMs);
    const after = demo.sandbox.counters(demoNamespace, 'frontend')!;
    expect(after.refused).toBe(before.refused);
    expect(after.now!.latency.quantile(0.95)).toBeLessThan(0.25);
    expect((await changesOf('scaling')).map(({ target }) => target)).toContain(`demo/${frontend}`);
    expect(told.map(({ title }) => title).join('\n')).toMatch(/load ahead detected/);
  });

  test('lets a person undo what was done', async () => {
    const [raised] = await changesOf('healing.memory');
    await ground.service.rollBack(raised!.id, person, 'We shrink the cache instead');
    await passUntil(clock.now().getTime() + 30_000);
    expect(container(hungry!.service).resources?.limits?.memory).toBe('256Mi');
    const scaled = (await changesOf('scaling')).find(({ target }) => target === `demo/${frontend}`)!;
    await ground.service.rollBack(scaled.id, person, 'Too many');
    await passUntil(clock.now().getTime() + 30_000);
    expect((await ground.service.summaries([scaled.id], 'default'))[0]!.state).toBe('rolled_back');
  });
});
