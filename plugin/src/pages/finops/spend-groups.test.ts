import type { CostRow } from '../../service/contract';
import { spendGroups } from './spend-groups';

const row = (x_Team: string, x_Model: string, cost: string, other = false): CostRow => ({
  keys: { x_Team, x_Model },
  cost,
  ...(other ? { other } : {}),
});
const dims = ['x_Team', 'x_Model'];
const limits = { groups: 2, cells: 2, rest: '(other)' };
const told = (rows: CostRow[], more = dims) =>
  spendGroups(rows, more, limits).groups.map(
    ({ name, cost, cells }) => `${name} ${cost}: ${cells.map((cell) => `${cell.name} ${cell.cost}`).join(', ')}`,
  );

describe('spend by two dimensions', () => {
  test('is added up exactly, the largest first', () => {
    expect(
      told([
        row('search', 'small', '0.1'),
        row('ads', 'large', '5'),
        row('search', 'large', '0.2'),
        row('', 'small', '1'),
      ]),
    ).toEqual(['ads 5: large 5', '(none) 1: small 1', '(other) 0.3: large 0.2, small 0.1']);
  });

  test('opens what it shows, and nothing that stands for several', () => {
    const { groups } = spendGroups(
      [row('a', 'x', '9'), row('a', 'y', '8'), row('a', 'z', '7'), row('other', 'other', '5', true)],
      dims,
      limits,
    );
    expect(groups.map(({ keys }) => keys)).toEqual([{ x_Team: 'a' }, undefined]);
    expect(groups[0]!.cells.map(({ keys }) => keys)).toEqual([
      { x_Team: 'a', x_Model: 'x' },
      { x_Team: 'a', x_Model: 'y' },
      undefined,
    ]);
  });

  test('adds up what a third dimension splits', () => {
    const more = (cost: string, RegionId: string): CostRow => ({ keys: { x_Team: 'a', x_Model: 'x', RegionId }, cost });
    expect(told([more('1', 'eu'), more('2', 'us')], [...dims, 'RegionId'])).toEqual(['a 3: x 3']);
  });

  test('has no cells where there is one dimension', () => {
    expect(told([row('a', 'x', '1'), row('a', 'y', '1')], ['x_Team'])).toEqual(['a 2: ']);
  });

  test('tells credits apart, because they have no area', () => {
    const answer = spendGroups([row('a', 'x', '10'), row('a', 'y', '-3')], dims, limits);
    expect(answer.credits).toBe('-3');
    expect(answer.groups[0]).toMatchObject({ cost: '10', share: 1 });
  });

  test('ranks the values of the second dimension over all groups', () => {
    const rows = [row('a', 'x', '1'), row('b', 'y', '3'), row('a', 'z', '2'), row('b', 'x', '9')];
    const { series, groups } = spendGroups(rows, dims, { ...limits, sameCells: true });
    expect(series).toEqual(['x', 'y', '(other)']);
    expect(groups.map(({ cells }) => cells.map(({ name }) => name))).toEqual([
      ['x', 'y'],
      ['x', '(other)'],
    ]);
  });
});
