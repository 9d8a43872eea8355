import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import { jsonEvent, notCarried, refuseUnlessDefault, Untranslatable } from './dialect.ts';
import { compact, numberOf, objectOf, objectsOf, textOf, type Json } from './json.ts';

/**
 * @throws Untranslatable where a chat completion asks for more than one answer, for probabilities, for anything but text, for a
 * search of the provider's own, for functions in the way before tools, or for a choice of tools that only OpenAI knows
 */
export function refuseMoreThanText(chat: Json, to: string): void {
  const refused = { n: [1], logprobs: [false], audio: [], web_search_options: [], functions: [], function_call: [] };
  refuseUnlessDefault(chat, refused, to);
  if (Array.isArray(chat['modalities']) && chat['modalities'].some((kind) => kind !== 'text'))
    throw new Untranslatable(['modalities'], to);
  const { type } = objectOf(chat['tool_choice']);
  if (type !== undefined && type !== 'function') throw new Untranslatable(['tool_choice.type'], to);
  objectsOf(chat['messages']).forEach((message, index) => {
    if (message['role'] === 'function') throw new Untranslatable([`messages[${index}].role`], to);
    if (message['function_call'] !== undefined && message['function_call'] !== null)
      throw new Untranslatable([`messages[${index}].function_call`], to);
    if (textRoles.has(message['role'])) refuseAllButText(message['content'], `messages[${index}].content`, to);
  });
}

/** Who says text alone, of which only the text is carried. */
const textRoles: ReadonlySet<unknown> = new Set(['system', 'developer', 'tool']);

function refuseAllButText(content: unknown, path: string, to: string): void {
  objectsOf(content).forEach(({ type }, index) => {
    if (type !== 'text') throw new Untranslatable([`${path}[${index}].type`], to);
  });
}

/** Wishes of a chat completion that are set and not in `carried`, and those within its tools. */
export function notCarriedByChat(chat: Json, carried: readonly string[]): string[] {
  const isStrict = objectsOf(chat['tools']).some((tool) => objectOf(tool['function'])['strict'] === true);
  return [...notCarried(chat, carried), ...(isStrict ? ['tools.strict'] : [])];
}

/**
 * Whether the conversation stands in the middle of calls of tools. Models of Anthropic that think demand to see then what they
 * thought before the calls, which chat completions do not carry.
 */
export function isAmongToolCalls(messages: readonly Json[]): boolean {
  return messages.at(-1)?.['role'] === 'tool';
}

/** A call of a tool as chat completions write it. */
export function toolCall(id: string, name: string, argumentsText: string): Json {
  return { id, type: 'function', function: { name, arguments: argumentsText } };
}

/** Text of the content of a chat message, which is a text or a list of parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => textOf(part['text'] ?? part['refusal']))
    .join('');
}

/** `data:image/png;base64,...` as its type and data; undefined for addresses. */
export function inlineData(url: string): { mediaType: string; data: string } | undefined {
  const match = /^data:([^;,]+);base64,(.*)$/s.exec(url);
  return match ? { mediaType: match[1]!, data: match[2]! } : undefined;
}

export interface ChatUsage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens?: number;
  reasoningTokens?: number;
}

/** Usage as chat completions write it: parts inside their whole. */
export function chatUsage({ promptTokens, completionTokens, cachedTokens, reasoningTokens }: ChatUsage): Json {
  return compact({
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: cachedTokens === undefined ? undefined : { cached_tokens: cachedTokens },
    completion_tokens_details: reasoningTokens === undefined ? undefined : { reasoning_tokens: reasoningTokens },
  });
}

/** Reads usage of chat completions. */
export function readChatUsage(usage: unknown): Required<ChatUsage> {
  const read = objectOf(usage);
  return {
    promptTokens: numberOf(read['prompt_tokens']),
    completionTokens: numberOf(read['completion_tokens']),
    cachedTokens: numberOf(objectOf(read['prompt_tokens_details'])['cached_tokens']),
    reasoningTokens: numberOf(objectOf(read['completion_tokens_details'])['reasoning_tokens']),
  };
}

/** A whole answer of one choice. */
export function chatCompletion(parts: {
  id: string;
  model: string;
  created: number;
  text: string;
  reasoning: string;
  toolCalls: Json[];
  finishReason: string;
  usage: Json;
}): Json {
  const message = compact({
    role: 'assistant',
    content: parts.text === '' && parts.toolCalls.length > 0 ? null : parts.text,
    reasoning_content: parts.reasoning === '' ? undefined : parts.reasoning,
    tool_calls: parts.toolCalls.length > 0 ? parts.toolCalls : undefined,
  });
  return {
    id: parts.id,
    object: 'chat.completion',
    created: parts.created,
    model: parts.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: parts.finishReason }],
    usage: parts.usage,
  };
}

/** Writes the chunks of one streamed completion. */
export class ChunkWriter {
  readonly #created: number;
  #id = '';
  #model = '';

  constructor(created: number) {
    this.#created = created;
  }

  begin(id: string, model: string): void {
    this.#id = id;
    this.#model = model;
  }

  delta(delta: Json, finishReason: string | null = null): ServerSentEvent {
    return this.#chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });
  }

  usage(usage: Json): ServerSentEvent {
    return this.#chunk({ choices: [], usage });
  }

  #chunk(rest: Json): ServerSentEvent {
    return jsonEvent({
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      ...rest,
    });
  }
}

/** Messages of one role that follow each other are one turn there; results of tools belong to the user's. */
export function turnsOf(messages: readonly Json[], blocksOf: (message: Json, path: string) => Json[]): Json[] {
  const turns: { role: string; content: Json[] }[] = [];
  messages.forEach((message, index) => {
    const { role } = message;
    if (role === 'system' || role === 'developer') return;
    const speaker = role === 'assistant' ? 'assistant' : 'user';
    const blocks = blocksOf(message, `messages[${index}]`);
    const last = turns.at(-1);
    if (last?.role === speaker) last.content.push(...blocks);
    else turns.push({ role: speaker, content: blocks });
  });
  return turns.filter(({ content }) => content.length > 0);
}
