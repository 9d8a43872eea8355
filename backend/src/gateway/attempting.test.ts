import { describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { admitted } from './admission.ts';
import { Attempting, type AttemptTask } from './attempting.ts';
import { providerKinds } from './providers/provider-kinds.ts';
import type { StopSignal } from './upstream-answer.ts';

const key = { id: 'gk_1', name: 'one', tenant: 't', region: 'r', models: ['*'] };
const route = { provider: 'p', model: 'm' };
const told: string[] = [];
let stopped: StopSignal | undefined;
const upstream = {
  kind: providerKinds.openai,
  post: async (_path: string, _headers: object, _body: string, stop: StopSignal) => {
    stopped = stop;
    await delay(50);
    return { statusCode: 200, headers: {}, body: undefined };
  },
};
const parts = {
  upstreams: new Map([['p', upstream]]),
  journal: { begin: () => Promise.reject(new Error('ENOSPC: no space left on device')) },
  router: { begin: () => told.push('begun'), undecided: () => told.push('undecided') },
  usage: { tokens: () => ({ inputTokens: 0, outputTokens: 0 }), tier: () => ({}) },
  now: () => Date.now(),
};

describe('a try', () => {
  test('of a call that cannot be written down fails, and stops its provider', async () => {
    const body = Buffer.from('{"model":"m","messages":[]}');
    const call = admitted({ id: 'c', key, dialect: 'chat', headers: {}, receivedAt: 0 }, body);
    const attempt = { number: 1, provider: '', route: 'p/m', model: 'm', policy: 'x', reason: 'r', startedAt: 0 };
    const sink = { gone: new AbortController().signal, started: false };
    const task = {
      ...{ call, sink, route, attempt, policy: { name: 'x' }, reservation: undefined, next: 'nobody' },
      limits: { firstTokenMs: undefined, deadline: Date.now() + 60_000 },
    };
    const attempting = new Attempting(parts as unknown as ConstructorParameters<typeof Attempting>[0]);
    await expect(attempting.attempt(task as unknown as AttemptTask)).rejects.toThrow('ENOSPC');
    expect(told).toEqual(['begun', 'undecided']);
    expect(stopped?.aborted).toBe(true);
  });
});
