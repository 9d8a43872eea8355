import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissionTable } from './access/index.ts';
import { buildApp } from './build-app.ts';
import { composeRooms } from './compose.ts';
import { openPlatform, type OpenPlatform } from './open-platform.ts';
import { declaredRoutes, type App } from './platform/http/index.ts';
import { testStores, type TestStores } from './platform/testing/index.ts';

describe('the whole service', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-whole-'));
  let stores: TestStores;
  let opened: OpenPlatform;
  let app: App;

  beforeAll(async () => {
    stores = await testStores({ environment: { AMADEUS_DATA_DIR: dataDir, AMADEUS_TELEMETRY_LOG_LEVEL: 'error' } });
    opened = await openPlatform(stores.config, '0.1.0', () => undefined);
    app = await buildApp(opened, composeRooms(opened, { version: '0.1.0', onProgress: () => undefined }), '0.1.0');
    await app.ready();
  });
  afterAll(async () => {
    await app.close();
    await opened.close();
    await stores.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const ask = (url: string, token: string = opened.tokens.datasourceToken) =>
    app.inject({ url, headers: { authorization: `Bearer ${token}` } });

  test('documents its permissions: docs/permissions.md is what `main.ts permissions` prints', () => {
    const file = join(import.meta.dirname, '..', '..', 'docs', 'permissions.md');
    expect(readFileSync(file, 'utf8')).toBe(permissionTable(app));
  });

  test('documents every route', () => {
    expect(declaredRoutes(app).filter((route) => route.undocumented.length > 0)).toEqual([]);
  });

  test('serves OpenAPI 3.1 with an example for every body that it takes', async () => {
    const document: {
      openapi: string;
      paths: Record<string, Record<string, { requestBody?: { content: Record<string, object> } }>>;
    } = (await app.inject('/api/docs/json')).json();
    expect(document.openapi).toMatch(/^3\.1/);
    const bodies = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody }]) =>
        Object.entries(requestBody?.content ?? {})
          .filter(([type]) => type === 'application/json')
          .map(([, content]) => ({ name: `${method} ${path}`, text: JSON.stringify(content) })),
      ),
    );
    expect(bodies.length).toBeGreaterThan(3);
    expect(bodies.filter(({ text }) => !text.includes('"example')).map(({ name }) => name)).toEqual([]);
  });

  test('says that it is ready, and which data it waits for', async () => {
    expect((await app.inject('/api/readyz')).json()).toMatchObject({ status: 'ready' });
    const health = (await ask('/api/grafana/health')).json<{ status: string; message: string }>();
    expect(health).toMatchObject({ status: 'ok' });
    expect(health.message).toContain('no data has arrived yet');
  });

  test('shows an empty first page, panel and list before any data, not an error', async () => {
    const overview = (await ask('/api/overview')).json<{ sentence: { en: string }; notices: unknown[] }>();
    expect(overview.sentence.en).toBe('No cost has arrived yet.');
    expect(overview.notices).toEqual([]);
    expect((await ask('/api/workloads')).json()).toEqual([]);
    const now = Date.now();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/grafana/query',
      headers: { authorization: `Bearer ${opened.tokens.datasourceToken}` },
      payload: {
        queries: [
          { refId: 'A', queryType: 'traffic', from: now - 3_600_000, to: now },
          {
            refId: 'B',
            queryType: 'cost',
            groupBy: ["x_Team'; DROP TABLE fact_cost_usage; --"],
            from: now - 3_600_000,
            to: now,
          },
          {
            refId: 'C',
            queryType: 'cost',
            groupBy: ['x_Team'],
            filters: [{ dim: 'x_Team', values: ["' OR 1=1 --"] }],
            from: now - 3_600_000,
            to: now,
          },
        ],
      },
    });
    const { results } = answer.json<{ results: Record<string, { status: number; frames?: unknown[] }> }>();
    expect(results.A).toEqual({ status: 200, frames: [] });
    expect(results.B!.status).toBe(400);
    expect(results.C).toEqual({ status: 200, frames: [] });
  });

  test('lets the data source read and nothing else', async () => {
    const headers = { authorization: `Bearer ${opened.tokens.datasourceToken}` };
    expect((await app.inject({ method: 'POST', url: '/api/keys', headers, payload: {} })).statusCode).toBe(403);
    expect((await app.inject({ method: 'POST', url: '/api/changes', headers, payload: {} })).statusCode).toBe(403);
    expect((await app.inject({ url: '/api/overview' })).statusCode).toBe(401);
  });
});
