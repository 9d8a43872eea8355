import { describe, expect, test } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { setTimeout as delay } from 'node:timers/promises';
import { admitted } from './admission.ts';
import { Attempting, type AttemptTask } from './attempting.ts';
import type { Json } from './dialects/json.ts';
import { providerKinds } from './providers/provider-kinds.ts';
import { AnswerBody, Exchange, type StopSignal, type UpstreamAnswer } from './upstream-answer.ts';

const key = { id: 'gk_1', name: 'one', tenant: 't', region: 'r', models: ['*'] };
const route = { provider: 'p', model: 'm' };

/** A try over a provider and a journal of the test, for a caller who takes what `write` says. */
function tryOver(
  parts: { post: (stop: StopSignal) => Promise<UpstreamAnswer>; begin?: () => Promise<void> },
  { stream = false, limitMs = 60_000, write = (): Promise<void> | undefined => undefined } = {},
) {
  const told: string[] = [];
  const ended: unknown[] = [];
  const post = (_path: string, _headers: object, _body: string, stop: StopSignal) => parts.post(stop);
  const attempting = new Attempting({
    upstreams: new Map([['p', { kind: providerKinds.openai, post }]]),
    journal: { begin: parts.begin ?? (() => Promise.resolve()), end: () => Promise.resolve() },
    router: {
      begin: () => told.push('begun'),
      undecided: () => told.push('undecided'),
      note: () => told.push('noted'),
    },
    usage: {
      tokens: ({ prompt_tokens: inputTokens, completion_tokens: outputTokens }: Json) => ({
        inputTokens,
        outputTokens,
      }),
      tier: () => ({}),
    },
    now: () => Date.now(),
  } as unknown as ConstructorParameters<typeof Attempting>[0]);
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [], stream }));
  const call = admitted({ id: 'c', key, dialect: 'chat', headers: {}, receivedAt: 0 }, body);
  const attempt = { number: 1, provider: '', route: 'p/m', model: 'm', policy: 'x', reason: 'r', startedAt: 0 };
  const sink = {
    ...{ gone: new AbortController().signal, started: false, write },
    head: () => (sink.started = true),
    end: (piece: unknown) => ended.push(piece),
  };
  const task = {
    ...{ call, sink, route, attempt, policy: { name: 'x' }, reservation: undefined, next: 'nobody' },
    limits: { firstTokenMs: undefined, deadline: Date.now() + limitMs },
  };
  return { told, ended, result: attempting.attempt(task as unknown as AttemptTask) };
}

describe('a try', () => {
  test('of a call that cannot be written down fails, and stops its provider', async () => {
    let stopped: StopSignal | undefined;
    const { told, result } = tryOver({
      begin: () => Promise.reject(new Error('ENOSPC: no space left on device')),
      post: async (stop) => {
        stopped = stop;
        await delay(50);
        return { statusCode: 200, headers: {}, body: AnswerBody.of(Buffer.from('{}')) };
      },
    });
    await expect(result).rejects.toThrow('ENOSPC');
    expect(told).toEqual(['begun', 'undecided']);
    expect(stopped?.aborted).toBe(true);
  });

  test('whose caller takes nothing ends with its time, is no fault of the route, and costs what the provider said', async () => {
    const chunk = (more: object): Buffer => Buffer.from(`data: ${JSON.stringify({ model: 'm', ...more })}\n\n`);
    const controller = { paused: false, pause: () => undefined } as unknown as Dispatcher.DispatchController;
    const { told, ended, result } = tryOver(
      {
        post: (stop) => {
          const exchange = new Exchange(stop);
          exchange.onRequestStart(controller);
          exchange.onResponseStart(controller, 200, { 'content-type': 'text/event-stream' });
          exchange.onResponseData(controller, chunk({ choices: [{ delta: { content: 'Hello' } }] }));
          setTimeout(() => {
            exchange.onResponseData(
              controller,
              chunk({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 7 } }),
            );
            exchange.onResponseEnd();
          }, 50);
          return exchange.answer;
        },
      },
      { stream: true, limitMs: 300, write: () => new Promise(() => undefined) },
    );
    const { verdict, usage } = await result;
    expect(verdict).toBe('done');
    expect(usage).toMatchObject({ status: 'cancelled', inputTokens: 10, outputTokens: 7 });
    expect(usage.tags).not.toHaveProperty('gateway.estimated');
    expect(told).toEqual(['begun', 'undecided']);
    expect(ended).toEqual([expect.stringContaining('The answer was not taken in time.')]);
  });

  test.each([
    ...[500, 503].map((status) => ({ status, told: status, hopeless: undefined })),
    ...[501, 507, 520, 524].map((status) => ({ status, told: 502, hopeless: undefined })),
    { status: 529, told: 503, hopeless: undefined },
    { status: 429, told: 429, hopeless: undefined },
    { status: 402, told: 502, hopeless: true },
  ])(
    'that a provider fails with $status makes room for the next route',
    async ({ status, told: toldStatus, hopeless }) => {
      const body = Buffer.from('{"error":{"message":"no"}}');
      const { told, ended, result } = tryOver({
        post: () => Promise.resolve({ statusCode: status, headers: {}, body: AnswerBody.of(body) }),
      });
      const { verdict, error, ...rest } = await result;
      expect(verdict).toBe('next');
      expect(error).toMatchObject({ status: toldStatus, message: expect.stringContaining('no') });
      expect(rest.hopeless).toBe(hopeless);
      expect(told).toEqual(['begun', 'noted']);
      expect(ended).toEqual([]);
    },
  );
});
