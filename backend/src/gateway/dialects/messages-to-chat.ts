import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import { readChatUsage } from './chat-pieces.ts';
import {
  jsonEvent,
  notCarried,
  Untranslatable,
  type StreamTranslation,
  type Translated,
  type Translation,
} from './dialect.ts';
import { compact, numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from './json.ts';

const to = 'chat completions';
const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};
const carried = [
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'temperature', 'top_p', 'stop_sequences', 'tools'],
  ...['tool_choice', 'metadata', 'thinking', 'service_tier'],
];

/** A caller of the Messages API (version 2023-06-01) is served by chat completions. */
export const messagesToChat: Translation = {
  request: chatRequest,
  response: messageOf,
  stream: () => new EventsOfChunks(),
};

function chatRequest(asked: Json): Translated {
  const choice = objectOf(asked['tool_choice']);
  const stream = asked['stream'] === true;
  const body = compact({
    model: asked['model'],
    messages: [...systemOf(asked['system']), ...objectsOf(asked['messages']).flatMap(messagesOf)],
    max_tokens: asked['max_tokens'],
    stream: stream ? true : undefined,
    stream_options: stream ? { include_usage: true } : undefined,
    temperature: asked['temperature'],
    top_p: asked['top_p'],
    stop: asked['stop_sequences'],
    tools: asked['tools'] === undefined ? undefined : objectsOf(asked['tools']).map(toolOf),
    tool_choice: toolChoiceOf(choice),
    parallel_tool_calls: choice['disable_parallel_tool_use'] === true ? false : undefined,
    user: objectOf(asked['metadata'])['user_id'],
    reasoning_effort: effortOf(objectOf(asked['thinking'])),
  });
  return { body, dropped: notCarried(asked, carried) };
}

function systemOf(system: unknown): Json[] {
  const text =
    typeof system === 'string'
      ? system
      : objectsOf(system)
          .map((block) => textOf(block['text']))
          .join('\n\n');
  return text === '' ? [] : [{ role: 'system', content: text }];
}

function messagesOf(message: Json, index: number): Json[] {
  const { role, content } = message;
  if (typeof content === 'string') return [{ role, content }];
  const blocks = objectsOf(content);
  const path = `messages[${index}].content`;
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map((block) => ({ role: 'tool', tool_call_id: block['tool_use_id'], content: resultText(block['content']) }));
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input ?? {}) },
    }));
  const parts = blocks.flatMap((block, at) => partOf(block, `${path}[${at}]`));
  if (role === 'assistant') {
    const text = parts.map((part) => textOf(part['text'])).join('');
    return [compact({ role, content: text === '' ? null : text, tool_calls: calls.length > 0 ? calls : undefined })];
  }
  // Results of tools must come right after the calls that they answer.
  return [...results, ...(parts.length > 0 ? [{ role, content: parts }] : [])];
}

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((block) => (block['type'] === 'text' ? textOf(block['text']) : JSON.stringify(block)))
    .join('\n');
}

function partOf(block: Json, path: string): Json[] {
  const source = objectOf(block['source']);
  const url =
    source['type'] === 'base64'
      ? `data:${textOf(source['media_type'])};base64,${textOf(source['data'])}`
      : textOf(source['url']);
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: block['text'] }];
    case 'image':
      if (source['type'] !== 'base64' && source['type'] !== 'url') throw new Untranslatable([`${path}.source`], to);
      return [{ type: 'image_url', image_url: { url } }];
    case 'document':
      if (source['type'] !== 'base64') throw new Untranslatable([`${path}.source`], to);
      return [{ type: 'file', file: { filename: textOf(block['title']) || 'document', file_data: url } }];
    // Calls and results are said elsewhere; what the other model thought is sealed for it alone.
    case 'tool_use':
    case 'tool_result':
    case 'thinking':
    case 'redacted_thinking':
      return [];
    default:
      throw new Untranslatable([`${path}.type`], to);
  }
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== undefined && tool['type'] !== 'custom') throw new Untranslatable([`tools[${index}].type`], to);
  return {
    type: 'function',
    function: compact({ name: tool['name'], description: tool['description'], parameters: tool['input_schema'] }),
  };
}

function toolChoiceOf(choice: Json): unknown {
  switch (choice['type']) {
    case 'any':
      return 'required';
    case 'none':
      return 'none';
    case 'tool':
      return { type: 'function', function: { name: choice['name'] } };
    case 'auto':
      return 'auto';
    default:
      return undefined;
  }
}

function effortOf(thinking: Json): string | undefined {
  if (thinking['type'] !== 'enabled') return undefined;
  const budget = numberOf(thinking['budget_tokens']);
  return budget <= 2048 ? 'low' : budget <= 8192 ? 'medium' : 'high';
}

function usageOf(usage: unknown): Json {
  const { promptTokens, completionTokens, cachedTokens } = readChatUsage(usage);
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

function messageOf(completion: Json): Json {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const text = textOf(message['content'] ?? message['refusal']);
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    return {
      type: 'tool_use',
      id: call['id'],
      name: made['name'],
      input: parsedObject(textOf(made['arguments']) || '{}'),
    };
  });
  return {
    id: completion['id'],
    type: 'message',
    role: 'assistant',
    model: completion['model'],
    content: [...(text === '' ? [] : [{ type: 'text', text }]), ...calls],
    stop_reason: stopReasons[textOf(choice['finish_reason'])] ?? 'end_turn',
    stop_sequence: null,
    usage: usageOf(completion['usage']),
  };
}

/** Blocks follow each other there, one at a time; chunks may grow several tool calls at once, each by its index. */
class EventsOfChunks implements StreamTranslation {
  #started = false;
  #finished = false;
  /** The block that is open: the text's, or that of the tool call with this index. */
  #open: { index: number; call: number | 'text' } | undefined;
  #blocks = 0;
  #stopReason = 'end_turn';
  #usage: unknown;

  push({ data }: ServerSentEvent): ServerSentEvent[] {
    if (data === '[DONE]') return this.end();
    const chunk = parsedObject(data);
    if (chunk['error'] !== undefined)
      return [jsonEvent({ type: 'error', error: { type: 'api_error', ...objectOf(chunk['error']) } }, 'error')];
    const events = this.#start(chunk);
    if (chunk['usage'] !== undefined && chunk['usage'] !== null) this.#usage = chunk['usage'];
    const choice = objectsOf(chunk['choices'])[0];
    if (!choice) return events;
    const delta = objectOf(choice['delta']);
    const text = textOf(delta['content'] ?? delta['refusal']);
    if (text !== '') {
      events.push(...this.#opened('text', { type: 'text', text: '' }), this.#delta({ type: 'text_delta', text }));
    }
    for (const call of objectsOf(delta['tool_calls'])) events.push(...this.#callGrows(call));
    const reason = textOf(choice['finish_reason']);
    if (reason !== '') this.#stopReason = stopReasons[reason] ?? 'end_turn';
    return events;
  }

  end(): ServerSentEvent[] {
    if (this.#finished || !this.#started) return [];
    this.#finished = true;
    const usage = usageOf(this.#usage);
    return [
      ...this.#closed(),
      jsonEvent(
        { type: 'message_delta', delta: { stop_reason: this.#stopReason, stop_sequence: null }, usage },
        'message_delta',
      ),
      jsonEvent({ type: 'message_stop' }, 'message_stop'),
    ];
  }

  #start(chunk: Json): ServerSentEvent[] {
    if (this.#started) return [];
    this.#started = true;
    const { id, model } = chunk;
    const usage = { input_tokens: 0, output_tokens: 0 };
    const message = { id, type: 'message', role: 'assistant', model, content: [], stop_reason: null, usage };
    return [jsonEvent({ type: 'message_start', message: { ...message, stop_sequence: null } }, 'message_start')];
  }

  #callGrows(call: Json): ServerSentEvent[] {
    const made = objectOf(call['function']);
    const index = numberOf(call['index']);
    const block = { type: 'tool_use', id: call['id'], name: made['name'], input: {} };
    const opened = this.#opened(index, block);
    const grown = textOf(made['arguments']);
    return grown === '' ? opened : [...opened, this.#delta({ type: 'input_json_delta', partial_json: grown })];
  }

  #opened(call: number | 'text', block: Json): ServerSentEvent[] {
    if (this.#open?.call === call) return [];
    const closed = this.#closed();
    this.#open = { index: this.#blocks++, call };
    const start = { type: 'content_block_start', index: this.#open.index, content_block: block };
    return [...closed, jsonEvent(start, 'content_block_start')];
  }

  #closed(): ServerSentEvent[] {
    if (!this.#open) return [];
    const { index } = this.#open;
    this.#open = undefined;
    return [jsonEvent({ type: 'content_block_stop', index }, 'content_block_stop')];
  }

  #delta(delta: Json): ServerSentEvent {
    return jsonEvent({ type: 'content_block_delta', index: this.#open?.index ?? 0, delta }, 'content_block_delta');
  }
}
