import { describe, expect, test } from '@jest/globals';
import type { LlmRequest } from '../anycost/index.ts';
import {
  GatewayError,
  type AdmittedCall,
  type CallSink,
  type Json,
  type LayerTools,
  type Serve,
} from '../gateway/index.ts';
import type { Policy } from '../routing/index.ts';
import { armLayer } from './arm-layer.ts';
import type { Observation } from './comparison.ts';
import type { Experiment, LeftOut } from './experiment.ts';
import type { RunningExperiments } from './running-experiments.ts';

/** A and B alone, between a caller and routes that do what each test says: no store, no gateway. */
const policy: Policy = {
  name: 'a',
  match: { models: ['*'] },
  choose: { strategy: 'ordered', routes: [{ provider: 'p', model: 'cheap' }] },
};
const experiment = {
  ...{ id: 'ex_1', tenant: 'default', kind: 'ab', policy: 'a', bPolicy: 'b', bVersion: 'v1', currency: 'USD' },
  ...{ bContent: policy, settings: { sampleShare: 0, quality: { method: 'none' } } },
} as unknown as Experiment;
const call = {
  ...{ id: 'c1', key: { id: 'k', tenant: 'default', region: 'r', models: ['*'] }, dialect: 'chat', stream: true },
  request: { tenant: 'default', model: 'any', tags: {}, promptTokens: 100 },
} as unknown as AdmittedCall;

const tried = (part: string, status: LlmRequest['status'], firstTokenMs?: number): LlmRequest => ({
  ...{ requestId: 'c1', startedAt: '2026-11-01T00:00:00Z', provider: 'p', model: part, inputTokens: 1 },
  ...{ outputTokens: 1, status: status ?? 'ok', tags: { 'gateway.cascade': part } },
  ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
});

/** @param answer what the routes do, `at` a time of a clock that starts at 0; nothing is answered where it throws */
async function served(
  tries: readonly LlmRequest[],
  answer: (sink: CallSink, at: (ms: number) => void) => void,
  session?: string,
): Promise<Observation> {
  const observations: Observation[] = [];
  const running = {
    on: () => experiment,
    note: (_id: string, ...seen: Observation[]) => observations.push(...seen),
    leaveOut: (_id: string, why: keyof LeftOut) => Promise.reject(new Error(why)),
  } as unknown as RunningExperiments;
  const tools = { price: () => ({ cost: '1', currency: 'USD' }) } as unknown as LayerTools;
  let ms = 0;
  const serve: Serve = async (_planned, sink) => {
    answer(sink, (at) => (ms = at));
    return { attempts: tries.map((usage) => ({ verdict: 'done' as const, usage })) };
  };
  const sink: CallSink = {
    ...{ gone: new AbortController().signal, started: false, head: () => undefined, write: () => undefined },
    end: (_piece?: Uint8Array | string, _whole?: Json) => undefined,
  };
  await armLayer({ running, tools, now: () => ms })(serve)(
    { call: session === undefined ? call : { ...call, request: { ...call.request, session } }, policy },
    sink,
  ).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) throw error;
  });
  expect(observations).toHaveLength(1);
  return observations[0]!;
}

describe('what is seen of a side', () => {
  test('is when the caller had the first of the answer: of a cascade, after the judge has marked it', async () => {
    const tries = [tried('cheap', 'ok', 100), tried('judge', 'ok', 50)];
    const seen = await served(tries, (sink, at) => {
      at(900);
      sink.head(200, {});
      sink.end('all of it');
    });
    expect(seen).toMatchObject({ ok: true, firstTokenMs: 900, totalMs: 900, cost: 2 });
  });

  test('is the first piece of a stream, also behind tries that failed', async () => {
    const seen = await served([tried('cheap', 'error'), tried('instead', 'ok', 30)], (sink, at) => {
      at(500);
      sink.head(200, {});
      void sink.write('one');
      at(800);
      void sink.write('two');
      sink.end();
    });
    expect(seen).toMatchObject({ ok: true, firstTokenMs: 500, totalMs: 800 });
  });

  test('is not whether a judge could be asked', async () => {
    const tries = [tried('cheap', 'ok', 100), tried('judge', 'error')];
    expect(await served(tries, (sink) => sink.end('x'))).toMatchObject({ ok: true });
  });

  test('is no time of an answer that is none', async () => {
    const broken = await served([tried('cheap', 'error', 10)], (sink) => sink.end('an error'));
    expect(broken).toMatchObject({ ok: false, firstTokenMs: null });
    const failed = await served([], () => {
      throw new GatewayError(504, 'timeout', 'No provider answered in time.');
    });
    expect(failed).toMatchObject({ ok: false, firstTokenMs: null });
  });

  test('names the session by a word that is the same for the same one, not by what the caller called it', async () => {
    const unitOf = async (session: string): Promise<string> =>
      (await served([tried('cheap', 'ok')], (sink) => sink.end('x'), session)).unit;
    const unit = await unitOf('ada@example.com');
    expect(unit).toMatch(/^[0-9a-f]{32}$/);
    expect(await unitOf('ada@example.com')).toBe(unit);
    expect(await unitOf('grace@example.com')).not.toBe(unit);
  });

  test('is named where it cannot serve: the policy of the side, and which side it is', async () => {
    const error = new GatewayError(503, 'privacy_unavailable', 'Presidio is away.');
    await served([], () => {
      throw error;
    });
    expect(error.servedBy).toMatchObject({
      policy: { name: 'a' },
      labels: { 'gateway.experiment': 'ex_1', 'gateway.arm': 'A' },
    });
  });
});
