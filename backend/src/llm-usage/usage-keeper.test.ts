import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { call, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import { UsageKeeper } from './usage-keeper.ts';

let stand: UsageStand;
beforeAll(async () => {
  stand = await openUsageStand();
});
afterAll(() => stand.close());

const place = (source: string) => ({ tenant: 'default', region: 'default', source });

async function countOf(source: string): Promise<{ rows: number; tokens: number }> {
  const { rows } = await stand.platform.warehouse.query<{ n: string; tokens: string }>(
    'SELECT count() AS n, sum(InputTokens) AS tokens FROM fact_llm_request FINAL WHERE x_Source = {source:String}',
    { params: { source } },
  );
  return { rows: Number(rows[0]!.n), tokens: Number(rows[0]!.tokens) };
}

test('what nobody waits for is kept whole over the time it is given, and holds nobody up', async () => {
  const keeper = new UsageKeeper(stand.platform, { prices: testPrices });
  const requests = Array.from({ length: 500 }, (_, index) => call(`slow${index}`, { inputTokens: index }));
  const began = performance.now();
  const slow = keeper.keep(place('slow'), requests, { spreadMs: 1_500 }).then((kept) => {
    return { ...kept, tookMs: performance.now() - began };
  });
  await keeper.keep(place('quick'), [call('quick')]);
  expect((await countOf('quick')).rows).toBe(1);
  expect((await countOf('slow')).rows).toBe(0);
  const { kept, tookMs } = await slow;
  expect(kept).toBe(500);
  // Both halves of the work, the second but for what is left after its last whole piece.
  expect(tookMs).toBeGreaterThan(2_500);
  expect(await countOf('slow')).toEqual({ rows: 500, tokens: (499 * 500) / 2 });
});

test('of more than goes into one batch nothing is lost, quick or slow', async () => {
  const keeper = new UsageKeeper(stand.platform, { prices: testPrices });
  const requests = Array.from({ length: 20_500 }, (_, index) => call(`many${index}`, { inputTokens: 1 }));
  for (const [source, spreadMs] of [
    ['quick-many', 0],
    ['slow-many', 500],
  ] as const) {
    expect(await keeper.keep(place(source), requests, { spreadMs })).toEqual({ kept: 20_500 });
    expect(await countOf(source)).toEqual({ rows: 20_500, tokens: 20_500 });
  }
});
