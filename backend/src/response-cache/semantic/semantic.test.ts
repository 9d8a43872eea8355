import { describe, expect, test } from '@jest/globals';
import { HitCertainty } from './hit-certainty.ts';
import type { KeptQuestion } from './kept-question.ts';
import { wordCosine } from './lexical-questions.ts';
import { QuestionIndex } from './question-index.ts';
import { questionWords } from './question-words.ts';
import { mayMeanTheSame } from './veto.ts';
import { Vocabulary } from './vocabulary.ts';

const none = new Float32Array();
const question = (entry: string, text: string, more: Partial<KeptQuestion> = {}): KeptQuestion => ({
  ...{ entry, tenant: 't', policy: 'p', text, vector: none },
  ...more,
});

describe('how alike two questions are by their words', () => {
  const close = (one: string, other: string): number => wordCosine(new Vocabulary(), one, other);

  test('grows with the words and forms of words that they share', () => {
    const text = 'How do I reset my password?';
    expect(close(text, text)).toBe(1);
    expect(close(text, 'how can I reset the passwords')).toBeGreaterThan(close(text, 'How do I cook rice?'));
    expect(close("Why isn't it on?", 'why is it not on')).toBeGreaterThan(0.95);
    expect(close('Is C++ fast?', 'Is C fast?')).toBeLessThan(0.9);
    expect(close('비밀번호를 어떻게 바꾸나요', '비밀번호 바꾸는 방법')).toBeGreaterThan(
      close('비밀번호를 어떻게 바꾸나요', '오늘 날씨'),
    );
    expect([close('', text), close('?', '!')]).toEqual([0, 0]);
  });

  test('minds the order, a little', () => {
    const turned = close('from dollars to euros', 'from euros to dollars');
    expect(turned).toBeLessThan(1);
    expect(turned).toBeGreaterThan(0.9);
  });

  test('minds rare words more than common ones, by the questions of the tenant', () => {
    const shops = new Vocabulary();
    const cities = ['Ulm', 'Bern', 'Graz', 'Kiel', 'Jena', 'Köln', 'Linz', 'Trier', 'Basel', 'Worms'];
    for (const city of cities)
      for (let n = 0; n < 20; n++) shops.add(questionWords(`opening hours of the shop in ${city}`));
    const [one, other] = ['opening hours of the shop in Ulm', 'opening hours of the shop in Bern'];
    expect(wordCosine(shops, one, other)).toBeLessThan(close(one, other) - 0.2);
    const [plain, polite] = ['reset password', 'reset password of the shop'];
    expect(wordCosine(shops, plain, polite)).toBeGreaterThan(close(plain, polite));
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
    index.add('c1', question('e1', text));
    expect(index.nearest('c1', 'how do I reset my password', none)).toMatchObject({
      ...{ question: { entry: 'e1' }, similarity: 1 },
    });
    expect(index.nearest('c2', text, none)).toBeUndefined();
    expect(index.nearest('c1', 'What is the capital of Peru?', none)).toBeUndefined();
    index.drop('e1');
    expect([index.nearest('c1', text, none), index.size]).toEqual([undefined, 0]);
  });

  test('with vectors are compared by these, with each other alone', () => {
    const index = new QuestionIndex();
    index.add('c', question('e1', 'one', { vector: Float32Array.of(1, 0) }));
    index.add('c', question('e2', 'other', { vector: Float32Array.of(0.6, 0.8) }));
    expect(index.nearest('c', 'asked', Float32Array.of(0, 1))).toMatchObject({ question: { entry: 'e2' } });
    expect(index.nearest('c', 'one', none)).toBeUndefined();
  });

  test('are found as if each had been compared', () => {
    const draw = random(7);
    const words = Array.from({ length: 60 }, (_, n) => `word${n}`);
    const written = (): string =>
      Array.from({ length: 3 + Math.floor(draw() * 7) }, () => words[Math.floor(draw() ** 2 * words.length)]!).join(
        ' ',
      );
    const index = new QuestionIndex();
    const kept = Array.from({ length: 400 }, (_, n) => question(`e${n}`, written()));
    for (const one of kept) index.add('c', one);
    for (const { entry } of kept.splice(0, 100)) index.drop(entry);
    const vocabulary = new Vocabulary();
    for (const { text } of kept) vocabulary.add(questionWords(text));
    for (let n = 0; n < 100; n++) {
      const text = written();
      const best = Math.max(
        ...kept.filter((one) => mayMeanTheSame(text, one.text)).map((one) => wordCosine(vocabulary, one.text, text)),
      );
      expect(index.nearest('c', text, none)?.similarity ?? 0).toBeCloseTo(best >= 0.6 ? best : 0, 8);
    }
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
      const [threshold, slope, lapse, floor] = [0.55 + 0.3 * draw(), 8 + 40 * draw(), 0.03 * draw(), 0.6 * draw()];
      let hits = 0;
      let wrong = 0;
      for (let n = 0; n < 1000; n++) {
        const similarity = 0.4 + 0.6 * draw();
        const rise = 1 / (1 + Math.exp(-slope * (similarity - threshold)));
        const correct = draw() < floor + (1 - lapse - floor) * rise;
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
