import { describe, expect, test } from '@jest/globals';
import { exploreUrl, ownerlessUrl } from './explore-url';

describe('the address of the cost explorer', () => {
  test('holds filters, groups and range', () => {
    expect(exploreUrl([{ dim: 'x_Model', values: ['a,b'] }], { from: 'now-1M/M', to: 'now-1M/M' }, ['x_Team'])).toBe(
      '/a/mureon-amadeus-app/finops/explore?filter=x_Model%3Aa%5C%2Cb&group=x_Team&from=now-1M%2FM&to=now-1M%2FM',
    );
  });

  test('of what has no team keeps the other filters and asks for an empty team', () => {
    const url = ownerlessUrl(
      [
        { dim: 'x_Team', values: ['search'] },
        { dim: 'RegionId', values: ['eu'] },
      ],
      { from: 'now/M', to: 'now' },
    );
    expect(new URLSearchParams(url.split('?')[1]).getAll('filter')).toEqual(['RegionId:eu', 'x_Team:']);
  });
});
