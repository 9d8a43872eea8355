import type { Comparison } from '@amadeus/backend/experiments/contract.ts';
import { leftOutSentence, verdictSentence } from './experiment-words';

const settings = {
  ...{ sampleShare: 0.5, confidence: 0.95, minObservations: 60, maxObservations: 5000, days: 14 },
  quality: { method: 'thumbs', margin: 0.02 },
} as const;
const arms = { A: { calls: 120 }, B: { calls: 120 } };
const at = (estimate: number, low: number, high: number) => ({ estimate, low, high });
const said = (comparison: Partial<Comparison>, state: 'running' | 'ended' = 'running') =>
  verdictSentence(
    { settings, state },
    { ...{ observations: 240, decision: 'undecided', arms, sentence: '' }, ...comparison },
  )
    .replaceAll('\u00a0', ' ')
    .replaceAll(' %', '%');

test('says which is better by what, and how sure that is', () => {
  const cost = at(-0.5, -0.6, -0.4);
  expect(said({ decision: 'B', cost, quality: at(0.01, -0.01, 0.03), totalMs: at(-120, -200, -40) })).toBe(
    'B is better: 50.0% cheaper (40.0% to 60.0%), no worse (at most 1 points less, by what people say), 120 ms quicker (95%, 240 observations).',
  );
  expect(said({ decision: 'A', cost: at(1, 0.9, 1.1), failures: at(0.1, 0.05, 0.15), totalMs: at(3, -5, 9) })).toBe(
    'A is better: B is 100.0% dearer (90.0% to 110.0%), failing more often by 5 to 15 points, about as quick, of a quality that is not known yet (95%, 240 observations).',
  );
  expect(said({ decision: 'same', cost: at(0, -0.005, 0.004) })).toBe(
    'Neither is better: B is not clearly cheaper or dearer (−0.5% to +0.4%), of a quality that is not known yet (95%, 240 observations).',
  );
});

test('says so where it is not decided, yet or any more', () => {
  const quality = at(0.12, -0.087, 0.33);
  expect(said({ quality })).toMatch(/^Not decided yet: B is perhaps worse, by up to 8.7 points, by what people say/);
  expect(said({ quality }, 'ended')).toMatch(/^It ended undecided: B is perhaps worse/);
  expect(said({ quality, observations: 12 })).toMatch(/^Too few to tell: B is .* so far \(12 observations\)\.$/);
  expect(said({ observations: 0 })).toBe('Too few to tell: nothing is known yet.');
});

test('tells what could not be compared', () => {
  expect(leftOutSentence({})).toBeUndefined();
  expect(leftOutSentence({ leftOut: { hungUp: 3, unpriced: 1200, refused: 0 } })).toBe(
    'Not compared in all: the caller hung up: 3; a model without a price: 1,200.',
  );
});
