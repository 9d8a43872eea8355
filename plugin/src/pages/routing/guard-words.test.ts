import { costGapSentence, stopSentence } from './guard-words';

test('a stop says at which share, what was worse than what, and after how many calls', () => {
  const finding = { measure: 'errors', candidate: 0.12, stable: 0.01, isWorse: true } as const;
  const cost = { measure: 'cost', candidate: 0.002, stable: 0.001, isWorse: false } as const;
  const evidence = { findings: [finding, cost], candidateCalls: 430, stableCalls: 3870, currency: 'USD' };
  const stop = { changeId: 7, version: 'v2', share: 0.1, evidence, reason: '', at: '2026-11-20T12:00:00Z' };
  expect(stopSentence(stop).replaceAll('\u00a0', ' ')).toMatch(
    /^Stopped at 10 ?%: errors 12(\.0)? ?% against 1(\.0)? ?%, 430 calls$/,
  );
});

test('of costs that are not compared it is said why', () => {
  const evidence = { findings: [], candidateCalls: 100, stableCalls: 900, currency: 'USD' };
  const running = {
    changeId: 7,
    version: 'v2',
    share: 0.1,
    stopsItself: true,
    minCalls: 50,
    state: 'fine',
    evidence,
  } as const;
  expect(costGapSentence(running, 'v1')).toBeUndefined();
  const sentence = (costGap: 'candidate' | 'stable' | 'both' | 'currencies') =>
    costGapSentence({ ...running, costGap }, 'v1');
  expect(sentence('candidate')).toContain('what calls of v2 cost is not known');
  expect(sentence('stable')).toContain('what calls of v1 cost is not known');
  expect(sentence('both')).toContain('what calls of both cost is not known');
  expect(sentence('currencies')).toContain('different currencies');
});
