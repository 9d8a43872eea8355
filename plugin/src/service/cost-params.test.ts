import { filterParams, parseFilters } from './cost-params';

describe('filters in the URL', () => {
  test('come back as they went, whatever the values contain', () => {
    const filters = [
      { dim: 'x_Team', values: ['search', 'a,b', 'back\\slash', ''] },
      { dim: 'ServiceName', values: ['a:b'] },
    ];
    expect(parseFilters(filterParams(filters))).toEqual(filters);
  });

  test('are written as the service reads them', () => {
    expect(filterParams([{ dim: 'x_Team', values: ['search', 'a,b'] }])).toEqual(['x_Team:search,a\\,b']);
  });

  test('that make no sense are left out', () => {
    expect(parseFilters(['nonsense', ':x'])).toEqual([]);
    expect(
      filterParams([
        { dim: '', values: ['x'] },
        { dim: 'y', values: [] },
      ]),
    ).toEqual([]);
  });
});
