import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { wholeTenant } from '../platform/identity/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { behaviours, countCalls, sampledCalls, type Period } from './traffic-repository.ts';

/** Rows of usage as gateways tell them: of a plain call, of cascades with a judge, and of what is no caller's call. */
let stores: TestStores;

const period: Period = { from: new Date('2026-11-20T00:00:00Z'), to: new Date('2026-11-21T00:00:00Z') };
const scope = wholeTenant('default');

const row = (id: string, second: number, model: string, cost: string, tags: Record<string, string>): object => ({
  ...{ Tenant: 'default', Region: 'default', x_Source: 'gateway', RequestId: id, Status: 'ok', Requests: 1 },
  ...{ StartedAt: `2026-11-20 10:00:0${second}.000`, ReceivedAt: '2026-11-20 10:01:00.000' },
  ...{ Provider: 'p', Model: model, Operation: 'chat', InputTokens: 100, OutputTokens: model === 'judge' ? 5 : 10 },
  ...{ DurationMs: 1000, FirstTokenMs: 100, Cost: cost, Currency: 'USD', PriceId: 'test' },
  Tags: { 'gateway.asked': 'answers', 'gateway.route': `p/${model}`, ...tags },
});
const cheap = { 'gateway.cascade': 'cheap' };
const judge = { 'gateway.cascade': 'judge' };

beforeAll(async () => {
  stores = await testStores();
  await stores.warehouse.insert('fact_llm_request', [
    row('plain', 0, 'strong', '0.01', {}),
    row('enough', 0, 'cheap', '0.001', cheap),
    row('enough-judge', 1, 'judge', '0.002', judge),
    row('again', 0, 'cheap', '0.001', cheap),
    row('again-judge', 1, 'judge', '0.002', judge),
    row('again.2', 2, 'strong', '0.01', { 'gateway.cascade': 'escalated', 'gateway.attempt': '2' }),
    // Two beside each other: the one that began first answered, and the other was stopped.
    row('hedged', 0, 'strong', '0.01', {}),
    {
      ...row('hedged.2', 1, 'cheap', '0.0001', { 'gateway.attempt': '2' }),
      ...{ Status: 'cancelled', OutputTokens: 0, FirstTokenMs: null, DurationMs: 10 },
    },
    row('refused', 0, 'strong', '0', { 'gateway.route': 'none', 'gateway.refused': 'no_route' }),
    row('copy', 0, 'cheap', '0.001', { 'gateway.shadow': 'ex_1' }),
  ]);
});
afterAll(() => stores?.close());

test('the answer that did not suffice and what a judge was asked of it belong to the call; what no route was asked is none', async () => {
  const { warehouse } = stores;
  expect(await countCalls(warehouse, period, {}, scope)).toBe(4);
  const kept = await sampledCalls(warehouse, period, {}, { total: 4, limit: 10 }, scope);
  const seen = kept.map((call) => [
    ...[call.id, call.route, call.cascade, call.cascadeFirst, call.cascadeJudge, call.inputTokens, call.outputTokens],
    ...[Number(call.firstTokenMs), Number(call.totalMs), call.cost],
    ...[Number(call.answerFirstTokenMs), Number(call.answerTotalMs), call.answerCost],
  ]);
  expect(seen.sort()).toEqual([
    ['again', 'p/strong', 'escalated', 'p/cheap', 'p/judge', 100, 10, 2100, 3000, '0.013', 100, 1000, '0.01'],
    ['enough', 'p/cheap', 'cheap', 'p/cheap', 'p/judge', 100, 10, 2000, 2000, '0.003', 100, 1000, '0.001'],
    ['hedged', 'p/strong', '', '', '', 100, 10, 100, 1010, '0.0101', 100, 1000, '0.01'],
    ['plain', 'p/strong', '', '', '', 100, 10, 100, 1000, '0.01', 100, 1000, '0.01'],
  ]);
  expect(kept.every(({ priced, answerPriced }) => Number(priced) === 1 && Number(answerPriced) === 1)).toBe(true);
  const known = await behaviours(warehouse, period, scope);
  expect(known.map(({ route, calls, judge }) => [route, calls, judge]).sort()).toEqual([
    ['p/cheap', 3, 0],
    ['p/judge', 2, 1],
    ['p/strong', 3, 0],
  ]);
});
