import { describe, expect, test } from '@jest/globals';
import { costGapOf, guardOf, judge } from './judge.ts';
import { proportionBounds } from './proportion.ts';
import { addSides, emptySide, withCall, type SeenCall, type Side } from './side.ts';
import { stopReason } from './stop-words.ts';

/** Deterministic numbers from 0 to 1 (xorshift). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function side(calls: number, of: (n: number) => SeenCall): Side {
  let all = emptySide();
  for (let n = 0; n < calls; n++) all = withCall(all, of(n));
  return all;
}
const usual = guardOf({});
const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('bounds of a proportion', () => {
  test('hold what is known of few observations and close in with more', () => {
    expect(proportionBounds(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
    expect(proportionBounds(0, 20, 0.05)).toEqual({ low: 0, high: expect.closeTo(0.2607, 3) });
    expect(proportionBounds(20, 20, 0.05)).toEqual({ low: expect.closeTo(0.7393, 3), high: 1 });
    const { low, high } = proportionBounds(1_000, 10_000, 0.05);
    expect(low).toBeGreaterThan(0.088);
    expect(high).toBeLessThan(0.113);
  });

  test('are right at every look in nearly all series', () => {
    let wrong = 0;
    for (let series = 1; series <= 100; series++) {
      const draw = numbers(series * 7919);
      let hits = 0;
      let isOut = false;
      for (let n = 1; n <= 400; n++) {
        hits += draw() < 0.1 ? 1 : 0;
        if (n % 20 !== 0) continue;
        const { low, high } = proportionBounds(hits, n, 0.05);
        isOut ||= low > 0.1 || high < 0.1;
      }
      wrong += isOut ? 1 : 0;
    }
    expect(wrong / 100).toBeLessThanOrEqual(0.05);
  });
});

describe('costs that cannot be compared', () => {
  const priced = side(20, () => ({ ok: true, cost: usd(0.01) }));
  const unpriced = side(20, () => ({ ok: true }));
  const euros = side(20, () => ({ ok: true, cost: { amount: 0.01, currency: 'EUR' } }));
  const measures = (candidate: Side, stable: Side) =>
    judge(candidate, stable, usual).findings.map(({ measure }) => measure);

  test.each([
    ['candidate', unpriced, priced],
    ['stable', priced, unpriced],
    ['both', unpriced, unpriced],
    ['currencies', euros, priced],
  ] as const)('are no finding, and it is said why: %s', (gap, candidate, stable) => {
    expect(costGapOf(candidate, stable)).toBe(gap);
    expect(measures(candidate, stable)).not.toContain('cost');
  });

  test('are told apart from those that are, and from calls that have yet to come', () => {
    expect(costGapOf(priced, priced)).toBeUndefined();
    expect(measures(priced, priced)).toContain('cost');
    expect(costGapOf(emptySide(), priced)).toBeUndefined();
    expect(measures(emptySide(), priced)).not.toContain('cost');
  });
});

describe('a rollout', () => {
  const failing = (share: number, seed: number) => {
    const draw = numbers(seed);
    return () => ({ ok: draw() >= share });
  };

  test('is stopped for errors that are clearly more, and says so', () => {
    const judged = judge(side(430, failing(0.12, 3)), side(3_870, failing(0.01, 5)), usual);
    expect(judged.state).toBe('stopped');
    expect(stopReason(0.1, judged.findings, 430, '')).toMatch(
      /^Stopped at 10 %: errors 1\d(\.\d)? % against [01](\.\d)? %, 430 calls\.$/,
    );
  });

  test('goes on where both do alike, at whichever look', () => {
    const [a, b] = [failing(0.03, 11), failing(0.03, 17)];
    let [candidate, stable] = [emptySide(), emptySide()];
    for (let n = 0; n < 3_000; n++) {
      if (n % 10 === 0) candidate = withCall(candidate, b());
      else stable = withCall(stable, a());
      if (n % 150 === 0) expect(judge(candidate, stable, { ...usual, minCalls: 10 }).state).not.toBe('stopped');
    }
  });

  test('waits for the calls that its policy asks for', () => {
    const [all, none] = [side(49, () => ({ ok: false })), side(400, () => ({ ok: true }))];
    expect(judge(all, none, usual).state).toBe('waiting');
    expect(judge(all, none, { ...usual, minCalls: 40 }).state).toBe('stopped');
  });

  test('is stopped where its slowest twentieth begins much later, not where it is a little later', () => {
    const draw = numbers(23);
    const lasting = (ms: number) => () => ({ ok: true, firstTokenMs: ms * (0.5 + draw()) });
    const stable = side(2_000, lasting(400));
    const finding = (candidate: Side) =>
      judge(candidate, stable, usual).findings.find(({ measure }) => measure === 'first-token')!;
    expect(finding(side(300, lasting(1_200))).isWorse).toBe(true);
    expect(finding(side(300, lasting(440))).isWorse).toBe(false);
    expect(Math.abs(finding(side(300, lasting(440))).stable - 580)).toBeLessThan(40);
  });

  test('is stopped where a call costs far more; costs in two currencies are not compared', () => {
    const draw = numbers(29);
    const costing =
      (mean: number, currency = 'USD') =>
      () => ({
        ok: true,
        cost: { amount: mean * (0.5 + draw()), currency },
      });
    const stable = side(1_000, costing(0.002));
    expect(judge(side(200, costing(0.006)), stable, usual).state).toBe('stopped');
    expect(judge(side(200, costing(0.0022)), stable, usual).state).toBe('fine');
    expect(judge(side(200, costing(0.006, 'EUR')), stable, usual).findings.map(({ measure }) => measure)).toEqual([
      'errors',
    ]);
  });

  test('is what all processes have seen of it together', () => {
    const one = side(3, (n) => ({ ok: n > 0, cost: usd(1), firstTokenMs: 100 }));
    expect(addSides(addSides(emptySide(), one), one)).toEqual({
      ...{ calls: 6, failures: 2, priced: 6, cost: 6, costSquares: 6, currency: 'USD' },
      firstToken: new Map([[95, 6]]),
    });
  });
});
