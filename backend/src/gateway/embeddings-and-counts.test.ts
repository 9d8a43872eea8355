import Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { openGatewayStand, type GatewayStand } from './fixtures/gateway-stand.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** Embeddings and the counting of tokens, by the official SDKs, before providers whose APIs for them are others. */
const provider = new ProviderSimulator();
let gateway: GatewayStand;
let openai: OpenAI;
let anthropic: Anthropic;

const embedding = {
  gemini: ['gemini', 'gemini-embedding-001'],
  titan: ['bedrock', 'amazon.titan-embed-text-v2:0'],
  cohere: ['bedrock', 'cohere.embed-multilingual-v3'],
  'cohere-v4': ['bedrock', 'cohere.embed-v4:0'],
  openai: ['openai', 'text-embedding-3-small'],
} as const;
const counting = ['anthropic', 'gemini', 'bedrock', 'openai'] as const;

beforeAll(async () => {
  process.env['EMBED_TEST_ID'] = 'AKIDEXAMPLE';
  process.env['EMBED_TEST_SECRET'] = 'secret';
  const url = await provider.start();
  const aws = {
    region: 'us-east-1',
    accessKeyIdVariable: 'EMBED_TEST_ID',
    secretAccessKeyVariable: 'EMBED_TEST_SECRET',
  };
  const policy = (name: string, route: object, rest: object = {}): object => ({
    ...{ name, match: { models: [name] }, choose: { routes: [route] } },
    ...rest,
  });
  gateway = await openGatewayStand({
    providers: ['openai', 'anthropic', 'gemini', 'bedrock'].map((kind) => ({
      ...{ name: kind, kind, url },
      ...(kind === 'bedrock' ? { aws } : {}),
    })),
    policies: [
      ...Object.entries(embedding).map(([name, [by, model]]) => policy(name, { provider: by, model })),
      ...counting.map((by) => policy(`count-${by}`, { provider: by, model: 'some-model' })),
      policy('any-claude', { provider: 'anthropic', model: '*' }, { match: { models: ['claude/*'] } }),
    ],
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.secret, maxRetries: 0 });
});

afterAll(async () => {
  await gateway?.close();
  await provider.close();
  delete process.env['EMBED_TEST_ID'];
  delete process.env['EMBED_TEST_SECRET'];
});

afterEach(() => {
  provider.behaviour = {};
  provider.script.length = 0;
  provider.seen.length = 0;
});

describe('embeddings', () => {
  test.each(Object.keys(embedding))('of %s are those of the provider, for one text and for many', async (model) => {
    const input = Array.from({ length: 120 }, (_, at) => `text ${at}`);
    const { data, response } = await openai.embeddings.create({ model, input }).withResponse();
    expect(data.data.map(({ index }) => index)).toEqual(input.map((_, at) => at));
    const [one] = (await openai.embeddings.create({ model, input: input[77]! })).data;
    // The SDK asks for base64 and reads it back.
    expect(data.data[77]!.embedding).toEqual(one!.embedding);
    expect(Math.hypot(...one!.embedding)).toBeCloseTo(1, 5);
    expect(data.data[78]!.embedding).not.toEqual(one!.embedding);
    const usage = await gateway.usage(response.headers.get('x-amadeus-request-id')!);
    expect(usage).toMatchObject({ operation: 'embeddings', status: 'ok', outputTokens: 0 });
    const isTold = !['gemini', 'cohere-v4'].includes(model);
    expect(usage.tags?.['gateway.estimated']).toBe(isTold ? undefined : 'true');
    if (isTold) expect(usage.inputTokens).toBe(data.usage.prompt_tokens);
    expect(usage.inputTokens).toBeGreaterThanOrEqual(240);
  });

  test('are asked for in as few requests as the provider takes', async () => {
    const requests: Record<string, number> = { gemini: 2, titan: 120, cohere: 2, openai: 1 };
    for (const [model, count] of Object.entries(requests)) {
      provider.seen.length = 0;
      await openai.embeddings.create({ model, input: Array.from({ length: 120 }, () => 'text') });
      expect([model, provider.seen.length]).toEqual([model, count]);
    }
  });

  test('of which a part is refused are refused, and what was answered is counted', async () => {
    provider.script.push({}, {}, { status: 400 });
    const answer = await gateway.ask('/v1/embeddings', { model: 'titan', input: ['one two', 'two', 'three'] });
    expect(answer.status).toBe(400);
    const usage = await gateway.usage(answer.headers.get('x-amadeus-request-id')!);
    expect(usage).toMatchObject({ status: 'error' });
    expect(usage.inputTokens).toBeGreaterThan(0);
  });

  test.each([
    ['tokens', { model: 'titan', input: [[1, 2, 3]] }],
    ['dimensions that the model has not', { model: 'cohere', input: 'x', dimensions: 8 }],
  ])('of %s are refused in words', async (_what, body) => {
    const answer = await gateway.ask('/v1/embeddings', body);
    expect([answer.status, provider.seen.length]).toEqual([400, 0]);
    expect(await answer.json()).toMatchObject({ error: { code: 'unsupported' } });
  });
});

describe('counting the tokens of messages', () => {
  const messages = [{ role: 'user' as const, content: 'How many are these?' }];
  const tools = [{ name: 'f', description: 'A tool', input_schema: { type: 'object' as const } }];

  test.each(counting)('asks %s, and leaves a row that cost nothing', async (by) => {
    const { data, response } = await anthropic.messages
      .countTokens({ model: `count-${by}`, system: 'Be brief.', messages, tools })
      .withResponse();
    expect(data.input_tokens).toBeGreaterThan(20);
    // OpenAI has nothing to ask that messages could be counted by.
    expect(response.headers.get('x-amadeus-estimated')).toBe(by === 'openai' ? 'true' : null);
    expect(provider.seen.map(({ path }) => path)).toEqual(
      {
        anthropic: ['/v1/messages/count_tokens'],
        gemini: ['/v1beta/models/some-model:countTokens'],
        bedrock: ['/model/some-model/count-tokens'],
        openai: [],
      }[by],
    );
    const usage = await gateway.usage(response.headers.get('x-amadeus-request-id')!);
    expect(usage).toMatchObject({
      ...{ operation: 'count_tokens', inputTokens: 0, outputTokens: 0, status: 'ok' },
      tags: { 'gateway.counted': String(data.input_tokens) },
    });
  });

  test('is estimated while the provider fails', async () => {
    provider.behaviour = { status: 500 };
    const { data, response } = await anthropic.messages
      .countTokens({ model: 'count-anthropic', messages })
      .withResponse();
    expect(response.headers.get('x-amadeus-estimated')).toBe('true');
    expect(data.input_tokens).toBeGreaterThan(10);
  });
});

describe('a model', () => {
  test('is told by its name, also where the policy serves it under a name with a star', async () => {
    expect(await openai.models.retrieve('titan')).toMatchObject({ id: 'titan', object: 'model' });
    expect(await anthropic.models.retrieve('claude/opus')).toMatchObject({ id: 'claude/opus', type: 'model' });
    await expect(openai.models.retrieve('nobody')).rejects.toMatchObject({ status: 404 });
  });
});
