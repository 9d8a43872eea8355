import { describe, expect, test } from '@jest/globals';
import { answerText } from '../gateway/index.ts';
import { isEqualAnswer, vectorLikeness, wordLikeness } from './answer-likeness.ts';
import { compared, type Observation } from './comparison.ts';
import { meanInterval, radius, ratioInterval, unpaired } from './confidence-sequence.ts';
import { isTurned, judgeMessages, marksOf } from './judge.ts';

/** Numbers in (0, 1) that are the same in each run (Mulberry32). */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const settings = {
  confidence: 0.95,
  minObservations: 100,
  quality: { method: 'judge', margin: 0.05 },
} as const;

interface Side {
  cost: number;
  quality: number;
  ms: number;
}

function pairsOf(count: number, a: Side, b: Side, seed = 1): Observation[] {
  const draw = draws(seed);
  return Array.from({ length: count }, (_, n) => {
    const size = 0.5 + draw();
    return (['A', 'B'] as const).map((arm): Observation => {
      const side = arm === 'A' ? a : b;
      return {
        ...{
          callId: `c${n}`,
          arm,
          unit: `c${n}`,
          ok: true,
          cost: side.cost * size,
          totalMs: side.ms * (0.8 + 0.4 * draw()),
        },
        ...{ firstTokenMs: 50, quality: Math.min(1, Math.max(0, side.quality + 0.2 * (draw() - 0.5))) },
      };
    });
  }).flat();
}

describe('bounds that hold at every look', () => {
  test('cover the mean in all looks of nearly all runs', () => {
    let missed = 0;
    for (let run = 0; run < 200; run++) {
      const draw = draws(run + 1);
      const values: number[] = [];
      let isOutside = false;
      for (let n = 0; n < 600; n++) {
        values.push(draw() < 0.3 ? 1 : 0);
        if (n < 50 || n % 25 !== 0) continue;
        const { low, high } = meanInterval(values, 0.05)!;
        if (low > 0.3 || high < 0.3) isOutside = true;
      }
      if (isOutside) missed += 1;
    }
    expect(missed / 200).toBeLessThanOrEqual(0.05);
  });

  test('become narrow, and are not much wider than those of a single look', () => {
    expect(radius(1, 300, 0.05)).toBeGreaterThan(1.96 / Math.sqrt(300));
    expect(radius(1, 300, 0.05)).toBeLessThan((2 * 1.96) / Math.sqrt(300));
    expect(radius(1, 30_000, 0.05)).toBeLessThan(0.03);
  });

  test('of a ratio of pairs, and of groups drawn by chance', () => {
    const pairs = Array.from({ length: 400 }, (_, n) => [1 + (n % 7), 0.77 * (1 + (n % 7))] as const);
    expect(ratioInterval(pairs, 0.05)).toMatchObject({
      estimate: expect.closeTo(-0.23, 9),
      high: expect.closeTo(-0.23, 6),
    });
    const difference = unpaired([1, 2, 3, 4], [4, 5, 6]);
    expect(difference.reduce((sum, one) => sum + one, 0) / difference.length).toBeCloseTo(2.5, 9);
  });
});

describe('a comparison', () => {
  const strong = { cost: 0.01, quality: 0.8, ms: 900 };

  test('says that B is better where it is cheaper and no worse', () => {
    const seen = pairsOf(800, strong, { cost: 0.0077, quality: 0.8, ms: 700 });
    const { decision, sentence, cost } = compared(seen, 'shadow', settings);
    expect(decision).toBe('B');
    expect(cost!.estimate).toBeCloseTo(-0.23, 2);
    expect(sentence).toMatch(
      /^B is better: 23 % cheaper \(.*\), no worse \(.*by a judge\), \d+ ms quicker \(95 %, 800 observations\)\.$/,
    );
  });

  test('says that A is better where B is worse, whatever it saves', () => {
    const { decision, sentence } = compared(
      pairsOf(800, strong, { cost: 0.001, quality: 0.6, ms: 900 }),
      'shadow',
      settings,
    );
    expect(decision).toBe('A');
    expect(sentence).toContain('worse by');
  });

  test('says nothing before it knows enough', () => {
    const few = compared(pairsOf(40, strong, { cost: 0.005, quality: 0.8, ms: 900 }), 'shadow', settings);
    expect(few).toMatchObject({
      decision: 'undecided',
      observations: 40,
      sentence: expect.stringContaining('Too few'),
    });
    expect(compared([], 'shadow', settings)).toMatchObject({ decision: 'undecided', observations: 0 });
    const unmarked = pairsOf(300, strong, strong).map((one) => ({ ...one, quality: null }));
    expect(compared(unmarked, 'shadow', settings).decision).toBe('undecided');
  });

  test('holds failures against B', () => {
    const seen = pairsOf(600, strong, { ...strong, cost: 0.001 }).map((one, at) =>
      one.arm === 'B' && at % 4 === 1 ? { ...one, ok: false, quality: null } : one,
    );
    expect(compared(seen, 'shadow', settings).decision).toBe('A');
  });

  test('of groups counts each session once', () => {
    const seen = pairsOf(1500, strong, { cost: 0.005, quality: 0.8, ms: 900 })
      .filter(({ callId, arm }) => (Number(callId.slice(1)) % 2 === 0) === (arm === 'A'))
      .flatMap((one) => [one, { ...one, callId: `${one.callId}+` }]);
    const { observations, decision, arms } = compared(seen, 'ab', {
      ...settings,
      quality: { method: 'none', margin: 0.02 },
    });
    expect(observations).toBe(1500);
    expect(decision).toBe('B');
    expect(arms.A.calls).toBe(1500);
  });
});

describe('what answers say', () => {
  test('is read out of each dialect, whole and as a stream', () => {
    const chat = { choices: [{ message: { content: 'Hello world' } }] };
    expect(answerText(Buffer.from(JSON.stringify(chat)), 'chat', false)).toBe('Hello world');
    const piece = (content: string): string => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    expect(answerText(Buffer.from(`${piece('Hello')}${piece(' world')}data: [DONE]\n\n`), 'chat', true)).toBe(
      'Hello world',
    );
    const messages = {
      content: [
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', name: 'x' },
      ],
    };
    expect(answerText(Buffer.from(JSON.stringify(messages)), 'messages', false)).toBe('Hello');
    expect(answerText(Buffer.from('no json'), 'chat', false)).toBe('');
  });

  test('is compared by text, by words and by vectors', () => {
    expect(isEqualAnswer('The  answer is 4.', 'the answer is 4. ')).toBe(true);
    expect(wordLikeness('the answer is four', 'the answer is four')).toBeCloseTo(1, 9);
    expect(wordLikeness('the answer is four', 'no idea')).toBe(0);
    expect(vectorLikeness([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 9);
    expect(() => vectorLikeness([1], [1, 2])).toThrow(/one length/);
  });

  test('is judged without a word of which is whose, in both orders', () => {
    const [, asked] = judgeMessages('Q', 'answer of A', 'answer of B', true);
    expect(asked!.content.indexOf('answer of B')).toBeLessThan(asked!.content.indexOf('answer of A'));
    expect(marksOf('Here: {"first": 0.9, "second": 0.4}', true)).toEqual({ a: 0.4, b: 0.9 });
    expect(marksOf('{"first": 2, "second": 0.4}', false)).toBeUndefined();
    expect(marksOf('I cannot tell', false)).toBeUndefined();
    const turned = Array.from({ length: 400 }, (_, n) => isTurned(`c${n}`)).filter(Boolean).length;
    expect(Math.abs(turned - 200)).toBeLessThan(50);
  });
});
