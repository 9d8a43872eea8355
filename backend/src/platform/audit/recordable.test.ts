import { describe, expect, test } from '@jest/globals';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { recordable, recordableText } from './recordable.ts';

describe('canonical JSON', () => {
  test('sorts keys and leaves no blanks', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'x"'], A: { z: 1, y: -0 } })).toBe(
      '{"A":{"y":0,"z":1},"a":[true,null,"x\\""],"b":1}',
    );
  });

  test.each<JsonValue>([
    { 한글: '🚀', 'a\n': '\u2028', n: [1e21, 1e-7, 0.1, 123456789012345680000] },
    { '10': 1, '9': 2, __proto__x: 3 },
    [],
    {},
    '',
  ])('written, parsed and written again it is the same text: %j', (value) => {
    const text = canonicalJson(value);
    expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
  });
});

describe('what is recorded', () => {
  test('never holds what is named like a secret, at any depth', () => {
    const secrets = {
      password: 'p1',
      db: { dbPassword: 'p2', url: 'postgres://u:p3@host/db' },
      headers: [{ Authorization: 'Bearer p4p4p4p4' }],
      apiKey: 'p5',
      api_keys: ['p6'],
      routingKey: { value: 'p7' },
      webhookUrl: 'https://hooks.slack.com/services/p8',
      note: 'sent with Bearer abcdef123456 to https://hooks.slack.com/services/T0/B0/p9',
      token: 'p10',
      prompt: 'words of a person p11',
      messages: [{ content: 'p12' }],
    };
    const text = JSON.stringify(recordable(secrets));
    for (let i = 1; i <= 12; i += 1) expect(text).not.toMatch(new RegExp(`p${i}(?!\\d)`));
    expect(text).not.toContain('abcdef123456');
    expect(text).toContain('postgres://[redacted]@host/db');
  });

  test('keeps counts and names that only sound like secrets', () => {
    const counts = {
      maxTokens: 4096,
      inputTokens: 12,
      hasPassword: true,
      keyId: 'ak_abc',
      tokenizer: 'bpe',
      author: 'u',
    };
    expect(recordable(counts)).toEqual(counts);
  });

  test('never holds a token that stands in a text', () => {
    const token = `ak_abcdefghijkl_${'x'.repeat(43)}`;
    const jwt = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(20)}.${'b'.repeat(20)}`;
    expect(recordableText(`key ${token} and ${jwt}`)).toBe('key [redacted] and [redacted]');
  });

  test('is plain JSON, whatever came in', () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle.self = circle;
    const strange = {
      when: new Date(0),
      big: 10n,
      nan: NaN,
      fn: () => 1,
      map: new Map([['a', new Set([1])]]),
      gone: undefined,
      nul: 'a\0b\ud800',
    };
    expect(recordable(strange)).toEqual({
      when: '1970-01-01T00:00:00.000Z',
      big: '10',
      nan: 'NaN',
      fn: '[function]',
      map: { a: [1] },
      nul: 'a\uFFFDb\uFFFD',
    });
    expect(JSON.stringify(recordable(circle))).toContain('[too deep]');
  });

  test('is bounded: of what is too large only size and hash are kept', () => {
    const large = recordable(Array.from({ length: 400 }, () => 'x'.repeat(5_000)));
    expect(large).toMatchObject({ tooLarge: true });
    expect(JSON.stringify(large).length).toBeLessThan(200);
    const bush = (depth: number): unknown => Array.from({ length: 40 }, () => (depth === 0 ? 1 : bush(depth - 1)));
    expect(JSON.stringify(recordable(bush(3)))).toMatch(/tooLarge|left out/);
    expect(recordable(Array.from({ length: 501 }, () => 1))).toHaveLength(501);
    expect(recordableText('x'.repeat(9_000))).toHaveLength(8_001);
  });
});
