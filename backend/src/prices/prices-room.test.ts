import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import { pricesGround, type PricesGround } from './fixtures/prices-ground.ts';

let stores: TestStores;
const opened: PricesGround[] = [];
const directory = mkdtempSync(join(tmpdir(), 'amadeus-prices-'));

beforeAll(async () => {
  stores = await testStores();
});
beforeEach(async () => {
  await stores.store.query(
    'TRUNCATE price_entry, price_discount, price_commitment, price_version, currency_rate, reconciliation_alert RESTART IDENTITY CASCADE',
  );
  for (const table of ['fact_llm_request', 'llm_day', 'llm_hourly', 'fact_cost_usage', 'cost_drop', 'fact_gpu_sample'])
    await stores.warehouse.command(`TRUNCATE TABLE ${table}`);
});
afterAll(async () => {
  for (const { app } of opened) await app.close();
  await stores.close();
  rmSync(directory, { recursive: true });
});

async function open(...settings: Parameters<typeof pricesGround> extends [unknown, ...infer Rest] ? Rest : never) {
  const ground = await pricesGround(stores, ...settings);
  opened.push(ground);
  await ground.room.start?.(new AbortController().signal);
  return ground;
}
const at = '2026-11-10T08:00:00Z';
const call = { startedAt: at, provider: 'openai', model: 'gpt-4.1', inputTokens: 1_000_000, outputTokens: 0 };

describe('what the configuration says', () => {
  const contract = {
    kind: 'llm',
    provider: 'openai',
    item: 'gpt-4.1',
    currency: 'USD',
    components: [{ meter: 'input', price: 0.0000015 }],
  };
  const count = async () =>
    (await stores.store.query<{ n: number }>('SELECT count(*)::int AS n FROM price_entry'))[0]!.n;

  test('the shipped list prices what is seen, and a start again changes nothing', async () => {
    const { room } = await open();
    expect((await room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '2' });
    const [before, version] = [await count(), (await room.prices.book('default')).version];
    const again = await open();
    expect([await count(), (await again.room.prices.book('default')).version]).toEqual([before, version]);
  });

  test('YAML comes before the list; numbers are the decimals that were written', async () => {
    const { room } = await open({ entries: [contract] });
    expect((await room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '1.5' });
    expect((await room.prices.book('another')).priceLlm(call)).toMatchObject({ cost: '1.5' });
  });

  test('a price that is changed or taken out follows, and the old one stays visible', async () => {
    await open({ entries: [contract] });
    const changed = await open({ entries: [{ ...contract, components: [{ meter: 'input', price: '0.000001' }] }] });
    expect((await changed.room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '1' });
    const without = await open();
    await without.clock.advance(1000);
    const later = { ...call, startedAt: '2026-12-01T00:00:00Z' };
    expect((await without.room.prices.book('default')).priceLlm(later)).toMatchObject({ cost: '2' });
    expect((await without.room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '1' });
    const { body } = await without.call('viewer', 'GET', '/api/prices?at=all&search=gpt-4.1&source=yaml');
    expect(body.total).toBe(2);
  });

  test('past prices stand side by side by their days', async () => {
    const entries = [
      { ...contract, to: '2026-11-01' },
      { ...contract, from: '2026-11-01', components: [{ meter: 'input', price: '0.000003' }] },
    ];
    const { room } = await open({ entries });
    const prices = await room.prices.book('default');
    expect(prices.priceLlm({ ...call, startedAt: '2026-10-31T00:00:00Z' })).toMatchObject({ cost: '1.5' });
    expect(prices.priceLlm(call)).toMatchObject({ cost: '3' });
  });

  test('a file holds the same sections, with discounts and rates', async () => {
    const file = join(directory, 'prices.yaml');
    writeFileSync(
      file,
      [
        'discounts:',
        '  - { kind: llm, provider: openai, percent: 50, from: 2026-01-01 }',
        'rates:',
        '  - { from: USD, to: KRW, day: 2026-11-01, rate: 1400 }',
      ].join('\n'),
    );
    const { room } = await open({ file });
    await open({ file });
    expect((await room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '1' });
    const converted = await room.prices.convert({ amount: '2', currency: 'USD' }, 'KRW', '2026-11-15', 'default');
    expect(converted).toEqual({
      ...{ amount: '2800', currency: 'KRW', rate: '1400', rateDay: '2026-11-01', rateSource: 'configuration' },
    });
    const [discounts] = await stores.store.query<{ n: number }>('SELECT count(*)::int AS n FROM price_discount');
    expect(discounts).toEqual({ n: 1 });
  });

  test('mistakes are all named at the start', async () => {
    const wrong = open({ entries: [{ kind: 'llm' }, { ...contract, currency: 'dollar' }], rates: [{ from: 'USD' }] });
    await expect(wrong).rejects.toThrow(/entries\[0\][\s\S]*entries\[1\]\/currency[\s\S]*rates\[0\]/);
  });

  test('the generated estate can be reported in won, by rates that say what they are', async () => {
    const { room } = await open({}, { estate: { enabled: true, seed: 1, days: 30 } });
    const converted = await room.prices.convert({ amount: '1.1', currency: 'USD' }, 'KRW', '2026-11-15', 'default');
    expect(converted).toMatchObject({ rateDay: '2026-11-01', rateSource: expect.stringContaining('Example rate') });
    expect(Number(converted.amount)).toBeCloseTo(1600, 6);
  });

  test('another replica’s write counts for the next question', async () => {
    const [one, other] = [await open(), await open()];
    expect((await one.room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '2' });
    await other.call('finops', 'POST', '/api/prices', {
      ...contract,
      components: [{ meter: 'input', price: '0.000009' }],
    });
    expect((await one.room.prices.book('default')).priceLlm(call)).toMatchObject({ cost: '9' });
  });
});

interface Recorded {
  n: number;
  status?: string;
  input?: number;
  cached?: number;
  output?: number;
  cost?: string;
  day?: string;
  model?: string;
}

async function record(requests: readonly Recorded[]): Promise<void> {
  const rows = requests.flatMap(
    ({ n, status = 'ok', input = 1000, cached = 0, output = 100, cost, day = '2026-11-10', model = 'gpt-4.1' }) =>
      Array.from({ length: n }, () => ({
        ...{ Tenant: 'default', Region: 'default', x_Source: 'proxy', RequestId: randomUUID() },
        ...{ StartedAt: `${day} 08:00:00.000`, Provider: 'openai', Model: model, Status: status },
        ...{ InputTokens: input, CachedInputTokens: cached, OutputTokens: output, Currency: 'USD' },
        Cost: cost ?? ((input - cached) * 2e-6 + cached * 0.5e-6 + output * 8e-6).toFixed(9),
        ReceivedAt: `${day} 08:00:01.000`,
      })),
  );
  await stores.warehouse.insert('fact_llm_request', rows);
  const days = [...new Set(requests.map(({ day = '2026-11-10' }) => day))];
  await stores.warehouse.insert(
    'llm_day',
    days.map((day) => ({
      Tenant: 'default',
      Region: 'default',
      x_Source: 'proxy',
      Day: day,
      x_DropId: randomUUID(),
      Version: 1,
    })),
  );
}

async function bill(lines: readonly Record<string, unknown>[], day = '2026-11-10'): Promise<void> {
  const drop = { Tenant: 'default', Region: 'default', x_DropId: randomUUID(), x_Source: `bill-${randomUUID()}` };
  await stores.warehouse.insert('cost_drop', [
    { ...drop, x_Period: '2026-11', x_DropVersion: 1, RowCount: lines.length },
  ]);
  const common = {
    ...{ BillingCurrency: 'USD', ProviderName: 'OpenAI', ChargeCategory: 'Usage', x_Model: 'gpt-4.1-2025-04-14' },
    ...{ ChargePeriodStart: `${day} 00:00:00`, ChargePeriodEnd: `${day} 23:00:00` },
  };
  await stores.warehouse.insert(
    'fact_cost_usage',
    lines.map((line) => ({ ...drop, ...common, EffectiveCost: line.BilledCost, ...line })),
  );
}

const tokenLine = (meter: string, quantity: string, cost: string) => ({
  ...{ SkuMeter: meter, PricingUnit: '1M tokens', PricingQuantity: quantity, BilledCost: cost },
});
const path = '/api/prices/reconciliation?from=2026-11-08&to=2026-11-15';

describe('estimates against bills', () => {
  test('planted in the stores: the causes come out, the bill that agrees is quiet', async () => {
    const { call: ask } = await open();
    // 1000 calls of 1000 and 100 tokens: 2 + 0.8. Twenty failed without a recorded usage and were billed their input.
    await record([{ n: 1000 }, { n: 20, status: 'error', input: 0, output: 0 }]);
    await bill([
      tokenLine('Input tokens', '1.02', '2.04'),
      tokenLine('Output tokens', '0.1', '0.8'),
      { BilledCost: '0', x_Requests: 1020 },
    ]);
    // A day on which both agree.
    await record([{ n: 10, day: '2026-11-09' }]);
    await bill([tokenLine('Input tokens', '0.01', '0.02'), tokenLine('Output tokens', '0.001', '0.008')], '2026-11-09');
    // A day without a bill.
    await record([{ n: 10, day: '2026-11-11' }]);
    const { status, body } = await ask('viewer', 'GET', path);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      thresholdPercent: '1',
      providers: [
        {
          ...{
            provider: 'openai',
            billed: '2.868',
            estimated: '2.828',
            difference: '0.04',
            percent: '1.3947',
            days: 2,
          },
          ...{ above: true, causes: [{ cause: 'failed-but-billed', amount: '0.04' }] },
        },
      ],
      findings: [
        { day: '2026-11-10', text: expect.stringContaining('0.04 USD (1.4085 % of the bill) above the estimate') },
      ],
      rows: [
        { day: '2026-11-09', difference: '0' },
        { day: '2026-11-10', model: 'gpt-4.1', evidence: 'token-kinds' },
      ],
      waiting: [{ day: '2026-11-11', provider: 'openai', estimated: '0.028' }],
    });
  });

  test('columns of AI usage on the bill tell the cache; estimates and GPU-hours are no bills', async () => {
    const { call: ask } = await open();
    await record([{ n: 1000, cached: 500 }]);
    const usage = {
      x_InputTokens: 1_000_000,
      x_CachedInputTokens: 0,
      x_CacheWriteTokens: 0,
      x_OutputTokens: 100_000,
      x_Requests: 1000,
    };
    await bill([
      { BilledCost: '2.8', ...usage },
      { BilledCost: '99', x_CostBasis: 'estimated' },
      { BilledCost: '99', PricingUnit: 'GPU-Hours', PricingQuantity: '1' },
      { BilledCost: '-5', ChargeCategory: 'Credit' },
    ]);
    const { body } = await ask('viewer', 'GET', path);
    expect(body.rows).toMatchObject([
      { billed: '2.8', estimated: '2.05', difference: '0.75', causes: [{ cause: 'cache', amount: '0.75' }] },
    ]);
  });

  test('a bill in another currency is compared by the rate of the day', async () => {
    const { call: ask } = await open({ rates: [{ from: 'USD', to: 'KRW', day: '2026-11-01', rate: 1000 }] });
    await record([{ n: 1000 }]);
    await bill(
      [tokenLine('Input tokens', '1', '2000'), tokenLine('Output tokens', '0.1', '800')].map((line) => ({
        ...line,
        BillingCurrency: 'KRW',
      })),
    );
    const { body } = await ask('viewer', 'GET', path);
    expect(body.rows).toMatchObject([
      { currency: 'KRW', billed: '2800', estimated: '2800', difference: '0', rate: '1000' },
    ]);
  });

  test('without a rate it is not compared, and says why', async () => {
    const { call: ask } = await open();
    await record([{ n: 10 }]);
    await bill([{ BilledCost: '5', BillingCurrency: 'KRW' }]);
    const { body } = await ask('viewer', 'GET', path);
    expect(body).toMatchObject({
      rows: [],
      notCompared: [{ reason: expect.stringContaining('no rate from USD to KRW') }],
    });
  });

  test('people are told above 1 %, again after the cooldown, and when it is over', async () => {
    const { room, sent, clock } = await open();
    const turn = () => room.loops![0]!.run(new AbortController().signal);
    await record([{ n: 1000 }]);
    await bill([tokenLine('Input tokens', '1', '2.1'), tokenLine('Output tokens', '0.1', '0.8')]);
    await turn();
    await turn();
    expect(sent.map(({ event, dedupKey }) => [event, dedupKey])).toEqual([
      ['trigger', 'reconciliation:default:openai'],
    ]);
    expect(sent[0]).toMatchObject({
      title: 'The bill of openai differs from the estimate by 0.1 USD (3.4483 % of the bill)',
      fields: { 'price-change': '0.1 USD' },
    });
    await clock.advance(24 * 3_600_000);
    await turn();
    expect(sent).toHaveLength(2);
    // A credit note corrects the bill.
    await bill([{ BilledCost: '-0.1' }]);
    await turn();
    await turn();
    expect(sent.map(({ event }) => event)).toEqual(['trigger', 'trigger', 'resolve']);
  });

  test.each([
    ['no day', 'from=x&to=2026-11-02'],
    ['no whole day', 'from=2026-11-01T01:00:00Z&to=2026-11-02'],
    ['backwards', 'from=2026-11-02&to=2026-11-01'],
    ['too long', 'from=2026-01-01&to=2026-11-01'],
  ])('a span that is %s is refused', async (_name, query) => {
    const { call: ask } = await open();
    expect((await ask('viewer', 'GET', `/api/prices/reconciliation?${query}`)).status).toBe(400);
  });
});

describe('tokens of self-hosted models', () => {
  test('cost by the GPUs that served them, allocated and used', async () => {
    const deployments = [{ match: { namespace: 'serving', workload: 'llama-*' }, model: 'llama-70b' }];
    const { call: ask } = await open({ deployments });
    const gpu = { ProviderName: 'Kubernetes', SubAccountName: 'k8s', PricingUnit: 'GPU-Hours', x_Model: '' };
    await bill([
      { ...gpu, x_Model: 'mistral-7b', ResourceId: 'pod-1', PricingQuantity: '8', BilledCost: '20.8' },
      { ...gpu, x_GpuHours: '24', x_Namespace: 'serving', x_Workload: 'llama-a', x_JobId: 'pod-2', BilledCost: '60' },
      { ...gpu, PricingQuantity: '10', ResourceId: 'idle', BilledCost: '26' },
    ]);
    await stores.warehouse.insert(
      'fact_gpu_sample',
      [20, 60].map((Utilisation, hour) => ({
        ...{ Tenant: 'default', Region: 'default', Cluster: 'k8s', Node: 'n1', Gpu: 0, JobId: 'pod-2', Utilisation },
        Hour: `2026-11-10 0${hour}:00:00`,
      })),
    );
    const dropId = randomUUID();
    await stores.warehouse.insert('llm_day', [
      { Tenant: 'default', Region: 'default', x_Source: 'vllm', Day: '2026-11-10', x_DropId: dropId, Version: 1 },
    ]);
    await stores.warehouse.insert(
      'llm_hourly',
      [
        {
          ...{ Tenant: 'default', Region: 'default', x_DropId: dropId, Hour: '2026-11-10 08:00:00', x_Source: 'vllm' },
          ...{ Model: 'llama-70b', Requests: 100, InputTokens: 9_000_000, OutputTokens: 1_000_000 },
        },
      ],
      {
        columns: [
          'Tenant',
          'Region',
          'x_DropId',
          'Hour',
          'x_Source',
          'Model',
          'Requests',
          'InputTokens',
          'OutputTokens',
        ],
      },
    );
    const { status, body } = await ask('viewer', 'GET', '/api/prices/self-hosted?from=2026-11-10&to=2026-11-11');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      models: [
        {
          // 24 GPU-hours at 2.5 are 60 for 10 million tokens; 40 % of the measured hours were in use.
          ...{ model: 'llama-70b', gpuHours: '24', rate: '2.5', utilisation: '0.4', measuredGpuHours: '2' },
          allocated: { cost: '60', perMillionTokens: '6', perMillionOutputTokens: '60', perRequest: '0.6' },
          used: { cost: '24', perMillionTokens: '2.4' },
          ...{ idleCost: '36', workloads: ['k8s/serving/llama-a'] },
          notes: [expect.stringContaining('2 of 24 GPU-hours')],
        },
        {
          model: 'mistral-7b',
          allocated: { cost: '20.8', perMillionTokens: null },
          used: null,
          notes: [expect.stringContaining('No tokens'), expect.stringContaining('not measured')],
        },
      ],
      withoutModel: [{ currency: 'USD', gpuHours: '10', cost: '26' }],
    });
  });
});
