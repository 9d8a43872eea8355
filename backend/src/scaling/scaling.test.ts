import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { testServer } from '../platform/http/http-fixture.ts';
import { wholeTenant, type Caller } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { openHand, start, type Hand, type HandOptions } from './fixtures/hand.ts';

let stores: TestStores;
const hands: Hand[] = [];
let tenants = 0;

beforeAll(async () => {
  stores = await testStores({ environment: { AMADEUS_WAREHOUSE_CACHE_SECONDS: '0' } });
});
afterAll(() => stores.close());
afterEach(async () => {
  for (const hand of hands.splice(0).reverse()) await hand.close();
});

/** One core serves 100 requests a second. */
const image = {
  cpuSecondsPerRequest: 0.01,
  waitSecondsPerRequest: 0.02,
  startSeconds: 20,
  pullSeconds: 2,
  memoryMiB: 60,
};
const settings = { mode: 'auto', minReplicas: 2, maxReplicas: 40, latencyLimitMs: 200 } as const;
const nodes = [1, 2, 3].map((n) => ({ name: `node-${n}`, cpu: '32', memory: '64Gi' }));

async function hand(options: Partial<HandOptions> & { mode?: 'observe' | 'approve' | 'auto'; replicas?: number } = {}) {
  const { mode = 'auto', replicas = 3, ...rest } = options;
  const tenant = options.tenant ?? `t${++tenants}`;
  const workloads = [{ tenant, workload: 'shop/web', ...settings, mode }];
  const opened = await openHand(stores, {
    tenant,
    sandbox: { images: { 'web:1': image }, nodes },
    scaling: { workloads },
    ...rest,
  });
  await opened.room.start?.(new AbortController().signal);
  hands.push(opened);
  if (!options.beside) opened.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas });
  return Object.assign(opened, { tenant });
}

const replicasOf = ({ sandbox }: Hand): number => {
  const found = sandbox.store.find(sandbox.api.kind('deployments'), 'shop', 'web');
  return (found as unknown as { spec: { replicas: number } }).spec.replicas;
};
const serve = ({ sandbox }: Hand, rate: (at: number) => number) =>
  sandbox.serve({ namespace: 'shop', workload: 'web', rate });
const person = (tenant: string): Caller => ({
  kind: 'person',
  id: 'user:7',
  name: 'Mina',
  roles: ['admin'],
  permissions: new Set(),
  scope: wholeTenant(tenant),
});
const changesOf = async (of: Hand & { tenant: string }) =>
  (await of.changes.list(wholeTenant(of.tenant), { limit: 100 })).changes;

describe('a workload in the mode auto', () => {
  test('gets pods for its load, ahead of a known event, and people are told once', async () => {
    const sale = start + 5 * 60_000;
    const expected = Array.from({ length: 30 }, (_, minute) => ({
      minute: new Date(sale + minute * 60_000),
      ratio: 3,
    }));
    const event = {
      name: 'sale',
      startsAt: new Date(sale),
      endsAt: new Date(sale + 1_800_000),
      expected,
      learnedFrom: 0,
    };
    const one = await hand({ events: [event] });
    serve(one, (at) => (at < sale ? 200 : 600));
    await one.pass(2.5 * 60_000);
    // 200 a second of 100 a pod, at four fifths.
    expect(replicasOf(one)).toBe(3);
    const refused = one.sandbox.counters('shop', 'web')!.refused;
    await one.pass(2.25 * 60_000);
    // Before the sale has begun.
    expect(replicasOf(one)).toBeGreaterThanOrEqual(7);
    await one.pass(2 * 60_000);
    expect(one.sandbox.counters('shop', 'web')!.refused).toBe(refused);
    const [change] = await changesOf(one);
    expect(change).toMatchObject({ kind: 'scaling', target: 'seoul/shop/web', mode: 'auto' });
    expect(one.told[0]!.title).toMatch(/^Amadeus: load ahead detected\. \d+ servers? (added|being added)\.$/);
    expect(new Set(one.told.map(({ dedupKey }) => dedupKey)).size).toBe(one.told.length);
  });

  test('goes down only slowly, and an undo leaves it alone for an hour', async () => {
    const one = await hand({ replicas: 10 });
    serve(one, () => 200);
    await one.pass(5 * 60_000);
    expect(replicasOf(one)).toBeLessThan(6);
    const last = (await changesOf(one))[0]!;
    const before = replicasOf(one);
    await one.changes.rollBack(last.id, person(one.tenant), 'Too few for me');
    await one.pass(15_000);
    expect(replicasOf(one)).toBeGreaterThan(before);
    const undone = replicasOf(one);
    await one.pass(2 * 60_000);
    expect(replicasOf(one)).toBe(undone);
  });

  test('is not fought over: what somebody else sets is left alone', async () => {
    const one = await hand({ replicas: 10 });
    serve(one, () => 200);
    for (let turn = 0; turn < 40 && replicasOf(one) === 10; turn += 1) await one.pass(15_000);
    const { sandbox } = one;
    const deployment = sandbox.store.find(sandbox.api.kind('deployments'), 'shop', 'web')!;
    sandbox.apply('deployments', { ...deployment, spec: { ...(deployment['spec'] as object), replicas: 12 } });
    await one.pass(3 * 60_000);
    expect(replicasOf(one)).toBe(12);
  });
});

/** Who sees other regions only can neither read nor change how it is scaled. */
async function settingsKeepToRegions({ room, tenant }: Awaited<ReturnType<typeof hand>>): Promise<void> {
  const callerOf = (region: string): Caller => ({
    ...{ kind: 'person', id: `user:${region}`, name: region, roles: [] },
    permissions: new Set(['traffic:read', 'changes:apply']),
    scope: { ...wholeTenant(tenant), regions: [region] },
  });
  const identity = {
    anonymous: callerOf('none'),
    authenticate: async ({ authorization = '' }: { authorization?: string | undefined }) =>
      callerOf(authorization.replace('Bearer ', '')),
  };
  const { app } = await testServer((target) => void room.routes?.(target), { parts: { identity } });
  const url = '/api/scaling/workloads/shop%2Fweb/settings';
  const ask = async (region: string, payload?: object) => {
    const method = payload ? 'PUT' : 'GET';
    const headers = { authorization: `Bearer ${region}` };
    return (await app.inject({ method, url, headers, ...(payload ? { payload } : {}) })).statusCode;
  };
  const change = { maxReplicas: 20, version: 0, reason: 'Enough' };
  expect([await ask('elsewhere'), await ask('elsewhere', change)]).toEqual([404, 404]);
  // These ones are kept in the file.
  expect([await ask('kr'), await ask('kr', change)]).toEqual([200, 403]);
  const preview = async (region: string, of: object) => {
    const headers = { authorization: `Bearer ${region}` };
    const payload = { settings: of, hours: 1 };
    return app.inject({ method: 'POST', url: url.replace(/settings$/, 'preview'), headers, payload });
  };
  expect((await preview('elsewhere', {})).statusCode).toBe(404);
  expect((await preview('kr', { minReplicas: 41 })).statusCode).toBe(400);
  const { present, proposed, minutes } = (await preview('kr', { minReplicas: 20 })).json();
  expect(minutes).toBeGreaterThan(3);
  expect([present.mostReplicas, proposed.mostReplicas]).toEqual([10, 20]);
  expect(proposed.replicaHours).toBeGreaterThan(present.replicaHours);
  await app.close();
}

test('in the mode observe nothing is touched, and the report says what would have been', async () => {
  const one = await hand({ mode: 'observe', replicas: 10 });
  serve(one, () => 200);
  await one.pass(5 * 60_000);
  expect(replicasOf(one)).toBe(10);
  expect(await changesOf(one)).toEqual([]);
  const marks = await one.room.marks.marks(
    { from: new Date(start), to: new Date(start + 3_600_000) },
    wholeTenant(one.tenant),
  );
  expect(marks.map(({ kind }) => kind)).toContain('observed');
  const capacity = await one.room.marks.capacity(
    { workload: 'shop/web', from: new Date(start), to: new Date(start + 3_600_000) },
    wholeTenant(one.tenant),
  );
  // Ten pods, about 6,000 requests a minute each.
  expect(capacity.at(-1)!.requestsPerMinute / 60_000).toBeCloseTo(1, 0);
  await settingsKeepToRegions(one);
});

test('in the mode approve one question waits for a person', async () => {
  const one = await hand({ mode: 'approve', replicas: 2 });
  serve(one, () => 500);
  await one.pass(3 * 60_000);
  expect(replicasOf(one)).toBe(2);
  const open = (await changesOf(one)).filter(({ state }) => state === 'proposed');
  expect(open.length).toBeGreaterThan(0);
  expect(open.length).toBeLessThanOrEqual(3);
  await one.changes.approve(open[0]!.id, person(one.tenant));
  await one.pass(15_000);
  expect(replicasOf(one)).toBeGreaterThan(2);
});

describe('a process that dies while it acts', () => {
  test.each(['before proposing', 'after proposing'] as const)('%s leads to one act', async (diesOnce) => {
    const one = await hand({ replicas: 2, diesOnce });
    serve(one, () => 500);
    await one.pass(2.5 * 60_000);
    expect(replicasOf(one)).toBeGreaterThanOrEqual(6);
    const done = (await changesOf(one)).map(({ summary }) => summary);
    expect(new Set(done).size).toBe(done.length);
  });
});

test('of two replicas of the controller one acts', async () => {
  const one = await hand({ replicas: 2 });
  const two = await hand({ tenant: one.tenant, beside: one });
  serve(one, () => 500);
  const { signal } = new AbortController();
  for (let step = 0; step < 10; step += 1) {
    await one.pass(15_000);
    await two.room.turn(signal);
  }
  expect(replicasOf(one)).toBeGreaterThanOrEqual(6);
  const done = (await changesOf(one)).map(({ summary }) => summary);
  expect(new Set(done).size).toBe(done.length);
});

test('while the cluster or the measurements are away, nothing is done', async () => {
  const one = await hand({ replicas: 10 });
  serve(one, () => 200);
  await one.pass(60_000);
  one.sandbox.api.setAway(true);
  await one.pass(4 * 60_000);
  one.sandbox.api.setAway(false);
  expect(replicasOf(one)).toBe(10);
});
