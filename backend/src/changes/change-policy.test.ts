import { describe, expect, test } from '@jest/globals';
import { matchesPattern, policyFor, type TargetRule } from './change-policy.ts';

const rules: TargetRule[] = [
  { target: 'scaling:*', mode: 'approve', approvals: 1 },
  { target: 'scaling:shop/*', mode: 'auto', approvals: 0 },
  { target: 'scaling:shop/checkout', mode: 'approve', approvals: 2 },
  { target: '*', mode: 'observe', approvals: 0 },
];

describe('the mode of a target', () => {
  test.each([
    ['scaling', 'shop/checkout', { mode: 'approve', approvals: 2 }],
    ['scaling', 'shop/search', { mode: 'auto', approvals: 0 }],
    ['scaling', 'bank/search', { mode: 'approve', approvals: 1 }],
    ['budget', 'research', { mode: 'observe', approvals: 0 }],
  ] as const)('of %s %s comes from the longest match', (kind, target, policy) => {
    expect(policyFor(kind, target, rules, 'approve')).toEqual(policy);
  });

  test('is the default, with one approval, where nothing matches', () => {
    expect(policyFor('budget', 'x', [], 'approve')).toEqual({ mode: 'approve', approvals: 1 });
    expect(policyFor('budget', 'x', [], 'auto')).toEqual({ mode: 'auto', approvals: 0 });
  });

  test('is the more careful one of equally long patterns, in any order', () => {
    const twins: TargetRule[] = [
      { target: 'a:b*', mode: 'auto', approvals: 0 },
      { target: 'a:b*', mode: 'approve', approvals: 1 },
      { target: 'a:b*', mode: 'approve', approvals: 2 },
    ];
    expect(policyFor('a', 'bc', twins, 'auto')).toEqual({ mode: 'approve', approvals: 2 });
    expect(policyFor('a', 'bc', twins.toReversed(), 'auto')).toEqual({ mode: 'approve', approvals: 2 });
  });

  test('that a room asks for holds where no rule does, and is only ever made more careful by one', () => {
    expect(policyFor('healing', 'a/b', [], 'approve', 'auto')).toEqual({ mode: 'auto', approvals: 0 });
    expect(policyFor('scaling', 'shop/search', rules, 'approve', 'observe').mode).toBe('observe');
    expect(policyFor('scaling', 'shop/checkout', rules, 'approve', 'auto')).toEqual({ mode: 'approve', approvals: 2 });
    expect(policyFor('scaling', 'shop/search', rules, 'auto', 'approve')).toEqual({ mode: 'approve', approvals: 1 });
  });

  test('never approves with nobody', () => {
    expect(policyFor('a', 'b', [{ target: 'a:*', mode: 'approve', approvals: 0 }], 'auto').approvals).toBe(1);
  });
});

test.each([
  ['a', 'a', true],
  ['a', 'ab', false],
  ['*', '', true],
  ['a*c', 'abbc', true],
  ['a*c', 'abcd', false],
  ['*a*b', 'xxaxxb', true],
  ['a.c', 'abc', false],
  ['a*b*', 'acb', true],
])('the pattern %s on %s: %s', (pattern, text, expected) => {
  expect(matchesPattern(pattern, text)).toBe(expected);
});
