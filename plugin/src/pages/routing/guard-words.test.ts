import { stopSentence } from './guard-words';

test('a stop says at which share, what was worse than what, and after how many calls', () => {
  const finding = { measure: 'errors', candidate: 0.12, stable: 0.01, isWorse: true } as const;
  const cost = { measure: 'cost', candidate: 0.002, stable: 0.001, isWorse: false } as const;
  const evidence = { findings: [finding, cost], candidateCalls: 430, stableCalls: 3870, currency: 'USD' };
  const stop = { changeId: 7, version: 'v2', share: 0.1, evidence, reason: '', at: '2026-11-20T12:00:00Z' };
  expect(stopSentence(stop).replaceAll('\u00a0', ' ')).toMatch(
    /^Stopped at 10 ?%: errors 12(\.0)? ?% against 1(\.0)? ?%, 430 calls$/,
  );
});
