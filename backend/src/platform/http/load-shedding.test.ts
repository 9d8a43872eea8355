import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { registerLoadShedding } from './load-shedding.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** Keeps the event loop busy, as a heavy computation would. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('requests are turned away while the event loop cannot keep up, probes are not', async () => {
  app = fastify();
  await registerLoadShedding(app, { maxDelayMs: 0.001, sampleMs: 20, graceMs: 0 });
  app.get('/api/work', () => ({ done: true }));
  app.get('/api/healthz', () => ({ status: 'ok' }));
  let answer = await app.inject('/api/work');
  for (let i = 0; i < 100 && answer.statusCode === 200; i += 1) {
    block(40);
    await delay(15);
    answer = await app.inject('/api/work');
    expect((await app.inject('/api/healthz')).statusCode).toBe(200);
  }
  expect(answer.json()).toMatchObject({ message: 'The service is overloaded.' });
  expect(answer.headers['retry-after']).toBe('5');
});
