import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LightMyRequestResponse } from 'fastify';
import Type from 'typebox';
import { AppError } from '../errors/index.ts';
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

async function listen(app: App): Promise<string> {
  return await app.listen({ port: 0, host: '127.0.0.1' });
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

describe('problems', () => {
  const Body = Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      count: Type.Integer({ minimum: 0 }),
      mode: Type.Union([Type.Literal('a'), Type.Literal('b')]),
    },
    { additionalProperties: false },
  );
  const routes = (app: App): void => {
    app.post(
      '/api/things/:id',
      { config: pub, schema: { body: Body, querystring: Type.Object({ day: Type.String({ format: 'date' }) }) } },
      (request) => request.body,
    );
    app.get('/api/crash', { config: pub }, () => {
      throw new Error('password hunter2 is wrong for postgres://u:p@h/d');
    });
    app.get('/api/conflict', { config: pub }, () => {
      throw new AppError('CONFLICT', 'It was approved already.', { extra: { by: 'user:2' } });
    });
    app.get('/api/answer', { config: pub, schema: { response: { 200: Type.Object({ a: Type.Integer() }) } } }, () => ({
      a: 1,
    }));
  };

  test('a request that breaks its schema hears of every field', async () => {
    const { app } = await serve(routes);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/things/1?day=yesterday',
      payload: { name: '', count: -1, mode: 'c', extra: true },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe('VALIDATION_FAILED');
    expect(answer.json().errors).toEqual(
      expect.arrayContaining([
        { in: 'body', field: 'name', message: 'must NOT have fewer than 1 characters' },
        { in: 'body', field: 'count', message: 'must be >= 0' },
        { in: 'body', field: 'mode', message: 'must be one of "a", "b"' },
        { in: 'body', field: 'extra', message: 'is not known here' },
        { in: 'querystring', field: 'day', message: 'must match format "date"' },
      ]),
    );
    expect(answer.json().errors).toHaveLength(5);
  });

  test('a missing field is named', async () => {
    const { app } = await serve(routes);
    const answer = await app.inject({ method: 'POST', url: '/api/things/1', payload: {} });
    const fields = answer
      .json()
      .errors.map((error: { field: string; message: string }) => `${error.field} ${error.message}`);
    expect(fields).toEqual(['name is missing', 'count is missing', 'mode is missing', 'day is missing']);
  });

  test('an unexpected error keeps its text and gives its trace id', async () => {
    const { app } = await serve(routes);
    const answer = await app.inject({
      url: '/api/crash',
      headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ code: 'INTERNAL', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
    expect(answer.body).not.toMatch(/hunter2|postgres/);
  });

  test('an expected error shows its detail, its help and what it adds', async () => {
    const { app } = await serve(routes);
    expect((await app.inject('/api/conflict')).json()).toMatchObject({
      type: 'urn:amadeus:problem:conflict',
      status: 409,
      detail: 'It was approved already.',
      by: 'user:2',
    });
  });

  test('an unknown address and an unknown method are told apart', async () => {
    const { app } = await serve(routes);
    expect((await app.inject('/api/nothing?token=abc')).json()).toMatchObject({
      code: 'NOT_FOUND',
      detail: 'There is no address /api/nothing here.',
    });
    const method = await app.inject({ method: 'DELETE', url: '/api/things/7' });
    expect(method.statusCode).toBe(405);
    expect(method.headers.allow).toBe('POST');
  });

  test('broken JSON, a foreign format and a bad address are problems too', async () => {
    const { app } = await serve(routes);
    const post = (payload: string, type: string): Promise<LightMyRequestResponse> =>
      app.inject({ method: 'POST', url: '/api/things/1', payload, headers: { 'content-type': type } });
    expect((await post('{"a":', 'application/json')).json()).toMatchObject({ code: 'BAD_REQUEST' });
    expect((await post('<a/>', 'application/xml')).json()).toMatchObject({ code: 'UNSUPPORTED_FORMAT', status: 415 });
    expect((await post('{"__proto__":{"x":1}}', 'application/json')).statusCode).toBe(400);
    expect((await app.inject('/api/%E0%A4%A')).json()).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('a trailing slash, which Grafana drops, changes nothing', async () => {
    const { app } = await serve(routes);
    expect((await app.inject('/api/answer/')).json()).toEqual({ a: 1 });
  });

  test('every answer says not to sniff, frame or keep it', async () => {
    const { app } = await serve(routes);
    const { headers } = await app.inject('/api/answer');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{16}$/);
  });

  test('bytes that are not HTTP get a problem', async () => {
    const { app } = await serve(routes);
    const { port } = new URL(await listen(app));
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('HELLO THERE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer).toContain('"code":"BAD_REQUEST"');
  });
});

describe('a request of 100 MB', () => {
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  const routes = (app: App): void => {
    app.post('/api/things', { config: pub }, () => ({ ok: true }));
    app.post('/api/guarded', { config: { permission: 'cost:read' } }, () => ({ ok: true }));
  };

  async function* hundred(): AsyncGenerator<Buffer> {
    yield Buffer.from('"');
    for (let i = 0; i < 100; i += 1) yield chunk;
    yield Buffer.from('"');
  }

  async function send(
    url: string,
    headers: Record<string, string>,
  ): Promise<{ status: number; code: string } | 'cut off'> {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: ReadableStream.from(hundred()),
        duplex: 'half',
      });
      return { status: answer.status, code: ((await answer.json()) as { code: string }).code };
    } catch {
      // The server closes the connection after its answer; what the client was still sending may win the race.
      return 'cut off';
    }
  }

  test('is refused by its length before it is read', async () => {
    const { app } = await serve(routes);
    const answer = await app.inject({
      method: 'POST',
      url: '/api/things',
      headers: { 'content-type': 'application/json', 'content-length': String(100 * 1024 * 1024) },
      payload: '{}',
    });
    expect(answer.json()).toMatchObject({ status: 413, code: 'TOO_LARGE' });
  });

  test('is refused while it streams in, and the service goes on', async () => {
    const { app } = await serve(routes);
    const url = await listen(app);
    expect([{ status: 413, code: 'TOO_LARGE' }, 'cut off']).toContainEqual(await send(`${url}/api/things`, {}));
    expect((await fetch(`${url}/api/healthz`)).status).toBe(200);
  });

  test('is not read at all from nobody', async () => {
    const { app } = await serve(routes);
    const url = await listen(app);
    expect([{ status: 401, code: 'UNAUTHENTICATED' }, 'cut off']).toContainEqual(await send(`${url}/api/guarded`, {}));
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

describe('the signal of a request', () => {
  test('stays quiet while a POST is worked on, after its body was read', async () => {
    const { app } = await serve((app) => {
      app.post('/api/work', { config: pub }, async (request) => {
        await delay(50);
        return { aborted: request.signal.aborted };
      });
    });
    const url = await listen(app);
    const answer = await fetch(`${url}/api/work`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await answer.json()).toEqual({ aborted: false });
  });

  test('fires when the caller goes away', async () => {
    let reason: unknown;
    const fired = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { app } = await serve((app) => {
      app.post('/api/work', { config: pub }, async (request) => {
        started.resolve();
        await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
        reason = request.signal.reason;
        fired.resolve();
        throw request.signal.reason;
      });
    });
    const controller = new AbortController();
    const call = fetch(`${await listen(app)}/api/work`, { method: 'POST', signal: controller.signal });
    await started.promise;
    controller.abort();
    await expect(call).rejects.toThrow();
    await fired.promise;
    expect(reason).toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  test('fires when time is up, and the caller is told', async () => {
    let fired = false;
    const { app } = await serve((app) => {
      app.get('/api/slow', { config: { ...pub, timeoutMs: 30 } }, async (request) => {
        await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
        fired = true;
        return {};
      });
    });
    const answer = await app.inject('/api/slow');
    expect(answer.statusCode).toBe(504);
    expect(answer.json()).toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(fired).toBe(true);
  });
});

describe('closing', () => {
  test('lets a request in progress finish', async () => {
    const started = Promise.withResolvers<void>();
    const { app } = await serve((app) => {
      app.get('/api/work', { config: pub }, async () => {
        started.resolve();
        await delay(80);
        return { done: true };
      });
    });
    const call = fetch(`${await listen(app)}/api/work`);
    await started.promise;
    await Promise.all([app.close(), call.then(async (answer) => expect(await answer.json()).toEqual({ done: true }))]);
  });

  test('ends what does not finish in time', async () => {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { app } = await serve(
      (app) => {
        app.get('/api/work', { config: pub }, async (request) => {
          started.resolve();
          await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()));
          ended.resolve();
          return {};
        });
      },
      { parts: { drainMs: 50 } },
    );
    const call = fetch(`${await listen(app)}/api/work`).catch(() => 'cut off');
    await started.promise;
    await app.close();
    await ended.promise;
    expect(await call).toBe('cut off');
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
