import { matchText, newPolicy, numberOf, routesText, withMatch, withPart, withRoute, wordsOf } from './policy-draft';

const policy = withMatch(newPolicy('chat'), 'models', ['chat']);

describe('the form of a policy', () => {
  test('reads lists as people type them', () => {
    expect(wordsOf(' a, b\n\n c ,')).toEqual(['a', 'b', 'c']);
  });

  test('drops a condition whose list is emptied', () => {
    const narrowed = withMatch(policy, 'team', ['search', 'ads']);
    expect(matchText(narrowed)).toBe('chat; team: search, ads');
    expect(withMatch(narrowed, 'team', []).match).toEqual({ models: ['chat'] });
  });

  test('changes one route and forgets what is emptied', () => {
    const weighted = withRoute(policy, 0, { provider: 'openai', model: 'gpt-4.1', weight: 2 });
    expect(weighted.choose.routes).toEqual([{ provider: 'openai', model: 'gpt-4.1', weight: 2 }]);
    expect(withRoute(weighted, 0, { weight: undefined }).choose.routes[0]).not.toHaveProperty('weight');
    expect(routesText(weighted)).toBe('openai/gpt-4.1');
  });

  test('leaves a part out that says nothing', () => {
    const timed = withPart(policy, 'fallback', { firstTokenMs: 2000 });
    expect(timed.fallback).toEqual({ firstTokenMs: 2000 });
    expect(withPart(timed, 'fallback', { firstTokenMs: undefined })).not.toHaveProperty('fallback');
  });

  test('takes numbers, and nothing for what is none', () => {
    expect(['2', ' 0.85 ', '', 'many'].map(numberOf)).toEqual([2, 0.85, undefined, undefined]);
  });
});
