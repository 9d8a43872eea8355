import { describe, expect, test } from '@jest/globals';
import { parseExactJson } from './exact-json.ts';
import { book, entriesOf } from './fixtures/price-entries.ts';
import { parsePortkey } from './portkey-import.ts';
import type { LlmUsage } from './prices.ts';

const formula = {
  request: {
    operation: 'sum',
    operands: [
      { operation: 'multiply', operands: [{ value: 'input_tokens' }, { value: 'rates.request_token' }] },
      { operation: 'multiply', operands: [{ value: 'cache_read_tokens' }, { value: 'rates.cache_read_input_token' }] },
    ],
  },
  response: { operation: 'multiply', operands: [{ value: 'output_tokens' }, { value: 'rates.response_token' }] },
};
const price = (cents: number) => ({ price: cents });
const payAsYouGo = (rates: object) => ({ pricing_config: { pay_as_you_go: rates } });
const parse = (models: object) => parsePortkey(parseExactJson(JSON.stringify(models)), 'default', 'openai');
const call: LlmUsage = {
  startedAt: '2026-11-01T00:00:00Z',
  provider: 'openai',
  model: 'm',
  inputTokens: 1000,
  outputTokens: 0,
};

describe("Portkey's price files", () => {
  test('are in cents, with the rates by their names', () => {
    const file = parse({
      default: { pricing_config: { pay_as_you_go: { request_token: price(0) }, calculate: formula, currency: 'USD' } },
      m: payAsYouGo({
        request_token: price(0.0002),
        response_token: price(0.0008),
        cache_read_input_token: price(0.00005),
        additional_units: { web_search: price(1), cache_write_1h: price(0.0004) },
      }),
    });
    // 200 × 0.000002 + 500 × 0.0000005 + 300 × 0.000004 + 100 × 0.000008 + 2 × 0.01
    const usage = { ...call, cachedInputTokens: 500, cacheWrite1hTokens: 300, outputTokens: 100, webSearches: 2 };
    expect(book(entriesOf(file.prices)).priceLlm(usage)).toMatchObject({ cost: '0.02265' });
    expect(file.remarks).toEqual([]);
    expect(file.skipped).toEqual([expect.objectContaining({ name: 'openai/default' })]);
  });

  test('a formula that computes otherwise is reported', () => {
    const odd = {
      request: { operation: 'multiply', operands: [{ value: 'characters' }, { value: 'rates.request_token' }] },
    };
    const file = parse({ m: { pricing_config: { pay_as_you_go: { request_token: price(1) }, calculate: odd } } });
    expect(file.remarks[0]!.remark).toContain('characters × rates.request_token');
    const other = parse({
      m: {
        pricing_config: { pay_as_you_go: { request_token: price(1) }, calculate: { request: { operation: 'max' } } },
      },
    });
    expect(other.remarks[0]!.remark).toContain('no sum of products');
  });

  test('batches, regions, tiers and long prompts', () => {
    const mode = (cents: number) => ({ pricing_config: { pay_as_you_go: { request_token: price(cents) } } });
    const file = parse({
      m: {
        pricing_config: {
          pay_as_you_go: { request_token: price(0.0002), response_token: price(0.0008) },
          batch_config: { request_token: price(0.0001) },
        },
        custom_pricing: {
          context_tier_map: { '0': 'lte', '2000': 'gt' },
          regions: {
            default: {
              execution_modes: {
                priority: mode(0.0004),
                standard: { context_tiers: { lte: mode(0.0002), gt: mode(0.0003) } },
              },
            },
            'eu,us': { execution_modes: { standard: mode(0.00022), fast: mode(0.001) } },
          },
        },
      },
    });
    const prices = book(entriesOf(file.prices));
    const cost = (usage: Partial<LlmUsage>) => prices.priceLlm({ ...call, ...usage });
    expect(cost({})).toMatchObject({ cost: '0.002' });
    expect(cost({ serviceTier: 'batch' })).toMatchObject({ cost: '0.001' });
    expect(cost({ serviceTier: 'priority' })).toMatchObject({ cost: '0.004' });
    expect(cost({ inputTokens: 3000 })).toMatchObject({ cost: '0.009' });
    expect(cost({ options: { region: 'us' }, outputTokens: 10 })).toMatchObject({ cost: '0.00228' });
    expect(cost({ options: { region: 'eu', speed: 'fast' } })).toMatchObject({ cost: '0.01' });
  });

  test('two keys of one model by the length of the prompt are one price', () => {
    const file = parse({
      'm-lte-128k': payAsYouGo({ request_token: price(0.0001) }),
      'm-gt-128k': payAsYouGo({ request_token: price(0.0002) }),
    });
    expect(file.prices).toHaveLength(1);
    expect(book(entriesOf(file.prices)).priceLlm({ ...call, inputTokens: 128_001 })).toMatchObject({
      cost: '0.256002',
    });
  });

  test('images by quality and size, videos by resolution', () => {
    const file = parse({
      m: payAsYouGo({
        image: { default: { default: price(4) }, hd: { default: price(8), '1024x1792': price(12) } },
        additional_units: { video_duration_seconds_720_1280: price(10), video_seconds: price(20) },
      }),
    });
    const prices = book(entriesOf(file.prices));
    const image = (options: Record<string, string>) =>
      prices.priceLlm({ ...call, inputTokens: 0, outputImages: 1, options });
    expect(image({})).toMatchObject({ cost: '0.04' });
    expect(image({ quality: 'hd' })).toMatchObject({ cost: '0.08' });
    expect(image({ quality: 'hd', size: '1024x1792' })).toMatchObject({ cost: '0.12' });
    const video = { ...call, inputTokens: 0, outputSeconds: 3 };
    expect(prices.priceLlm(video)).toMatchObject({ cost: '0.6' });
    expect(prices.priceLlm({ ...video, options: { resolution: '720x1280' } })).toMatchObject({ cost: '0.3' });
  });

  test('what is not priced is listed with the models that carry it', () => {
    const rates = { request_token: price(1), additional_units: { routing_units: price(1), teleport: price(1) } };
    const file = parse({ a: payAsYouGo(rates), b: { ...payAsYouGo(rates), extra: 1 }, c: { pricing_config: null } });
    expect(file.notPriced.map(({ field, models, known }) => [field, models, known])).toEqual([
      ['extra', 1, false],
      ['routing_units', 2, true],
      ['teleport', 2, false],
    ]);
    expect(file.skipped).toEqual([{ name: 'openai/c', reason: 'has no price' }]);
  });
});
