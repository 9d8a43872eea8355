import { describe, expect, test } from '@jest/globals';
import { AnswerMemory, type KeptAnswer } from './answer-memory.ts';
import { wishOf } from './cache-wish.ts';

const answer = (body: string): KeptAnswer => ({
  ...{ tenant: 't', policy: 'p', tags: [], createdAt: 0, expiresAt: 1, body },
  ...{ provider: 'x', route: 'x/m', model: 'm', inputTokens: 1, outputTokens: 1 },
});

describe('answers in memory', () => {
  test('stay within their bytes: what was not used for longest goes first', () => {
    const memory = new AnswerMemory(10_000);
    for (const key of ['a', 'b', 'c']) memory.put(key, answer('x'.repeat(1000)));
    memory.get('a');
    memory.put('d', answer('x'.repeat(1000)));
    expect(['a', 'b', 'c', 'd'].filter((key) => memory.get(key))).toEqual(['a', 'c', 'd']);
    expect(memory.bytes).toBe(9_000);
    memory.put('large', answer('x'.repeat(100_000)));
    expect([memory.get('large'), memory.size]).toEqual([undefined, 3]);
    memory.addStream('d', 'y'.repeat(500));
    expect(memory.bytes).toBe(10_000);
    memory.addStream('d', 'y'.repeat(2000));
    expect(memory.bytes).toBeLessThanOrEqual(10_000);
    for (const key of ['a', 'c', 'd']) memory.drop(key);
    expect([memory.bytes, memory.size]).toEqual([0, 0]);
  });
});

describe('what a caller wants of caches', () => {
  const wish = (headers: Record<string, string>): ReturnType<typeof wishOf> =>
    wishOf({ headers, request: { tenant: 't', model: 'm', tags: { doc: '7' }, promptTokens: 1 } });

  test('stands in headers', () => {
    expect(wish({})).toEqual({ reads: true, keeps: true, tags: ['doc=7'] });
    expect(wish({ 'x-amadeus-cache': 'no-cache', 'x-amadeus-cache-tags': ' a, b ' })).toEqual({
      ...{ reads: false, keeps: true, tags: ['a', 'b', 'doc=7'] },
    });
    expect(wish({ 'x-amadeus-cache': 'no-store' }).keeps).toBe(false);
    expect(() => wish({ 'x-amadeus-cache': 'yes' })).toThrow('no-store or no-cache');
    expect(() => wish({ 'x-amadeus-cache-tags': '<script>' })).toThrow('words');
  });
});
