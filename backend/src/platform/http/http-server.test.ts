import { afterEach, describe, expect, test } from '@jest/globals';
import Type from 'typebox';
import type { App } from './app.ts';
import { testServer } from './http-fixture.ts';
import { declaredRoutes } from './index.ts';

const open: App[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function serve(...args: Parameters<typeof testServer>): ReturnType<typeof testServer> {
  const server = await testServer(...args);
  open.push(server.app);
  return server;
}

const pub = { permission: 'public' } as const;
const as = (name: string): Record<string, string> => ({ authorization: `Bearer ${name}` });

describe('permissions of routes', () => {
  const routes = (app: App): void => {
    app.get('/api/cost', { config: { permission: 'cost:read' } }, (request) => ({ caller: request.caller.id }));
    app.get('/api/keys', { config: { permission: 'keys:manage' } }, () => ({ keys: [] }));
    app.get('/api/me', { config: { permission: 'authenticated' } }, (request) => ({ name: request.caller.name }));
  };

  test('a route without a permission stops the start', async () => {
    await expect(testServer((app) => void app.get('/api/forgotten', () => ({})))).rejects.toThrow(
      /GET \/api\/forgotten names no permission/,
    );
  });

  test('a caller with the permission gets the answer', async () => {
    const { app } = await serve(routes);
    const answer = await app.inject({ url: '/api/cost', headers: as('viewer') });
    expect(answer.json()).toEqual({ caller: 'user:viewer' });
  });

  test('a viewer who calls an admin route is refused and audited', async () => {
    const { app, audited } = await serve(routes);
    const answer = await app.inject({ url: '/api/keys', headers: as('viewer') });
    expect(answer.statusCode).toBe(403);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'FORBIDDEN', permission: 'keys:manage', status: 403 });
    expect(audited).toMatchObject([
      {
        tenant: 'default',
        actor: { id: 'user:viewer' },
        action: 'route.refused',
        target: 'route:GET /api/keys',
        after: { code: 'FORBIDDEN', times: 1 },
        traceId: answer.json().traceId,
      },
    ]);
  });

  test('equal refusals within a minute are one line more in the audit log', async () => {
    const { app, audited, clock } = await serve(routes);
    for (let i = 0; i < 5; i += 1) await app.inject({ url: '/api/keys', headers: as('viewer') });
    expect(audited).toHaveLength(1);
    await clock.advance(61_000);
    await app.inject({ url: '/api/keys', headers: as('viewer') });
    expect(audited.map((event) => (event.after as { times: number }).times)).toEqual([1, 4, 1]);
  });

  test('nobody and a refused token get 401', async () => {
    const { app, audited } = await serve(routes);
    const nobody = await app.inject({ url: '/api/cost' });
    expect(nobody.statusCode).toBe(401);
    expect(nobody.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(nobody.headers['www-authenticate']).toBe('Bearer');
    const forged = await app.inject({ url: '/api/cost', headers: as('broken') });
    expect(forged.json()).toMatchObject({ code: 'TOKEN_INVALID', detail: 'The token is not known.' });
    expect(audited.map((event) => (event.after as { code: string }).code)).toEqual([
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
    ]);
  });

  test('a route for every known caller needs no more than to be known', async () => {
    const { app } = await serve(routes);
    expect((await app.inject({ url: '/api/me', headers: as('viewer') })).json()).toEqual({ name: 'viewer' });
    expect((await app.inject({ url: '/api/me' })).statusCode).toBe(401);
  });

  test('the table of routes names each with its permission', async () => {
    const { app } = await serve(routes);
    expect(declaredRoutes(app).map((route) => `${route.method} ${route.url} ${route.permission}`)).toEqual([
      'GET /api/cost cost:read',
      'GET /api/healthz public',
      'GET /api/keys keys:manage',
      'GET /api/me authenticated',
      'GET /api/readyz public',
      'GET /metrics public',
    ]);
  });
});

describe('limits', () => {
  const routes = (app: App): void => {
    app.get('/api/cost', { config: { permission: 'cost:read' } }, () => ({}));
  };
  const environment = { AMADEUS_HTTP_RATE_LIMIT_PER_MINUTE: '3' };

  test('each caller has its own, and hears when to come back', async () => {
    const { app } = await serve(routes, { environment });
    for (let i = 0; i < 3; i += 1) {
      expect((await app.inject({ url: '/api/cost', headers: as('viewer') })).statusCode).toBe(200);
    }
    const refused = await app.inject({ url: '/api/cost', headers: as('viewer') });
    expect(refused.statusCode).toBe(429);
    expect(refused.json()).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await app.inject({ url: '/api/cost', headers: as('admin') })).statusCode).toBe(200);
  });

  test.each(['/api/cost', '/api/unknown'])('refused calls and unknown addresses are limited too: %s', async (url) => {
    const { app } = await serve(routes, { environment });
    for (let i = 0; i < 10; i += 1) await app.inject({ url });
    const refused = await app.inject({ url });
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['retry-after']).toBeDefined();
    expect((await app.inject({ url: '/api/cost', headers: as('admin') })).statusCode).toBe(200);
  });

  test('probes are never limited', async () => {
    const { app } = await serve(routes, { environment });
    for (let i = 0; i < 20; i += 1) expect((await app.inject('/api/healthz')).statusCode).toBe(200);
  });
});

describe('probes and metrics', () => {
  test('ready when every part answers', async () => {
    const { app } = await serve(() => {});
    expect((await app.inject('/api/healthz')).json()).toEqual({ status: 'ok', version: '0.0.0-test' });
    expect((await app.inject('/api/readyz')).json()).toEqual({
      status: 'ready',
      checks: { warehouse: 'ok', store: 'ok', queue: 'ok' },
    });
  });

  test('not ready names what is away and not why', async () => {
    const checks = {
      warehouse: async () => true,
      store: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:5432')),
      queue: async () => false,
    };
    const { app } = await serve(() => {}, { parts: { checks } });
    const answer = await app.inject('/api/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      code: 'UNAVAILABLE',
      detail: 'Away: store, queue.',
      checks: { warehouse: 'ok', store: 'away', queue: 'away' },
    });
    expect(answer.body).not.toContain('10.0.0.1');
  });

  test('metrics name routes by their pattern', async () => {
    const { app } = await serve((app) => void app.get('/api/teams/:team', { config: pub }, () => ({})));
    await app.inject('/api/teams/secret-team');
    const { body, headers } = await app.inject('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toMatch(
      /amadeus_http_request_duration_seconds_count\{method="GET",route="\/api\/teams\/:team",status="200"\} 1/,
    );
    expect(body).not.toContain('secret-team');
  });

  test('metrics ask for their token where one is set', async () => {
    const { app } = await serve(() => {}, { environment: { AMADEUS_HTTP_METRICS_TOKEN: 'scrape-me-please' } });
    expect((await app.inject('/metrics')).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: as('scrape-me-please') })).statusCode).toBe(200);
  });
});

describe('the documentation', () => {
  const Thing = Type.Object({
    name: Type.String(),
    cost: Type.String({ examples: ['12.50'] }),
    at: Type.String({ format: 'date-time' }),
  });
  const routes = (app: App): void => {
    app.post(
      '/api/things',
      {
        config: { permission: 'cost:read' },
        schema: { summary: 'Keeps a thing', body: Thing, response: { 200: Thing } },
      },
      (request) => request.body,
    );
  };

  test('is OpenAPI 3.1 with an example of what every route takes and gives', async () => {
    const { app } = await serve(routes);
    const document = (await app.inject('/api/docs/json')).json();
    expect(document.openapi).toBe('3.1.0');
    const { post } = document.paths['/api/things'];
    const example = { name: 'text', cost: '12.50', at: '2026-11-01T00:00:00.000Z' };
    expect(post.requestBody.content['application/json'].example).toEqual(example);
    expect(post.responses['200'].content['application/json'].example).toEqual(example);
    expect(post.responses.default.content['application/problem+json'].schema.title).toBe('Problem');
    expect(post['x-permission']).toBe('cost:read');
    expect(post.security).toEqual([{ bearer: [] }]);
  });

  test('is a page that loads nothing from elsewhere', async () => {
    const { app } = await serve(routes);
    const page = await app.inject('/api/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const scripts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(
      (match) => new URL(match[1]!, 'http://x/api/docs/').pathname,
    );
    expect(scripts.length).toBeGreaterThan(2);
    for (const script of scripts) expect((await app.inject(script)).statusCode).toBe(200);
  });
});
