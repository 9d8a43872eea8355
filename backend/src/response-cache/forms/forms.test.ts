import { describe, expect, test } from '@jest/globals';
import { eventText, SseReader, type ServerSentEvent } from '../../gateway/index.ts';
import type { AnswerForm, Json } from './answer-form.ts';
import { chatForm } from './chat-form.ts';
import { messagesForm } from './messages-form.ts';
import { responsesForm } from './responses-form.ts';

const long = 'Grüße 😀 '.repeat(40);
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: `{"city":"${long}"}` } };

const answers: [string, AnswerForm, Json][] = [
  [
    'a chat completion',
    chatForm,
    {
      ...{ id: 'c', created: 1, model: 'm', object: 'chat.completion', usage },
      choices: [
        { index: 0, message: { role: 'assistant', content: long, reasoning_content: 'hm' }, finish_reason: 'stop' },
        {
          index: 1,
          message: { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'call_2' }] },
          finish_reason: 'tool_calls',
        },
      ],
    },
  ],
  [
    'a message',
    messagesForm,
    {
      ...{ id: 'm', type: 'message', role: 'assistant', model: 'm', stop_reason: 'tool_use', stop_sequence: null },
      content: [
        { type: 'thinking', thinking: long, signature: 'sig' },
        { type: 'text', text: long },
        { type: 'tool_use', id: 't', name: 'weather', input: { city: long } },
      ],
      usage: { input_tokens: 10, output_tokens: 5 },
    },
  ],
  [
    'a response',
    responsesForm,
    {
      ...{
        id: 'r',
        object: 'response',
        status: 'completed',
        model: 'm',
        usage: { input_tokens: 10, output_tokens: 5 },
      },
      output: [
        {
          id: 'i',
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: long, annotations: [] }],
        },
        {
          id: 'f',
          type: 'function_call',
          status: 'completed',
          call_id: 'x',
          name: 'weather',
          arguments: '{"city":"Seoul"}',
        },
      ],
    },
  ],
];

function sent(events: readonly ServerSentEvent[]): ServerSentEvent[] {
  const reader = new SseReader();
  return [...reader.push(Buffer.from(events.map(eventText).join(''))), ...reader.end()];
}

describe('an answer that is given again', () => {
  test.each(answers)('says the same as a stream: %s', (_name, form, body) => {
    const events = sent(form.events(body, { stream_options: { include_usage: true } }));
    expect(form.assembled(events)).toEqual(body);
    expect(form.isComplete(body)).toBe(true);
    expect(events.length).toBeGreaterThan(5);
  });

  test.each(answers)('is none where the stream was cut: %s', (_name, form, body) => {
    const events = form.events(body, {});
    for (let count = 0; count < events.length; count++) expect(form.assembled(events.slice(0, count))).toBeUndefined();
  });

  test('is made of pieces in whatever order they say what', () => {
    const chunk = (choices: readonly object[], rest: object = {}): ServerSentEvent => ({
      data: JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', ...rest, choices }),
    });
    const says = (content: string, rest: object = {}, index = 0): ServerSentEvent =>
      chunk([{ index, delta: { content, ...rest }, finish_reason: null }]);
    const events = [
      ...[
        says('', { role: 'assistant' }),
        says('one'),
        says(' two'),
        says(' "three"'),
        says(' \\ four\n'),
        says(' five'),
      ],
      ...[
        says('other', {}, 1),
        says(' words', {}, 1),
        says(' six'),
        says(' "', {}, 1),
        says(' and'),
        says(' seven', { reasoning_content: 'hm' }),
      ],
      ...[says(' eight', { reasoning_content: 'hm' }), says('"content":"x"'), says(' nine'), says(' ten')],
      chunk([{ index: 0, delta: { content: ' end' }, finish_reason: 'stop' }]),
      chunk([{ index: 1, delta: {}, finish_reason: 'length' }]),
      ...[chunk([], { usage: { prompt_tokens: 1 } }), { data: '[DONE]' }],
    ];
    const said = 'one two "three" \\ four\n five six and seven eight"content":"x" nine ten end';
    expect(chatForm.assembled(sent(events))).toEqual({
      ...{ id: 'c', object: 'chat.completion', model: 'm', usage: { prompt_tokens: 1 } },
      choices: [
        { index: 0, message: { role: 'assistant', content: said, reasoning_content: 'hmhm' }, finish_reason: 'stop' },
        { index: 1, message: { role: 'assistant', content: 'other words "' }, finish_reason: 'length' },
      ],
    });
  });

  test('shows usage in a stream of chat completions to who asks for it', () => {
    const [, , body] = answers[0]!;
    expect(JSON.stringify(chatForm.events(body, {}))).not.toContain('prompt_tokens');
  });

  test('is none where it says something that is not known here', () => {
    const [, form, body] = answers[0]!;
    const strange = { data: '{"choices":[{"index":0,"delta":{"video":"x"}}]}' };
    const events = form.events(body, {});
    expect(form.assembled([...events.slice(0, 1), strange, ...events.slice(1)])).toBeUndefined();
  });
});

test('a response that is kept does not say what its caller said of himself', () => {
  const own = { metadata: { who: 'ada' }, user: 'ada', safety_identifier: 's', prompt_cache_key: 'k' };
  expect(responsesForm.shared?.({ id: 'r', model: 'm', ...own })).toEqual({
    ...{ id: 'r', model: 'm', metadata: {}, user: null, safety_identifier: null, prompt_cache_key: null },
  });
  expect(responsesForm.shared?.({ id: 'r' })).toEqual({ id: 'r' });
});
