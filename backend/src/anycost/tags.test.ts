import { describe, expect, test } from '@jest/globals';
import { businessDimensionsOf, parseTags } from './tags.ts';

describe('tags', () => {
  test.each([
    [{ Team: 'search' }, 'search'],
    [{ 'user:team': 'ads' }, 'ads'],
    [{ 'aws:user:Cost-Center': 'cc-1' }, 'cc-1'],
    [{ business_unit: 'retail' }, 'retail'],
    [{ Owner: 'team-platform', CostCenter: 'cc-3110' }, 'team-platform'],
    [{ owner: '  ', costcenter: 'cc-2' }, 'cc-2'],
  ])('%j names the team %s', (tags: Record<string, string>, team) => {
    expect(businessDimensionsOf(tags).x_Team).toBe(team);
  });

  test('product, customer, feature, environment and model are read under their common names', () => {
    expect(
      businessDimensionsOf({ application: 'shop', Tenant: 'acme', feature: 'chat', ENV: 'prod', 'user:Model': 'm-1' }),
    ).toEqual({
      x_Team: '',
      x_Product: 'shop',
      x_Customer: 'acme',
      x_Feature: 'chat',
      x_Environment: 'prod',
      x_Model: 'm-1',
    });
  });

  test('a tag whose name merely contains one of the words is not taken', () => {
    expect(businessDimensionsOf({ 'aws:cloudformation:stack-team-x': 'no', steam: 'no' }).x_Team).toBe('');
  });

  test('values keep every character, formulas included', () => {
    const parsed = parseTags('{"team":"=cmd|\' /C calc\'!A0","n":5,"empty":null,"deep":{"a":1}}');
    expect(parsed).toEqual({ ok: true, tags: { team: "=cmd|' /C calc'!A0", n: '5', empty: '', deep: '{"a":1}' } });
  });

  test('a tag named __proto__ stays a tag', () => {
    const parsed = parseTags('{"__proto__":"x"}');
    expect(parsed.ok && Object.entries(parsed.tags)).toEqual([['__proto__', 'x']]);
  });

  test.each(['{"team":', '[1,2]', '"text"', 'null', 'team=search'])('%s is reported', (text) => {
    expect(parseTags(text).ok).toBe(false);
  });
});
