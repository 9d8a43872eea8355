import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExactJson } from './exact-json.ts';
import { workedExamples } from './fixtures/litellm-examples.ts';
import { book, entriesOf, entry } from './fixtures/price-entries.ts';
import { parseLitellm } from './litellm-import.ts';
import type { LlmUsage } from './prices.ts';

const data = process.env.AMADEUS_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const path = join(data, 'llm', 'litellm_model_prices.json');
const present = existsSync(path);
const json = present ? parseExactJson(readFileSync(path, 'utf8')) : {};
const file = present ? parseLitellm(json, 'default') : undefined;
const onFile = present ? describe : describe.skip;
const ofFile = present ? '' : ` (skipped: ${path} is not there)`;

const dbu = entry('p900001', {
  kind: 'credit',
  provider: 'databricks',
  item: 'DBU',
  unit: 'DBU',
  unitPrice: '0.05',
});
const fileBook = file ? book([...entriesOf(file.prices), dbu]) : undefined;

function usageOf(example: (typeof workedExamples)[number]): LlmUsage {
  const { model, provider, asked, usage } = example;
  return {
    startedAt: '2026-11-01T00:00:00Z',
    provider,
    model: asked ?? model,
    inputTokens: 0,
    outputTokens: 0,
    ...usage,
  };
}

onFile(`a worked example by hand for each priced field${ofFile}`, () => {
  test.each(workedExamples.filter(({ made }) => !made))('$field: $byHand', (example) => {
    const priced = fileBook!.priceLlm(usageOf(example));
    expect(priced).toMatchObject({ cost: example.cost, currency: 'USD' });
    if ('unpriced' in priced) throw new Error(priced.unpriced);
    const source = file!.prices[Number(priced.priceId.slice(1)) - 1]!;
    const model = (json as Record<string, Record<string, unknown>>)[example.model]!;
    expect(model).toHaveProperty([example.field]);
    // The price comes from that model's entry, or from its twin under another name with equal figures.
    expect(source.sourceKey.endsWith(example.asked ?? example.model) || source.sourceKey === example.model).toBe(true);
  });

  test('no field that makes a price is without an example', () => {
    const shown = new Set(workedExamples.map(({ field }) => field));
    expect(file!.priced.map(({ field }) => field).filter((field) => !shown.has(field))).toEqual([]);
  });
});

describe('a worked example by hand for each field that the file has with 0 only', () => {
  test.each(workedExamples.filter(({ made }) => made))('$field: $byHand', (example) => {
    const text = JSON.stringify({ [example.model]: { litellm_provider: example.provider, ...example.made } });
    const made = parseLitellm(parseExactJson(text), 'default');
    expect(book(entriesOf(made.prices)).priceLlm(usageOf(example))).toMatchObject({ cost: example.cost });
  });
});

onFile(`the whole file${ofFile}`, () => {
  test('has no field that is neither priced nor listed with a reason', () => {
    const models = Object.entries(json as Record<string, unknown>).filter(
      ([name, value]) => typeof value === 'object' && name !== 'sample_spec' && name !== 'fallback_generalizations',
    );
    const fields = new Set(models.flatMap(([, model]) => Object.keys(model as object)));
    const told = new Set([...file!.priced, ...file!.notPriced].map(({ field }) => field));
    expect([...fields].filter((field) => !told.has(field))).toEqual([]);
    expect(file!.notPriced.every(({ reason }) => reason !== '')).toBe(true);
    expect(file!.notPriced.filter(({ known }) => !known)).toEqual([]);
  });

  test('the fields that the specification names are priced, too', () => {
    const spec = (json as Record<string, Record<string, unknown>>).sample_spec!;
    const costs = Object.keys(spec).filter((field) => field.includes('cost'));
    const shown = new Set(workedExamples.map(({ field }) => field));
    expect(costs.filter((field) => !shown.has(field))).toEqual([]);
  });

  test('no field that is not priced carries an amount', () => {
    const names = new Set(file!.notPriced.map(({ field }) => field));
    expect([...names].filter((field) => /cost|price/.test(field))).toEqual([]);
  });

  test('counts its models, and says what became of each', () => {
    const names = Object.keys(json as object);
    expect(file!.models + 3).toBe(names.length);
    const twins = file!.remarks.filter(({ remark }) => remark.startsWith('two names of one model'));
    const merged = twins.reduce((total, { models }) => total + models, 0);
    const skipped = file!.skipped.length - 3;
    expect(file!.prices.length + merged + skipped).toBe(file!.models);
  });
});

describe('what a file may hold', () => {
  const parse = (models: object) => parseLitellm(parseExactJson(JSON.stringify(models)), 'default');

  test('a field that nobody knows is listed with how many models carry it', () => {
    const model = {
      litellm_provider: 'openai',
      input_cost_per_token: 1e-6,
      input_cost_per_smell: 3,
      supports_smell: true,
    };
    const { notPriced } = parse({ a: model, b: model });
    expect(notPriced).toContainEqual({
      field: 'input_cost_per_smell',
      models: 2,
      known: false,
      reason: expect.stringContaining('looks like a price'),
    });
    expect(notPriced).toContainEqual(expect.objectContaining({ field: 'supports_smell', models: 2, known: true }));
  });

  test('prices keep every digit that the file has', () => {
    const file = parseLitellm(
      parseExactJson('{"m":{"litellm_provider":"x","input_cost_per_token":1.2345678901234567891e-7}}'),
      'default',
    );
    expect(file.prices[0]!.components).toEqual([{ meter: 'input', price: '0.00000012345678901234567891' }]);
  });

  test('cached reads at 0 beside a paid input are charged as input, with a remark', () => {
    const file = parse({
      m: { litellm_provider: 'openai', input_cost_per_token: 1e-6, cache_read_input_token_cost: 0 },
    });
    const usage = {
      startedAt: '2026-11-01T00:00:00Z',
      provider: 'openai',
      model: 'm',
      inputTokens: 100,
      outputTokens: 0,
    };
    const priced = book(entriesOf(file.prices)).priceLlm({ ...usage, cachedInputTokens: 50 });
    expect(priced).toMatchObject({ cost: '0.0001' });
    expect(file.remarks).toEqual([expect.objectContaining({ models: 1, examples: ['m'] })]);
  });

  test('negative and textual amounts are left out, with a remark', () => {
    const file = parse({
      m: {
        litellm_provider: 'openai',
        input_cost_per_token: 1e-6,
        output_cost_per_token: -1,
        input_cost_per_image: 'x',
      },
    });
    expect(file.prices[0]!.components).toHaveLength(1);
    expect(file.remarks.map(({ remark }) => remark)).toEqual([
      'output_cost_per_token is no amount and was left out',
      'input_cost_per_image is no amount and was left out',
    ]);
  });

  test('regions in names become regions of prices', () => {
    const file = parse({
      'azure/eu/gpt-4o': { litellm_provider: 'azure', input_cost_per_token: 2e-6 },
      'azure/gpt-4o': { litellm_provider: 'azure', input_cost_per_token: 1e-6 },
    });
    const prices = book(entriesOf(file.prices));
    const usage = {
      startedAt: '2026-11-01T00:00:00Z',
      provider: 'azure.ai.openai',
      model: 'gpt-4o',
      inputTokens: 10,
      outputTokens: 0,
    };
    expect(prices.priceLlm(usage)).toMatchObject({ cost: '0.00001' });
    expect(prices.priceLlm({ ...usage, options: { region: 'eu' } })).toMatchObject({ cost: '0.00002' });
  });
});
