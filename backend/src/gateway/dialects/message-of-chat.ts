import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import { contentText, readChatUsage } from './chat-pieces.ts';
import { jsonEvent, type StreamTranslation } from './dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from './json.ts';

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};
/**
 * Stands where Anthropic's models sign what they thought. Thoughts of others are theirs alone: callers send them back with the
 * conversation, and nobody is shown them.
 */
export const unsigned = 'unsigned-thoughts-of-another-model';

function usageOf(usage: unknown): Json {
  const { promptTokens, completionTokens, cachedTokens } = readChatUsage(usage);
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: completionTokens,
  };
}

/** Whether the caller wishes to read what the model thinks. */
function wantsThoughts(asked: Json): boolean {
  const { type, display } = objectOf(asked['thinking']);
  return (type === 'enabled' || type === 'adaptive') && display !== 'omitted';
}

/** What a message of chat completions, or a piece of one, says it thought: servers have two names for it. */
export function thoughtOf(message: Json): string {
  return textOf(message['reasoning_content'] ?? message['reasoning']);
}

/** The tool calls of a message of chat completions as blocks of the Messages API. */
export function toolUses(message: Json): Json[] {
  return objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    return {
      type: 'tool_use',
      id: call['id'],
      name: made['name'],
      input: parsedObject(textOf(made['arguments']) || '{}'),
    };
  });
}

/** A chat completion as a message. @param asked what the caller asked */
export function messageOf(completion: Json, asked: Json): Json {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const text = contentText(message['content'] ?? message['refusal']);
  const thinking = wantsThoughts(asked) ? thoughtOf(message) : '';
  return {
    id: completion['id'],
    type: 'message',
    role: 'assistant',
    model: completion['model'],
    content: [
      ...(thinking === '' ? [] : [{ type: 'thinking', thinking, signature: unsigned }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...toolUses(message),
    ],
    stop_reason: stopReasons[textOf(choice['finish_reason'])] ?? 'end_turn',
    stop_sequence: null,
    usage: usageOf(completion['usage']),
  };
}

/** Blocks follow each other there, one at a time; chunks may grow several tool calls at once, each by its index. */
export class EventsOfChunks implements StreamTranslation {
  readonly #tellsThoughts: boolean;
  #started = false;
  #finished = false;
  /** The block that is open: the text's, that of the thoughts, or that of the tool call with this index. */
  #open: { index: number; call: number | 'text' | 'thinking' } | undefined;
  #blocks = 0;
  #stopReason = 'end_turn';
  #usage: unknown;

  /** @param asked what the caller asked */
  constructor(asked: Json) {
    this.#tellsThoughts = wantsThoughts(asked);
  }

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
    const thinking = this.#tellsThoughts ? thoughtOf(delta) : '';
    if (thinking !== '') {
      const block = { type: 'thinking', thinking: '', signature: '' };
      events.push(...this.#opened('thinking', block), this.#delta({ type: 'thinking_delta', thinking }));
    }
    const text = contentText(delta['content'] ?? delta['refusal']);
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

  #opened(call: number | 'text' | 'thinking', block: Json): ServerSentEvent[] {
    if (this.#open?.call === call) return [];
    const closed = this.#closed();
    this.#open = { index: this.#blocks++, call };
    const start = { type: 'content_block_start', index: this.#open.index, content_block: block };
    return [...closed, jsonEvent(start, 'content_block_start')];
  }

  #closed(): ServerSentEvent[] {
    if (!this.#open) return [];
    const { index, call } = this.#open;
    const signed = call === 'thinking' ? [this.#delta({ type: 'signature_delta', signature: unsigned })] : [];
    this.#open = undefined;
    return [...signed, jsonEvent({ type: 'content_block_stop', index }, 'content_block_stop')];
  }

  #delta(delta: Json): ServerSentEvent {
    return jsonEvent({ type: 'content_block_delta', index: this.#open?.index ?? 0, delta }, 'content_block_delta');
  }
}
