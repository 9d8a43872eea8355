import { definitionOf, draftOfDefinition, recentMonths, usualReport } from './report-draft';

describe('a showback report as it is chosen', () => {
  test('the usual one is last month by team and product, shared costs split', () => {
    expect(definitionOf(usualReport)).toEqual({
      levels: ['x_Team', 'x_Product'],
      period: { range: 'lastMonth' },
      timeZone: 'UTC',
      sharedCosts: true,
    });
  });

  test('one month, in won and in Seoul', () => {
    const draft = { ...usualReport, period: '2026-10', currency: 'KRW', timeZone: 'Asia/Seoul' };
    const definition = definitionOf(draft);
    expect(definition).toMatchObject({ period: { month: '2026-10' }, currency: 'KRW', timeZone: 'Asia/Seoul' });
    expect(draftOfDefinition(definition)).toEqual(draft);
  });

  test('shared costs are not split where the outermost level owns nothing', () => {
    expect(definitionOf({ ...usualReport, levels: ['ServiceName'] }).sharedCosts).toBe(false);
  });

  test('the months before this one, over a turn of the year', () => {
    expect(recentMonths(new Date('2026-02-10T00:00:00Z')).slice(0, 3)).toEqual(['2026-01', '2025-12', '2025-11']);
  });
});
