import { describe, expect, test } from '@jest/globals';
import type { RuleSet } from './contract.ts';
import { replacePii, type PiiKind } from './pii-detectors.ts';
import { PiiGuard } from './pii-guard.ts';
import { isProtected, newTokenKey, openKey, sealKey, tokenOf } from './pii-tokens.ts';
import { regexProblem, wildcard } from './rule-pattern.ts';

const all: ReadonlySet<PiiKind> = new Set(['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey']);
const shown = (text: string) => replacePii(text, all, (kind) => `[${kind}]`);

describe('personal data', () => {
  test.each([
    ['ada.lovelace+cost@example.co.uk owns it', '[email] owns it'],
    ['소유자 김철수 chulsoo@회사.kr', '소유자 김철수 [email]'],
    ['call +82 10-1234-5678 or 010-1234-5678', 'call [phone] or [phone]'],
    ['01012345678', '[phone]'],
    ['(212) 555-0142', '[phone]'],
    ['4111 1111 1111 1111', '[card]'],
    ['378282246310005', '[card]'],
    ['DE89 3704 0044 0532 0130 00', '[iban]'],
    ['GB82WEST12345698765432', '[iban]'],
    // 9 x 2 + 0 x 3 + 0 x 4 + 1 x 5 + 0 x 6 + 1 x 7 + 1 x 8 + 2 x 9 + 3 x 2 + 4 x 3 + 5 x 4 + 6 x 5 = 124; 11 - 124 % 11 = 8.
    ['900101-1234568', '[koreanId]'],
    ['9001011234568', '[koreanId]'],
    // Drawn by lot since October 2020: the date alone tells.
    ['201105-3123459', '[koreanId]'],
    ['sk-proj-abcdefghijklmnop1234', '[apiKey]'],
    ['AKIAIOSFODNN7EXAMPLE', '[apiKey]'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.abc', 'Bearer [apiKey]'],
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
    'DE89370400440532013001',
    'team@',
    '0.00000123456789012345',
    'prod-eu-1',
  ])('is not seen in %j', (text) => {
    expect(shown(text)).toBe(text);
  });

  test('is looked for in time that grows with the text', () => {
    for (const text of [
      'a'.repeat(200_000),
      '1'.repeat(200_000),
      'a.'.repeat(100_000),
      '1 '.repeat(100_000),
      'A1'.repeat(100_000),
    ])
      expect(shown(text)).toBe(text);
  });
});

describe('tokens', () => {
  const key = Buffer.alloc(32, 7);

  test('are the same for the same thing and key, and say nothing of it', () => {
    expect(tokenOf(key, 'email', 'ada@example.com')).toBe(tokenOf(key, 'email', 'ada@example.com'));
    expect(tokenOf(key, 'email', 'ada@example.com')).toMatch(/^email_[bcdfghjklmnpqrstvwxz]{20}$/);
    expect(tokenOf(key, 'email', 'ada@example.com')).not.toBe(tokenOf(Buffer.alloc(32, 8), 'email', 'ada@example.com'));
    expect(isProtected(tokenOf(key, 'value', 'x'))).toBe(true);
  });

  test('are made with a key that is kept sealed, and opened by the same secret and tenant only', () => {
    const own = newTokenKey();
    const sealed = sealKey('a secret of the configuration', 'default', own);
    expect(sealed.includes(own)).toBe(false);
    expect(openKey('a secret of the configuration', 'default', sealed).equals(own)).toBe(true);
    for (const [secret, tenant] of [
      ['another secret', 'default'],
      ['a secret of the configuration', 'org-2'],
    ] as const)
      expect(() => openKey(secret, tenant, sealed)).toThrow('cannot be opened');
  });
});

describe('the guard at the door', () => {
  const key = Buffer.alloc(32, 7);
  const guard = (...rules: Partial<RuleSet['protect'][number]>[]) =>
    new PiiGuard(
      rules.map((rule, index) => ({
        name: `r${index}`,
        fields: ['*tag*', 'user'],
        detect: [],
        action: 'token' as const,
        ...rule,
      })),
      key,
    );

  test('tokenises what it finds in tags and leaves them JSON, with every digit of their numbers', () => {
    const fields = {
      Tags: '{"owner":"Ada@Example.com","n":12345678901234567890.10,"list":["ada@example.com"]}',
      BilledCost: '4111111111111111',
    };
    const result = guard({ detect: ['email', 'card'] }).protect(fields, 'aws');
    const token = tokenOf(key, 'email', 'ada@example.com');
    expect(result).toEqual({
      Tags: `{"owner":"${token}","n":12345678901234567890.10,"list":["${token}"]}`,
      BilledCost: '4111111111111111',
    });
  });

  test('hands out the very same fields where there is nothing, and where it was there before', () => {
    const plain = { Tags: '{ "team": "search" }', user: '' };
    expect(guard({ detect: ['email'] }).protect(plain, 'aws')).toBe(plain);
    const rules = guard({ detect: ['email'] }, { fields: ['user'] });
    const once = rules.protect({ user: 'ada@example.com' }, 'aws');
    expect(rules.protect(once, 'aws')).toBe(once);
  });

  test('sees through the escapes of JSON', () => {
    const { Tags } = guard({ detect: ['email'], action: 'mask' }).protect(
      { Tags: '{"o":"ada\\u0040example.com"}' },
      'aws',
    );
    expect(Tags).toBe('{"o":"[email]"}');
  });

  test('takes the whole value where no kind is named, of a tag wherever it stands', () => {
    const rules = guard({ fields: ['tag:Owner'], action: 'mask' });
    expect(
      rules.protect(
        {
          Tags: '{"owner":"Ada","team":"search"}',
          'resourceTags/user:Owner': 'Ada',
          labels: '[{"key":"owner","value":"Ada"},{"key":"team","value":"search"}]',
          'labels.owner': 'Ada',
          owner: 'kept, as it is a column',
        },
        'aws',
      ),
    ).toEqual({
      Tags: '{"owner":"[value]","team":"search"}',
      'resourceTags/user:Owner': '[value]',
      labels: '[{"key":"owner","value":"[value]"},{"key":"team","value":"search"}]',
      'labels.owner': '[value]',
      owner: 'kept, as it is a column',
    });
  });

  test('holds for its sources only', () => {
    const rules = guard({ sources: ['aws-*'], action: 'mask' });
    expect(rules.protect({ user: 'ada' }, 'aws-eu')).toEqual({ user: '[value]' });
    expect(rules.protect({ user: 'ada' }, 'gcp')).toEqual({ user: 'ada' });
  });

  test('lets nothing pass without its key', () => {
    const rules = new PiiGuard([{ name: 'r', fields: ['user'], detect: [], action: 'token' }], undefined);
    expect(() => rules.protect({ user: 'ada' }, 'aws')).toThrow('has no key');
  });

  test('masks a field of any name', () => {
    const fields = JSON.parse('{"__proto__":"ada@example.com"}') as Record<string, string>;
    expect(Object.entries(guard({ fields: ['*'], detect: ['email'], action: 'mask' }).protect(fields, 'aws'))).toEqual([
      ['__proto__', '[email]'],
    ]);
  });
});

describe('patterns', () => {
  test.each([
    ['prod-*', 'PROD-eu', true],
    ['prod-*', 'xprod-eu', false],
    ['*', '', true],
    ['a*b*c', 'aXXbYYc', true],
    ['a*b*c', 'acb', false],
    ['ab*bc', 'abc', false],
    ['exact', 'exactly', false],
  ])('%s on %s', (pattern, text, expected) => {
    expect(wildcard(pattern)(text)).toBe(expected);
  });

  test.each(['^([a-z]+)-prod$', '(?:eu|us)-(\\d{1,3})', '[a-z]+-[a-z]+-.*', '^a?(b)?$', '\\(\\+'])(
    'takes %s',
    (pattern) => {
      expect(regexProblem(pattern)).toBeUndefined();
    },
  );

  test.each([
    ['(a+)+$', 'repeats a group'],
    ['(a|a)*$', 'repeats a group'],
    ['(?:x){2,}', 'repeats a group'],
    ['.*.*.*.*=', 'open repeats'],
    ['(a)\\1', 'back reference'],
    ['(?=a)', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['a{1000}', 'counts'],
    ['(', 'no regular expression'],
  ])('refuses %s', (pattern, problem) => {
    expect(regexProblem(pattern)).toContain(problem);
  });
});
