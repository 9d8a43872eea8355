import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ComputedPlace, CostCharge } from '../anycost/index.ts';
import { brokenRules } from '../connectors/kit/charge-rules.ts';
import { call, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import { createLlmUsageRoom } from './index.ts';

let stand: UsageStand;
beforeAll(async () => {
  stand = await openUsageStand();
});
afterAll(() => stand.close());

test('usage is charged by the estimate only where the source says so, a month at a time, and taken out when it stops', async () => {
  const sent: { place: ComputedPlace; charges: CostCharge[] }[] = [];
  const settings: Record<string, Record<string, unknown>> = {
    'self-hosted': { charges: true, chargedProviders: ['vllm'] },
    billed: {},
  };
  const room = createLlmUsageRoom(stand.platform, {
    prices: testPrices,
    findSource: async (_tenant, name) =>
      settings[name] && { name, kind: 'litellm-logs', region: 'default', settings: settings[name] },
    sendCharges: async (place, charges) => {
      const collected: CostCharge[] = [];
      for await (const charge of charges) collected.push(charge);
      sent.push({ place, charges: collected });
      return { rows: collected.length, unchanged: false };
    },
  });
  const charges = room.loops!.find(({ name }) => name === 'llm-usage-charges')!;
  const turn = () => charges.run(new AbortController().signal);
  const place = (source: string) => ({ tenant: 'default', region: 'default', source });
  const own = { provider: 'vllm', team: 'assist', customer: 'acme' };
  await room.keep(place('self-hosted'), [
    call('a', own),
    call('b', { ...own, startedAt: '2026-11-18T10:00:00Z' }),
    call('c', { provider: 'openai' }),
    call('d', { ...own, model: 'no-such-model' }),
  ]);
  await room.keep(place('billed'), [call('a')]);
  await room.sealWaiting();
  await turn();
  expect(sent).toEqual([]);
  await stand.clock.advance(61_000);
  await turn();
  expect(sent.map(({ place: to }) => to)).toEqual([
    { tenant: 'default', region: 'default', source: 'self-hosted-estimate', period: '2026-11' },
  ]);
  expect(sent[0]!.charges.map(({ columns }) => [columns['ChargePeriodStart'], columns['BilledCost']])).toEqual([
    ['2026-11-18T00:00:00Z', '0.0028'],
    ['2026-11-19T00:00:00Z', '0.0028'],
  ]);
  for (const charge of sent[0]!.charges) expect(brokenRules(charge)).toEqual([]);
  expect(sent[0]!.charges[0]).toMatchObject({
    columns: { x_CostBasis: 'estimated', x_Model: 'gpt-4.1', x_Requests: '1' },
    tags: { team: 'assist', customer: 'acme' },
  });
  await turn();
  expect(sent).toHaveLength(1);

  await room.keep(place('self-hosted'), [call('e', own)]);
  await room.sealWaiting();
  await stand.clock.advance(11 * 60_000);
  await turn();
  expect(sent[1]!.charges.map(({ columns }) => columns['BilledCost'])).toEqual(['0.0028', '0.0056']);

  settings['self-hosted'] = {};
  await stand.clock.advance(25 * 3_600_000);
  await turn();
  expect(sent[2]).toMatchObject({ place: { source: 'self-hosted-estimate', period: '2026-11' }, charges: [] });
  await stand.clock.advance(25 * 3_600_000);
  await turn();
  expect(sent).toHaveLength(3);
});
