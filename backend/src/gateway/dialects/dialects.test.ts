import { describe, expect, test } from '@jest/globals';
import { SseReader, type ServerSentEvent } from '../wire/server-sent-events.ts';
import { chatToGemini } from '../providers/gemini/chat-to-gemini.ts';
import { chatToMessages } from '../providers/anthropic/chat-to-messages.ts';
import { Untranslatable, type StreamTranslation } from './dialect.ts';
import type { Json } from './json.ts';
import { unsigned } from './message-of-chat.ts';
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
    const wishes = { seed: 3, logit_bias: {}, service_tier: 'flex', presence_penalty: 0 };
    const { body, dropped } = chatToMessages(now).request({ ...conversation, model: 'claude-opus-4-0', ...wishes });
    expect(body).toEqual({
      model: 'claude-opus-4-0',
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
    expect(dropped).toEqual(['seed', 'logit_bias', 'service_tier', 'temperature']);
  });

  test('thinking is not asked for in the middle of calls of tools, where its beginning is missing', () => {
    const { request } = chatToMessages(now);
    const { tool_choice: _forced, temperature: _warm, top_p: _top, ...free } = conversation;
    const effort = { ...free, model: 'claude-sonnet-4-5-20250929', reasoning_effort: 'low' };
    expect(request(effort)).toMatchObject({
      dropped: [],
      body: { thinking: { budget_tokens: 1024 }, max_tokens: 1124 },
    });
    const { body, dropped } = request({ ...effort, messages: (conversation['messages'] as Json[]).slice(0, -1) });
    expect(body).not.toHaveProperty('thinking');
    expect(dropped).toEqual(['reasoning_effort']);
    // Nor where the model must call a tool.
    expect(request({ ...effort, tool_choice: 'required' })).toMatchObject({ dropped: ['reasoning_effort'] });
  });

  test('newer models are told an effort, and are spared what they refuse', () => {
    const { request } = chatToMessages(now);
    const asked = {
      model: 'claude-sonnet-5',
      messages: [{ role: 'user', content: 'Hi' }],
      temperature: 0.2,
      top_p: 0.5,
    };
    expect(request({ ...asked, reasoning_effort: 'xhigh' })).toEqual({
      body: {
        model: 'claude-sonnet-5',
        max_tokens: 16_384,
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'xhigh' },
      },
      dropped: ['temperature', 'top_p'],
    });
    expect(request({ ...asked, model: 'claude-haiku-4-5' })).toMatchObject({
      body: { temperature: 0.2 },
      dropped: ['top_p'],
    });
    const begun = [...asked.messages, { role: 'assistant', content: '{' }];
    expect(() => request({ ...asked, messages: begun })).toThrow(/messages\[1\]\.role/);
    expect(() => request({ ...asked, model: 'claude-haiku-4-5', messages: begun })).not.toThrow();
    const forced = { ...asked, tools: [tool], tool_choice: 'required' };
    expect(() => request({ ...forced, model: 'claude-opus-5-5' })).toThrow(/tool_choice/);
    expect(() => request(forced)).not.toThrow();
  });

  test('a schema of the answer is carried to models that know schemas, a wish for its cache as well', () => {
    const { request } = chatToMessages(now);
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    const wish = { response_format: { type: 'json_schema', json_schema: { name: 's', schema, strict: true } } };
    const mark = { cache_control: { type: 'ephemeral' } };
    const messages = [
      { role: 'system', content: [{ type: 'text', text: 'Long.', ...mark }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: '' },
          { type: 'text', text: 'Hi', ...mark },
        ],
      },
    ];
    expect(request({ model: 'claude-opus-4-5', messages, tools: [{ ...tool, ...mark }], ...wish }).body).toMatchObject({
      output_config: { format: { type: 'json_schema', schema } },
      system: [{ type: 'text', text: 'Long.', ...mark }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] }],
      tools: [{ name: 'weather', ...mark }],
    });
    expect(() => request({ model: 'claude-3-5-haiku-20241022', messages, ...wish })).toThrow(/response_format/);
  });

  test('what would change the answer is refused rather than forgotten', () => {
    const { request } = chatToMessages(now);
    for (const [wish, field] of [
      [{ n: 2 }, 'n'],
      [{ logprobs: true }, 'logprobs'],
      [{ response_format: { type: 'json_object' } }, 'response_format'],
      [{ web_search_options: {} }, 'web_search_options'],
      [{ functions: [] }, 'functions'],
      [{ tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type'],
      [{ messages: [{ role: 'function', name: 'f', content: '1' }] }, 'messages[0].role'],
      [{ messages: [{ role: 'assistant', function_call: {} }] }, 'messages[0].function_call'],
      [{ messages: [{ role: 'tool', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
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
      event('content_block_stop', { index: 1 }),
      event('content_block_start', { index: 2, content_block: { type: 'tool_use', id: 't2', name: 'now', input: {} } }),
      event('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
      event('content_block_stop', { index: 2 }),
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
      { tool_calls: [{ index: 1, id: 't2', type: 'function', function: { name: 'now', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
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

  test('what a tool shows follows its result, which may hold text alone; a schema and an effort are carried', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } };
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const { body, dropped } = messagesToChat.request({
      model: 'm',
      max_tokens: 9,
      system: [{ type: 'text', text: 'Long.', cache_control: { type: 'ephemeral' } }],
      thinking: { type: 'adaptive' },
      output_config: { effort: 'medium', format: { type: 'json_schema', schema } },
      messages: [
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: 's' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'a',
              is_error: true,
              content: [{ type: 'text', text: 'Seen.' }, image],
            },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Notes.' } },
          ],
        },
      ],
    });
    expect(body).toEqual({
      model: 'm',
      max_tokens: 9,
      reasoning_effort: 'medium',
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
      messages: [
        { role: 'system', content: 'Long.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'Seen.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Belongs to the result of a:' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
            { type: 'text', text: 'Notes.' },
          ],
        },
      ],
    });
    expect(dropped).toEqual(['tool_result.is_error', 'cache_control']);
    for (const wish of [{ mcp_servers: [{ type: 'url' }] }, { container: 'c' }])
      expect(() => messagesToChat.request({ messages: [], ...wish })).toThrow(Untranslatable);
  });

  test('thoughts are told to who wishes to read them, and marked as nobody of Anthropic signed them', () => {
    const asked = { thinking: { type: 'enabled', budget_tokens: 1024 } };
    const completion = { choices: [{ message: { reasoning: 'Hm.', content: 'Yes.' }, finish_reason: 'stop' }] };
    const thinking = { type: 'thinking', thinking: 'Hm.', signature: unsigned };
    expect(messagesToChat.response(completion, asked)['content']).toEqual([thinking, { type: 'text', text: 'Yes.' }]);
    expect(messagesToChat.response(completion, {})['content']).toEqual([{ type: 'text', text: 'Yes.' }]);
    const chunk = (delta: Json): string => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
    const text = `${chunk({ reasoning_content: 'Hm' })}${chunk({ reasoning_content: '.' })}${chunk({ content: 'Yes.' })}`;
    const told = dataOf(through(messagesToChat.stream(asked), `${text}data: [DONE]\n\n`));
    expect(
      told.map(({ delta, content_block: block }) => block ?? delta).filter((one) => one !== undefined),
    ).toMatchObject([
      { type: 'thinking' },
      { type: 'thinking_delta', thinking: 'Hm' },
      { type: 'thinking_delta', thinking: '.' },
      { type: 'signature_delta', signature: unsigned },
      { type: 'text' },
      { type: 'text_delta', text: 'Yes.' },
      { stop_reason: 'end_turn' },
    ]);
    expect(dataOf(through(messagesToChat.stream({}), text)).some(({ type }) => type === 'thinking_delta')).toBe(false);
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
        { role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}' },
        { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'clear' },
        {
          type: 'function_call_output',
          call_id: 'c2',
          output: [{ type: 'input_image', image_url: `data:image/png;base64,${pixel}` }],
        },
      ],
      tools: [{ type: 'function', name: 'weather', parameters: {}, strict: true }],
      text: { format: { type: 'json_schema', name: 's', schema: { type: 'object' }, strict: true } },
    });
    expect(body).toMatchObject({
      max_tokens: 50,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        { role: 'assistant', content: [{ text: 'I look.' }], tool_calls: [{ id: 'c1' }, { id: 'c2' }] },
        { role: 'tool', tool_call_id: 'c1', content: 'clear' },
        { role: 'tool', tool_call_id: 'c2', content: 'See below.' },
        { role: 'user', content: [{ text: 'Belongs to the result of c2:' }, { type: 'image_url' }] },
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
        choices: [{ message: { reasoning_content: 'Hm.', content: 'Hi you' }, finish_reason: 'length' }],
        usage,
      },
      { temperature: 0.5, metadata: { a: 'b' } },
    );
    const chunk = (rest: Json): string => `data: ${JSON.stringify({ id: 'c', model: 'm', ...rest })}\n\n`;
    const text =
      chunk({ choices: [{ delta: { reasoning: 'Hm.' }, finish_reason: null }] }) +
      chunk({ choices: [{ delta: { content: 'Hi' }, finish_reason: null }] }) +
      chunk({ choices: [{ delta: { content: ' you' }, finish_reason: 'length' }] }) +
      chunk({ choices: [], usage });
    const events = through(stream({ temperature: 0.5, metadata: { a: 'b' } }), text);
    const data = dataOf(events);
    expect(data.map(({ sequence_number: number }) => number)).toEqual(data.map((_one, index) => index));
    expect(events.at(-1)!.event).toBe('response.incomplete');
    expect(data.at(-1)!['response']).toEqual(whole);
    expect(whole).toMatchObject({ output: [{ type: 'reasoning' }, { type: 'message' }], temperature: 0.5 });
    expect(whole).not.toHaveProperty('metadata');
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
          parts: [
            { text: 'Let me look.' },
            {
              functionCall: { name: 'weather', args: { city: 'Seoul' } },
              thoughtSignature: 'skip_thought_signature_validator',
            },
          ],
        },
        {
          role: 'user',
          parts: [{ functionResponse: { name: 'weather', response: { sky: 'clear' } } }, { text: 'And?' }],
        },
      ],
    });
  });

  test('older models want no seal on calls; one call at a time cannot be demanded', () => {
    const call = (asked: Json): Json | undefined =>
      (request(asked).body['contents'] as { parts: Json[] }[])[1]!.parts.find((part) => part['functionCall']);
    expect(call({ ...conversation, model: 'gemini-2.5-flash' })).not.toHaveProperty('thoughtSignature');
    expect(call({ ...conversation, model: 'gemini-3-pro' })).toHaveProperty('thoughtSignature');
    expect(() => request({ ...conversation, parallel_tool_calls: false })).toThrow(/parallel_tool_calls/);
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
