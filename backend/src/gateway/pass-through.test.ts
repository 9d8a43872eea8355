import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ByteProvider } from './fixtures/byte-provider.ts';
import { openGatewayStand, plainPolicy, type GatewayStand } from './fixtures/gateway-stand.ts';

/** Where a provider speaks the caller's dialect, nothing is lost on the way, in neither direction. */
const provider = new ByteProvider();
let gateway: GatewayStand;

beforeAll(async () => {
  const url = await provider.start();
  gateway = await openGatewayStand({
    providers: [
      { name: 'openai', kind: 'openai', url },
      { name: 'anthropic', kind: 'anthropic', url },
    ],
    policies: [plainPolicy('gpt', ['openai']), plainPolicy('claude', ['anthropic'])],
  });
});

afterAll(async () => {
  await gateway.close();
  await provider.close();
});

afterEach(() => {
  provider.seen.length = 0;
});

const eventStream = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };
const streamed = { model: 'gpt', stream: true, stream_options: { include_usage: true }, messages: [] };

function cutInto(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function chunk(rest: object): string {
  return JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o-mini', ...rest });
}

describe('requests', () => {
  test('keep every member and every spelling of it, but for the model', async () => {
    provider.answer = { headers: json, pieces: ['{}'] };
    const body =
      '{ "model" : "gpt", "messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}},' +
      '{"type":"text","text":"caf\\u00e9 \\ud83d\\ude00"}]}], "seed": 9007199254740993, "temperature":1.0,' +
      '"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}},{"type":"web_search"}],' +
      '"future_option": {"deep": [1, 2.50, null]}, "prompt_cache_key": "k" }';
    await gateway.ask('/v1/chat/completions', body);
    expect(provider.seen[0]!.text).toBe(body.replace('"gpt"', '"gpt-4o-mini"'));
  });

  test('to the Messages API keep thinking, cache control, tools, and the headers that mean something there', async () => {
    provider.answer = { headers: json, pieces: ['{}'] };
    const body = JSON.stringify({
      model: 'claude',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      system: [{ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      tools: [
        { name: 'f', input_schema: { type: 'object' } },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
            { type: 'redacted_thinking', data: 'eA==' },
            { type: 'tool_use', id: 'toolu_1', name: 'f', input: { n: 1 } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'ok' }] },
      ],
    });
    await gateway.ask('/v1/messages', body, { 'anthropic-beta': 'context-1m-2025-08-07', 'x-private': 'kept here' });
    const [seen] = provider.seen;
    expect(seen!.text).toBe(body.replace('"claude"', '"gpt-4o-mini"'));
    expect(seen!.headers).toMatchObject({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'context-1m-2025-08-07',
    });
    expect(seen!.headers).not.toHaveProperty('x-private');
    expect(JSON.stringify(seen!.headers)).not.toContain(gateway.secret);
  });
});

describe('streams', () => {
  const odd = [
    ': a comment before everything\r\n\r\n',
    'retry: 3000\r\nid: 7\r\n',
    `data: ${chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '서울 ☀️' }, finish_reason: null }], unknown: { kept: true } })}\r\n\r\n`,
    // JSON over two lines of data, as the standard allows.
    `data: {"choices":[{"index":0,"delta":{"content":"two"},\ndata: "finish_reason":null}]}\n\n`,
    `data:${chunk({ choices: [{ index: 0, delta: { content: ' words' }, finish_reason: 'stop' }] })}\r\r`,
    ': keep-alive\n\n',
    `data: ${chunk({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 } })}\n\n`,
    'data: [DONE]\n\n',
  ].join('');

  /** The answers to one request, cut into pieces of each of these sizes, and what was counted of each. */
  async function answersBy(sizes: readonly number[], request: object): Promise<{ text: string; usage: unknown }[]> {
    const answers: { text: string; id: string }[] = [];
    for (const size of sizes) {
      provider.answer = { headers: eventStream, pieces: cutInto(odd, size) };
      const answer = await gateway.ask('/v1/chat/completions', request);
      answers.push({ text: await answer.text(), id: answer.headers.get('x-amadeus-request-id')! });
    }
    return Promise.all(answers.map(async ({ text, id }) => ({ text, usage: await gateway.usage(id) })));
  }

  test('come out byte for byte, however they are cut', async () => {
    for (const { text, usage } of await answersBy([1, 2, 7, 64, 100_000], streamed)) {
      expect(text).toBe(odd);
      expect(usage).toMatchObject({ status: 'ok', inputTokens: 11, outputTokens: 5 });
    }
  });

  test('lose only the usage that nobody asked for, however they are cut', async () => {
    const { stream_options: _, ...unasked } = streamed;
    for (const { text, usage } of await answersBy([1, 5, 100_000], unasked)) {
      expect(text).not.toContain('prompt_tokens');
      expect(text).toContain('서울 ☀️');
      expect(text).toContain('"unknown":{"kept":true}');
      expect(text).toContain('"content":"two"');
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 5 });
    }
    expect(JSON.parse(provider.seen[0]!.text)).toMatchObject({ stream_options: { include_usage: true } });
  });

  test('carry parallel calls of tools with arguments of a megabyte', async () => {
    const huge = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    const call = (index: number, rest: object): string =>
      `data: ${chunk({ choices: [{ index: 0, delta: { tool_calls: [{ index, ...rest }] }, finish_reason: null }] })}\n\n`;
    const text = [
      call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '{"n":' } }),
      call(0, { function: { arguments: huge } }),
      call(1, { function: { arguments: '2}' } }),
      'data: [DONE]\n\n',
    ].join('');
    provider.answer = { headers: eventStream, pieces: cutInto(text, 16_384) };
    const answer = await gateway.ask('/v1/chat/completions', streamed);
    expect((await answer.text()) === text).toBe(true);
    // No usage came: what was written is estimated, and said to be.
    const usage = await gateway.usage(answer.headers.get('x-amadeus-request-id')!);
    expect(usage.outputTokens).toBeGreaterThan(250_000);
    expect(usage.tags).toMatchObject({ 'gateway.estimated': 'true' });
  });

  test('of the Messages API keep thinking and signatures; what was read from the cache is counted', async () => {
    const event = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
    const usage = {
      ...{ input_tokens: 10, cache_read_input_tokens: 900, cache_creation_input_tokens: 50, output_tokens: 1 },
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 30 },
    };
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', content: [], usage };
    const text = [
      event('message_start', { message }),
      event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Hm.' } }),
      event('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'c2ln' } }),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 42 } }),
      event('message_stop', {}),
    ].join('');
    provider.answer = { headers: eventStream, pieces: cutInto(text, 33) };
    const answer = await gateway.ask('/v1/messages', { model: 'claude', stream: true, max_tokens: 5, messages: [] });
    expect(await answer.text()).toBe(text);
    expect(await gateway.usage(answer.headers.get('x-amadeus-request-id')!)).toMatchObject({
      ...{ inputTokens: 960, cachedInputTokens: 900, outputTokens: 42, modelVersion: 'claude-x' },
    });
  });

  test('of the Responses API come out as they are, and their usage is read from the last event', async () => {
    const event = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
    const usage = { input_tokens: 20, input_tokens_details: { cached_tokens: 8 }, output_tokens: 6 };
    const text = [
      event('response.created', { response: { id: 'r', model: 'gpt-x', usage: null } }),
      event('response.output_item.added', { output_index: 0, item: { type: 'mcp_call', id: 'm', unknown: 1 } }),
      event('response.reasoning_summary_text.delta', { delta: 'Thinking' }),
      event('response.output_text.delta', { delta: 'Hello' }),
      event('response.completed', { response: { id: 'r', model: 'gpt-x', usage } }),
    ].join('');
    provider.answer = { headers: eventStream, pieces: cutInto(text, 50) };
    const answer = await gateway.ask('/v1/responses', { model: 'gpt', stream: true, input: 'Hi' });
    expect(await answer.text()).toBe(text);
    expect(await gateway.usage(answer.headers.get('x-amadeus-request-id')!)).toMatchObject({
      ...{ inputTokens: 20, cachedInputTokens: 8, outputTokens: 6, modelVersion: 'gpt-x', status: 'ok' },
    });
  });

  test('that tell of an error in their middle are handed on and counted as failed', async () => {
    const text = `data: ${chunk({ choices: [{ index: 0, delta: { content: 'Half' } }] })}\n\ndata: {"error":{"message":"overloaded"}}\n\n`;
    provider.answer = { headers: eventStream, pieces: [text] };
    const answer = await gateway.ask('/v1/chat/completions', streamed);
    expect(await answer.text()).toBe(text);
    expect(await gateway.usage(answer.headers.get('x-amadeus-request-id')!)).toMatchObject({ status: 'error' });
  });
});

describe('whole answers', () => {
  test('come out byte for byte: embeddings as base64, probabilities, several choices, unknown members', async () => {
    const vector = Buffer.from(new Float32Array([0.25, -1]).buffer).toString('base64');
    for (const [path, text] of [
      ['/v1/embeddings', `{"data":[{"embedding":"${vector}","index":0}],"usage":{"prompt_tokens":3,"total_tokens":3}}`],
      [
        '/v1/chat/completions',
        '{ "choices":[{"index":0,"message":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.10}]}},{"index":1,"message":{"content":"b"}}],\n "usage":{"prompt_tokens":3,"completion_tokens":2},"x":1e400 }',
      ],
    ] as const) {
      provider.answer = { headers: json, pieces: cutInto(text, 11) };
      const answer = await gateway.ask(path, { model: 'gpt', encoding_format: 'base64', input: 'a', n: 2 });
      expect(await answer.text()).toBe(text);
      expect(await gateway.usage(answer.headers.get('x-amadeus-request-id')!)).toMatchObject({ inputTokens: 3 });
    }
  });

  test('pass the headers of limits on, and none of the provider that mean nothing to callers', async () => {
    const headers = { ...json, 'x-ratelimit-remaining-tokens': '9', 'x-request-id': 'req_9', 'set-cookie': 'a=b' };
    provider.answer = { headers, pieces: ['{}'] };
    const answer = await gateway.ask('/v1/chat/completions', { model: 'gpt', messages: [] });
    expect(answer.headers.get('x-ratelimit-remaining-tokens')).toBe('9');
    expect(answer.headers.get('x-request-id')).toBe('req_9');
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});
