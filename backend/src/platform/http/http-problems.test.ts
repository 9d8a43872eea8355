import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { LightMyRequestResponse } from 'fastify';
import Type from 'typebox';
import { AppError } from '../errors/index.ts';
import type { App } from './app.ts';
import { testServer } from './http-fixture.ts';

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
