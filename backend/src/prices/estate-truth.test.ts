import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { llmBills, llmCalls, llmUsage, planted } from '../estate/llm-requests.ts';
import { createLlmUsageRoom } from '../llm-usage/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { pricesGround, type PricesGround } from './fixtures/prices-ground.ts';

const dayMs = 86_400_000;
const story = new Date('2026-11-15T00:00:00Z');
const before = (days: number): Date => new Date(story.getTime() - days * dayMs);
const dayOf = (days: number): string => before(days).toISOString().slice(0, 10);
const clickhouse = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

let stores: TestStores;
let ground: PricesGround;
beforeAll(async () => {
  stores = await testStores();
  ground = await pricesGround(stores);
  await ground.room.start?.(new AbortController().signal);
});
afterAll(async () => {
  await ground.app.close();
  await stores.close();
});

test('the differences that the generated estate plants are found with their causes, and no others', async () => {
  const usage = createLlmUsageRoom(ground.platform, { prices: ground.room.prices });
  const drop = { Tenant: 'default', Region: 'default', x_DropId: randomUUID(), x_Source: 'llm-providers' };
  let lines = 0;
  // The planted days and nothing else, so that the test is short.
  for (const { daysBefore } of [planted.billedFailures, planted.missingHour, planted.dearerDay]) {
    const calls = [...llmCalls(42, before(daysBefore), before(daysBefore - 1), story)];
    await usage.keep({ tenant: 'default', region: 'default', source: 'estate-llm' }, llmUsage(calls));
    const bills = [...llmBills(calls, story)].map((row) => ({
      ...{
        ...drop,
        BilledCost: row.BilledCost,
        EffectiveCost: row.EffectiveCost,
        BillingCurrency: row.BillingCurrency,
      },
      ...{ ProviderName: row.ProviderName, ChargeCategory: row.ChargeCategory, SkuId: row.SkuId },
      ...{ PricingUnit: row.PricingUnit, PricingQuantity: row.PricingQuantity, x_Model: row.SkuId },
      ChargePeriodStart: clickhouse(row.ChargePeriodStart),
      ChargePeriodEnd: clickhouse(row.ChargePeriodEnd),
    }));
    lines += bills.length;
    await stores.warehouse.insert('fact_cost_usage', bills);
  }
  await stores.warehouse.insert('cost_drop', [{ ...drop, x_Period: '2026-11', x_DropVersion: 1, RowCount: lines }]);
  await usage.sealWaiting();
  const { body } = await ground.call('viewer', 'GET', `/api/prices/reconciliation?from=${dayOf(14)}&to=${dayOf(0)}`);
  const rows = body.rows as { day: string; model: string; difference: string; causes: { cause: string }[] }[];
  const differing = rows.filter(({ difference }) => difference !== '0');
  const causesOn = (daysBefore: number) =>
    new Set(
      differing
        .filter(({ day }) => day === dayOf(daysBefore))
        .flatMap(({ causes }) => causes.map(({ cause }) => cause)),
    );
  expect(causesOn(planted.missingHour.daysBefore)).toEqual(new Set(['missing-requests']));
  expect(causesOn(planted.billedFailures.daysBefore)).toEqual(new Set(['failed-but-billed']));
  expect(causesOn(planted.dearerDay.daysBefore)).toEqual(new Set(['price-change']));
  const models = (daysBefore: number) =>
    differing.filter(({ day }) => day === dayOf(daysBefore)).map(({ model }) => model);
  expect(models(planted.billedFailures.daysBefore)).toEqual([planted.billedFailures.model]);
  expect(models(planted.dearerDay.daysBefore)).toEqual([planted.dearerDay.model]);
}, 180_000);
