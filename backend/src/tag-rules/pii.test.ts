import { describe, expect, test } from '@jest/globals';
import type { RuleSet } from './contract.ts';
import { PiiGuard } from './pii-guard.ts';
import { isProtected, newTokenKey, openKey, sealKey, tokenOf } from './pii-tokens.ts';
import { regexProblem, wildcard } from './rule-pattern.ts';

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
