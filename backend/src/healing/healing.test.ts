import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { faults } from '../../../deploy/sandbox/cluster/faults.ts';
import type { Image } from '../../../deploy/sandbox/cluster/image.ts';
import { testServer } from '../platform/http/http-fixture.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { wholeTenant, type Caller } from '../platform/identity/index.ts';
import { openClinic, type Clinic, type ClinicOptions } from './fixtures/clinic.ts';
import { listIncidents, type Incident } from './incident-repository.ts';

let stores: TestStores;
const clinics: Clinic[] = [];
let tenants = 0;

beforeAll(async () => {
  stores = await testStores();
});
afterAll(() => stores.close());
afterEach(async () => {
  for (const clinic of clinics.splice(0).reverse()) await clinic.close();
});

const good = { startSeconds: 3, pullSeconds: 1 };

/** A doctor with a tenant of its own, so that tests share one store. */
async function clinic(
  options: ClinicOptions = {},
): Promise<Clinic & { tenant: string; incidents(): Promise<Incident[]> }> {
  const tenant = options.tenant ?? `t${++tenants}`;
  const opened = await openClinic(stores.store, { ...options, tenant });
  clinics.push(opened);
  const from = new Date(0);
  const to = new Date('2030-01-01T00:00:00Z');
  const incidents = () => listIncidents(stores.store, { tenant, regions: 'all', from, to, limit: 100 });
  return Object.assign(opened, { tenant, incidents });
}

const limitOf = ({ sandbox }: Clinic, name = 'web') => templateOf(sandbox, name).resources?.limits?.memory;
const imageOf = ({ sandbox }: Clinic, name = 'web') => templateOf(sandbox, name).image;

function templateOf(sandbox: Clinic['sandbox'], name: string) {
  const found = sandbox.store.find(sandbox.api.kind('deployments'), 'shop', name) as unknown as {
    spec: { template: { spec: { containers: { image: string; resources?: { limits?: { memory?: string } } }[] } } };
  };
  return found.spec.template.spec.containers[0]!;
}

const readyOf = ({ sandbox }: Clinic, name = 'web') =>
  sandbox.pods('shop', name).filter(({ status }) => status.containerStatuses?.every(({ ready }) => ready)).length;

describe('A pod that is killed for memory', () => {
  test('gets a fifth more, but no less than 100 MiB, until it runs', async () => {
    const { sandbox, ...rest } = await clinic({
      sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(400) } } },
    });
    sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi' });
    const all = { sandbox, ...rest };
    await all.pass(20_000);
    expect(limitOf(all)).toBe('356Mi');
    await all.pass(7 * 60_000);
    expect(limitOf(all)).toBe('456Mi');
    expect(readyOf(all)).toBe(1);
    await all.pass(6 * 60_000);
    const [last, first] = await all.changes.list(wholeTenant(all.tenant), { limit: 10 }).then(({ changes }) => changes);
    expect([first, last]).toMatchObject([
      { kind: 'healing.memory', state: 'verified', target: 'seoul/shop/web', mode: 'auto' },
      { state: 'verified', summary: 'Raise the memory limit of main in seoul/shop/web from 356Mi to 456Mi' },
    ]);
    expect(all.told.map(({ title }) => title)).toContain(
      'Amadeus: shop/web ran out of memory. Its memory limit was raised from 256Mi to 356Mi.',
    );
    // What is done at once is told when it was done, not when it is decided as well.
    expect(all.told.some(({ title }) => title.includes('should rise'))).toBe(false);
    const seen = await all.incidents();
    expect(seen.every(({ closedAt }) => closedAt !== null)).toBe(true);
    expect(seen.map(({ cause, verdict }) => [cause, verdict])).toEqual([
      ['memory', 'acted'],
      ['memory', 'acted'],
    ]);
  });

  test('is taken for a leak after three raises, which are then taken back', async () => {
    const all = await clinic({
      sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(5_000) } } },
      healing: { language: 'ko' },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi' });
    await all.pass(12 * 60_000);
    const { changes } = await all.changes.list(wholeTenant(all.tenant), { limit: 10 });
    expect(changes).toHaveLength(3);
    expect(changes[0]).toMatchObject({ state: 'rolled_back' });
    expect(limitOf(all)).toBe('256Mi');
    await all.pass(10 * 60_000);
    expect((await all.changes.list(wholeTenant(all.tenant), { limit: 10 })).changes).toHaveLength(3);
    expect(all.told.some(({ title }) => title.includes('누수'))).toBe(true);
  });

  test('gets no more than the namespace has room for', async () => {
    const all = await clinic({ sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(400) } } } });
    all.sandbox.apply('resourcequotas', {
      metadata: { namespace: 'shop', name: 'q' },
      spec: { hard: { 'limits.memory': '256Mi' } },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi' });
    await all.pass(30_000);
    expect(limitOf(all)).toBe('256Mi');
    expect((await all.incidents())[0]).toMatchObject({
      verdict: 'advised',
      why: expect.stringContaining('quota leaves no room'),
    });
  });

  test('of a kind that cannot be read keeps nobody else from being healed', async () => {
    const all = await clinic({ sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(400) } } } });
    const resources = { limits: { memory: '256Mi' } };
    const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: 'a-run', uid: 'w1', controller: true };
    all.sandbox.apply('pods', {
      metadata: { namespace: 'shop', name: 'a-run-1', ownerReferences: [owner] },
      spec: { containers: [{ name: 'main', image: 'web:1', resources }] },
      status: { phase: 'Pending' },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', memory: '256Mi' });
    await all.pass(20_000);
    expect(limitOf(all)).toBe('356Mi');
    const run = (await all.incidents()).find(({ ref }) => ref.kind === 'Workflow');
    expect(run).toMatchObject({ cause: 'memory', verdict: 'held', why: expect.stringContaining('not be looked into') });
  });

  test('is only told of where the workload is observed, and proposed where Git keeps it', async () => {
    const images = { 'web:1': { ...good, ...faults.needsMemory(400) } };
    const all = await clinic({
      sandbox: { images },
      healing: {
        mode: 'observe',
        targets: [
          { target: 'seoul/shop/*', mode: 'auto' },
          { target: 'seoul/shop/seen', mode: 'observe' },
        ],
      },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'seen', image: 'web:1' });
    all.sandbox.deploy({
      ...{ namespace: 'shop', name: 'git', image: 'web:1' },
      annotations: { 'argocd.argoproj.io/tracking-id': 'pay:apps/Deployment:shop/git' },
    });
    await all.pass(60_000);
    expect([limitOf(all, 'seen'), limitOf(all, 'git')]).toEqual(['256Mi', '256Mi']);
    const { changes } = await all.changes.list(wholeTenant(all.tenant), { limit: 10 });
    expect(changes.map(({ target, mode, state }) => [target, mode, state]).sort()).toEqual([
      ['seoul/shop/git', 'observe', 'proposed'],
      ['seoul/shop/seen', 'observe', 'proposed'],
    ]);
    const git = await all.changes.get(
      changes.find(({ target }) => target.endsWith('git'))!.id,
      wholeTenant(all.tenant),
    );
    expect(git.preview).toMatchObject({
      diff: expect.stringContaining('+      memory: 356Mi'),
      impact: { text: expect.stringContaining('argo-cd (pay)') },
    });
  });
});

describe('A crash loop', () => {
  async function deployed(second: object, wellMs = 4 * 60_000, options: ClinicOptions = {}) {
    const all = await clinic({
      ...options,
      sandbox: { images: { 'web:1': good, 'web:2': { ...good, ...second } }, ...options.sandbox },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1', replicas: 3 });
    await all.pass(wellMs);
    return all;
  }

  test('of a new image goes back to the one before, within a minute of the second crash, and only once', async () => {
    const all = await deployed(faults.panic());
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3 });
    await all.pass(60_000);
    expect(imageOf(all)).toBe('web:1');
    await all.pass(6 * 60_000);
    expect(readyOf(all)).toBe(3);
    const { changes } = await all.changes.list(wholeTenant(all.tenant), { limit: 10 });
    expect(changes).toMatchObject([{ kind: 'healing.rollback', state: 'verified' }]);
    expect((await all.incidents())[0]).toMatchObject({
      cause: 'program',
      evidence: expect.stringContaining('SIGSEGV'),
    });
    // Deployed again as it was: the same is not done twice.
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3 });
    await all.pass(4 * 60_000);
    expect(imageOf(all)).toBe('web:2');
    expect((await all.incidents())[0]).toMatchObject({ verdict: expect.stringMatching(/advised|held/) });
  });

  test.each([
    ['dependency', faults.needs('db'), 'db'],
    ['configuration', faults.missingVariable('DATABASE_URL'), undefined],
    ['migration', faults.failedMigration(), undefined],
    ['heap', faults.heapOutOfMemory(10), undefined],
    ['disk', faults.diskFull(), undefined],
    ['image', faults.cannotBePulled(), undefined],
  ])('by %s is left alone, with advice', async (cause, fault, down) => {
    const all = await deployed(fault, 30_000);
    if (down) all.sandbox.setDown(down, true);
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3 });
    await all.pass(2 * 60_000);
    expect(imageOf(all)).toBe('web:2');
    expect((await all.incidents())[0]).toMatchObject({ cause, verdict: 'advised' });
    expect((await all.changes.list(wholeTenant(all.tenant), { limit: 10 })).changes).toEqual([]);
    expect(all.told).toMatchObject([{ severity: 'error', title: expect.stringMatching(/\.$/) }]);
    const lines = all.told[0]!.text!.split('\n');
    expect(new Set(lines).size).toBe(lines.length);
  });

  test.each([
    ['who watches', false],
    ['who comes later and finds it in the events', true],
  ])('that began with the pods before, which are gone by now, is left alone by one %s', async (_who, comesLater) => {
    // Silent about what it misses, and ready for some seconds, so that the rollout replaces the pods before within a minute.
    const silent: Image = {
      startSeconds: 3,
      exit: ({ reaches, uptimeSeconds }) => (reaches('db') || uptimeSeconds < 4 ? undefined : { code: 1, log: [] }),
    };
    const all = await deployed(silent, 4 * 60_000, { sandbox: { images: { 'web:1': silent, 'web:2': silent } } });
    all.sandbox.setDown('db', true);
    if (comesLater) all.sandbox.advance(20_000);
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3 });
    all.sandbox.advance(comesLater ? 40_000 : 60_000);
    await all.clock.advance(60_000);
    const doctor = comesLater ? await clinic({ tenant: all.tenant, beside: all }) : all;
    await doctor.pass(30_000);
    expect(all.sandbox.pods('shop', 'web').every(({ spec }) => spec.containers[0]?.image === 'web:2')).toBe(true);
    expect(imageOf(all)).toBe('web:2');
    expect((await all.incidents())[0]).toMatchObject({
      verdict: 'advised',
      why: expect.stringContaining('the ReplicaSet before crash as well'),
    });
  });

  test('of an image that is old, or whose rollout changed more, is left alone', async () => {
    const all = await deployed({}, 30_000);
    all.sandbox.image('web:1', { ...good, ...faults.panic() });
    for (const pod of all.sandbox.pods('shop', 'web'))
      all.sandbox.store.remove(all.sandbox.api.kind('pods'), 'shop', pod.metadata.name);
    await all.pass(90_000);
    expect((await all.incidents())[0]).toMatchObject({
      verdict: 'advised',
      why: expect.stringContaining('no ReplicaSet before'),
    });
    const other = await deployed(faults.panic(), 30_000);
    other.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2', replicas: 3, env: { FEATURE: 'on' } });
    await other.pass(90_000);
    expect((await other.incidents())[0]).toMatchObject({
      verdict: 'advised',
      why: expect.stringContaining('more than the image'),
    });
  });
});

describe('Nothing is done', () => {
  test('on what is stale: while the cluster is away, and not before it is heard of again', async () => {
    const all = await clinic({
      sandbox: { images: { 'web:1': good, 'web:2': { ...good, ...faults.needsMemory(300) } } },
    });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
    await all.pass(30_000);
    all.sandbox.api.setAway(true);
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:2' });
    await all.pass(4 * 60_000);
    expect(await all.incidents()).toEqual([]);
    const [watch] = await stores.store.query<{ trouble: string }>(
      'SELECT trouble FROM healing_watch WHERE tenant = $1',
      [all.tenant],
    );
    expect(watch?.trouble).toContain('not been heard of');
    all.sandbox.api.setAway(false);
    // To connect again takes real time.
    for (let i = 0; i < 100 && limitOf(all) !== '356Mi'; i++) await all.pass(5_000);
    expect(limitOf(all)).toBe('356Mi');
  });

  test('twice by two doctors on one store and cluster', async () => {
    const first = await clinic({ sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(300) } } } });
    const second = await clinic({ beside: first, tenant: first.tenant });
    first.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
    for (let i = 0; i < 12; i++) {
      await first.pass(5_000);
      await Promise.all([first.round(), second.round()]);
    }
    const { changes } = await first.changes.list(wholeTenant(first.tenant), { limit: 10 });
    expect(changes).toHaveLength(1);
    expect(limitOf(first)).toBe('356Mi');
    const written = first.sandbox.api.calls.get('patch deployments');
    expect(written).toBe(1);
  });

  test.each(['before proposing', 'after proposing'] as const)(
    'twice where the process was killed %s',
    async (diesOnce) => {
      const images = { 'web:1': { ...good, ...faults.needsMemory(300) } };
      const all = await clinic({ sandbox: { images }, diesOnce });
      all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
      await all.pass(60_000);
      expect((await all.changes.list(wholeTenant(all.tenant), { limit: 10 })).changes).toHaveLength(1);
      const acts = await stores.store.query('SELECT change_id FROM healing_act WHERE tenant = $1', [all.tenant]);
      expect(acts).toHaveLength(1);
      expect(limitOf(all)).toBe('356Mi');
      expect(all.sandbox.api.calls.get('patch deployments')).toBe(1);
    },
  );

  test('again that a person has undone', async () => {
    const all = await clinic({ sandbox: { images: { 'web:1': { ...good, ...faults.needsMemory(300) } } } });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
    await all.pass(30_000);
    const { changes } = await all.changes.list(wholeTenant(all.tenant), { limit: 10 });
    const person = {
      kind: 'person',
      id: 'user:1',
      name: 'Ada',
      roles: [],
      permissions: new Set<never>(),
      scope: wholeTenant(all.tenant),
    } satisfies Caller;
    await all.pass(5 * 60_000);
    await all.changes.rollBack(changes[0]!.id, person, 'We keep it small.');
    await all.pass(3 * 60_000);
    expect(limitOf(all)).toBe('256Mi');
    expect((await all.changes.list(wholeTenant(all.tenant), { limit: 10 })).changes).toHaveLength(1);
    expect((await all.incidents())[0]).toMatchObject({ verdict: 'held', why: expect.stringContaining('taken back') });
  });
});

describe('Over HTTP', () => {
  test('people see what happened in their regions, and give modes that are audited and hold', async () => {
    const images = { 'web:1': { ...good, ...faults.needsMemory(300) } };
    const all = await clinic({ sandbox: { images }, healing: { mode: 'observe' } });
    all.sandbox.deploy({ namespace: 'shop', name: 'web', image: 'web:1' });
    await all.pass(30_000);
    const callerOf = (token: string): Caller => ({
      ...{ kind: 'person', id: `user:${token}`, name: token, roles: [] },
      permissions: new Set(
        token === 'writer' || token === 'stranger' ? ['traffic:read', 'changes:apply'] : ['traffic:read'],
      ),
      scope: { ...wholeTenant(all.tenant), regions: token === 'elsewhere' || token === 'stranger' ? ['eu'] : 'all' },
    });
    const identity = {
      anonymous: callerOf('nobody'),
      authenticate: async ({ authorization = '' }: { authorization?: string | undefined }) =>
        callerOf(authorization.replace('Bearer ', '')),
    };
    const { app } = await testServer((target) => void all.room.routes?.(target), { parts: { identity } });
    const call = async (token: string, method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object) => {
      const headers = { authorization: `Bearer ${token}` };
      const url = `/api/healing/${path}`;
      const response = await app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
      return { status: response.statusCode, body: response.json() };
    };
    const window = 'from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z';
    const seen = await call('reader', 'GET', `timeline?${window}&language=ko`);
    expect(seen.body.incidents).toMatchObject([
      { workload: 'web', trouble: 'oom-killed', verdict: 'observed', advice: expect.stringMatching(/[가-힣]/) },
    ]);
    expect(seen.body.incidents[0].acts).toMatchObject([
      { act: 'memory', mode: 'observe', state: 'proposed', before: '256Mi', after: '356Mi' },
    ]);
    for (const [filter, found] of [
      ['trouble=oom-killed&verdict=observed&state=open', 1],
      ['state=closed', 0],
      ['trouble=crash-loop', 0],
      ['verdict=acted', 0],
    ] as const) {
      const { body } = await call('reader', 'GET', `timeline?${window}&${filter}`);
      expect([filter, body.incidents.length]).toEqual([filter, found]);
    }
    expect((await call('elsewhere', 'GET', `timeline?${window}`)).body).toEqual({ incidents: [], more: false });
    expect((await call('elsewhere', 'GET', 'workloads')).body).toEqual({ clusters: [], workloads: [], notices: [] });
    expect((await call('reader', 'GET', 'workloads')).body).toMatchObject({
      clusters: [{ cluster: 'seoul', state: 'watched', leads: true }],
      workloads: [{ name: 'web', mode: 'observe', managedBy: null, openIncidents: 1 }],
    });
    const rule = { target: 'seoul/shop/*', mode: 'auto' };
    expect((await call('reader', 'PUT', 'settings', rule)).status).toBe(403);
    expect((await call('stranger', 'PUT', 'settings', rule)).body).toMatchObject({ code: 'FORBIDDEN' });
    expect((await call('writer', 'PUT', 'settings', rule)).status).toBe(200);
    expect((await call('reader', 'GET', 'settings')).body.rules).toMatchObject([
      { ...rule, origin: 'api', setBy: 'writer' },
    ]);
    const [audited] = await stores.store.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM audit_entry WHERE tenant = $1 AND action = 'healing.mode_set'",
      [all.tenant],
    );
    expect(audited?.n).toBe(1);
    const marks = await all.room.marks(
      { from: new Date(0), to: new Date('2030-01-01T00:00:00Z') },
      wholeTenant(all.tenant),
    );
    expect(marks).toMatchObject([
      { title: 'shop/web: oom-killed', tags: ['healing', 'oom-killed', 'observed', 'memory'] },
    ]);
    await all.pass(120_000);
    expect(limitOf(all)).toBe('356Mi');
    expect((await call('writer', 'DELETE', 'settings', { target: rule.target })).status).toBe(200);
    expect((await call('writer', 'DELETE', 'settings', { target: rule.target })).status).toBe(404);
    await app.close();
  });
});
