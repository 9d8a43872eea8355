import Anthropic, { RateLimitError as AnthropicRateLimitError } from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from 'openai';
import { openGatewayStand, plainPolicy, type GatewayStand } from './fixtures/gateway-stand.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** The official SDKs, told nothing but another address and another key, before every kind of provider. */
const provider = new ProviderSimulator();
let gateway: GatewayStand;
let openai: OpenAI;
let anthropic: Anthropic;

const kinds = ['openai', 'anthropic', 'gemini', 'azure-openai', 'bedrock', 'compatible'] as const;

beforeAll(async () => {
  process.env['SDK_TEST_ID'] = 'AKIDEXAMPLE';
  process.env['SDK_TEST_SECRET'] = 'secret';
  const url = await provider.start();
  const aws = { region: 'us-east-1', accessKeyIdVariable: 'SDK_TEST_ID', secretAccessKeyVariable: 'SDK_TEST_SECRET' };
  gateway = await openGatewayStand({
    providers: kinds.map((kind) => ({ name: kind, kind, url, ...(kind === 'bedrock' ? { aws } : {}) })),
    policies: kinds.map((kind) => plainPolicy(`by-${kind}`, [kind], { guards: { maxAttempts: 1 } })),
  });
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.secret, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: gateway.secret, maxRetries: 0 });
});

afterAll(async () => {
  await gateway.close();
  await provider.close();
  delete process.env['SDK_TEST_ID'];
  delete process.env['SDK_TEST_SECRET'];
});

afterEach(() => {
  provider.behaviour = {};
  provider.seen.length = 0;
});

const messages = [{ role: 'user' as const, content: 'Hello' }];
const weather = { name: 'weather', arguments: '{"city":"Seoul"}' };
const clock = { name: 'clock', arguments: '{"zone":"Asia/Seoul"}' };
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } } };

describe.each(kinds)('before %s', (kind) => {
  const model = `by-${kind}`;

  test("OpenAI's chat completions: whole, streamed, and with parallel calls of tools", async () => {
    const whole = await openai.chat.completions.create({ model, messages });
    expect(whole.choices[0]!.message.content).toBe('Hello wide world');
    expect(whole.usage).toMatchObject({ prompt_tokens: 1000, prompt_tokens_details: { cached_tokens: 400 } });
    const stream = await openai.chat.completions.create({
      ...{ model, messages, stream: true },
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
    }
    expect(text).toBe('Hello wide world');
    expect(usage).toMatchObject({ prompt_tokens: 1000, completion_tokens: 3 });
    provider.behaviour = { tools: [weather, clock] };
    const called = await openai.chat.completions
      .stream({ model, messages, tools: [{ type: 'function', function: { name: 'weather', parameters } }] })
      .finalMessage();
    expect(
      called.tool_calls?.map((call) => (call.type === 'function' ? [call.function.name, call.function.arguments] : [])),
    ).toEqual([
      ['weather', weather.arguments],
      ['clock', clock.arguments],
    ]);
  });

  test("OpenAI's responses: whole, and every event of a stream", async () => {
    const whole = await openai.responses.create({ model, input: 'Hello' });
    expect(whole.output_text).toBe('Hello wide world');
    expect(whole.usage).toMatchObject({ input_tokens: 1000, output_tokens: 3 });
    provider.behaviour = { words: ['Look', 'ing'], tools: [weather] };
    const stream = openai.responses.stream({ model, input: 'Hello' });
    let text = '';
    stream.on('response.output_text.delta', ({ delta }) => {
      text += delta;
    });
    const final = await stream.finalResponse();
    expect(text).toBe('Looking');
    expect(final.output.map(({ type }) => type)).toEqual(['message', 'function_call']);
    expect(final.output[1]).toMatchObject({ name: 'weather', arguments: weather.arguments });
  });

  test("Anthropic's messages: whole, streamed, and with calls of tools", async () => {
    const whole = await anthropic.messages.create({ model, max_tokens: 100, messages });
    expect(whole.content).toMatchObject([{ type: 'text', text: 'Hello wide world' }]);
    expect(whole.usage).toMatchObject({ input_tokens: 600, cache_read_input_tokens: 400, output_tokens: 3 });
    provider.behaviour = { words: ['Let me', ' look.'], tools: [weather, clock] };
    const streamed = await anthropic.messages
      .stream({ model, max_tokens: 100, messages, tools: [{ name: 'weather', input_schema: parameters }] })
      .finalMessage();
    expect(streamed.content).toMatchObject([
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', name: 'weather', input: { city: 'Seoul' } },
      { type: 'tool_use', name: 'clock', input: { zone: 'Asia/Seoul' } },
    ]);
    expect(streamed.stop_reason).toBe('tool_use');
  });

  test('a refusal is the error that the SDK knows', async () => {
    provider.behaviour = { status: 429, retryAfter: 3 };
    await expect(openai.chat.completions.create({ model, messages })).rejects.toBeInstanceOf(RateLimitError);
    await expect(anthropic.messages.create({ model, max_tokens: 5, messages })).rejects.toBeInstanceOf(
      AnthropicRateLimitError,
    );
  });
});

test('embeddings, which the SDK asks for as base64, are the numbers that the provider sent', async () => {
  const { data, usage } = await openai.embeddings.create({
    ...{ model: 'by-openai', input: ['red shoes', 'blue shoes'], dimensions: 8 },
  });
  expect(provider.seen[0]!.body['encoding_format']).toBe('base64');
  expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
  expect(Math.hypot(...data[0]!.embedding)).toBeCloseTo(1, 5);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
});

test('models are those that the key may ask for', async () => {
  const names: string[] = [];
  for await (const { id } of openai.models.list()) names.push(id);
  expect(names).toEqual(kinds.map((kind) => `by-${kind}`));
  expect(await openai.models.retrieve('by-gemini')).toMatchObject({ id: 'by-gemini' });
  await expect(openai.models.retrieve('unknown')).rejects.toBeInstanceOf(NotFoundError);
  const told: string[] = [];
  for await (const { display_name: name } of anthropic.models.list()) told.push(name);
  expect(told).toEqual(names);
});

test('a key that is not known is the error that the SDK knows', async () => {
  const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-of-openai', maxRetries: 0 });
  await expect(stranger.models.list()).rejects.toBeInstanceOf(AuthenticationError);
});
