import { missingFields, ruleOf, ruleText, textsOf, type Rule } from './rule-fields';

describe('rules as a person types them', () => {
  const infer = {
    name: 'accounts',
    set: 'x_Team',
    from: 'SubAccountName',
    pattern: '^prod-([a-z]+)$',
    value: '$1',
    override: false,
    when: { services: ['Amazon *', 'S3'], tags: { stage: 'prod' } },
  } as unknown as Rule;

  test('go into texts and come back the same', () => {
    const texts = textsOf('infer', infer);
    expect(texts['when.services']).toBe('Amazon *, S3');
    expect(texts['when.tags']).toBe('stage = prod');
    expect(ruleOf('infer', texts)).toEqual(infer);
  });

  test('exceptions keep what they set, with an equals sign in a value', () => {
    const rule = ruleOf('exceptions', {
      name: 'a',
      set: 'x_Team = a=b\n\nx_Product =',
      reason: 'r',
      exempt: 'tag:Owner',
    });
    expect(rule).toEqual({ name: 'a', set: { x_Team: 'a=b', x_Product: '' }, exempt: ['tag:Owner'], reason: 'r' });
  });

  test('say what is still missing', () => {
    expect(missingFields('required', textsOf('required', undefined))).toEqual(['name', 'tag']);
    expect(missingFields('infer', textsOf('infer', undefined))).toEqual(['name', 'from', 'pattern']);
    expect(missingFields('infer', textsOf('infer', infer))).toEqual([]);
  });

  test('stand in a line', () => {
    expect(ruleText('infer', infer)).toBe(
      'set: x_Team · from: SubAccountName · pattern: ^prod-([a-z]+)$ · value: $1 · services: Amazon *, S3 · tags: stage = prod',
    );
  });
});
