import { describe, expect, test } from '@jest/globals';
import { book, components, entriesOf, entry } from './fixtures/price-entries.ts';
import { listPrices } from './list-prices.ts';
import type { Commitment, Discount } from './price-entry.ts';
import type { LlmUsage } from './prices.ts';

const gpt = entry('p1', {
  components: components({
    input: '0.000002',
    cached_input: '0.0000005',
    output: '0.000008',
    'input@batch': '0.000001',
  }),
});
const call: LlmUsage = {
  startedAt: '2026-11-01T10:00:00Z',
  provider: 'OpenAI',
  model: 'gpt-4.1',
  inputTokens: 2000,
  cachedInputTokens: 800,
  outputTokens: 100,
};

describe('a priced call', () => {
  test('names its price, its formula and its terms', () => {
    expect(book([gpt]).priceLlm(call)).toEqual({
      cost: '0.0036',
      currency: 'USD',
      priceId: 'p1',
      formula: '1200 × 0.000002 USD input + 800 × 0.0000005 USD cached input + 100 × 0.000008 USD output',
      rule: 'input × 0.000002 USD + cached input × 0.0000005 USD + output × 0.000008 USD',
      terms: [
        { component: 'input', meter: 'input', quantity: '1200', unitPrice: '0.000002', cost: '0.0024' },
        { component: 'cached input', meter: 'cached_input', quantity: '800', unitPrice: '0.0000005', cost: '0.0004' },
        { component: 'output', meter: 'output', quantity: '100', unitPrice: '0.000008', cost: '0.0008' },
      ],
      notes: [],
    });
  });

  test('that used nothing costs 0, and says so', () => {
    const idle = book([gpt]).priceLlm({ ...call, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 });
    expect(idle).toMatchObject({ cost: '0', priceId: 'p1', formula: '0 USD: nothing was used' });
  });

  test('is exact where floats are not', () => {
    const odd = entry('p1', { components: components({ input: '0.0000001', output: '0.0000003' }) });
    const priced = book([odd]).priceLlm({ ...call, cachedInputTokens: 0, inputTokens: 3, outputTokens: 1 });
    expect(priced).toMatchObject({ cost: '0.0000006' });
  });

  test('sums its terms whatever the quantities', () => {
    const prices = book([gpt]);
    for (let n = 1; n < 400; n += 7) {
      const priced = prices.priceLlm({ ...call, inputTokens: n * 31, cachedInputTokens: n * 13, outputTokens: n });
      if ('unpriced' in priced) throw new Error(priced.unpriced);
      const micro = priced.terms.reduce((sum, { cost }) => sum + Math.round(Number(cost) * 1e10), 0);
      expect(Math.round(Number(priced.cost) * 1e10)).toBe(micro);
    }
  });
});

describe('nothing is billed twice', () => {
  const all = entry('p1', {
    components: components({
      input: '1',
      cached_input: '10',
      cache_write_5m: '100',
      cache_write_1h: '1000',
      output: '10000',
      reasoning: '100000',
      input_audio: '1000000',
      output_audio: '10000000',
    }),
  });
  test('parts of prompt and answer are taken out of the whole', () => {
    const priced = book([all]).priceLlm({
      ...call,
      inputTokens: 10,
      cachedInputTokens: 2,
      cacheWrite5mTokens: 1,
      cacheWrite1hTokens: 3,
      inputAudioTokens: 2,
      outputTokens: 9,
      reasoningTokens: 4,
      outputAudioTokens: 3,
    });
    // 2 text, 2 cached, 1 and 3 written, 2 audio; 2 text, 4 reasoning, 3 audio.
    expect(priced).toMatchObject({ cost: String(2 + 20 + 100 + 3000 + 2_000_000 + 20_000 + 400_000 + 30_000_000) });
  });

  test('audio read from the cache is as little as the counts allow', () => {
    const priced = book([all]).priceLlm({
      ...call,
      inputTokens: 10,
      cachedInputTokens: 8,
      inputAudioTokens: 5,
      outputTokens: 0,
    });
    // At least 3 of the 8 cached tokens are audio: 5 cached text, 3 cached audio (priced as cached input), 2 fresh audio.
    expect(priced).toMatchObject({ cost: String(5 * 10 + 3 * 10 + 2 * 1_000_000) });
  });

  test.each([
    ['more cached than prompt tokens', { inputTokens: 10, cachedInputTokens: 11 }, 'do not fit into its 10 tokens'],
    ['more reasoning than answer tokens', { outputTokens: 5, reasoningTokens: 6 }, 'more than the 5 tokens'],
  ])('%s contradict each other', (_name, counts, reason) => {
    expect(book([all]).priceLlm({ ...call, cachedInputTokens: 0, ...counts })).toEqual({
      unpriced: expect.stringContaining(reason),
    });
  });
});

describe('service tiers and long prompts', () => {
  const tiered = entry('p1', {
    components: components({
      input: '2',
      'input@batch': '1',
      'input@priority': '4',
      'input>200000': '3',
      output: '10',
    }),
  });
  const price = (usage: Partial<LlmUsage>) =>
    book([tiered]).priceLlm({ ...call, cachedInputTokens: 0, outputTokens: 0, ...usage });

  test.each([
    ['at the threshold the lower price counts', { inputTokens: 200_000 }, 400_000, 0],
    ['above it every token has the higher one', { inputTokens: 200_001 }, 600_003, 0],
    ['a bucket of calls counts by their mean', { inputTokens: 400_000, requests: 2 }, 800_000, 0],
    ['a tier has its own price', { inputTokens: 10, serviceTier: 'batch' as const }, 10, 0],
    ['batch keeps its ratio for long prompts', { inputTokens: 300_000, serviceTier: 'batch' as const }, 450_000, 1],
    ['priority is not sold for long prompts', { inputTokens: 300_000, serviceTier: 'priority' as const }, 900_000, 1],
    ['a tier without a price is standard', { inputTokens: 10, outputTokens: 1, serviceTier: 'flex' as const }, 30, 2],
  ])('%s', (_name, usage, cost, notes) => {
    const priced = price(usage);
    expect(priced).toMatchObject({ cost: String(cost) });
    expect('notes' in priced && priced.notes).toHaveLength(notes);
  });
});

describe('what the book does not know is unpriced, never 0', () => {
  test.each([
    ['an unknown model', { model: 'gpt-9' }, 'the book has no price of OpenAI gpt-9 on 2026-11-01'],
    ['a model of another provider', { provider: 'vllm' }, 'the book has no price of vllm gpt-4.1'],
    ['a tool without a price', { webSearches: 2 }, 'has no price for web searches, and the call used 2'],
    ['a record without a time', { startedAt: '' }, 'no time'],
  ])('%s', (_name, usage, reason) => {
    expect(book([gpt]).priceLlm({ ...call, ...usage })).toEqual({
      unpriced: expect.stringContaining(reason),
    });
  });

  test('a price by pages does not make a call without pages free', () => {
    const ocr = entry('p1', { provider: 'mistral', item: 'ocr', components: components({ page: '0.001' }) });
    const usage = { ...call, provider: 'mistral', model: 'ocr', inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
    expect(book([ocr]).priceLlm(usage)).toEqual({ unpriced: expect.stringContaining('quantities.page') });
    expect(book([ocr]).priceLlm({ ...usage, inputTokens: 500, quantities: { page: 3 } })).toMatchObject({
      cost: '0.003',
    });
  });

  test('an image of a size without a price says which sizes have one', () => {
    const images = entry('p1', {
      item: 'painter',
      components: [{ meter: 'output_image', price: '0.04', when: { options: { size: '1024x1024' } } }],
    });
    const usage = { ...call, model: 'painter', inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, outputImages: 1 };
    expect(book([images]).priceLlm({ ...usage, options: { size: '1024x1024' } })).toMatchObject({ cost: '0.04' });
    expect(book([images]).priceLlm({ ...usage, options: { size: '512x512' } })).toEqual({
      unpriced: expect.stringContaining('1024x1024'),
    });
  });
});

describe('which price counts', () => {
  const old = entry('p1', { components: components({ input: '1', output: '1' }), validTo: '2026-10-01T00:00:00.000Z' });
  const next = entry('p2', {
    components: components({ input: '2', output: '2' }),
    validFrom: '2026-10-01T00:00:00.000Z',
  });
  const idOf = (prices: ReturnType<typeof book>, usage: Partial<LlmUsage> = {}) => {
    const priced = prices.priceLlm({ ...call, cachedInputTokens: 0, ...usage });
    return 'unpriced' in priced ? 'none' : priced.priceId;
  };

  test('the one in effect at that instant', () => {
    const prices = book([old, next]);
    expect(idOf(prices, { startedAt: '2026-09-30T23:59:59.999Z' })).toBe('p1');
    expect(idOf(prices, { startedAt: '2026-10-01T00:00:00.000Z' })).toBe('p2');
  });

  test('what people wrote before files, files before the list, own before shared', () => {
    const from = (id: string, source: 'manual' | 'yaml' | 'litellm' | 'list', tenant: string) =>
      entry(id, { components: components({ input: '1', output: '1' }), source, tenant });
    const ranked = [
      from('p1', 'manual', 'default'),
      from('p2', 'yaml', ''),
      from('p3', 'litellm', 'default'),
      from('p4', 'list', ''),
    ];
    for (let first = 0; first < ranked.length; first++)
      expect(idOf(book(ranked.slice(first).reverse()))).toBe(`p${first + 1}`);
  });

  test('the later of two that overlap corrects the earlier', () => {
    expect(idOf(book([entry('p1', { components: components({ input: '1', output: '1' }) }), next]))).toBe('p2');
  });

  test('snapshots, paths and spellings of a model', () => {
    const snapshot = entry('p1', { item: 'gpt-4.1-2025-04-14', components: components({ input: '1', output: '1' }) });
    const newer = entry('p2', { item: 'gpt-4.1-2026-01-01', components: components({ input: '2', output: '2' }) });
    expect(idOf(book([snapshot, newer]))).toBe('p2');
    expect(idOf(book([snapshot, newer]), { model: 'gpt-4.1-2025-04-14' })).toBe('p1');
    expect(idOf(book([gpt]), { model: 'gpt-4.1-2025-04-14' })).toBe('p1');
    expect(idOf(book([gpt]), { model: 'openai/GPT-4.1' })).toBe('p1');
    expect(idOf(book([gpt]), { model: 'gpt-4-1' })).toBe('p1');
    expect(idOf(book([gpt]), { provider: '' })).toBe('p1');
  });
});

describe('agreements', () => {
  const discount = (id: string, more: Partial<Discount>): Discount => ({
    ...{ id, tenant: 'default', kind: 'llm', provider: '', item: '', percent: '10', note: '' },
    ...{ validFrom: '2026-01-01T00:00:00.000Z', validTo: null },
    ...more,
  });

  test('the most exact discount counts, alone, and stands in the formula', () => {
    const discounts = [
      discount('d1', {}),
      discount('d2', { provider: 'openai', item: 'gpt-4*', percent: '25' }),
      discount('d3', { provider: 'openai', percent: '15' }),
    ];
    const priced = book([gpt], { discounts }).priceLlm({ ...call, cachedInputTokens: 0, outputTokens: 0 });
    expect(priced).toMatchObject({
      cost: '0.003',
      formula: '2000 × 0.000002 USD input × 0.75: discount d2 of 25 %',
      terms: [{ unitPrice: '0.0000015', cost: '0.003' }],
    });
  });

  test('a discount that ended does not count', () => {
    const discounts = [discount('d1', { validTo: '2026-11-01T00:00:00.000Z' })];
    expect(book([gpt], { discounts }).priceLlm(call)).toMatchObject({ cost: '0.0036' });
  });

  test('committed throughput serves its calls, and says so', () => {
    const commitments: Commitment[] = [
      {
        ...{ id: 'c1', tenant: 'default', type: 'throughput', kind: 'llm', provider: 'openai', item: 'gpt-4.1' },
        ...{ amount: '10', currency: 'USD', units: '2', prepaid: false, note: '' },
        ...{ validFrom: '2026-10-01T00:00:00.000Z', validTo: '2026-12-01T00:00:00.000Z' },
      },
    ];
    const priced = book([gpt], { commitments }).priceLlm(call);
    expect(priced).toMatchObject({ cost: '0', priceId: 'c1' });
    expect('formula' in priced && priced.formula).toContain('× 0: served by the committed throughput c1');
  });
});

describe('rates of hardware', () => {
  const prices = book(entriesOf(listPrices()));
  const at = '2026-11-01T00:00:00Z';

  test.each([
    ['NVIDIA H100 80GB HBM3', '2.6'],
    ['H100-80GB', '2.6'],
    ['A100-SXM4-80GB', '1.35'],
    ['NVIDIA-A100-SXM4-40GB', '1.1'],
    ['A100-80GB', '1.35'],
    ['Tesla T4', '0.2'],
  ])('%s of one’s own', (item, unitPrice) => {
    expect(prices.rate({ kind: 'gpu', item, at })).toMatchObject({ unitPrice, currency: 'USD', unit: 'GPU-Hours' });
  });

  test('a cloud’s GPU, by the hour, the second, on spot', () => {
    const h100 = { kind: 'gpu', item: 'H100', provider: 'Amazon Web Services', at } as const;
    expect(prices.rate(h100)).toMatchObject({ unitPrice: '6.88' });
    expect(prices.rate({ ...h100, unit: 'GPU-Minutes' })).toMatchObject({
      unitPrice: '0.114666666666666666666666666667',
    });
    expect(prices.rate({ ...h100, purchase: 'spot' })).toMatchObject({ unitPrice: '2.752' });
  });

  test.each([
    ['an unknown GPU', { kind: 'gpu', item: 'X9', at }, 'no on-demand gpu price of X9'],
    [
      'a GPU that this cloud has not',
      { kind: 'gpu', item: 'B200', provider: 'azure', at },
      'no on-demand gpu price of azure B200',
    ],
    ['another kind of unit', { kind: 'gpu', item: 'H100', at, unit: 'GB-Months' }, 'cannot be told in GB-Months'],
  ] as const)('%s is unpriced', (_name, query, reason) => {
    expect(prices.rate(query)).toEqual({ unpriced: expect.stringContaining(reason) });
  });
});

test.each([
  ['gcp.gemini', 'gemini-embedding-001', '0.00015'],
  ['aws.bedrock', 'amazon.titan-embed-text-v2:0', '0.00002'],
  ['aws.bedrock', 'cohere.embed-multilingual-v3', '0.0001'],
  ['aws.bedrock', 'cohere.embed-v4:0', '0.00012'],
  ['openai', 'text-embedding-3-small', '0.00002'],
])('embeddings of %s %s are priced, by the name that the gateway has for the provider', (provider, model, cost) => {
  const prices = book(entriesOf(listPrices()));
  const usage = { startedAt: '2026-11-01T00:00:00Z', provider, model, inputTokens: 1000, outputTokens: 0 };
  expect(prices.priceLlm(usage)).toMatchObject({ cost, currency: 'USD' });
});

test('every listed model prices a call', () => {
  const listed = listPrices().filter(({ kind }) => kind === 'llm');
  const prices = book(entriesOf(listed));
  for (const { provider, item } of listed) {
    const priced = prices.priceLlm({
      startedAt: '2026-11-01T00:00:00Z',
      provider,
      model: item,
      inputTokens: 1000,
      outputTokens: 0,
      inputSeconds: 1,
    });
    expect('unpriced' in priced ? priced.unpriced : Number(priced.cost) > 0).toBe(true);
  }
});
