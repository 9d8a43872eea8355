import { describe, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { isFor, routeId, type Policy } from './policy.ts';
import { replay, type ReplayCall, type ReplayGround } from './replay.ts';

const strong = { provider: 'p', model: 'strong', quality: 0.9 };
const cheap = { provider: 'p', model: 'cheap', quality: 0.7 };
const policyOf = (routes: Policy['choose']['routes'], more: Partial<Policy> = {}): Policy => ({
  name: 'asked',
  match: { models: ['answers'] },
  choose: { strategy: 'ordered', routes },
  ...more,
});
const calls: ReplayCall[] = Array.from({ length: 1000 }, (_, n) => ({
  id: `c${n}`,
  request: {
    tenant: 't',
    model: n % 10 === 0 ? 'other' : 'answers',
    tags: {},
    promptTokens: 100,
    feature: `f${n % 2}`,
  },
  ...{ route: 'p/strong', model: 'strong', outputTokens: 10, ok: n % 100 !== 1 },
  whole: { cost: new Decimal('0.01'), firstTokenMs: 500, totalMs: 1000 },
  answer: { cost: new Decimal('0.01'), firstTokenMs: 500, totalMs: 1000 },
}));
const times = (of: number) => Array.from({ length: 10 }, (_, n) => of * (1 + n / 10));
const groundOf = (policy: Policy, present: Policy = policyOf([strong])): ReplayGround => ({
  policy,
  present: () => present,
  decides: isFor,
  routeOf: (route) => ({
    errorRate: route.model === 'cheap' ? 0.02 : 0.01,
    firstTokenMs: times(route.model === 'cheap' ? 100 : 500),
    totalMs: times(route.model === 'cheap' ? 200 : 1000),
  }),
  judgeOf: () => undefined,
  costOf: (route) => new Decimal({ cheap: '0.001', judge: '0.002' }[route.model] ?? '0.01'),
  escalationShare: 0.25,
});

describe('a replay', () => {
  test('of the policy that served gives what happened', () => {
    const { matched, happened, policy } = replay(calls, groundOf(policyOf([strong])));
    expect(matched).toBe(900);
    expect(policy.cost).toBe(happened.cost);
    expect(policy).toMatchObject({ cost: '9', quality: expect.closeTo(0.9, 9), routes: { 'p/strong': 900 } });
    expect(happened.failed).toBe(10);
    expect(happened.totalMs).toEqual({ p50: 1000, p95: 1000 });
  });

  test('of a cheaper one tells cost, latency and quality against it, in all and by feature, and again the same', () => {
    const ground = groundOf(policyOf([cheap, strong]));
    const result = replay(calls, ground);
    expect(result.policy).toMatchObject({ calls: 900, cost: '0.9', quality: expect.closeTo(0.7, 9), refused: 0 });
    expect(result.policy.totalMs!.p50).toBeGreaterThan(250);
    expect(result.policy.totalMs!.p50).toBeLessThan(320);
    expect(result.byFeature.map(({ name, calls: count }) => [name, count])).toEqual([
      ['f1', 500],
      ['f0', 400],
    ]);
    expect(replay(calls, ground)).toEqual(result);
    // Both fail with the product of their shares.
    expect(result.policy.failed).toBeCloseTo(900 * 0.02 * 0.01, 6);
  });

  test('counts what no route would have served, and what has no price', () => {
    const policy = policyOf([cheap], { guards: { maxCost: '0.0001' } });
    expect(replay(calls, groundOf(policy)).policy).toMatchObject({ refused: 900, cost: '0', qualityKnown: 0 });
    const unpriced: ReplayGround = { ...groundOf(policyOf([cheap])), costOf: () => undefined };
    expect(replay(calls, unpriced).policy).toMatchObject({ unpriced: 900, cost: '0' });
  });

  test('of a cascade asks the strong one for the assumed share, and pays for both', () => {
    const policy = policyOf([cheap, strong], { cascade: { cheapRoutes: 1 } });
    const { policy: outcome } = replay(calls, groundOf(policy));
    const again = outcome.routes[routeId(strong)]!;
    expect(again / 900).toBeGreaterThan(0.2);
    expect(again / 900).toBeLessThan(0.3);
    // Where the strong one was used and answered, what it cost counts.
    expect(outcome.cost).toBe(new Decimal('0.001').times(900).plus(new Decimal('0.01').times(again)).toFixed());
    // Its answer is held back until it is whole.
    expect(outcome.firstTokenMs!.p50).toBeGreaterThanOrEqual(200);
  });

  test('of a cascade with a judge pays for its marks, and waits for them', () => {
    const judge = { provider: 'p', model: 'judge', minScore: 0.5 };
    const policy = policyOf([cheap, strong], { cascade: { cheapRoutes: 1, judge } });
    const asked: ReplayCall[] = [];
    const ground = { ...groundOf(policy), escalationShare: 0 };
    const { policy: outcome } = replay(calls, {
      ...ground,
      costOf: (route, call) => {
        if (route.model === 'judge') asked.push(call);
        return ground.costOf(route, call);
      },
      judgeOf: () => ({ errorRate: 0, firstTokenMs: [], totalMs: times(1000) }),
    });
    expect(outcome).toMatchObject({ cost: '2.7', routes: { 'p/cheap': 900 } });
    expect(outcome.totalMs!.p50).toBeGreaterThan(1200);
    expect(outcome.firstTokenMs).toEqual(outcome.totalMs);
    expect(asked[0]).toMatchObject({ request: { promptTokens: 210 }, outputTokens: 10 });
    expect(replay(calls, ground).policy.totalMs!.p50).toBeLessThan(400);
  });

  test('of calls that a cascade answered gives what happened, and the answer alone to whoever asks no other', () => {
    const policy = policyOf([cheap, strong], { cascade: { cheapRoutes: 1 } });
    const cascaded = calls.map((call): ReplayCall => {
      const isCheap = call.id.endsWith('7');
      return {
        ...{ ...call, ok: true, cascade: { end: isCheap ? 'cheap' : 'escalated', first: 'p/cheap', judge: '' } },
        ...(isCheap ? { route: 'p/cheap', model: 'cheap' } : {}),
        whole: { cost: new Decimal(isCheap ? '0.003' : '0.013'), firstTokenMs: 900, totalMs: 2000 },
        answer: { cost: new Decimal(isCheap ? '0.001' : '0.01'), firstTokenMs: 500, totalMs: 1000 },
      };
    });
    const same = replay(cascaded, groundOf(policy, policy));
    expect(same.happened).toMatchObject({ cost: '10.7', firstTokenMs: { p50: 900 }, totalMs: { p50: 2000 } });
    for (const one of [same.present, same.policy])
      expect(one).toMatchObject({ cost: '10.7', totalMs: { p50: 2000 }, routes: same.happened.routes });
    const alone = replay(cascaded, groundOf(policyOf([strong]), policy)).policy;
    expect(alone).toMatchObject({ cost: '9', firstTokenMs: { p50: 500 } });
    // Another cheap route, or a judge, is another cascade.
    const other = policyOf([{ ...cheap, model: 'free' }, strong], { cascade: { cheapRoutes: 1 } });
    const judge = { provider: 'p', model: 'judge', minScore: 0.5 };
    const judged = policyOf([cheap, strong], { cascade: { cheapRoutes: 1, judge } });
    expect(replay(cascaded, groundOf(other, policy)).policy.routes['p/strong']).toBeLessThan(300);
    // Of the hundred cheap answers that nobody marked some would not have sufficed then.
    const marked = replay(cascaded, groundOf(judged, policy)).policy.routes;
    expect(marked['p/strong']).toBeGreaterThan(805);
    expect(marked['p/strong']).toBeLessThan(850);
    const asked = cascaded.map((call): ReplayCall => ({ ...call, cascade: { ...call.cascade!, judge: 'p/judge' } }));
    expect(replay(asked, groundOf(judged, policy)).policy.cost).toBe('10.7');
    expect(replay(asked, groundOf(policy, policy)).policy.cost).not.toBe('10.7');
  });

  test('of a cascade asks the cheap routes first, in whatever order the policy has all of them', () => {
    const policy = policyOf([cheap, strong], {
      cascade: { cheapRoutes: 1 },
      choose: { strategy: 'fastest', routes: [cheap, strong] },
    });
    const slow: ReplayGround = {
      ...{ ...groundOf(policy), escalationShare: 0 },
      routeOf: (route) => ({ errorRate: 0, firstTokenMs: [], totalMs: times(route.model === 'cheap' ? 9000 : 10) }),
    };
    expect(replay(calls, slow).policy.routes).toEqual({ 'p/cheap': 900 });
  });
});
