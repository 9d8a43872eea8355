import type { ServerSentEvent } from '../../wire/server-sent-events.ts';
import {
  chatCompletion,
  chatUsage,
  ChunkWriter,
  contentText,
  inlineData,
  isAmongToolCalls,
  refuseMoreThanText,
  toolCall,
  turnsOf,
} from '../../dialects/chat-pieces.ts';
import {
  doneEvent,
  jsonEvent,
  notCarried,
  Untranslatable,
  type StreamTranslation,
  type Translated,
  type Translation,
} from '../../dialects/dialect.ts';
import { compact, numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';

const to = 'the Messages API';
/** The Messages API demands a bound; callers of chat completions need not give one. */
const defaultMaxTokens = 4096;
const thinkingBudgets: Readonly<Record<string, number>> = { low: 1024, medium: 4096, high: 16_384 };
const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};
const carried = [
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'user', 'reasoning_effort', 'n', 'logprobs'],
  ...['modalities', 'audio', 'response_format', 'service_tier'],
];

/** A caller of chat completions is served by the Messages API (version 2023-06-01). */
export function chatToMessages(now: () => number): Translation {
  const created = (): number => Math.floor(now() / 1000);
  return {
    request: messagesRequest,
    response: (body) => completionOf(body, created()),
    stream: (request) => new ChunksOfMessages(created(), objectOf(request['stream_options'])['include_usage'] === true),
  };
}

function messagesRequest(chat: Json): Translated {
  refuseMoreThanText(chat, to);
  if (objectOf(chat['response_format'])['type'] !== undefined && objectOf(chat['response_format'])['type'] !== 'text')
    throw new Untranslatable(['response_format'], to);
  const asked = chat['max_completion_tokens'] ?? chat['max_tokens'];
  const canThink = !isAmongToolCalls(objectsOf(chat['messages']));
  const budget = canThink ? thinkingBudgets[textOf(chat['reasoning_effort'])] : undefined;
  const maxTokens = (typeof asked === 'number' ? asked : defaultMaxTokens) + (budget ?? 0);
  const temperature = chat['temperature'];
  const body = compact({
    model: chat['model'],
    max_tokens: maxTokens,
    system: systemOf(objectsOf(chat['messages'])),
    messages: turnsOf(objectsOf(chat['messages']), blocksOf),
    stream: chat['stream'] === true ? true : undefined,
    // The scale ends at 1 there; thinking allows no other value than the default.
    temperature: typeof temperature === 'number' && budget === undefined ? Math.min(1, temperature) : undefined,
    top_p: budget === undefined ? (chat['top_p'] ?? undefined) : undefined,
    stop_sequences: chat['stop'] === undefined || chat['stop'] === null ? undefined : [chat['stop']].flat(),
    tools: chat['tools'] === undefined ? undefined : objectsOf(chat['tools']).map(toolOf),
    tool_choice: toolChoiceOf(chat),
    metadata: typeof chat['user'] === 'string' ? { user_id: chat['user'] } : undefined,
    thinking: budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget },
  });
  return {
    body,
    dropped: notCarried(chat, canThink ? carried : carried.filter((name) => name !== 'reasoning_effort')),
  };
}

function systemOf(messages: readonly Json[]): string | undefined {
  const said = messages.filter(({ role }) => role === 'system' || role === 'developer');
  return said.length === 0 ? undefined : said.map(({ content }) => contentText(content)).join('\n\n');
}

function blocksOf(message: Json, path: string): Json[] {
  if (message['role'] === 'tool')
    return [
      { type: 'tool_result', tool_use_id: message['tool_call_id'], content: contentText(message['content']) || ' ' },
    ];
  const { content } = message;
  const said =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ type: 'text', text: content }]
      : objectsOf(content).map((part, index) => blockOf(part, `${path}.content[${index}]`));
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    return {
      type: 'tool_use',
      id: call['id'],
      name: made['name'],
      input: parsedObject(textOf(made['arguments']) || '{}'),
    };
  });
  return [...said, ...calls];
}

function blockOf(part: Json, path: string): Json {
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: part['text'] };
    case 'refusal':
      return { type: 'text', text: part['refusal'] };
    case 'image_url': {
      const url = textOf(objectOf(part['image_url'])['url']);
      const inline = inlineData(url);
      const source = inline
        ? { type: 'base64', media_type: inline.mediaType, data: inline.data }
        : { type: 'url', url };
      return { type: 'image', source };
    }
    case 'file': {
      const inline = inlineData(textOf(objectOf(part['file'])['file_data']));
      if (!inline) throw new Untranslatable([`${path}.file`], to);
      return { type: 'document', source: { type: 'base64', media_type: inline.mediaType, data: inline.data } };
    }
    default:
      throw new Untranslatable([`${path}.type`], to);
  }
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== 'function') throw new Untranslatable([`tools[${index}].type`], to);
  const told = objectOf(tool['function']);
  return compact({
    name: told['name'],
    description: told['description'],
    input_schema: told['parameters'] ?? { type: 'object', properties: {} },
  });
}

function toolChoiceOf(chat: Json): Json | undefined {
  const choice = chat['tool_choice'];
  const single = chat['parallel_tool_calls'] === false ? { disable_parallel_tool_use: true } : {};
  if (choice === 'none') return { type: 'none' };
  if (choice === 'required') return { type: 'any', ...single };
  const name = objectOf(objectOf(choice)['function'])['name'];
  if (name !== undefined) return { type: 'tool', name, ...single };
  if (chat['tools'] === undefined || (choice === undefined && chat['parallel_tool_calls'] !== false)) return undefined;
  return { type: 'auto', ...single };
}

function usageOf(usage: unknown): Json {
  const read = objectOf(usage);
  const cached = numberOf(read['cache_read_input_tokens']);
  const promptTokens = numberOf(read['input_tokens']) + cached + numberOf(read['cache_creation_input_tokens']);
  return chatUsage({ promptTokens, completionTokens: numberOf(read['output_tokens']), cachedTokens: cached });
}

function completionOf(answer: Json, created: number): Json {
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

class ChunksOfMessages implements StreamTranslation {
  readonly #chunks: ChunkWriter;
  readonly #wantsUsage: boolean;
  /** Index among the tool calls, by index of the block. */
  readonly #calls = new Map<number, number>();
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
    this.#calls.set(index, call);
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
      case 'input_json_delta':
        return [
          this.#chunks.delta({
            tool_calls: [{ index: this.#calls.get(index) ?? 0, function: { arguments: delta['partial_json'] } }],
          }),
        ];
      default:
        return [];
    }
  }

  #finish(): ServerSentEvent[] {
    if (this.#done) return [];
    this.#done = true;
    return [...(this.#wantsUsage ? [this.#chunks.usage(usageOf(this.#usage))] : []), doneEvent];
  }
}
