import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { createLlmUsageRoom } from '../llm-usage/index.ts';
import { ManualClock } from '../platform/clock/index.ts';
import type { Platform } from '../platform/platform.ts';
import { createSilentTelemetry } from '../platform/telemetry/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { createPricesRoom } from '../prices/index.ts';
import { llmBills, llmCalls, llmUsage, planted } from './llm-requests.ts';

const dayMs = 86_400_000;
const story = new Date('2026-11-20T00:00:00Z');
const place = { tenant: 'default', region: 'default', source: 'estate-llm' };
const before = (days: number): Date => new Date(story.getTime() - days * dayMs);
const dayOf = (at: Date | string): string => new Date(at).toISOString().slice(0, 10);

let stores: TestStores;
let platform: Platform;
beforeAll(async () => {
  stores = await testStores();
  const { warehouse, store, config } = stores;
  const audit = { record: async () => undefined };
  const parts = { warehouse, store, config, audit, clock: new ManualClock(story), telemetry: createSilentTelemetry() };
  platform = parts as unknown as Platform;
});
afterAll(() => stores.close());

test('estimates of the estate equal its bills by day and model, but for the planted differences', async () => {
  const prices = createPricesRoom(platform);
  await prices.start!(new AbortController().signal);
  const room = createLlmUsageRoom(platform, { prices: prices.prices });
  const sums = new Map<string, Decimal>();
  const add = (key: string, amount: Decimal.Value): void =>
    void sums.set(key, (sums.get(key) ?? new Decimal(0)).plus(amount));
  // The days around each planted difference, and nothing else, so that the test is short.
  for (const days of [planted.billedFailures, planted.missingHour, planted.dearerDay].map((one) => one.daysBefore)) {
    const calls = [...llmCalls(42, before(days), before(days - 2), story)];
    await room.keep(place, llmUsage(calls));
    for (const bill of llmBills(calls, story)) add(`${dayOf(bill.ChargePeriodStart)} ${bill.SkuId}`, bill.BilledCost);
  }
  await room.sealWaiting();
  const { rows } = await stores.warehouse.query<{ key: string; cost: string; unpriced: string }>(
    `SELECT concat(toString(Day), ' ', Model) AS key, toString(sum(Cost)) AS cost, toString(sum(Unpriced)) AS unpriced
     FROM llm_daily WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL) GROUP BY key`,
  );
  expect(rows.filter(({ unpriced }) => unpriced !== '0')).toEqual([]);
  for (const { key, cost } of rows) add(key, new Decimal(cost).negated());
  const differing = [...sums].filter(([, difference]) => !difference.isZero()).map(([key]) => key);
  const models = new Set([...sums.keys()].map((key) => key.split(' ')[1]!));
  const expected = [
    `${dayOf(before(planted.billedFailures.daysBefore))} ${planted.billedFailures.model}`,
    `${dayOf(before(planted.dearerDay.daysBefore))} ${planted.dearerDay.model}`,
  ];
  const lostDay = dayOf(before(planted.missingHour.daysBefore));
  expect(differing.filter((key) => !key.startsWith(lostDay)).sort()).toEqual(expected.sort());
  expect(differing.filter((key) => key.startsWith(lostDay)).length).toBeGreaterThan(models.size - 3);
  for (const key of differing) expect(sums.get(key)!.isPositive()).toBe(true);
}, 180_000);
