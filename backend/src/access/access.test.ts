import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createAudit, runAuditVerify, type AuditEntry, type AuditLog } from '../platform/audit/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { Config } from '../platform/config/index.ts';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { createIdentity, ensureTokens } from '../platform/identity/index.ts';
import { startFixtureGrafana, type FixtureGrafana } from '../platform/identity/grafana-fixture.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { createAccessRoom, permissionTable } from './index.ts';

let stores: TestStores;
let grafana: FixtureGrafana;
let dataDir: string;
let app: App;
let audit: AuditLog;
let serviceToken: string;
const clock = new ManualClock(Date.now());

beforeAll(async () => {
  stores = await testStores();
  grafana = await startFixtureGrafana(() => clock.now());
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-access-'));
  const identitySettings = { ...stores.config.identity, grafana: { url: grafana.url, orgId: 1 } };
  const config: Config = { ...stores.config, dataDir, identity: identitySettings };
  ({ serviceToken } = ensureTokens(config));
  const telemetry = createSilentTelemetry();
  audit = createAudit({ config, store: stores.store, clock, log: telemetry.log });
  const identity = createIdentity({ config, clock, store: stores.store, log: telemetry.log });
  app = await createHttpServer({ config, version: 'test', clock, telemetry, identity, audit, checks: {} });
  await createAccessRoom({ clock, store: stores.store, audit }, identity).routes!(app);
  await app.ready();
});
beforeEach(async () => {
  await stores.store.query('TRUNCATE api_key');
});
afterAll(async () => {
  await app.close();
  await grafana.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Answer {
  status: number;
  // Answers are looked at field by field, as a client would.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A call through Grafana's app by a person of that role, or by a program with its key. */
async function call(
  who: 'Admin' | 'Viewer' | { token: string },
  method: string,
  url: string,
  payload?: object,
): Promise<Answer> {
  const headers: Record<string, string> =
    typeof who === 'object'
      ? { authorization: `Bearer ${who.token}` }
      : { authorization: `Bearer ${serviceToken}`, 'x-grafana-id': await grafana.sign({ role: who }) };
  const answer = await app.inject({ method: method as 'GET', url, headers, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, body: answer.body === '' ? undefined : parsed(answer.body) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function lastEntries(n: number): Promise<AuditEntry[]> {
  return await audit.list({ tenant: 'default', limit: n });
}

const request = { name: 'nightly upload', permissions: ['ingest:write', 'audit:read'] };

describe('GET /api/me', () => {
  test('tells a person who they are', async () => {
    expect(await call('Viewer', 'GET', '/api/me')).toEqual({
      status: 200,
      body: {
        id: 'user:7',
        kind: 'person',
        name: 'Mina Park',
        roles: ['viewer'],
        permissions: ['changes:read', 'cost:read', 'sources:read', 'traffic:read'],
        tenant: 'default',
        scope: { regions: 'all', teams: 'all', products: 'all' },
      },
    });
  });

  test('tells nobody nothing', async () => {
    expect((await app.inject('/api/me')).statusCode).toBe(401);
  });
});

describe('API keys', () => {
  test('are made, used, listed, changed, rotated, revoked and deleted, and every step is audited', async () => {
    const made = await call('Admin', 'POST', '/api/keys', {
      ...request,
      scope: { teams: ['search'] },
      expiresInDays: 30,
    });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^ak_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    const { id } = made.body.key;
    expect(made.body.key).toMatchObject({
      state: 'active',
      createdBy: 'user:7',
      scope: { regions: 'all', teams: ['search'] },
    });
    const me = await call({ token: made.body.token }, 'GET', '/api/me');
    expect(me.body).toMatchObject({ id: `key:${id}`, kind: 'program', permissions: ['audit:read', 'ingest:write'] });

    expect((await call('Admin', 'GET', '/api/keys')).body.keys).toMatchObject([{ id, name: 'nightly upload' }]);
    const changed = await call('Admin', 'PATCH', `/api/keys/${id}`, {
      name: 'weekly upload',
      permissions: ['ingest:write'],
    });
    expect(changed.body).toMatchObject({ name: 'weekly upload', permissions: ['ingest:write'] });
    const rotated = await call('Admin', 'POST', `/api/keys/${id}/rotate`, { overlapHours: 1 });
    expect(rotated.body.token).not.toBe(made.body.token);
    expect(rotated.body.key.previousExpiresAt).toBeDefined();
    expect((await call({ token: made.body.token }, 'GET', '/api/me')).status).toBe(200);
    expect((await call('Admin', 'POST', `/api/keys/${id}/revoke`)).body).toMatchObject({ state: 'revoked' });
    expect((await call({ token: rotated.body.token }, 'GET', '/api/me')).status).toBe(401);
    expect((await call('Admin', 'DELETE', `/api/keys/${id}`)).status).toBe(204);
    expect((await call('Admin', 'GET', `/api/keys/${id}`)).status).toBe(404);

    const entries = (await lastEntries(20)).filter((entry) => entry.target === `key:${id}`);
    expect(entries.map((entry) => entry.action)).toEqual([
      'apikey.deleted',
      'apikey.revoked',
      'apikey.rotated',
      'apikey.changed',
      'apikey.created',
    ]);
    expect(entries[3]).toMatchObject({ before: { name: 'nightly upload' }, after: { name: 'weekly upload' } });
    const secrets = [made, rotated].map(({ body }) => String(body.token).slice(16));
    for (const secret of secrets) expect(JSON.stringify(entries)).not.toContain(secret);
  });

  test('are nothing for a viewer, and the attempt is audited', async () => {
    const answer = await call('Viewer', 'POST', '/api/keys', request);
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const [entry] = await lastEntries(1);
    expect(entry).toMatchObject({ action: 'route.refused', target: 'route:POST /api/keys', actor: { id: 'user:7' } });
  });

  test('cannot be given what is not known or what nobody may hand on', async () => {
    const bad = await call('Admin', 'POST', '/api/keys', {
      name: ' ',
      permissions: ['internal', 'fly'],
      expiresInDays: 999,
      x: 1,
    });
    expect(bad.status).toBe(400);
    expect(bad.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      'expiresInDays',
      'name',
      'permissions.0',
      'permissions.1',
      'x',
    ]);
  });

  test('keep their name as the text it is', async () => {
    const name = `'); DROP TABLE api_key; -- =1+1 <script>`;
    const made = await call('Admin', 'POST', '/api/keys', { ...request, name });
    expect((await call('Admin', 'GET', `/api/keys/${made.body.key.id}`)).body.name).toBe(name);
  });

  test('are rotated with a day of overlap where nothing is said', async () => {
    const made = await call('Admin', 'POST', '/api/keys', request);
    const rotated = await call('Admin', 'POST', `/api/keys/${made.body.key.id}/rotate`, {});
    const overlap = Date.parse(rotated.body.key.previousExpiresAt) - Date.parse(rotated.body.key.rotatedAt);
    expect(overlap).toBe(24 * 3_600_000);
  });
});

describe('the audit log', () => {
  test('is read page by page, filtered, by who may read it', async () => {
    for (let i = 0; i < 3; i += 1) await call('Admin', 'POST', '/api/keys', request);
    const first = await call('Admin', 'GET', '/api/audit/logs?action=apikey.created&limit=2');
    expect(first.body.entries).toHaveLength(2);
    const second = await call(
      'Admin',
      'GET',
      `/api/audit/logs?action=apikey.created&limit=1&cursor=${first.body.nextCursor}`,
    );
    expect(second.body.entries[0].sequence).toBeLessThan(first.body.entries[1].sequence);
    expect(second.body.entries[0]).toMatchObject({ action: 'apikey.created', actor: { id: 'user:7' } });
    expect((await call('Admin', 'GET', '/api/audit/logs?actor=user:404')).body).toEqual({ entries: [] });
    expect((await call('Admin', 'GET', '/api/audit/logs?from=yesterday')).status).toBe(400);
    expect((await call('Viewer', 'GET', '/api/audit/logs')).status).toBe(403);
  });

  test('is exported whole, and the export verifies offline', async () => {
    await call('Admin', 'POST', '/api/keys', request);
    await audit.checkpoint();
    const exported = await call('Admin', 'GET', '/api/audit/logs/export');
    const file = join(dataDir, 'export.ndjson');
    writeFileSync(file, exported.body);
    const lines: string[] = [];
    const code = await runAuditVerify([file, '--checkpoints', audit.checkpointDir], (line) => lines.push(line));
    expect({ code, line: lines[0] }).toMatchObject({ code: 0, line: expect.stringContaining('is whole') });
    expect((await lastEntries(1))[0]).toMatchObject({ action: 'audit.exported', target: 'tenant:default' });
  });
});

test('the table of permissions lists every route and every role', () => {
  const text = permissionTable(app);
  expect(text).toContain('| `POST /api/keys` | `keys:manage` | Make an API key |');
  expect(text).toContain('| `GET /api/me` | authenticated | Who the caller is and what they may do |');
  expect(text).toContain('| `audit:read` |  |  |  |  | yes |');
  expect(text).not.toContain('/api/docs');
});

test('every route of the room is described with examples', async () => {
  const document = (await app.inject('/api/docs/json')).json();
  for (const [path, operations] of Object.entries<Record<string, { summary?: string }>>(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      expect(`${method} ${path}: ${operation.summary ?? 'no summary'}`).not.toContain('no summary');
    }
  }
  expect(document.paths['/api/keys'].post.requestBody.content['application/json'].example).toMatchObject({
    permissions: ['ingest:write'],
  });
});
