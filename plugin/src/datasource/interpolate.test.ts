import { interpolateQuery, type Templates } from './interpolate';

/** `$team` has several values, one of them with a comma. */
const templates: Templates = {
  replace: (target = '', _scoped, format) => {
    const values: Record<string, string | string[]> = {
      $team: ['search', 'a,b'],
      $workload: 'shop/frontend',
      $none: '',
    };
    const value = values[target];
    if (value === undefined) return target;
    return typeof format === 'function' ? format(value) : String(value);
  },
};

describe('dashboard variables', () => {
  test('with several values become several filter values', () => {
    const query = { refId: 'A', filters: [{ dim: 'x_Team', values: ['$team', 'ads'] }] };
    expect(interpolateQuery(query, templates).filters).toEqual([{ dim: 'x_Team', values: ['search', 'a,b', 'ads'] }]);
  });

  test('work in workload and grouping', () => {
    const done = interpolateQuery({ refId: 'A', workload: '$workload', groupBy: ['$team', 'search'] }, templates);
    expect(done.workload).toBe('shop/frontend');
    expect(done.groupBy).toEqual(['search', 'a,b']);
  });

  test('leave an empty value that was chosen: rows that name none', () => {
    const query = { refId: 'A', filters: [{ dim: 'x_Team', values: ['', '$none'] }] };
    expect(interpolateQuery(query, templates).filters).toEqual([{ dim: 'x_Team', values: [''] }]);
  });

  test('that are empty leave the filter out', () => {
    expect(
      interpolateQuery({ refId: 'A', filters: [{ dim: 'x_Team', values: ['$none'] }] }, templates).filters,
    ).toEqual([]);
  });
});
