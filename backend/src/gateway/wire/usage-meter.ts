import { partsTokens } from '../dialects/answer-parts.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from '../dialects/json.ts';
import { ContentFrame } from './content-frame.ts';
import type { ServerSentEvent } from './server-sent-events.ts';

/** What a provider said of one call while it answered. */
export interface Metered {
  /** Its `usage` object, the newest members counting; undefined where it never came. */
  usage: Json | undefined;
  /** Model that answered, as the provider names it. */
  model: string | undefined;
  serviceTier: unknown;
  /** UTF-8 bytes of what was written, for an estimate where no usage comes: prompts are estimated by theirs. */
  writtenBytes: number;
  /** The usage is that of the whole answer: some streams tell of the prompt first, or count on as they go. */
  isFinal: boolean;
  /** The stream told of an error in its middle. */
  failed: boolean;
  /** The stream has said its last word, where its dialect has one: nothing that a caller needs comes after it. */
  isOver: boolean;
}

/** Types of the events that end a message and a response; chat completions end with a word of their own. */
const lastWords: ReadonlySet<unknown> = new Set([
  ...['message_stop', 'response.completed', 'response.incomplete', 'response.failed'],
]);

/** Reads usage and model out of what a provider answers, in the provider's own dialect, without changing it. */
export class UsageMeter {
  readonly #dialect: Dialect;
  readonly #frame = new ContentFrame();
  readonly metered: Metered = {
    usage: undefined,
    model: undefined,
    serviceTier: undefined,
    writtenBytes: 0,
    isFinal: false,
    failed: false,
    isOver: false,
  };

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  answer(body: Json): void {
    this.#take(body);
    this.metered.isFinal = true;
    // Only where the provider does not count is there something to estimate.
    if (this.metered.usage === undefined) this.metered.writtenBytes += writtenIn(body);
  }

  /** @returns true where the event carries nothing but a text */
  event({ data }: ServerSentEvent): boolean {
    if (data === '[DONE]') {
      this.metered.isOver = true;
      return false;
    }
    const plain = this.metered.writtenBytes > 0 && this.#dialect === 'chat' ? this.#plainText(data) : undefined;
    if (plain === undefined) this.#read(data);
    else this.metered.writtenBytes += Buffer.byteLength(plain);
    return plain !== undefined;
  }

  /** Most pieces of a chat completion carry nothing but content. @returns undefined where there may be more in it */
  #plainText(data: string): string | undefined {
    const text = this.#frame.textIn(data);
    if (text !== undefined) return text;
    return telling.some((word) => data.includes(word)) ? undefined : this.#frame.learn(data);
  }

  #read(data: string): void {
    const said = parsedObject(data);
    if (said['type'] === 'error' || said['error'] !== undefined) {
      if (said['error'] !== null) this.metered.failed = true;
    }
    // Responses and messages put what is known of the whole one level down.
    this.#take(said);
    this.#take(objectOf(said['response'] ?? said['message']));
    this.metered.isFinal ||= this.#endsWith(said);
    this.metered.isOver ||= lastWords.has(said['type']);
    this.metered.writtenBytes += writtenIn(said);
  }

  #endsWith(said: Json): boolean {
    if (this.#dialect === 'messages') return said['type'] === 'message_delta';
    if (this.#dialect === 'gemini')
      return objectsOf(said['candidates']).some((one) => one['finishReason'] !== undefined);
    return this.metered.usage !== undefined;
  }

  #take(body: Json): void {
    const usage = usageIn(body, this.#dialect);
    if (typeof usage === 'object' && usage !== null)
      this.metered.usage = {
        ...this.metered.usage,
        ...namedAsElsewhere(this.#dialect, usage as Json),
      };
    const model = textOf(this.#dialect === 'gemini' ? body['modelVersion'] : body['model']);
    if (model !== '') this.metered.model = model;
    const tier = body['service_tier'] ?? objectOf(usage)['service_tier'];
    if (tier !== undefined && tier !== null) this.metered.serviceTier = tier;
  }
}

/** Where each dialect tells what was used. */
function usageIn(body: Json, dialect: Dialect): unknown {
  if (dialect === 'gemini') return body['usageMetadata'];
  if (dialect !== 'gemini-embeddings' && dialect !== 'invoke') return body['usage'];
  const tokens = partsTokens(body);
  return tokens === undefined ? undefined : { prompt_tokens: tokens, completion_tokens: 0 };
}

function namedAsElsewhere(dialect: Dialect, usage: Json): Json {
  if (dialect === 'gemini') return fromGemini(usage);
  return dialect === 'converse' ? fromConverse(usage) : usage;
}

/** Bedrock's counts under the names of the Messages API, which splits them the same way. */
function fromConverse(usage: Json): Json {
  return {
    input_tokens: numberOf(usage['inputTokens']),
    output_tokens: numberOf(usage['outputTokens']),
    cache_read_input_tokens: numberOf(usage['cacheReadInputTokens']),
    cache_creation_input_tokens: numberOf(usage['cacheWriteInputTokens']),
  };
}

/** Gemini's counts under the names that the others use; thoughts are part of what was written. */
function fromGemini(usage: Json): Json {
  const reasoning = numberOf(usage['thoughtsTokenCount']);
  return {
    prompt_tokens: numberOf(usage['promptTokenCount']) + numberOf(usage['toolUsePromptTokenCount']),
    completion_tokens: numberOf(usage['candidatesTokenCount']) + reasoning,
    prompt_tokens_details: { cached_tokens: numberOf(usage['cachedContentTokenCount']) },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

const telling = ['"usage":{', '"usage": {', '"error"', '"tool_calls":[', '"reasoning', '"text"', '\\'];

/** UTF-8 bytes of what a model wrote, in a whole answer or a piece of a stream of any dialect. */
function writtenIn(said: Json): number {
  const pieces: unknown[] = [];
  for (const choice of objectsOf(said['choices'])) {
    const message = objectOf(choice['delta'] ?? choice['message']);
    pieces.push(message['content'], message['reasoning_content'] ?? message['reasoning'], choice['text']);
    for (const call of objectsOf(message['tool_calls'])) pieces.push(objectOf(call['function'])['arguments']);
  }
  const blocks = said['content'] ?? objectOf(objectOf(said['output'])['message'])['content'];
  for (const block of objectsOf(blocks))
    pieces.push(block['text'], block['thinking'], jsonText(block['input'] ?? objectOf(block['toolUse'])['input']));
  if (typeof said['delta'] === 'string') pieces.push(said['delta']);
  else {
    const delta = objectOf(said['delta']);
    pieces.push(delta['text'], delta['thinking'], delta['partial_json']);
    pieces.push(objectOf(delta['toolUse'])['input'], objectOf(delta['reasoningContent'])['text']);
  }
  for (const candidate of objectsOf(said['candidates'])) {
    for (const part of objectsOf(objectOf(candidate['content'])['parts']))
      pieces.push(part['text'], jsonText(part['functionCall']));
  }
  return pieces.reduce<number>((sum, piece) => sum + Buffer.byteLength(textOf(piece)), 0);
}

function jsonText(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/**
 * Tokens that a text of so many UTF-8 bytes may be: four bytes each, as English prose of the usual tokenisers is. An estimate
 * for choices, reservations and calls that were cut; what a provider counts replaces it.
 */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}
