import { chatCompletion, chatUsage, ChunkWriter, toolCall } from '../../dialects/chat-pieces.ts';
import { doneEvent, jsonEvent, type StreamTranslation } from '../../dialects/dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';
import type { ServerSentEvent } from '../../wire/server-sent-events.ts';

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

function usageOf(usage: unknown): Json {
  const read = objectOf(usage);
  const cached = numberOf(read['cache_read_input_tokens']);
  const promptTokens = numberOf(read['input_tokens']) + cached + numberOf(read['cache_creation_input_tokens']);
  const thought = objectOf(read['output_tokens_details'])['thinking_tokens'];
  return chatUsage({
    promptTokens,
    completionTokens: numberOf(read['output_tokens']),
    cachedTokens: cached,
    ...(typeof thought === 'number' ? { reasoningTokens: thought } : {}),
  });
}

/** A message as a chat completion. @param created seconds since the epoch */
export function completionOfMessage(answer: Json, created: number): Json {
  const blocks = objectsOf(answer['content']);
  const texts = (type: string, field: string): string =>
    blocks
      .filter((block) => block['type'] === type)
      .map((block) => textOf(block[field]))
      .join('');
  return chatCompletion({
    id: textOf(answer['id']),
    model: textOf(answer['model']),
    created,
    text: texts('text', 'text'),
    reasoning: texts('thinking', 'thinking'),
    toolCalls: blocks
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, name, input }) => toolCall(textOf(id), textOf(name), JSON.stringify(input ?? {}))),
    finishReason: finishReasons[textOf(answer['stop_reason'])] ?? 'stop',
    usage: usageOf(answer['usage']),
  });
}

/** Events of a streamed message as chunks of a chat completion. */
export class ChunksOfMessages implements StreamTranslation {
  readonly #chunks: ChunkWriter;
  readonly #wantsUsage: boolean;
  /** Place among the tool calls and whether anything was told of its arguments, by index of the block. */
  readonly #calls = new Map<number, { at: number; isTold: boolean }>();
  #usage: Json = {};
  #done = false;

  constructor(created: number, wantsUsage: boolean) {
    this.#chunks = new ChunkWriter(created);
    this.#wantsUsage = wantsUsage;
  }

  push({ data }: ServerSentEvent): ServerSentEvent[] {
    const event = parsedObject(data);
    switch (event['type']) {
      case 'message_start': {
        const message = objectOf(event['message']);
        this.#usage = objectOf(message['usage']);
        this.#chunks.begin(textOf(message['id']), textOf(message['model']));
        return [this.#chunks.delta({ role: 'assistant', content: '' })];
      }
      case 'content_block_start':
        return this.#blockStarts(numberOf(event['index']), objectOf(event['content_block']));
      case 'content_block_delta':
        return this.#blockGrows(numberOf(event['index']), objectOf(event['delta']));
      case 'content_block_stop':
        return this.#blockEnds(numberOf(event['index']));
      case 'message_delta': {
        this.#usage = { ...this.#usage, ...objectOf(event['usage']) };
        const reason = textOf(objectOf(event['delta'])['stop_reason']);
        return reason === '' ? [] : [this.#chunks.delta({}, finishReasons[reason] ?? 'stop')];
      }
      case 'message_stop':
        return this.#finish();
      case 'error':
        return [jsonEvent({ error: event['error'] })];
      default:
        return [];
    }
  }

  end(): ServerSentEvent[] {
    return [];
  }

  #blockStarts(index: number, block: Json): ServerSentEvent[] {
    if (block['type'] !== 'tool_use') return [];
    const call = this.#calls.size;
    this.#calls.set(index, { at: call, isTold: false });
    return [
      this.#chunks.delta({
        tool_calls: [{ index: call, ...toolCall(textOf(block['id']), textOf(block['name']), '') }],
      }),
    ];
  }

  #blockGrows(index: number, delta: Json): ServerSentEvent[] {
    switch (delta['type']) {
      case 'text_delta':
        return [this.#chunks.delta({ content: delta['text'] })];
      case 'thinking_delta':
        return [this.#chunks.delta({ reasoning_content: delta['thinking'] })];
      case 'input_json_delta': {
        const call = this.#calls.get(index);
        const grown = textOf(delta['partial_json']);
        if (!call || grown === '') return [];
        call.isTold = true;
        return [this.#chunks.delta({ tool_calls: [{ index: call.at, function: { arguments: grown } }] })];
      }
      default:
        return [];
    }
  }

  /** A call without arguments says nothing there; here its arguments are JSON. */
  #blockEnds(index: number): ServerSentEvent[] {
    const call = this.#calls.get(index);
    if (!call || call.isTold) return [];
    return [this.#chunks.delta({ tool_calls: [{ index: call.at, function: { arguments: '{}' } }] })];
  }

  #finish(): ServerSentEvent[] {
    if (this.#done) return [];
    this.#done = true;
    return [...(this.#wantsUsage ? [this.#chunks.usage(usageOf(this.#usage))] : []), doneEvent];
  }
}
