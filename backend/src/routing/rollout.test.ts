import { describe, expect, test } from '@jest/globals';
import { LivePolicies, type LivePolicy } from './live-policies.ts';
import type { Policy, RoutedRequest } from './policy.ts';
import { begun, planProblems, settled, shareAt } from './rollout.ts';
import { unifiedDiff } from './text-diff.ts';

const start = Date.parse('2026-11-01T00:00:00Z');
const minute = 60_000;
const plan = {
  version: 'v2',
  steps: [
    { share: 0.1, afterMinutes: 0 },
    { share: 1, afterMinutes: 60 },
  ],
  stickyBy: 'session' as const,
};
const policy = (name: string): Policy => ({
  name,
  match: { models: ['m'] },
  choose: { strategy: 'ordered', routes: [{ provider: 'p', model: 'm' }] },
});
const request: RoutedRequest = { tenant: 't', model: 'm', tags: {}, promptTokens: 10 };

describe('a rollout', () => {
  test('gives the candidate its shares by the clock, and then makes it the stable one', () => {
    const going = begun({ stable: 'v1', steps: [], stickyBy: 'session' }, plan, start);
    expect(going).toMatchObject({ stable: 'v1', candidate: 'v2' });
    expect([start, start + 59 * minute, start + 60 * minute].map((at) => shareAt(going, at))).toEqual([0.1, 0.1, 1]);
    expect(settled(going, start + 59 * minute)).toBe(going);
    expect(settled(going, start + 60 * minute)).toEqual({ stable: 'v2', steps: [], stickyBy: 'session' });
  });

  test('begins when it is told to; until then nothing is served by it', () => {
    const later = begun(undefined, { ...plan, at: new Date(start + minute).toISOString() }, start);
    expect(shareAt(later, start)).toBe(0);
    expect(shareAt(later, start + minute)).toBe(0.1);
    expect(begun(undefined, { ...plan, at: '2020-01-01T00:00:00Z' }, start).steps[0]!.at).toBe(
      '2026-11-01T00:00:00.000Z',
    );
  });

  test('a second one while the first is under way leaves what was stable before both', () => {
    const first = begun({ stable: 'v1', steps: [], stickyBy: 'session' }, plan, start);
    expect(begun(first, { ...plan, version: 'v3' }, start + minute).stable).toBe('v1');
    expect(begun(first, { ...plan, version: 'v3' }, start + 61 * minute).stable).toBe('v2');
  });

  test('steps must grow', () => {
    expect(planProblems(plan)).toEqual([]);
    expect(planProblems({ steps: [...plan.steps].reverse() })).toHaveLength(1);
  });
});

describe('policies that serve', () => {
  const live = (activation: LivePolicy['activation'], position = 100): LivePolicy => ({
    ...{ tenant: 't', policy: 'own', activation },
    versions: ['v1', 'v2'].map((version) => ({ version, position, content: policy('own') })),
  });
  const servedBy = (policies: LivePolicies, more: Partial<RoutedRequest> = {}, draw = 0.5, at = start): string => {
    const found = policies.policyFor({ ...request, ...more }, draw, at);
    return `${found?.name ?? 'none'} ${found?.version ?? ''}`.trim();
  };

  test('a candidate without a stable version leaves the rest to the policies behind', () => {
    const policies = new LivePolicies([policy('fixed')], [live(begun(undefined, plan, start))]);
    const served = Array.from({ length: 2000 }, (_, n) => servedBy(policies, { session: `s${n}` }));
    const share = served.filter((by) => by === 'own v2').length / served.length;
    expect(Math.abs(share - 0.1)).toBeLessThan(0.03);
    expect(new Set(served)).toEqual(new Set(['own v2', 'fixed']));
    expect(servedBy(policies, { session: 's1' }, 0.01)).toBe(servedBy(policies, { session: 's1' }, 0.99));
    expect([servedBy(policies, {}, 0.05), servedBy(policies, {}, 0.2)]).toEqual(['own v2', 'fixed']);
    expect(servedBy(policies, { tenant: 'other' }, 0.01)).toBe('fixed');
  });

  test('who had the candidate keeps it while its share grows', () => {
    const steps = [0.1, 0.5, 1].map((share, hour) => ({ share, afterMinutes: hour * 60 }));
    const policies = new LivePolicies(
      [],
      [live(begun({ stable: 'v1', steps: [], stickyBy: 'key' }, { ...plan, steps }, start))],
    );
    for (let n = 0; n < 300; n++) {
      const seen = [0, 1, 2].map((hour) => servedBy(policies, { session: `s${n}` }, 0.5, start + hour * 60 * minute));
      expect(seen.join()).toMatch(/^(own v1,)*(own v2,?)+$/);
    }
  });

  test('a request says on which side of which rollout it is, where the version on its way is for it', () => {
    const going = { ...begun({ stable: 'v1', steps: [], stickyBy: 'session' }, plan, start), changeId: 7 };
    const sides = (one: LivePolicy, more: Partial<RoutedRequest> = {}, draw = 0.5, at = start) =>
      new LivePolicies([policy('fixed')], [one]).decide({ ...request, ...more }, draw, at).trials;
    expect(sides(live(going))).toEqual([{ changeId: 7, share: 0.1, arm: 'A' }]);
    expect(sides(live(going), {}, 0.05)).toEqual([{ changeId: 7, share: 0.1, arm: 'B' }]);
    expect(sides(live({ ...begun(undefined, plan, start), changeId: 8 }))).toEqual([
      { changeId: 8, share: 0.1, arm: 'A' },
    ]);
    // Not of another model, not before and after, and not where nobody knows which Change it was.
    expect(sides(live(going), { model: 'other' })).toEqual([]);
    expect([start - 1, start + 60 * minute].map((at) => sides(live(going), {}, 0.5, at))).toEqual([[], []]);
    expect(sides(live(begun(undefined, plan, start)))).toEqual([]);
  });

  test('the smaller position is looked at first, and a policy that was withdrawn not at all', () => {
    const other: LivePolicy = { ...live({ stable: 'v1', steps: [], stickyBy: 'session' }, 5), policy: 'early' };
    const early = { ...other, versions: other.versions.map((one) => ({ ...one, content: policy('early') })) };
    const own = live({ stable: 'v1', steps: [], stickyBy: 'session' });
    expect(servedBy(new LivePolicies([], [own, early]))).toBe('early v1');
    expect(servedBy(new LivePolicies([policy('fixed')], [live({ steps: [], stickyBy: 'session' })]))).toBe('fixed');
  });
});

test('a diff shows what differs with three lines around it', () => {
  const lines = Array.from({ length: 20 }, (_, n) => `line ${n}`);
  const other = lines.map((line, at) => (at === 10 ? 'changed' : line));
  expect(unifiedDiff(`${lines.join('\n')}\n`, `${other.join('\n')}\n`, { from: 'a', to: 'b' }).split('\n')).toEqual([
    ...['--- a', '+++ b', '@@ -8,7 +8,7 @@', ' line 7', ' line 8', ' line 9', '-line 10', '+changed'],
    ...[' line 11', ' line 12', ' line 13'],
  ]);
  expect(unifiedDiff('same\n', 'same\n', { from: 'a', to: 'b' })).toBe('');
});
