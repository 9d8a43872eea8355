import { describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { LlmRequest } from '../anycost/index.ts';
import { LivePolicies, routeId, Router, type Policy, type PolicyRoute } from '../routing/index.ts';
import type { AdmittedCall } from './admission.ts';
import type { AttemptResult, AttemptTask, CallSink } from './attempting.ts';
import { GatewayError } from './gateway-error.ts';
import type { CallEnd, PlannedCall } from './call-layer.ts';
import { CallMoney, type MoneyParts } from './call-money.ts';
import type { Reservation } from './reservation.ts';
import { serveCall } from './serve-call.ts';

/** How a route of the test answers. */
interface Manner {
  afterMs?: number;
  text?: string;
  logprob?: number;
  fails?: boolean;
  /** It cannot serve the call at all. */
  hopeless?: boolean;
  /** Status with which it refuses the call for good. */
  refuses?: number;
}

/** Stands where calls go out: answers as chats, whole, and stops when nobody listens any more. */
class Providers {
  readonly asked: AttemptTask[] = [];
  readonly stopped: string[] = [];
  readonly #manners: Readonly<Record<string, Manner>>;

  constructor(manners: Readonly<Record<string, Manner>>) {
    this.#manners = manners;
  }

  async attempt(task: AttemptTask): Promise<AttemptResult> {
    this.asked.push(task);
    const id = routeId(task.route);
    const { afterMs = 0, text = 'hello', logprob, fails, hopeless, refuses } = this.#manners[id] ?? {};
    const { reservation } = task;
    const spent = reservation ? { reservation } : {};
    const usage = (status: NonNullable<LlmRequest['status']>): LlmRequest => ({
      ...{ requestId: task.attempt.number === 1 ? task.call.id : `${task.call.id}.${task.attempt.number}` },
      ...{ startedAt: '2026-11-01T00:00:00Z', provider: 'p', model: task.route.model, inputTokens: 1, outputTokens: 1 },
      ...{ status, tags: { 'gateway.route': id } },
    });
    try {
      await delay(afterMs, undefined, { signal: task.sink.gone });
    } catch {
      this.stopped.push(id);
      return { verdict: 'done', ...spent, usage: usage('cancelled') };
    }
    if (fails)
      return { verdict: 'next', ...spent, usage: usage('error'), error: new GatewayError(502, 'upstream_failed', id) };
    if (hopeless)
      return {
        verdict: 'next',
        hopeless,
        ...spent,
        usage: usage('error'),
        error: new GatewayError(400, 'unsupported', id),
      };
    if (refuses !== undefined) {
      task.sink.head(refuses, { 'content-type': 'application/json', 'x-amadeus-route': id });
      task.sink.end('{"error":{}}');
      return { verdict: 'done', hopeless: true, ...spent, usage: usage('error') };
    }
    const logprobs = logprob === undefined ? {} : { logprobs: { content: [{ token: 'x', logprob }] } };
    task.sink.head(200, { 'content-type': 'application/json', 'x-amadeus-route': id });
    task.sink.end(JSON.stringify({ choices: [{ message: { content: text }, ...logprobs }] }));
    return { verdict: 'done', ...spent, usage: usage('ok') };
  }
}

/** Budgets for models, and `*` for all of them together. A try costs at most 1, and as much where it answers. */
class Purse implements MoneyParts {
  readonly left: Record<string, number>;
  /** So many tries money was asked for. */
  readonly tries: number[] = [];
  readonly settled: string[] = [];

  constructor(left: Record<string, number>) {
    this.left = left;
  }

  dimensions(): ReadonlySet<string> {
    return new Set(Object.keys(this.left).some((name) => name !== '*') ? ['x_Team', 'x_Model'] : ['x_Team']);
  }

  keysOf(_planned: PlannedCall, { model }: PolicyRoute): Record<string, string> {
    return { x_Model: model };
  }

  reserve: MoneyParts['reserve'] = (_planned, routes, tries) => {
    this.tries.push(tries);
    const budgets = this.#budgetsOf(routes[0]!.model);
    if (budgets.length === 0) return undefined;
    if (budgets.some((name) => this.left[name]! < tries)) throw new GatewayError(429, 'insufficient_quota', 'no room');
    for (const name of budgets) this.left[name]! -= tries;
    return { id: routes[0]!.model, amount: String(tries), currency: 'USD' };
  };

  async settle(_planned: PlannedCall, { id, amount }: Reservation, ends: readonly AttemptResult[]): Promise<void> {
    await delay(5);
    const cost = ends.filter(({ usage }) => usage.status === 'ok').length;
    for (const name of this.#budgetsOf(id)) this.left[name]! += Number(amount) - cost;
    this.settled.push(`${id} by ${ends.map(({ usage }) => usage.tags!['gateway.route']).join(' and ')}`);
  }

  #budgetsOf(model: string): string[] {
    return [model, '*'].filter((name) => name in this.left);
  }
}

class Caller implements CallSink {
  readonly gone: AbortSignal;
  headers: Readonly<Record<string, string>> = {};
  text = '';
  ends = 0;

  constructor(gone = new AbortController().signal) {
    this.gone = gone;
  }

  get started(): boolean {
    return this.text !== '';
  }

  head(_status: number, headers: Readonly<Record<string, string>>): void {
    this.headers = headers;
  }

  write(piece: Uint8Array | string): Promise<void> {
    this.text += Buffer.from(piece as Uint8Array).toString('utf8');
    return Promise.resolve();
  }

  end(piece?: Uint8Array | string): void {
    this.ends += 1;
    if (piece !== undefined) this.text += Buffer.from(piece as Uint8Array).toString('utf8');
  }
}

const policyOf = (rest: Partial<Policy>): Policy => ({
  name: 'p',
  match: { models: ['m'] },
  choose: { strategy: 'ordered', routes: ['one', 'two', 'three'].map((model) => ({ provider: 'p', model })) },
  ...rest,
});

async function serve(
  policy: Policy,
  manners: Record<string, Manner>,
  more: Partial<AdmittedCall> = {},
  {
    regionOf = () => undefined,
    purse = new Purse({}),
    gone,
  }: { regionOf?: (provider: string) => string | undefined; purse?: Purse; gone?: AbortSignal } = {},
) {
  const providers = new Providers(manners);
  const caller = new Caller(gone);
  const body = { model: 'm', messages: [{ role: 'user', content: 'Q' }] };
  const call: AdmittedCall = {
    ...{ id: 'call', dialect: 'chat', text: JSON.stringify(body), body, stream: false, headers: {}, receivedAt: 0 },
    key: { id: 'k', name: 'k', tenant: 't', region: 'r', models: ['*'] },
    request: { tenant: 't', model: 'm', tags: {}, promptTokens: 10 },
    ...more,
  };
  const router = new Router(new LivePolicies([policy], []), {
    now: () => Date.now(),
    regionOf,
    costOf: () => undefined,
  });
  const end = await serveCall({ call, policy }, caller, {
    ...{ router, attempting: providers, now: () => Date.now(), random: () => 0.5 },
    money: (planned, choice, ends) => new CallMoney(planned, choice, ends, purse),
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  });
  return { caller, providers, end, held: purse.tries[0], purse, router };
}

test('a session goes again to the route that answered it', async () => {
  const policy = policyOf({});
  const sticky = { ...policy, choose: { ...policy.choose, sticky: 'session' as const } };
  const request = { tenant: 't', model: 'm', tags: {}, promptTokens: 10, session: 's' };
  const { caller, router } = await serve(sticky, { 'p/one': { fails: true } }, { request });
  expect(caller.headers['x-amadeus-route']).toBe('p/two');
  expect(routeId(router.choose(request, sticky, 0.5).order[0]!)).toBe('p/two');
  expect(routeId(router.choose({ ...request, session: 'new' }, sticky, 0.5).order[0]!)).toBe('p/one');
});

describe('a hedge', () => {
  const policy = policyOf({ fallback: { hedgeMs: 30 } });

  test('asks the next route beside one that says nothing, and stops the slower one', async () => {
    const { caller, providers, end, held, router } = await serve(policy, { 'p/one': { afterMs: 5_000 } });
    expect(caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/two' }, ends: 1 });
    expect(providers.stopped).toEqual(['p/one']);
    expect(end.attempts.map(({ usage }) => [usage.requestId, usage.status])).toEqual([
      ['call', 'cancelled'],
      ['call.2', 'ok'],
    ]);
    expect(providers.asked[1]!.attempt.reason).toContain('asked beside p/one');
    expect(held).toBe(2);
    expect(router.learned().find(({ route }) => route === 'p/one')!.statistics.weight).toBeGreaterThan(0);
  });

  test('asks nobody else where the first is quick, and the first still wins where it speaks first', async () => {
    const quick = await serve(policy, {});
    expect(quick.providers.asked).toHaveLength(1);
    const { caller, providers } = await serve(policy, { 'p/one': { afterMs: 120 }, 'p/two': { afterMs: 5_000 } });
    expect(caller.headers['x-amadeus-route']).toBe('p/one');
    expect(providers.stopped).toEqual(['p/two']);
  });

  test('goes on with the third where both fail', async () => {
    const slow = { afterMs: 60, fails: true };
    const { caller, end } = await serve(policy, { 'p/one': slow, 'p/two': slow });
    expect(caller.headers['x-amadeus-route']).toBe('p/three');
    expect(end.attempts.map(({ usage }) => usage.requestId)).toEqual(['call', 'call.2', 'call.3']);
  });
});

describe('a refusal of one of two that are asked beside each other', () => {
  const policy = policyOf({ fallback: { hedgeMs: 30 } });

  test('does not stand before the answer of the other', async () => {
    const { caller, providers } = await serve(policy, { 'p/one': { afterMs: 120 }, 'p/two': { refuses: 400 } });
    expect(caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/one' }, ends: 1 });
    expect(caller.text).toContain('hello');
    expect(providers.stopped).toEqual([]);
    const late = await serve(policy, { 'p/one': { afterMs: 120, refuses: 400 }, 'p/two': { afterMs: 200 } });
    expect(late.caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/two' }, ends: 1 });
  });

  test('is what the caller hears where the other has not answered either, or nobody was asked beside', async () => {
    const { caller } = await serve(policy, { 'p/one': { afterMs: 120, fails: true }, 'p/two': { refuses: 422 } });
    expect(caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/two' }, text: '{"error":{}}', ends: 1 });
    const alone = await serve(policy, { 'p/one': { refuses: 400 } });
    expect(alone.caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/one' }, ends: 1 });
    expect(alone.providers.asked).toHaveLength(1);
  });
});

describe('budgets for models', () => {
  const policy = policyOf({});
  const routesOf = ({ attempts }: CallEnd): unknown[] => attempts.map(({ usage }) => usage.tags!['gateway.route']);

  test('pay for the tries of their own models alone, each with money held before it', async () => {
    const purse = new Purse({ one: 5, two: 5, three: 5 });
    const { end } = await serve(policy, { 'p/one': { fails: true } }, {}, { purse });
    await delay(20);
    expect(routesOf(end)).toEqual(['p/one', 'p/two']);
    expect(purse.settled).toEqual(['one by p/one', 'two by p/two']);
    expect(purse.left).toEqual({ one: 5, two: 4, three: 5 });
  });

  test('without room leave their models out, and refuse only where none is left', async () => {
    const purse = new Purse({ one: 0, two: 0, three: 1 });
    const { end, providers } = await serve(policy, {}, {}, { purse });
    expect(routesOf(end)).toEqual(['p/three']);
    expect(providers.asked[0]!.attempt).toMatchObject({
      number: 1,
      reason: 'attempt 1, instead of p/two, for which a budget has no room',
    });
    await delay(20);
    const refused = serve(policy, {}, {}, { purse });
    await expect(refused).rejects.toMatchObject({ status: 429, code: 'insufficient_quota', tried: [] });
  });

  test('leave out no more than they have no room for, whatever the number of tries', async () => {
    const once = policyOf({ guards: { maxAttempts: 1 } });
    const { end } = await serve(once, {}, {}, { purse: new Purse({ one: 0, two: 1 }) });
    expect(routesOf(end)).toEqual(['p/two']);
    const four = ['one', 'two', 'three', 'four'].map((model) => ({ provider: 'p', model }));
    const many = policyOf({ choose: { strategy: 'ordered', routes: four } });
    const full = new Purse({ one: 0, two: 0, three: 0, four: 1 });
    expect(routesOf((await serve(many, {}, {}, { purse: full })).end)).toEqual(['p/four']);
    // Of routes that cannot be tried no money is asked for.
    const alike = new Purse({ '*': 5 });
    const asked: string[] = [];
    const { reserve } = alike;
    alike.reserve = (planned, routes, tries) => {
      asked.push(...routes.map(({ model }) => model));
      return reserve(planned, routes, tries);
    };
    await serve(once, {}, {}, { purse: alike });
    expect(asked).toEqual(['one']);
  });

  test('send nothing for a caller who went while they were asked, nor when the time is over by then', async () => {
    const gone = new AbortController();
    const slow = new Purse({ '*': 1 });
    const { reserve } = slow;
    slow.reserve = async (planned, routes, tries) => {
      await delay(30);
      return reserve(planned, routes, tries);
    };
    setTimeout(() => gone.abort(), 10);
    const left = await serve(policy, {}, {}, { purse: slow, gone: gone.signal });
    expect(left.providers.asked).toEqual([]);
    const late = serve(policyOf({ fallback: { totalMs: 20 } }), {}, {}, { purse: slow });
    await expect(late).rejects.toMatchObject({ code: 'timeout' });
    await delay(20);
    expect(slow.left).toEqual({ '*': 1 });
  });

  test('let the next try have what the one before did not spend', async () => {
    const purse = new Purse({ one: 5, two: 5, '*': 1 });
    const { end } = await serve(policy, { 'p/one': { fails: true } }, {}, { purse });
    expect(routesOf(end)).toEqual(['p/one', 'p/two']);
    await delay(20);
    expect(purse.left).toEqual({ one: 5, two: 4, '*': 0 });
  });

  test('that count all models alike hold money once', async () => {
    const purse = new Purse({ '*': 1 });
    await serve(policy, { 'p/one': { fails: true } }, {}, { purse });
    await delay(20);
    expect(purse).toMatchObject({ tries: [1], settled: ['one by p/one and p/two'], left: { '*': 0 } });
  });

  test('are asked again after a hedge that found no room beside the first', async () => {
    const hedged = policyOf({ fallback: { hedgeMs: 30 } });
    const purse = new Purse({ one: 5, two: 5, '*': 1 });
    const { end, providers } = await serve(hedged, { 'p/one': { afterMs: 90, fails: true } }, {}, { purse });
    expect(routesOf(end)).toEqual(['p/one', 'p/two']);
    expect(providers.asked[1]!.attempt.reason).toBe('attempt 2, after p/one');
    const both = new Purse({ one: 5, two: 5 });
    const other = await serve(hedged, { 'p/one': { afterMs: 5_000 } }, {}, { purse: both });
    await delay(20);
    expect(routesOf(other.end)).toEqual(['p/one', 'p/two']);
    expect([...both.settled].sort()).toEqual(['one by p/one', 'two by p/two']);
  });

  test('of a cascade pay for the cheap, the strong and the judge apart', async () => {
    const judged = policyOf({ cascade: { cheapRoutes: 1, judge: { provider: 'p', model: 'judge', minScore: 0.5 } } });
    const purse = new Purse({ one: 1, two: 1, judge: 1 });
    const { end } = await serve(judged, { 'p/judge': { text: '{"score": 0.1}' } }, {}, { purse });
    await delay(20);
    expect(routesOf(end)).toEqual(['p/one', 'p/judge', 'p/two']);
    expect(purse).toMatchObject({ tries: [1, 1, 1], left: { one: 0, two: 0, judge: 0 } });
  });
});

describe('a route that cannot serve the call', () => {
  const told = async (manners: Record<string, Manner>, routes: readonly string[]) => {
    const choose = { strategy: 'ordered' as const, routes: routes.map((model) => ({ provider: 'p', model })) };
    const asked: string[] = [];
    const error = await serve(policyOf({ choose }), manners).catch((error: unknown) => error);
    if (error instanceof GatewayError) asked.push(...error.tried.map(({ tags }) => tags!['gateway.route']!));
    return { error, asked };
  };

  test('is asked once, and its word does not hide that of one which may answer another time', async () => {
    const unfit = { hopeless: true };
    const first = await told({ 'p/one': unfit, 'p/two': { fails: true } }, ['one', 'two']);
    expect(first.asked).toEqual(['p/one', 'p/two', 'p/two']);
    expect(first.error).toMatchObject({ status: 502, message: 'p/two' });
    const last = await told({ 'p/one': { fails: true }, 'p/two': unfit }, ['one', 'two']);
    expect(last.asked).toEqual(['p/one', 'p/two', 'p/one']);
    expect(last.error).toMatchObject({ status: 502 });
    const all = await told({ 'p/one': unfit, 'p/two': unfit }, ['one', 'two']);
    expect(all.asked).toEqual(['p/one', 'p/two']);
    expect(all.error).toMatchObject({ status: 400, code: 'unsupported' });
  });
});

describe('a cascade', () => {
  const cascade = { cheapRoutes: 1, minCharacters: 3, mustNotContain: ['I cannot'] };

  test('hands the cheap answer on where it suffices', async () => {
    const { caller, providers, held } = await serve(policyOf({ cascade }), {});
    expect(providers.asked.map(({ route }) => route.model)).toEqual(['one']);
    expect(caller).toMatchObject({ headers: { 'x-amadeus-cascade': 'cheap' }, ends: 1 });
    expect(providers.asked[0]!.call.labels).toEqual({ 'gateway.cascade': 'cheap' });
    expect(held).toBe(2);
  });

  test('asks the strong route where it does not, says why, and counts both', async () => {
    const { caller, providers, end } = await serve(policyOf({ cascade }), { 'p/one': { text: 'i cannot say' } });
    expect(caller).toMatchObject({ headers: { 'x-amadeus-route': 'p/two' }, ends: 1 });
    expect(providers.asked[1]!.attempt.reason).toContain('does not suffice: it contains "I cannot"');
    expect(providers.asked[1]!.call.labels).toEqual({ 'gateway.cascade': 'escalated' });
    expect(end.attempts.map(({ usage }) => usage.requestId)).toEqual(['call', 'call.2']);
    const failed = await serve(policyOf({ cascade }), { 'p/one': { fails: true } });
    expect(failed.caller.headers['x-amadeus-route']).toBe('p/two');
    expect(failed.providers.asked.at(-1)!.call.labels).toEqual({ 'gateway.cascade': 'instead' });
  });

  test('looks at how probable the words are, and shows that only to who asked for it', async () => {
    const policy = policyOf({ cascade: { cheapRoutes: 1, minLogprob: -0.5 } });
    const sure = await serve(policy, { 'p/one': { logprob: -0.1 } });
    expect(sure.providers.asked).toHaveLength(1);
    expect(sure.providers.asked[0]!.call.body['logprobs']).toBe(true);
    expect(sure.caller.text).not.toContain('logprob');
    expect((await serve(policy, { 'p/one': { logprob: -0.9 } })).providers.asked).toHaveLength(2);
    expect((await serve(policy, {})).providers.asked).toHaveLength(2);
  });

  test('asks a judge, whose mark is usage of its own', async () => {
    const judge = { provider: 'p', model: 'judge', minScore: 0.7 };
    const policy = policyOf({ cascade: { cheapRoutes: 1, judge } });
    const good = await serve(policy, { 'p/judge': { text: '{"score": 0.9}' } });
    expect(good.caller.headers).toMatchObject({ 'x-amadeus-cascade': 'cheap', 'x-amadeus-route': 'p/one' });
    expect(good.end.attempts.map(({ usage }) => usage.requestId)).toEqual(['call', 'call-judge']);
    const bad = await serve(policy, { 'p/judge': { text: '{"score": 0.2}' } });
    expect(bad.caller.headers['x-amadeus-route']).toBe('p/two');
    expect(bad.end.attempts.map(({ usage }) => usage.requestId)).toEqual(['call', 'call-judge', 'call.2']);
    const none = await serve(policy, { 'p/judge': { fails: true } });
    expect(none.caller.headers['x-amadeus-route']).toBe('p/two');
    expect(none.providers.asked.at(-1)).toMatchObject({
      attempt: { reason: expect.stringContaining('the judge could not be asked: p/judge') },
      call: { labels: { 'gateway.cascade': 'escalated' } },
    });
  });

  test('asks a judge only where the call itself may go', async () => {
    const judge = { provider: 'far', model: 'judge', minScore: 0.7 };
    const regionOf = (provider: string): string => (provider === 'far' ? 'us' : 'eu');
    const guarded = policyOf({ cascade: { cheapRoutes: 1, judge }, guards: { regions: ['eu'] } });
    const sensitive: Partial<AdmittedCall> = {
      request: { tenant: 't', model: 'm', tags: {}, promptTokens: 10, regions: ['eu'] },
    };
    for (const [policy, more] of [
      [guarded, {}],
      [policyOf({ cascade: { cheapRoutes: 1, judge } }), sensitive],
    ] as const) {
      const { providers, caller } = await serve(policy, {}, more, { regionOf });
      expect(providers.asked.map(({ route }) => route.provider)).toEqual(['p', 'p']);
      expect(caller.headers['x-amadeus-route']).toBe('p/two');
      expect(providers.asked.at(-1)!.attempt.reason).toContain('region us is not allowed');
    }
  });
});
