import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallSink, PlannedCall } from '../gateway/index.ts';
import { openPlatform, type OpenPlatform } from '../open-platform.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { rolePermissions, wholeTenant, type Caller, type Role, type Scope } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { TenantKeys } from '../tenant-keys/index.ts';
import { createPromptsRoom } from './index.ts';

/** Who reads kept prompts, with a real store and audit log. */
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-prompts-'));
let stores: TestStores;
let opened: OpenPlatform;
let app: App;

const scopes: Record<string, Partial<Scope>> = {
  boss: {},
  seoul: { regions: ['seoul'] },
  searcher: { teams: ['search'] },
  lawyer: { teams: ['legal'] },
  stranger: { tenant: 'acme' },
};

/** `boss` is an admin, `boss/viewer` the same person as a viewer. */
function personOf(header: string): Caller {
  const [name = '', role = 'admin'] = header.replace('Bearer ', '').split('/');
  const scope = { ...wholeTenant('default'), ...scopes[name] };
  const permissions = new Set(rolePermissions[role as Role]);
  return { kind: 'person', id: `user:${name}`, name, roles: [role as Role], permissions, scope };
}

beforeAll(async () => {
  stores = await testStores({ environment: { AMADEUS_DATA_DIR: dataDir, AMADEUS_TELEMETRY_LOG_LEVEL: 'error' } });
  opened = await openPlatform(stores.config, '0.1.0', () => undefined);
  const room = createPromptsRoom(opened.platform, new TenantKeys(opened.platform, 'secret'));
  app = await createHttpServer({
    ...opened.platform,
    version: '0.0.0-test',
    identity: {
      anonymous: personOf('nobody/viewer'),
      authenticate: async (headers) => personOf(String(headers.authorization)),
    },
    checks: {},
  });
  await app.register(async (scope) => room.routes!(scope as unknown as App));
  await app.ready();
}, 120_000);
afterAll(async () => {
  await app.close();
  await opened.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A call under a policy that keeps prompts, in a gateway process of its own. */
async function keep(id: string): Promise<void> {
  const gateway = createPromptsRoom(opened.platform, new TenantKeys(opened.platform, 'secret'));
  const call = {
    ...{ id, dialect: 'chat', text: '{"messages":[{"role":"user","content":"what was asked"}]}' },
    ...{ key: { tenant: 'default', region: 'eu' }, request: { team: 'search' } },
  };
  const planned = { call, policy: { name: 'chat', version: 'v1', store: { prompts: true, days: 7 } } };
  const sink = { gone: new AbortController().signal, started: false, head: () => {}, write: () => {}, end: () => {} };
  const serve = gateway.layer()(async (_, answer) => {
    answer.head(200, { 'content-type': 'application/json' });
    answer.end('{"content":"what was answered"}');
    return { attempts: [] };
  });
  await serve(planned as unknown as PlannedCall, sink as unknown as CallSink);
  opened.platform.telemetry.metrics.removeSingleMetric('amadeus_gateway_prompts_dropped');
  await gateway.close!();
}

async function read(id: string, as: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await app.inject({
    url: `/api/gateway/prompts/${id}`,
    headers: { authorization: `Bearer ${as}` },
  });
  return { status: answer.statusCode, body: answer.json() };
}

const readings = () =>
  opened.platform.audit
    .list({ tenant: 'default', action: 'gateway-prompt.read', limit: 10 })
    .then((lines) => lines.map(({ actor, target, after }) => ({ who: actor.id, target, after })));

test('admins read the prompt of one call, and the audit log says who did; others read none', async () => {
  await keep('call-0001');
  await keep('call-0002');
  for (const who of ['boss/viewer', 'boss/finops', 'boss/product', 'boss/platform'])
    expect((await read('call-0001', who)).status).toBe(403);
  for (const who of ['stranger', 'seoul', 'lawyer']) expect((await read('call-0001', who)).status).toBe(404);
  const missing = await read('call-9999', 'boss');
  expect(missing).toMatchObject({ status: 404, body: { detail: expect.stringContaining('call-9999') } });
  expect(await readings()).toEqual([]);

  expect(await read('call-0001', 'boss')).toEqual({
    status: 200,
    body: {
      ...{ requestId: 'call-0001', region: 'eu', policy: 'chat', version: 'v1', team: 'search', dialect: 'chat' },
      createdAt: expect.any(String),
      prompt: expect.stringContaining('what was asked'),
      answer: expect.stringContaining('what was answered'),
    },
  });
  expect((await read('call-0002', 'searcher')).status).toBe(200);
  const after = { policy: 'chat', version: 'v1' };
  expect(await readings()).toEqual([
    { who: 'user:searcher', target: 'gateway-call:call-0002', after },
    { who: 'user:boss', target: 'gateway-call:call-0001', after },
  ]);
});

test('what a destroyed key has sealed is not found, and what the next one seals is', async () => {
  await keep('call-0003');
  expect((await read('call-0003', 'boss')).status).toBe(200);
  await stores.store.query('UPDATE tenant_key SET sealed = NULL, destroyed_at = now()');
  expect((await read('call-0003', 'boss')).status).toBe(404);
  await keep('call-0004');
  expect((await read('call-0004', 'boss')).status).toBe(200);
});
