import { chatCompletion, chatUsage, ChunkWriter, toolCall } from '../../dialects/chat-pieces.ts';
import { doneEvent, jsonEvent, type StreamTranslation } from '../../dialects/dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';
import type { ServerSentEvent } from '../../wire/server-sent-events.ts';

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

/** Bedrock names neither answer nor model: the time to the microsecond tells answers apart. */
function answerId(now: number): string {
  return `chatcmpl-converse-${Math.round(now * 1000).toString(36)}`;
}

/** An answer of Converse as a chat completion. @param now milliseconds since the epoch */
export function completionOfConverse(answer: Json, model: string, now: number): Json {
  const blocks = objectsOf(objectOf(objectOf(answer['output'])['message'])['content']);
  const thoughts = blocks.map((block) => objectOf(objectOf(block['reasoningContent'])['reasoningText'])['text']);
  return chatCompletion({
    id: answerId(now),
    model,
    created: Math.floor(now / 1000),
    text: blocks.map((block) => textOf(block['text'])).join(''),
    reasoning: thoughts.map(textOf).join(''),
    toolCalls: blocks.flatMap((block) => {
      if (block['toolUse'] === undefined) return [];
      const { toolUseId, name, input } = objectOf(block['toolUse']);
      return [toolCall(textOf(toolUseId), textOf(name), JSON.stringify(input ?? {}))];
    }),
    finishReason: finishReasons[textOf(answer['stopReason'])] ?? 'stop',
    usage: usageOf(answer['usage']),
  });
}

/** What was read from and written to the cache stands beside the input there, and inside it here. */
function usageOf(usage: unknown): Json {
  const read = objectOf(usage);
  const cached = numberOf(read['cacheReadInputTokens']);
  const promptTokens = numberOf(read['inputTokens']) + cached + numberOf(read['cacheWriteInputTokens']);
  return chatUsage({ promptTokens, completionTokens: numberOf(read['outputTokens']), cachedTokens: cached });
}

/** Events of ConverseStream as chunks of a chat completion: the usage comes after the last word there as well. */
export class ChunksOfConverse implements StreamTranslation {
  readonly #chunks: ChunkWriter;
  readonly #wantsUsage: boolean;
  /** Place among the tool calls and whether anything was told of its arguments, by index of the block. */
  readonly #calls = new Map<number, { at: number; isTold: boolean }>();
  #isOver = false;
  #usage: unknown;

  constructor(model: string, now: number, wantsUsage: boolean) {
    this.#chunks = new ChunkWriter(Math.floor(now / 1000));
    this.#chunks.begin(answerId(now), model);
    this.#wantsUsage = wantsUsage;
  }

  push({ event, data }: ServerSentEvent): ServerSentEvent[] {
    const said = parsedObject(data);
    const block = numberOf(said['contentBlockIndex']);
    switch (event) {
      case 'messageStart':
        return [this.#chunks.delta({ role: 'assistant', content: '' })];
      case 'contentBlockStart':
        return this.#blockStarts(block, objectOf(objectOf(said['start'])['toolUse']));
      case 'contentBlockDelta':
        return this.#blockGrows(block, objectOf(said['delta']));
      case 'contentBlockStop':
        return this.#blockEnds(block);
      case 'messageStop':
        this.#isOver = true;
        return [this.#chunks.delta({}, finishReasons[textOf(said['stopReason'])] ?? 'stop')];
      case 'metadata':
        this.#usage = said['usage'];
        return [];
      case 'exception':
        return [jsonEvent({ error: said['error'] })];
      default:
        return [];
    }
  }

  end(): ServerSentEvent[] {
    if (!this.#isOver) return [];
    return [...(this.#wantsUsage ? [this.#chunks.usage(usageOf(this.#usage))] : []), doneEvent];
  }

  #blockStarts(block: number, use: Json): ServerSentEvent[] {
    if (use['toolUseId'] === undefined) return [];
    const index = this.#calls.size;
    this.#calls.set(block, { at: index, isTold: false });
    const call = { index, ...toolCall(textOf(use['toolUseId']), textOf(use['name']), '') };
    return [this.#chunks.delta({ tool_calls: [call] })];
  }

  #blockGrows(block: number, delta: Json): ServerSentEvent[] {
    if (typeof delta['text'] === 'string') return [this.#chunks.delta({ content: delta['text'] })];
    const thought = objectOf(delta['reasoningContent'])['text'];
    if (typeof thought === 'string') return [this.#chunks.delta({ reasoning_content: thought })];
    const call = this.#calls.get(block);
    const grown = textOf(objectOf(delta['toolUse'])['input']);
    if (!call || grown === '') return [];
    call.isTold = true;
    return [this.#chunks.delta({ tool_calls: [{ index: call.at, function: { arguments: grown } }] })];
  }

  /** A call without arguments says nothing there; here its arguments are JSON. */
  #blockEnds(block: number): ServerSentEvent[] {
    const call = this.#calls.get(block);
    if (!call || call.isTold) return [];
    return [this.#chunks.delta({ tool_calls: [{ index: call.at, function: { arguments: '{}' } }] })];
  }
}
