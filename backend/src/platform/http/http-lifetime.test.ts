import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
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
