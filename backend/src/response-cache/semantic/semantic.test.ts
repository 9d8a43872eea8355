import { describe, expect, test } from '@jest/globals';
import { HitCertainty } from './hit-certainty.ts';
import { cosine, lexicalVector } from './lexical-vector.ts';
import { QuestionIndex } from './question-index.ts';
import { mayMeanTheSame } from './veto.ts';

const close = (one: string, other: string): number => cosine(lexicalVector(one), lexicalVector(other));

describe('lexical vectors', () => {
  test('lie closer the more words and forms of words two texts share', () => {
    const question = 'How do I reset my password?';
    expect(close(question, question)).toBeCloseTo(1, 5);
    expect(close(question, 'how can I reset the passwords')).toBeGreaterThan(close(question, 'How do I cook rice?'));
    expect(close('비밀번호를 어떻게 바꾸나요', '비밀번호 바꾸는 방법')).toBeGreaterThan(
      close('비밀번호를 어떻게 바꾸나요', '오늘 날씨'),
    );
    expect(close('', question)).toBe(0);
  });
});

describe('two texts', () => {
  test.each([
    ['What is 2 plus 3?', 'What is 2 plus 4?', false],
    ['May I smoke here?', 'May I not smoke here?', false],
    ["Why doesn't it start?", 'Why does it start?', false],
    ['Why is it not on?', "Why isn't it on?", true],
    ['Open at 10:30', 'At 10:30 is it open', true],
  ])('%j and %j may mean the same: %j', (one, other, expected) => {
    expect(mayMeanTheSame(one, other)).toBe(expected);
  });
});

describe('questions', () => {
  test('are compared within their context alone, and forgotten', () => {
    const index = new QuestionIndex();
    const text = 'How do I reset my password?';
    const question = { entry: 'e1', tenant: 't', policy: 'p', text, vector: lexicalVector(text) };
    index.add('c1', question);
    expect(
      index.nearest('c1', 'how do I reset my password', lexicalVector('how do I reset my password')),
    ).toMatchObject({
      question: { entry: 'e1' },
    });
    expect(index.nearest('c2', text, question.vector)).toBeUndefined();
    index.drop('e1');
    expect([index.nearest('c1', text, question.vector), index.size]).toEqual([undefined, 0]);
  });
});

/** A generator of its own, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('certainty of hits', () => {
  test('knows nothing at first, and then as much as it saw', () => {
    const certainty = new HitCertainty();
    expect(certainty.atLeast('e', 0.99)).toBeLessThan(0.5);
    for (let n = 0; n < 200; n++) certainty.learn('e', { similarity: 0.95, correct: true });
    expect(certainty.atLeast('other', 0.96)).toBeGreaterThan(0.95);
    expect(certainty.atLeast('other', 0.6)).toBeLessThan(0.9);
  });

  test('of one entry that was wrong falls faster than that of the others', () => {
    const certainty = new HitCertainty();
    for (let n = 0; n < 300; n++) certainty.learn(`e${n}`, { similarity: 0.9, correct: true });
    for (let n = 0; n < 3; n++) certainty.learn('bad', { similarity: 0.9, correct: false });
    expect(certainty.atLeast('bad', 0.9)).toBeLessThan(certainty.atLeast('e1', 0.9));
  });

  test.each([0.02, 0.05, 0.1])('keeps the bound of %d on what it lets through, whatever the truth', (bound) => {
    for (const seed of [1, 2]) {
      const draw = random(seed);
      const certainty = new HitCertainty();
      const [threshold, slope, lapse] = [0.55 + 0.3 * draw(), 8 + 40 * draw(), 0.03 * draw()];
      let hits = 0;
      let wrong = 0;
      for (let n = 0; n < 1000; n++) {
        const similarity = 0.4 + 0.6 * draw();
        const correct = draw() < (1 - lapse) / (1 + Math.exp(-slope * (similarity - threshold)));
        if (certainty.atLeast(`e${n}`, similarity) >= 1 - bound) {
          hits += 1;
          wrong += correct ? 0 : 1;
          if (draw() > 0.1) continue;
        }
        certainty.learn(`e${n}`, { similarity, correct });
      }
      // Three standard deviations of chance above the bound.
      expect(wrong).toBeLessThanOrEqual(bound * hits + 3 * Math.sqrt(bound * hits + 1));
    }
  });
});
