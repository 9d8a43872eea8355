import { expect, test } from '@jest/globals';
import { sampleRevenue } from './sample-revenue.ts';

test('every customer pays for each month that is touched, over a turn of the year', () => {
  const story = new Date('2026-01-20T00:00:00Z');
  const lines = sampleRevenue(new Date('2025-12-20T00:00:00Z'), new Date('2026-02-01T00:00:00Z'), story);
  const months = [...new Set(lines.map(({ from, to }) => `${from} ${to}`))];
  expect(months).toEqual(['2025-12-01 2025-12-31', '2026-01-01 2026-01-31']);
  expect(lines).toHaveLength(24);
  expect(lines.filter(({ customer }) => customer === 'globex').map(({ amount }) => amount)).toEqual(['35', '140']);
});
