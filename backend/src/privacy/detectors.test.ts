import { describe, expect, test } from '@jest/globals';
import { runFinder } from './detector.ts';
import { detectorsFor, findPersonal, replacePersonal, type PersonalKind } from './personal.ts';
import { rewritten, TextRewriter } from './text-rewriter.ts';

const names = ['Ada Lovelace', 'Ada', '김철수', 'Jean-Luc'];
const all = detectorsFor(undefined, names);
const mark = ({ kind }: { kind: string }): string => `[${kind}]`;
const shown = (text: string): string => rewritten(text, all, mark);

describe('personal data', () => {
  test.each([
    ['grace.hopper+cost@example.co.uk owns it', '[email] owns it'],
    ['소유자 chulsoo@회사.kr', '소유자 [email]'],
    ['call +82 10-1234-5678 or 010-1234-5678', 'call [phone] or [phone]'],
    ['02)1234-5678, 010.1234.5678', '[phone], [phone]'],
    ['01012345678', '[phone]'],
    ['(212) 555-0142', '[phone]'],
    ['4111 1111 1111 1111', '[card]'],
    ['4111 1111 1111 1111 123 12/28', '[card] 123 12/28'],
    ['378282246310005', '[card]'],
    ['2221000000000009', '[card]'],
    ['DE89 3704 0044 0532 0130 00', '[iban]'],
    ['DE89 3704 0044 0532 0130 00 IS MINE', '[iban] IS MINE'],
    ['gb82west12345698765432', '[iban]'],
    // 9 x 2 + 0 x 3 + 0 x 4 + 1 x 5 + 0 x 6 + 1 x 7 + 1 x 8 + 2 x 9 + 3 x 2 + 4 x 3 + 5 x 4 + 6 x 5 = 124; 11 - 124 % 11 = 8.
    ['900101-1234568', '[koreanId]'],
    ['9001011234568', '[koreanId]'],
    // Drawn by lot since October 2020: the date alone tells.
    ['201105-3123459', '[koreanId]'],
    ['sk-proj-abcdefghijklmnop1234', '[apiKey]'],
    ['AKIAIOSFODNN7EXAMPLE', '[apiKey]'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abc', 'Bearer [apiKey]'],
    ['AWS_SECRET=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', 'AWS_SECRET=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
    ['secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL2K8Y', 'secret: [secret]'],
    ['Dear ada  lovelace, dear ADA LOVELACE', 'Dear [name]  lovelace, dear [name]'],
    ['김철수님께, 고객김철수가', '[name]님께, 고객[name]가'],
  ])('is found in %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test.each([
    '4111 1111 1111 1112',
    '0000000000000000',
    '123456789012',
    '900101-1234569',
    '901301-1234568',
    '2026-11-21T10:00:00Z',
    '192.168.100.200',
    'arn:aws:ec2:us-east-1:123456789012:instance/i-0abc123def4567890',
    'i-0123456789abcdef0',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
    '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    'DE89370400440532013001',
    'team@',
    '0.00000123456789012345',
    'prod-eu-1',
    'Adam, Nevada and Canada',
    'ThisIsAVeryLongClassNameInJava',
    'https://example.com/some/long/path/with/words/and/things',
  ])('is not seen in %j', (text) => {
    expect(shown(text)).toBe(text);
  });

  test('is told with its place, kind and one spelling', () => {
    expect(findPersonal('to Ada@Example.com now', all)).toEqual([{ start: 3, end: 18, kind: 'email' }]);
    const kinds = new Set<PersonalKind>(['email', 'card']);
    expect(replacePersonal('Ada@Example.com 4111-1111 1111 1111', kinds, (kind, found) => `<${kind} ${found}>`)).toBe(
      '<email ada@example.com> <card 4111111111111111>',
    );
  });

  test('is looked for in time that grows with the text', () => {
    for (const text of [
      'a'.repeat(200_000),
      '1'.repeat(200_000),
      'a.'.repeat(100_000),
      '1 '.repeat(100_000),
      'A1'.repeat(100_000),
      'ada '.repeat(50_000),
      '@'.repeat(100_000),
    ])
      expect(shown(text).length).toBeGreaterThan(0);
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

const fragments = [
  ...[
    'grace@example.com',
    'a.b@c.d',
    '@',
    '.',
    'x@y',
    ' ',
    '  ',
    '-',
    '+',
    '(',
    ')',
    '\n',
    'DE89 3704 0044 0532 0130 00',
  ],
  ...[
    'GB82WEST12345698765432',
    'DE',
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '378282246310005',
    '900101-1234568',
  ],
  ...[
    '9001011234568',
    '+82 10-1234-5678',
    '01012345678',
    '(212) 555-0142',
    '212',
    '7',
    '42',
    '0',
    'sk-',
    'ghp_',
    'AKIA',
  ],
  ...['sk-proj-abcdefghijklmnop1234', 'AKIAIOSFODNN7EXAMPLE', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abc', 'eyJ'],
  ...[
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPL2K8Y',
    '=',
    'Ada',
    ' Lovelace',
    '김철수',
    '님',
    '김',
    'Jean-',
    'Luc',
    '😀',
    '𝐀',
    '\ud83d',
  ],
  ...['word', 'Words', 'a'.repeat(70), '1'.repeat(30)],
];

describe('a text in pieces', () => {
  test('comes out the same however it is cut', () => {
    const draw = random(7);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)]!;
    for (let n = 0; n < 40; n++) {
      const text = Array.from({ length: 1 + Math.floor(draw() * 9) }, () => pick(fragments)).join(
        draw() < 0.5 ? '' : ' ',
      );
      const expected = shown(text);
      const rewriter = new TextRewriter(all, mark);
      let out = '';
      for (const unit of text.split('')) out += rewriter.push(unit);
      expect({ text, out: out + rewriter.last() }).toEqual({ text, out: expected });
      for (let cut = 1; cut < text.length; cut++) {
        const two = rewriter.push(text.slice(0, cut)) + rewriter.push(text.slice(cut)) + rewriter.last();
        if (two !== expected) expect({ text, cut, two }).toEqual({ text, cut, two: expected });
      }
      let at = 0;
      out = '';
      while (at < text.length) {
        const next = at + 1 + Math.floor(draw() * 12);
        out += rewriter.push(text.slice(at, next));
        at = next;
      }
      expect(out + rewriter.last()).toBe(expected);
    }
  });

  test('is held back no longer than it must be', () => {
    const rewriter = new TextRewriter(all, mark);
    expect(rewriter.push('Nothing here. And')).toBe('Nothing here. ');
    expect(rewriter.push(' 4111 1111 11')).toBe('And ');
    expect(rewriter.push('11 1111, ')).toBe('[card], ');
    rewriter.push('x'.repeat(100_000));
    expect(rewriter.held).toBeLessThan(1000);
    rewriter.push(`eyJ${'a.'.repeat(100_000)}`);
    expect(rewriter.held).toBeLessThan(7000);
  });

  test('goes no further where a replacement is refused', () => {
    const rewriter = new TextRewriter(all, () => {
      throw new Error('refused');
    });
    expect(() => rewriter.push('to grace@example.com, ')).toThrow('refused');
  });
});

describe('runs of characters', () => {
  test('begin where a regular expression finds them, from any place on', () => {
    const find = runFinder({ characters: 'a-c', least: 4 });
    let seed = 7;
    const draw = (most: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
    for (let n = 0; n < 500; n++) {
      const text = Array.from({ length: draw(40) }, () => 'abc a\u00e9'[draw(6)]).join('');
      for (let from = 0; from <= text.length; from++) {
        const pattern = /[a-c]{4}/g;
        pattern.lastIndex = from;
        expect([text, from, find(text, from)]).toEqual([text, from, pattern.exec(text)?.index]);
      }
    }
  });
});
