import { describe, expect, test } from '@jest/globals';
import { SseReader, type ServerSentEvent } from '../wire/server-sent-events.ts';
import { chatToGemini } from '../providers/gemini/chat-to-gemini.ts';
import { chatToMessages } from '../providers/anthropic/chat-to-messages.ts';
import { Untranslatable, type StreamTranslation } from './dialect.ts';
import type { Json } from './json.ts';
import { messagesToChat } from './messages-to-chat.ts';
import { responsesToChat } from './responses-to-chat.ts';

const now = (): number => 1_760_000_000_000;
const tool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'Weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const pixel = 'iVBORw0KGgo=';

/** A conversation with everything in it that all dialects can say. */
const conversation: Json = {
  model: 'm',
  max_tokens: 100,
  temperature: 1.4,
  top_p: 0.9,
  stop: 'END',
  user: 'u1',
  tools: [tool],
  tool_choice: 'required',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
      ],
    },
    {
      role: 'assistant',
      content: 'Let me look.',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Seoul"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: '{"sky":"clear"}' },
    { role: 'user', content: 'And?' },
  ],
};

function through(translation: StreamTranslation, text: string): ServerSentEvent[] {
  const reader = new SseReader();
  const events = [...reader.push(Buffer.from(text)), ...reader.end()];
  return [...events.flatMap((event) => translation.push(event)), ...translation.end()];
}

const dataOf = (events: readonly ServerSentEvent[]): Json[] =>
  events.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as Json);

describe('chat completions served by the Messages API', () => {
  test('a conversation is said in its words, and what it cannot know is named', () => {
    const { body, dropped } = chatToMessages(now).request({ ...conversation, seed: 3, logit_bias: {} });
    expect(body).toEqual({
      model: 'm',
      max_tokens: 100,
      temperature: 1,
      top_p: 0.9,
      stop_sequences: ['END'],
      metadata: { user_id: 'u1' },
      system: 'Be brief.\n\nBe kind.',
      tools: [{ name: 'weather', description: 'Weather', input_schema: tool.function.parameters }],
      tool_choice: { type: 'any' },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Seoul' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: '{"sky":"clear"}' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    });
    expect(dropped).toEqual(['seed', 'logit_bias']);
  });

  test('thinking is not asked for in the middle of calls of tools, where its beginning is missing', () => {
    const { request } = chatToMessages(now);
    const effort = { ...conversation, reasoning_effort: 'low' };
    expect(request(effort)).toMatchObject({ dropped: [], body: { thinking: { budget_tokens: 1024 } } });
    const { body, dropped } = request({ ...effort, messages: (conversation['messages'] as Json[]).slice(0, -1) });
    expect(body).not.toHaveProperty('thinking');
    expect(dropped).toEqual(['reasoning_effort']);
  });

  test('what would change the answer is refused rather than forgotten', () => {
    const { request } = chatToMessages(now);
    for (const [wish, field] of [
      [{ n: 2 }, 'n'],
      [{ logprobs: true }, 'logprobs'],
      [{ response_format: { type: 'json_schema' } }, 'response_format'],
      [{ modalities: ['text', 'audio'] }, 'modalities'],
      [{ tools: [{ type: 'custom' }] }, 'tools[0].type'],
      [{ messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] }, 'messages[0].content[0].type'],
    ] as const)
      expect(() => request({ ...conversation, ...wish })).toThrow(
        expect.objectContaining({ constructor: Untranslatable, fields: [field] }),
      );
    expect(() => request({ ...conversation, n: 1, logprobs: false, response_format: { type: 'text' } })).not.toThrow();
  });

  test('a whole answer: text, thought, calls, and tokens with the cached ones inside', () => {
    const answer = chatToMessages(now).response(
      {
        id: 'msg_1',
        model: 'claude',
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Clear.' },
          { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Busan' } },
        ],
        stop_reason: 'tool_use',
        usage: { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 5, output_tokens: 7 },
      },
      {},
    );
    expect(answer).toMatchObject({
      object: 'chat.completion',
      created: 1_760_000_000,
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: 'Clear.',
            reasoning_content: 'Hm.',
            tool_calls: [{ id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Busan"}' } }],
          },
        },
      ],
      usage: {
        prompt_tokens: 45,
        completion_tokens: 7,
        total_tokens: 52,
        prompt_tokens_details: { cached_tokens: 30 },
      },
    });
  });

  test('a stream: words and pieces of calls by index, usage only where it was asked for', () => {
    const event = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
    const text = [
      event('message_start', {
        message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 9, output_tokens: 1 } },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }),
      event('content_block_stop', { index: 0 }),
      event('content_block_start', {
        index: 1,
        content_block: { type: 'tool_use', id: 't1', name: 'weather', input: {} },
      }),
      event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":' } }),
      event('content_block_delta', { index: 1, delta: { type: 'input_json_delta', partial_json: '"Seoul"}' } }),
      event('message_delta', { delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 12 } }),
      event('message_stop', {}),
    ].join('');
    const events = through(chatToMessages(now).stream({ stream_options: { include_usage: true } }), text);
    expect(events.at(-1)).toEqual({ data: '[DONE]' });
    const chunks = dataOf(events);
    expect(chunks.map((chunk) => (chunk['choices'] as { delta: Json }[])[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Hi' },
      { tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'weather', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '"Seoul"}' } }] },
      {},
      undefined,
    ]);
    expect(chunks.at(-1)!['usage']).toMatchObject({ prompt_tokens: 9, completion_tokens: 12 });
    expect(dataOf(through(chatToMessages(now).stream({}), text)).some((chunk) => chunk['usage'] !== undefined)).toBe(
      false,
    );
  });
});

describe('the Messages API served by chat completions', () => {
  test('what was translated there reads the same when it is translated back', () => {
    const there = chatToMessages(now).request(conversation).body;
    const back = messagesToChat.request(there).body;
    expect(back).toMatchObject({
      max_tokens: 100,
      stop: ['END'],
      user: 'u1',
      tools: [tool],
      tool_choice: 'required',
      messages: [
        { role: 'system', content: 'Be brief.\n\nBe kind.' },
        (conversation['messages'] as Json[])[2],
        (conversation['messages'] as Json[])[3],
        { role: 'tool', tool_call_id: 'c1', content: '{"sky":"clear"}' },
        { role: 'user', content: [{ type: 'text', text: 'And?' }] },
      ],
    });
  });

  test('tools that run at the provider are refused', () => {
    expect(() => messagesToChat.request({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).toThrow(
      /tools\[0\]\.type: not possible with chat completions/,
    );
  });

  test('a stream: blocks one after the other, also where calls follow words', () => {
    const chunk = (delta: Json, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    const call = (index: number, rest: Json): Json => ({ tool_calls: [{ index, ...rest }] });
    const text =
      chunk({ role: 'assistant', content: '' }) +
      chunk({ content: 'Hi' }) +
      chunk(call(0, { id: 'a', function: { name: 'f', arguments: '' } })) +
      chunk(call(0, { function: { arguments: '{"x":1}' } })) +
      chunk(call(1, { id: 'b', function: { name: 'g', arguments: '{}' } })) +
      chunk({}, 'tool_calls') +
      `data: ${JSON.stringify({ id: 'c', choices: [], usage: { prompt_tokens: 20, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 15 } } })}\n\n` +
      'data: [DONE]\n\n';
    const events = through(messagesToChat.stream({}), text);
    expect(events.map(({ event }) => event)).toEqual([
      'message_start',
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['message_delta', 'message_stop'],
    ]);
    const data = dataOf(events);
    expect(data.filter(({ type }) => type === 'content_block_start').map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(data.at(-2)).toMatchObject({
      delta: { stop_reason: 'tool_use' },
      usage: { input_tokens: 5, cache_read_input_tokens: 15, output_tokens: 4 },
    });
  });
});

describe('the Responses API served by chat completions', () => {
  const { request, response, stream } = responsesToChat(now);

  test('items become messages, and formats keep their schema', () => {
    const { body } = request({
      model: 'm',
      instructions: 'Be brief.',
      max_output_tokens: 50,
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Weather?' }] },
        { type: 'reasoning', summary: [] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'clear' },
      ],
      tools: [{ type: 'function', name: 'weather', parameters: {}, strict: true }],
      text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true } },
    });
    expect(body).toMatchObject({
      max_tokens: 50,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }, { id: 'c2' }] },
        { role: 'tool', tool_call_id: 'c1', content: 'clear' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', parameters: {}, strict: true } }],
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' }, strict: true } },
    });
  });

  test('what lives at the provider is refused', () => {
    for (const wish of [{ previous_response_id: 'r' }, { background: true }, { tools: [{ type: 'web_search' }] }])
      expect(() => request({ model: 'm', input: 'x', ...wish })).toThrow(Untranslatable);
  });

  test('the whole answer and the last event of the stream say the same', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    const whole = response(
      {
        id: 'c',
        model: 'm',
        choices: [{ message: { content: 'Hi you' }, finish_reason: 'length' }],
        usage,
      },
      {},
    );
    const chunk = (rest: Json): string => `data: ${JSON.stringify({ id: 'c', model: 'm', ...rest })}\n\n`;
    const text =
      chunk({ choices: [{ delta: { content: 'Hi' }, finish_reason: null }] }) +
      chunk({ choices: [{ delta: { content: ' you' }, finish_reason: 'length' }] }) +
      chunk({ choices: [], usage });
    const events = through(stream({}), text);
    const data = dataOf(events);
    expect(data.map(({ sequence_number: number }) => number)).toEqual(data.map((_one, index) => index));
    expect(events.at(-1)!.event).toBe('response.incomplete');
    expect(data.at(-1)!['response']).toEqual(whole);
    expect(whole).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
  });
});

describe('chat completions served by generateContent', () => {
  const { request, response, stream } = chatToGemini(now);

  test('a conversation is said in its words; results name the function', () => {
    const { body } = request({ ...conversation, response_format: { type: 'json_object' }, reasoning_effort: 'low' });
    expect(body).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] },
      generationConfig: {
        temperature: 1.4,
        topP: 0.9,
        maxOutputTokens: 100,
        stopSequences: ['END'],
        thinkingConfig: { thinkingBudget: 1024 },
        responseMimeType: 'application/json',
      },
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', description: 'Weather', parametersJsonSchema: tool.function.parameters },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
      contents: [
        { role: 'user', parts: [{ text: 'What is it?' }, { inlineData: { mimeType: 'image/png', data: pixel } }] },
        {
          role: 'model',
          parts: [{ text: 'Let me look.' }, { functionCall: { name: 'weather', args: { city: 'Seoul' } } }],
        },
        {
          role: 'user',
          parts: [{ functionResponse: { name: 'weather', response: { sky: 'clear' } } }, { text: 'And?' }],
        },
      ],
    });
  });

  test('an answer: thoughts are tokens of the answer, a blocked prompt is a filter', () => {
    const answer = response(
      {
        responseId: 'r',
        modelVersion: 'gemini',
        candidates: [
          {
            content: { parts: [{ text: 'hm', thought: true }, { functionCall: { name: 'f', args: { a: 1 } } }] },
            finishReason: 'STOP',
          },
        ],
        usageMetadata: {
          promptTokenCount: 5,
          candidatesTokenCount: 2,
          thoughtsTokenCount: 3,
          cachedContentTokenCount: 1,
        },
      },
      {},
    );
    expect(answer).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { content: null, reasoning_content: 'hm' } }],
      usage: { prompt_tokens: 5, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 3 } },
    });
    expect(response({ promptFeedback: { blockReason: 'SAFETY' } }, {})).toMatchObject({
      choices: [{ finish_reason: 'content_filter' }],
    });
  });

  test('a stream ends as chat completions end', () => {
    const piece = (text: string, finishReason?: string): string =>
      `data: ${JSON.stringify({ responseId: 'r', modelVersion: 'g', candidates: [{ content: { parts: [{ text }] }, finishReason }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 } })}\r\n\r\n`;
    const events = through(stream({ stream_options: { include_usage: true } }), piece('Hi') + piece(' you', 'STOP'));
    expect(events.at(-1)).toEqual({ data: '[DONE]' });
    const chunks = dataOf(events);
    expect(chunks.map((chunk) => (chunk['choices'] as { delta: Json; finish_reason: unknown }[])[0])).toMatchObject(
      [
        { delta: { role: 'assistant' } },
        { delta: { content: 'Hi' } },
        { delta: { content: ' you' } },
        { delta: {}, finish_reason: 'stop' },
        undefined as unknown as Json,
      ].slice(0, 4),
    );
    expect(chunks.at(-1)!['usage']).toMatchObject({ total_tokens: 3 });
  });
});
