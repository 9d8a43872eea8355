import { describe, expect, test } from '@jest/globals';
import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import { buildOverview } from './build-overview.ts';
import type { OverviewSources } from './ports.ts';

const scope: Scope = { tenant: 'default', regions: 'all', teams: 'all', products: 'all' };
const sources: OverviewSources = {
  dailySpend: async () => ({ currency: 'USD', days: [{ day: '2026-11-20', cost: '12.5' }] }),
  nextPeak: async () => undefined,
  accuracy: async () => ({ mape10: 0.05, coverage: 0.8 }),
  pendingChanges: async () => 2,
  sources: async () => [{ source: 'aws', kind: 'focus', lastAt: null, rows: 3, quarantined: 0, state: 'stale' }],
};
const query = { now: new Date('2026-11-21T12:00:00Z'), estate: false };

describe('the first page', () => {
  test('says what it knows in one sentence', async () => {
    const page = await buildOverview(sources, query, scope);
    expect(page.sentence.en).toBe('Spend is $13 this month; 2 Changes wait for approval; aws is stale.');
    expect(page.notices).toEqual([]);
  });

  test('stands without a part that cannot be had, and names it', async () => {
    const away = { ...sources, nextPeak: () => Promise.reject(new AppError('UNAVAILABLE', 'ClickHouse is away.')) };
    const page = await buildOverview(away, query, scope);
    expect(page.spend.month).toBe('12.5');
    expect(page.traffic.nextPeak).toBeNull();
    expect(page.notices[0]!.text).toContain('Traffic: ClickHouse is away.');
  });

  test('asks for the whole of the present and the last month', async () => {
    let asked: { from: Date; to: Date } | undefined;
    const listening: OverviewSources = {
      ...sources,
      dailySpend: (range) => {
        asked = range;
        return sources.dailySpend(range, scope);
      },
    };
    await buildOverview(listening, query, scope);
    expect(asked).toMatchObject({ from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-11-22T00:00:00Z') });
  });
});
