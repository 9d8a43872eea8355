import { describe, expect, test } from '@jest/globals';
import { Breaker } from './breaker.ts';
import { choose, unitHash, type RouteFacts } from './choice.ts';
import { LivePolicies } from './live-policies.ts';
import { bounded, routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';
import { RouteRecord } from './route-statistics.ts';
import { Router } from './router.ts';

const request: RoutedRequest = { tenant: 't', model: 'fast', tags: {}, promptTokens: 1000 };
const routes: PolicyRoute[] = [
  { provider: 'a', model: 'cheap', quality: 0.6 },
  { provider: 'b', model: 'quick', quality: 0.8 },
  { provider: 'c', model: 'good', quality: 0.95 },
];
const policyOf = (choice: Partial<Policy['choose']>, rest: Partial<Policy> = {}): Policy => ({
  name: 'p',
  match: { models: ['fast'] },
  choose: { strategy: 'ordered', routes, ...choice },
  ...rest,
});
const facts: Readonly<Record<string, RouteFacts>> = {
  'a/cheap': known({ cost: '0.001', p95: 900, region: 'us' }),
  'b/quick': known({ cost: '0.004', p95: 200, region: 'eu' }),
  'c/good': known({ cost: '0.020', p95: 1500, region: 'eu' }),
};

function known({ cost, p95, region }: { cost: string; p95: number; region: string }): RouteFacts {
  const firstTokenMs = { p50: p95 / 2, p95 };
  return { expectedCost: cost, region, breaker: 'closed', statistics: { weight: 100, errorRate: 0.01, firstTokenMs } };
}

const factsOf = (route: PolicyRoute): RouteFacts => facts[routeId(route)]!;
const orderOf = (policy: Policy, more: Partial<RoutedRequest> = {}, draw = 0.5): string[] =>
  choose({ ...request, ...more }, policy, factsOf, draw).order.map(routeId);

describe('the choice of a route', () => {
  test('follows the strategy, and the others stand behind as fallbacks', () => {
    expect(orderOf(policyOf({}))).toEqual(['a/cheap', 'b/quick', 'c/good']);
    expect(orderOf(policyOf({ strategy: 'cheapest', maxLatencyMs: 500 }))).toEqual(['b/quick', 'a/cheap', 'c/good']);
    expect(orderOf(policyOf({ strategy: 'fastest' }))).toEqual(['b/quick', 'a/cheap', 'c/good']);
    expect(orderOf(policyOf({ strategy: 'fastest', maxCost: '0.002' }))).toEqual(['a/cheap']);
    expect(orderOf(policyOf({ strategy: 'cheapest', qualityFloor: 0.9 }))).toEqual(['c/good']);
  });

  test('what may not be used says why', () => {
    const policy = policyOf({ qualityFloor: 0.9 }, { guards: { regions: ['us'], maxCost: '0.01' } });
    const { order, reason, candidates } = choose(request, policy, factsOf, 0.5);
    expect(order).toEqual([]);
    expect(reason).toMatch(/no route/);
    expect(candidates.map(({ excluded }) => excluded)).toEqual([
      ['quality 0.6 is below 0.9'],
      ['region eu is not allowed', 'quality 0.8 is below 0.9'],
      ['region eu is not allowed', 'expected cost 0.020 is above 0.01'],
    ]);
    const small = policyOf({ routes: [{ provider: 'a', model: 'cheap', maxContextTokens: 1200 }] });
    expect(orderOf(small, { maxOutputTokens: 200 })).toEqual(['a/cheap']);
    expect(orderOf(small, { maxOutputTokens: 201 })).toEqual([]);
  });

  test('weights hold over many requests; a session stays where it is, also when another route goes', () => {
    const weighted = (weights: number[]): Policy =>
      policyOf({
        strategy: 'weights',
        sticky: 'session',
        routes: routes.map((route, at) => ({ ...route, weight: weights[at]! })),
      });
    const first = { 'a/cheap': 0, 'b/quick': 0, 'c/good': 0 } as Record<string, number>;
    for (let n = 0; n < 4_000; n++) first[orderOf(weighted([7, 2, 1]), { session: `s${n}` })[0]!]! += 1;
    expect(first['a/cheap']! / 4_000).toBeCloseTo(0.7, 1);
    expect(first['b/quick']! / 4_000).toBeCloseTo(0.2, 1);
    let moved = 0;
    for (let n = 0; n < 200; n++) {
      const [before] = orderOf(weighted([7, 2, 1]), { session: `s${n}` }, Math.abs(Math.sin(n)));
      const [after] = orderOf(weighted([7, 2, 0]), { session: `s${n}` }, 0.1);
      if (before !== 'c/good' && before !== after) moved += 1;
    }
    expect(moved).toBe(0);
    expect(orderOf(weighted([7, 2, 0]), { session: 's' })).not.toContain('c/good');
  });

  test('a session stays on the route that answered it, whatever the strategy, while that route may be used', () => {
    const policy = policyOf({ strategy: 'cheapest', sticky: 'session' });
    const router = new Router(new LivePolicies([policy], []), {
      now: () => nowMs,
      regionOf: () => undefined,
      costOf: (route) => ({ cost: facts[routeId(route)]!.expectedCost!, currency: 'USD' }),
    });
    let nowMs = 0;
    const first = (session?: string, by = policy): string =>
      routeId(router.choose(session === undefined ? request : { ...request, session }, by, 0.5).order[0]!);
    router.answered({ ...request, session: 's' }, policy, routes[2]!);
    router.answered(request, policy, routes[2]!);
    expect([first('s'), first('other'), first()]).toEqual(['c/good', 'a/cheap', 'a/cheap']);
    expect(router.choose({ ...request, session: 's' }, policy, 0.5).reason).toMatch(/answered here before/);
    expect(router.choose({ ...request, tenant: 'u', session: 's' }, policy, 0.5).order[0]).toBe(routes[0]);
    expect(first('s', policyOf({ strategy: 'cheapest', sticky: 'none' }))).toBe('a/cheap');
    expect(first('s', policyOf({ ...policy.choose, routes: routes.slice(0, 2) }))).toBe('a/cheap');
    for (let n = 0; n < 5; n++) router.note(routes[2]!, { ok: false });
    expect(first('s')).toBe('a/cheap');
    nowMs = 3_599_999;
    expect(first('s')).toBe('c/good');
    nowMs = 3_600_000;
    expect(first('s')).toBe('a/cheap');
  });

  test('costs in several currencies are compared in that of the first route; without a rate a cost is unknown', () => {
    const priced = (route: PolicyRoute): RouteFacts => ({
      ...factsOf(route),
      currency: route.provider === 'b' ? 'KRW' : 'USD',
      ...(route.provider === 'b' ? { expectedCost: '0.7' } : {}),
    });
    const policy = policyOf({ strategy: 'cheapest' }, { guards: { maxCost: '0.1' } });
    const rateOf = (from: string, to: string): string | undefined =>
      from === 'KRW' && to === 'USD' ? '0.0007' : undefined;
    const { order, candidates } = choose(request, policy, priced, 0.5, { rateOf });
    expect(routeId(order[0]!)).toBe('b/quick');
    expect(candidates.find(({ route }) => route === 'b/quick')).toMatchObject({
      expectedCost: '0.00049',
      excluded: [],
    });
    const unknown = choose(request, policy, priced, 0.5).candidates.find(({ route }) => route === 'b/quick')!;
    expect(unknown.expectedCost).toBeUndefined();
    expect(unknown.excluded).toEqual(['expected cost unknown is above 0.1']);
  });

  test('an answer is as long as the guards let it be, however long the caller asks for', () => {
    const short = { ...routes[0]!, maxContextTokens: 5000 };
    const policy = policyOf({ routes: [short] }, { guards: { maxOutputTokens: 2000 } });
    const router = new Router(new LivePolicies([policy], []), {
      now: () => 0,
      regionOf: () => undefined,
      costOf: (_route, _request, outputTokens) => ({ cost: String(outputTokens), currency: 'USD' }),
    });
    const long = { ...request, promptTokens: 1000, maxOutputTokens: 64_000 };
    expect(router.choose(long, policy, 0.5).order).toEqual([short]);
    expect(router.choose(long, policyOf({ routes: [short] }), 0.5).order).toEqual([]);
    expect(bounded(long, policy).maxOutputTokens).toBe(2000);
    expect(bounded(request, policy)).toBe(request);
  });

  test('a score is the sum of the terms that it shows', () => {
    const { order, candidates } = choose(request, policyOf({ strategy: 'score' }), factsOf, 0.5);
    expect(routeId(order[0]!)).toBe('b/quick');
    for (const { score, terms } of candidates)
      expect(Object.values(terms!).reduce((sum, term) => sum + term, 0)).toBeCloseTo(score!, 12);
    const quality = policyOf({ strategy: 'score', scoreWeights: { cost: 0, latency: 0, errors: 0, quality: 1 } });
    expect(orderOf(quality)[0]).toBe('c/good');
  });

  test('a route that rests stands last, and serves where every other one does too', () => {
    const resting = (route: PolicyRoute): RouteFacts => ({
      ...factsOf(route),
      breaker: route.provider === 'c' ? 'closed' : 'open',
    });
    expect(choose(request, policyOf({}), resting, 0.5).order.map(routeId)).toEqual(['c/good', 'a/cheap', 'b/quick']);
    const all = (route: PolicyRoute): RouteFacts => ({ ...factsOf(route), breaker: 'open' });
    const choice = choose(request, policyOf({}), all, 0.5);
    expect(choice.order).toHaveLength(3);
    expect(choice.reason).toMatch(/rests after failures/);
  });

  test('policies are looked at in their order, each condition by itself', () => {
    const special = policyOf(
      {},
      { name: 'special', match: { models: ['fa*'], team: ['search'], tags: { stage: 'canary' } } },
    );
    const long = policyOf({}, { name: 'long', match: { models: ['*'], minPromptTokens: 5000 } });
    const usual = policyOf({}, { name: 'usual' });
    const named = (more: Partial<RoutedRequest>): string | undefined =>
      new LivePolicies([special, long, usual], []).policyFor({ ...request, ...more }, 0.5, 0)?.name;
    expect(named({ team: 'search', tags: { stage: 'canary' } })).toBe('special');
    expect(named({ team: 'search', tags: {} })).toBe('usual');
    expect(named({ promptTokens: 5000 })).toBe('long');
    expect(named({ model: 'other' })).toBeUndefined();
  });

  test('the draw is spread evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (let n = 0; n < 10_000; n++) counts[Math.floor(unitHash(`key ${n}`) * 10)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

describe('what is learned of a route', () => {
  test('quantiles within 5 %, fading by half in ten minutes, few calls drawn to the usual error rate', () => {
    const record = new RouteRecord();
    const at = Date.parse('2026-11-01T00:00:00Z');
    for (let ms = 1; ms <= 1000; ms++)
      record.note({ ok: true, firstTokenMs: ms, totalMs: 2 * ms, outputTokens: 100 }, at);
    const fresh = record.statistics(at);
    expect(Math.abs(fresh.firstTokenMs!.p50 - 500) / 500).toBeLessThan(0.06);
    expect(Math.abs(fresh.totalMs!.p95 - 1900) / 1900).toBeLessThan(0.06);
    expect(fresh.outputTokens).toBeCloseTo(100, 6);
    expect(record.statistics(at + 600_000).weight).toBeCloseTo(500, 6);
    for (let n = 0; n < 10; n++) record.note({ ok: false }, at + 3_600_000);
    expect(record.statistics(at + 3_600_000).errorRate).toBeGreaterThan(0.3);
    const young = new RouteRecord();
    young.note({ ok: false }, at);
    expect(young.statistics(at).errorRate).toBeCloseTo(1.05 / 6, 6);
    expect(new RouteRecord().statistics(at).firstTokenMs).toBeUndefined();
  });

  test.each([1, 3, 4, 6])('a breaker opens where all fail that come %i at a time', (size) => {
    const breaker = new Breaker();
    let failed = 0;
    for (let at = 0; at < 60_000 && breaker.state(at) === 'closed'; at += 1_000) {
      for (let n = 0; n < size; n++) breaker.begin(at);
      for (let n = 0; n < size; n++) breaker.failed(at + 500, undefined, at);
      failed += size;
    }
    expect(failed).toBeLessThanOrEqual(8);
  });

  test('a breaker opens after five failures, lets one call try, rests longer each time, and heeds what the provider asks', () => {
    const breaker = new Breaker();
    for (let n = 0; n < 4; n++) breaker.failed(0);
    expect(breaker.state(0)).toBe('closed');
    breaker.failed(0);
    expect([breaker.state(4_999), breaker.state(5_000)]).toEqual(['open', 'half-open']);
    breaker.begin(5_000);
    expect(breaker.state(5_001)).toBe('open');
    breaker.failed(6_000);
    expect([breaker.state(15_999), breaker.state(16_000)]).toEqual(['open', 'half-open']);
    breaker.begin(16_000);
    // A caller who hung up on a call from before says nothing of the trial.
    breaker.undecided(15_999);
    expect(breaker.state(16_000)).toBe('open');
    breaker.undecided(16_000);
    expect(breaker.state(16_000)).toBe('half-open');
    breaker.begin(16_000);
    breaker.succeeded(16_000);
    expect(breaker.state(16_001)).toBe('closed');
    breaker.failed(20_000, 30_000);
    expect([breaker.state(49_999), breaker.state(50_000)]).toEqual(['open', 'half-open']);
  });

  test('a rest is not ended by what began before it, nor made longer; what the provider asks for then is heeded', () => {
    const breaker = new Breaker();
    breaker.failed(1_000, 60_000, 900);
    breaker.succeeded(500);
    expect([breaker.state(60_999), breaker.state(61_000)]).toEqual(['open', 'half-open']);
    breaker.failed(2_000, 90_000, 950);
    expect([breaker.state(91_999), breaker.state(92_000)]).toEqual(['open', 'half-open']);
    breaker.begin(92_000);
    breaker.failed(92_500, undefined, 800);
    breaker.succeeded(900);
    expect(breaker.state(92_500)).toBe('open');
    breaker.succeeded(92_000);
    expect(breaker.state(92_501)).toBe('closed');

    // Twenty that fail together are one reason to rest, and the shortest one.
    const burst = new Breaker();
    for (let n = 0; n < 20; n++) burst.failed(1_000 + n, undefined, 500);
    expect([burst.state(6_003), burst.state(6_004)]).toEqual(['open', 'half-open']);
    // Routes that rest are asked where no other is left: then a success ends the rest.
    burst.succeeded(1_500);
    expect(burst.state(2_000)).toBe('closed');
  });

  test('a success ends the row of those failures alone whose calls had begun by then', () => {
    const breaker = new Breaker();
    for (let n = 1; n <= 4; n++) breaker.failed(1_000 * n + 10, undefined, 1_000 * n);
    breaker.succeeded(999);
    breaker.failed(5_010, undefined, 5_000);
    expect(breaker.state(5_010)).toBe('open');

    const other = new Breaker();
    for (let n = 1; n <= 4; n++) other.failed(1_000 * n + 10, undefined, 1_000 * n);
    other.succeeded(2_000);
    for (let n = 5; n <= 6; n++) other.failed(1_000 * n + 10, undefined, 1_000 * n);
    expect(other.state(6_010)).toBe('closed');
    other.failed(7_010, undefined, 7_000);
    expect(other.state(7_010)).toBe('open');
  });

  test('a few failures among many long answers that are still under way are no row', () => {
    const breaker = new Breaker();
    for (let at = 0; at < 10_000; at++) {
      breaker.begin(at);
      if (at % 20 === 0) breaker.failed(at + 1, undefined, at);
    }
    expect(breaker.state(10_000)).toBe('closed');
    // Callers who hang up say nothing.
    for (let at = 10_000; at < 10_005; at++) {
      for (let n = 0; n < 4; n++) {
        breaker.begin(at);
        breaker.undecided(at);
      }
      breaker.begin(at);
      breaker.failed(at, undefined, at);
    }
    expect(breaker.state(10_005)).toBe('open');
  });

  test('a trial of which nothing is heard for long makes room for another', () => {
    const breaker = new Breaker();
    breaker.failed(0, 5_000);
    breaker.begin(5_000);
    expect([breaker.state(124_999), breaker.state(125_000)]).toEqual(['open', 'half-open']);
  });

  test('a router knows by its length when a call began: a stream that ends late does not end a rest', () => {
    let now = 100_000;
    const [cheap] = routes as [PolicyRoute];
    const router = new Router(new LivePolicies([], []), {
      now: () => now,
      regionOf: () => undefined,
      costOf: () => undefined,
    });
    const state = (): unknown => router.learned()[0]!.breaker;
    router.begin(cheap);
    router.note(cheap, { ok: false, totalMs: 50, restMs: 60_000 });
    now += 20_000;
    router.note(cheap, { ok: true, totalMs: 30_000 });
    expect(state()).toBe('open');
    now += 40_000;
    router.begin(cheap);
    now += 2_000;
    router.note(cheap, { ok: true, totalMs: 2_000 });
    expect(state()).toBe('closed');
  });

  test('a router learns from outcomes, also how long answers are', () => {
    let now = 1_000_000;
    const [cheap, quick] = routes as [PolicyRoute, PolicyRoute];
    const router = new Router(new LivePolicies([policyOf({ strategy: 'fastest', routes: [cheap, quick] })], []), {
      now: () => now,
      regionOf: () => undefined,
      costOf: (_route, _request, outputTokens) => ({ cost: String(outputTokens), currency: 'USD' }),
    });
    const firstOf = (): string => routeId(router.choose(request, router.decide(request, 0.5).policy!, 0.5).order[0]!);
    for (let n = 0; n < 20; n++) {
      router.note(cheap, { ok: true, firstTokenMs: 800, totalMs: 900, outputTokens: 50 });
      router.note(quick, { ok: true, firstTokenMs: 100, totalMs: 300, outputTokens: 70 });
    }
    expect(firstOf()).toBe('b/quick');
    expect(router.expectedOutput(cheap, request)).toBe(50);
    expect(router.expectedOutput(cheap, { ...request, maxOutputTokens: 10 })).toBe(10);
    for (let n = 0; n < 5; n++) router.note(quick, { ok: false });
    expect(firstOf()).toBe('a/cheap');
    now += 10_000;
    expect(firstOf()).toBe('b/quick');
  });
});
