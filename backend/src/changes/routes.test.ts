import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { createHttpServer, declaredRoutes, type App } from '../platform/http/index.ts';
import { rolePermissions, type Caller, type Role } from '../platform/identity/index.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { changesGround, type Ground } from './fixtures/ground.ts';
import { worldHandler, worldTables } from './fixtures/world.ts';
import { changeRoutes } from './routes.ts';

let stores: TestStores;
let ground: Ground;
let app: App;

/** Callers are named `role:person` by their token; `role:person:region:team` where they see one region or team only. */
function caller(token: string): Caller {
  const [role = 'viewer', name = 'x', region, team] = token.split(':');
  return {
    kind: role === 'anonymous' ? 'anonymous' : 'person',
    id: `user:${name}`,
    name,
    roles: [],
    permissions: new Set(rolePermissions[role as Role] ?? []),
    scope: { tenant: 'default', regions: region ? [region] : 'all', teams: team ? [team] : 'all', products: 'all' },
  };
}

beforeAll(async () => {
  stores = await testStores();
  await stores.store.query(worldTables);
  ground = changesGround(stores.store);
  ground.service.register('scaling', worldHandler(stores.store, 'repeats'));
  // Odd numbers of replicas are asked for in Seoul.
  const regionOf = ({ replicas }: { replicas: number }) => (replicas % 2 === 1 ? 'seoul' : 'oslo');
  ground.service.register('regional', worldHandler(stores.store, 'repeats', { regionOf }));
  const ownerOf = async ({ replicas }: { replicas: number }) => (replicas > 50 ? {} : { team: `team-${replicas}` });
  ground.service.register('owned', worldHandler(stores.store, 'repeats', { regionOf, ownerOf }));
  app = await createHttpServer({
    config: stores.config,
    version: '0.0.0-test',
    clock: ground.clock,
    telemetry: createSilentTelemetry(),
    identity: {
      anonymous: caller('anonymous:anonymous'),
      authenticate: async (headers) => caller((headers.authorization ?? 'Bearer anonymous').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  changeRoutes(app, ground.service);
  await app.ready();
});

beforeEach(() => stores.store.query('TRUNCATE change RESTART IDENTITY CASCADE'));

afterAll(async () => {
  await app.close();
  await stores.close();
  await rm(ground.dataDir, { recursive: true, force: true });
});

async function call(who: string, method: 'GET' | 'POST', url: string, body?: object) {
  const answer = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${who}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown> & { code?: string }>() };
}

const proposal = { kind: 'scaling', target: 'shop/checkout', payload: { replicas: 5 }, reason: 'The peak comes.' };
const propose = (who = 'product:ada', more: object = {}) => call(who, 'POST', '/api/changes', { ...proposal, ...more });

describe('the routes of Changes', () => {
  test('take a Change from its proposal to its rollback', async () => {
    const created = await propose();
    expect([created.status, created.body['state'], created.body['author']]).toEqual([
      201,
      'proposed',
      { id: 'user:ada', name: 'ada' },
    ]);
    expect((await call('platform:ben', 'POST', '/api/changes/1/comments', { text: 'Fine.' })).status).toBe(201);
    const approved = await call('platform:ben', 'POST', '/api/changes/1/approve');
    expect([approved.status, approved.body['state']]).toEqual([200, 'approved']);
    await ground.service.advance(1);
    const detail = await call('viewer:eve', 'GET', '/api/changes/1');
    expect(detail.body).toMatchObject({
      state: 'verified',
      canRollBack: true,
      preview: { summary: '5 replicas instead of 2', before: { replicas: 2 }, after: { replicas: 5 } },
      comments: [{ text: 'Fine.', author: { name: 'ben' } }],
      approvedBy: [{ person: { name: 'ben' } }],
    });
    const undone = await call('platform:ben', 'POST', '/api/changes/1/rollback', { reason: 'The sale is off.' });
    expect([undone.status, undone.body['state']]).toEqual([200, 'rolling_back']);
  });

  test('list what is open, and page by page', async () => {
    for (let i = 0; i < 3; i++) await propose();
    await call('platform:ben', 'POST', '/api/changes/2/reject', { reason: 'Too dear.' });
    const open = await call('viewer:eve', 'GET', '/api/changes?state=open&limit=1');
    expect(open.body).toMatchObject({ changes: [{ id: 3, summary: '5 replicas instead of 2' }], next: 3 });
    const older = await call('viewer:eve', 'GET', '/api/changes?state=open&limit=5&before=3');
    expect((older.body['changes'] as { id: number }[]).map((change) => change.id)).toEqual([1]);
  });

  test.each([
    ['a viewer approves', 'viewer:eve', '/api/changes/1/approve', {}, 403, 'FORBIDDEN'],
    ['a proposer approves their own', 'platform:ada', '/api/changes/1/approve', {}, 403, 'FORBIDDEN'],
    ['finance rolls back', 'finops:fay', '/api/changes/1/rollback', { reason: 'x' }, 403, 'FORBIDDEN'],
    [
      'what is only proposed is rolled back',
      'platform:ben',
      '/api/changes/1/rollback',
      { reason: 'x' },
      409,
      'CONFLICT',
    ],
    [
      'nothing is uncertain',
      'platform:ben',
      '/api/changes/1/resolve',
      { outcome: 'applied', reason: 'x' },
      409,
      'CONFLICT',
    ],
    ['there is no such Change', 'platform:ben', '/api/changes/99/approve', {}, 404, 'NOT_FOUND'],
    ['a reason is missing', 'platform:ben', '/api/changes/1/reject', {}, 400, 'VALIDATION_FAILED'],
    ['a field is unknown', 'platform:ben', '/api/changes/1/approve', { force: true }, 400, 'VALIDATION_FAILED'],
    ['the id is no number', 'platform:ben', '/api/changes/1;drop/approve', {}, 400, 'VALIDATION_FAILED'],
    ['a text is invisible', 'platform:ben', '/api/changes/1/comments', { text: '\u0007' }, 400, 'VALIDATION_FAILED'],
  ])('refuse when %s', async (_name, who, url, body, status, code) => {
    await propose('product:ada');
    const answer = await call(who, 'POST', url, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect((await call('viewer:eve', 'GET', '/api/changes/1')).body['state']).toBe('proposed');
  });

  test.each([
    ['unknown kind', { kind: 'nothing' }],
    ['wrong payload', { payload: { replicas: -1 } }],
    ['past expiry', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['no reason', { reason: ' ' }],
  ])('refuse a proposal with %s and say what is wrong', async (_name, more) => {
    const answer = await propose('product:ada', more);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('keep a Change of one region, and its name, from those who see other ones only', async () => {
    await propose('product:ada', { kind: 'regional', target: 'seoul/web' });
    await propose('product:ada', { kind: 'regional', target: 'oslo/web', payload: { replicas: 6 } });
    await propose('product:ada', { target: 'everywhere' });
    const seen = async (who: string) => (await call(who, 'GET', '/api/changes?state=open')).body['changes'];
    expect(await seen('viewer:eve')).toHaveLength(3);
    expect(await seen('viewer:kim:seoul')).toMatchObject([{ id: 1, target: 'seoul/web', region: 'seoul' }]);
    expect(await seen('viewer:ola:oslo')).toMatchObject([{ id: 2, region: 'oslo' }]);
    const { scope } = caller('viewer:kim:seoul');
    expect(await ground.service.pending(scope)).toBe(1);
    const day = { from: new Date('2026-10-31T00:00:00Z'), to: new Date('2026-11-02T00:00:00Z') };
    expect(await ground.service.between(day, scope)).toMatchObject([{ target: 'seoul/web' }]);
    const reason = { reason: 'x' };
    for (const id of [2, 3]) {
      for (const [method, step, body] of [
        ...[['GET', ''] as const, ['POST', '/approve', {}] as const, ['POST', '/comments', { text: 'x' }] as const],
        ...['reject', 'cancel', 'rollback'].map((name) => ['POST', `/${name}`, reason] as const),
        ['POST', '/resolve', { ...reason, outcome: 'applied' }] as const,
      ]) {
        const answer = await call('platform:kim:seoul', method, `/api/changes/${id}${step}`, body);
        expect([step, answer.status, JSON.stringify(answer.body).includes('web')]).toEqual([step, 404, false]);
      }
    }
  });

  test('keep a Change of what belongs to a team from those who see other teams only', async () => {
    for (const replicas of [1, 3, 51]) await propose('product:ada', { kind: 'owned', payload: { replicas } });
    const seen = async (who: string) => (await call(who, 'GET', '/api/changes')).body['changes'];
    expect(await seen('viewer:eve')).toMatchObject([{ id: 3 }, { id: 2, team: 'team-3' }, { id: 1, team: 'team-1' }]);
    expect(await seen('viewer:kim::team-1')).toMatchObject([{ id: 3 }, { id: 1 }]);
    expect((await call('viewer:kim:seoul:team-1', 'GET', '/api/changes/2')).status).toBe(404);
    expect(await ground.service.pending(caller('viewer:kim:seoul:team-3').scope)).toBe(2);
    const other = { kind: 'owned', payload: { replicas: 5 } };
    expect((await propose('product:kim::team-1', other)).body.code).toBe('FORBIDDEN');
    expect((await propose('product:kim::team-5', other)).status).toBe(201);
  });

  test('take proposals for the regions that their author sees', async () => {
    const seoul = { kind: 'regional', target: 'seoul/web' };
    expect((await propose('product:kim:seoul', seoul)).status).toBe(201);
    expect((await propose('product:ola:oslo', seoul)).body.code).toBe('FORBIDDEN');
    expect((await propose('product:ola:oslo')).body.code).toBe('FORBIDDEN');
  });

  test('refuse an unknown state with the known ones', async () => {
    const answer = await call('viewer:eve', 'GET', '/api/changes?state=done');
    expect([answer.status, String(answer.body['detail']).includes('rolled_back')]).toEqual([400, true]);
  });

  test('each name a permission and are documented', () => {
    const routes = declaredRoutes(app).filter((route) => route.url.startsWith('/api/changes'));
    expect(routes).toHaveLength(9);
    expect(routes.filter((route) => route.permission === 'public' || route.undocumented.length > 0)).toEqual([]);
  });
});
