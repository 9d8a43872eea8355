import { describe, expect, test } from '@jest/globals';
import type { LlmRequest } from '../anycost/index.ts';
import { GatewayError, type AdmittedCall, type CallSink, type LayerTools, type Serve } from '../gateway/index.ts';
import type { Policy } from '../routing/index.ts';
import type { Observation } from './comparison.ts';
import type { Experiment, LeftOut } from './experiment.ts';
import type { RunningExperiments } from './running-experiments.ts';
import { shadowLayer } from './shadow-layer.ts';

/** Shadows alone, between a caller and routes that do what each test says: no store, no gateway. */
const policyA: Policy = {
  name: 'a',
  match: { models: ['*'] },
  choose: { strategy: 'ordered', routes: [{ provider: 'p', model: 'dear' }] },
};
const experiment = {
  ...{ id: 'ex_1', tenant: 'default', kind: 'shadow', policy: 'a', bPolicy: 'b', bVersion: 'v1', currency: 'EUR' },
  bContent: {
    ...policyA,
    name: 'b',
    choose: { strategy: 'ordered', routes: ['p', 'q'].map((provider) => ({ provider, model: 'cheap' })) },
    fallback: { hedgeMs: 500 },
  },
  settings: { sampleShare: 1, quality: { method: 'exact', margin: 0.02 } },
} as unknown as Experiment;

const call = {
  ...{ id: 'c1', key: { id: 'k', tenant: 'default', region: 'r', models: ['*'] }, dialect: 'chat', stream: false },
  ...{ text: '{}', body: {}, headers: {}, receivedAt: 0 },
  request: { tenant: 'default', model: 'any', team: 'search', tags: {}, promptTokens: 100, maxOutputTokens: 10 },
} as unknown as AdmittedCall;

/** What one route did: tokens of each try, the last of which failed or not. */
interface Acts {
  tries: readonly { output: number; ok: boolean; model?: string }[];
  /** Undefined: no route answered. */
  answer?: string;
  error?: GatewayError;
}

interface Seen {
  observations: Observation[];
  leftOut: (keyof LeftOut)[];
  held: string[];
  settled: string[];
}

const usageOf = (model: string, outputTokens: number, ok: boolean): LlmRequest => ({
  ...{ requestId: 'c1', startedAt: '2026-11-01T00:00:00Z', provider: 'p', model, inputTokens: 100, outputTokens },
  status: ok ? 'ok' : 'timeout',
});

/** @param price of a token of each model in dollars; a dollar is two euros here */
async function shadowed(
  a: Acts,
  b: Acts,
  {
    price = { dear: 10, cheap: 1 },
    hangsUp = false,
    quality = experiment.settings.quality,
  }: { price?: Record<string, number>; hangsUp?: boolean; quality?: Experiment['settings']['quality'] } = {},
): Promise<Seen & { error?: unknown }> {
  const seen: Seen = { observations: [], leftOut: [], held: [], settled: [] };
  const settled = Promise.withResolvers<void>();
  const running = {
    on: () => ({ ...experiment, settings: { ...experiment.settings, quality } }),
    forget: () => undefined,
    note: (_id: string, ...observations: Observation[]) => seen.observations.push(...observations),
    leaveOut: (_id: string, why: keyof LeftOut) => seen.leftOut.push(why),
  } as unknown as RunningExperiments;
  const tools = {
    price: (_tenant: string, usage: LlmRequest) => {
      const each = price[usage.model];
      const cost = String((each ?? 0) * (usage.inputTokens + usage.outputTokens));
      return each === undefined ? undefined : { cost, currency: 'USD' };
    },
    convert: (_tenant: string, { cost }: { cost: string }) => Promise.resolve(String(2 * Number(cost))),
  } as unknown as LayerTools;
  const serve: Serve = ({ policy }, sink) => {
    const acts = policy.name === 'a' ? a : b;
    const model = policy.choose.routes[0]!.model;
    const usages = acts.tries.map(({ output, ok, model: other }) => usageOf(other ?? model, output, ok));
    if (acts.answer === undefined) {
      const error = acts.error ?? new GatewayError(504, 'timeout', 'No provider answered in time.');
      error.tried = usages;
      return Promise.reject(error);
    }
    sink.head(200, { 'content-type': 'application/json' });
    sink.end(JSON.stringify({ choices: [{ message: { content: acts.answer } }] }));
    return Promise.resolve({ attempts: usages.map((usage) => ({ verdict: 'done' as const, usage })) });
  };
  const layer = shadowLayer({
    ...{ running, tools, usageName: (name) => name, onFault: (error) => settled.reject(error) },
    ...{ onCopy: () => undefined, exhausted: () => Promise.resolve(), now: () => 0 },
    hold: ({ amount }) => Promise.resolve(Boolean(seen.held.push(amount))),
    settle: (_id, _experiment, cost) => {
      seen.settled.push(cost);
      settled.resolve();
      return Promise.resolve();
    },
  });
  const sink = { gone: hangsUp ? AbortSignal.abort() : new AbortController().signal, started: false };
  const caller = { ...sink, head: () => undefined, write: () => Promise.resolve(), end: () => undefined } as CallSink;
  const error = await layer(serve)({ call, policy: policyA }, caller).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const isCopied = !hangsUp && a.error?.code !== 'insufficient_quota';
  if (isCopied) await settled.promise;
  return { ...seen, ...(error === undefined ? {} : { error }) };
}

const fine: Acts = { tries: [{ output: 10, ok: true }], answer: 'yes' };
const arm = (seen: Seen, name: 'A' | 'B'): Observation => seen.observations.find((one) => one.arm === name)!;

describe('a shadow', () => {
  test('compares what both sides answered, and settles in the currency of its budget', async () => {
    const seen = await shadowed(fine, fine);
    expect([arm(seen, 'A'), arm(seen, 'B')]).toMatchObject([
      { ok: true, quality: 1, firstTokenMs: expect.any(Number) },
      { ok: true, quality: 1, firstTokenMs: expect.any(Number) },
    ]);
    // 110 tokens at a dollar each; held for two, as a hedge may ask two routes.
    expect([seen.held, seen.settled]).toEqual([['440'], ['220']]);
  });

  test('is copied of a call that no route of A answered as well, and the caller hears of the failure', async () => {
    const seen = await shadowed({ tries: [{ output: 5, ok: false }] }, fine);
    expect(seen.error).toMatchObject({ code: 'timeout' });
    expect([arm(seen, 'A').ok, arm(seen, 'B').ok]).toEqual([false, true]);
    expect(seen.observations.map(({ quality }) => quality)).toEqual([null, null]);
  });

  test('pays for tries that failed, also where none of B answered', async () => {
    const tries = [
      { output: 0, ok: false },
      { output: 40, ok: false },
    ];
    const failed = await shadowed(fine, { tries });
    expect([arm(failed, 'B').ok, failed.settled]).toEqual([false, ['480']]);
    const second = await shadowed(fine, { tries: [...tries, { output: 10, ok: true }], answer: 'yes' });
    expect([arm(second, 'B').ok, second.settled]).toEqual([true, ['700']]);
  });

  test('says where a model has no price, which its budget does not see', async () => {
    const seen = await shadowed(fine, fine, { price: { dear: 10 } });
    expect([seen.settled, seen.leftOut, arm(seen, 'B').cost]).toEqual([['0'], ['unpriced'], null]);
  });

  test('says where the judge gave no marks', async () => {
    const quality = { method: 'judge', margin: 0.05, route: { provider: 'p', model: 'cheap' } } as const;
    const unmarked = await shadowed(fine, fine, { quality });
    expect([unmarked.leftOut, arm(unmarked, 'A').quality, arm(unmarked, 'B').quality]).toEqual([
      ['unmarked'],
      null,
      null,
    ]);
    const marks = { ...fine, answer: '{"first": 0.5, "second": 0.5}' };
    const marked = await shadowed(fine, marks, { quality });
    expect([marked.leftOut, arm(marked, 'A').quality, arm(marked, 'B').quality]).toEqual([[], 0.5, 0.5]);
  });

  test.each<[string, Acts, Acts]>([
    ['B was not let out for want of money', fine, { tries: [], error: quota() }],
    ['A was not let out for want of money', { tries: [], error: quota() }, fine],
  ])('says nothing of a side where %s', async (_what, a, b) => {
    const seen = await shadowed(a, b);
    expect(seen.observations).toEqual([]);
    expect(seen.leftOut).toEqual(['refused']);
  });

  test('of a caller who hung up is not made, and is counted', async () => {
    const seen = await shadowed(fine, fine, { hangsUp: true });
    expect([seen.held, seen.leftOut]).toEqual([[], ['hungUp']]);
  });
});

function quota(): GatewayError {
  return new GatewayError(429, 'insufficient_quota', 'A budget has no room for this call.');
}
