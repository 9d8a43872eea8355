import type { ServerSentEvent } from '../../wire/server-sent-events.ts';
import {
  chatCompletion,
  chatUsage,
  ChunkWriter,
  contentText,
  inlineData,
  notCarriedByChat,
  refuseMoreThanText,
  toolCall,
} from '../../dialects/chat-pieces.ts';
import {
  doneEvent,
  jsonEvent,
  refuseUnlessDefault,
  Untranslatable,
  type StreamTranslation,
  type Translated,
  type Translation,
} from '../../dialects/dialect.ts';
import { compact, numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';

const to = 'generateContent';
const thinkingBudgets: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
};
const finishReasons: Readonly<Record<string, string>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  LANGUAGE: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
};
const carried = [
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'tools', 'tool_choice', 'n', 'seed', 'presence_penalty', 'frequency_penalty', 'response_format'],
  ...['reasoning_effort', 'logprobs', 'modalities', 'audio', 'parallel_tool_calls'],
];

/** A caller of chat completions is served by Gemini's generateContent (v1beta). */
export function chatToGemini(now: () => number): Translation {
  const created = (): number => Math.floor(now() / 1000);
  return {
    request: geminiRequest,
    response: (body) => completionOf(body, created()),
    stream: (request) => new ChunksOfGemini(created(), objectOf(request['stream_options'])['include_usage'] === true),
  };
}

function geminiRequest(chat: Json): Translated {
  refuseMoreThanText(chat, to);
  if (objectsOf(chat['tools']).length > 0) refuseUnlessDefault(chat, { parallel_tool_calls: [true] }, to);
  const messages = objectsOf(chat['messages']);
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const budget = thinkingBudgets[textOf(chat['reasoning_effort'])];
  const generationConfig = compact({
    temperature: chat['temperature'] ?? undefined,
    topP: chat['top_p'] ?? undefined,
    maxOutputTokens: chat['max_completion_tokens'] ?? chat['max_tokens'] ?? undefined,
    stopSequences: chat['stop'] === undefined || chat['stop'] === null ? undefined : [chat['stop']].flat(),
    seed: chat['seed'] ?? undefined,
    presencePenalty: chat['presence_penalty'] ?? undefined,
    frequencyPenalty: chat['frequency_penalty'] ?? undefined,
    thinkingConfig: budget === undefined ? undefined : { thinkingBudget: budget },
    ...formatOf(objectOf(chat['response_format'])),
  });
  const declarations = objectsOf(chat['tools']).map(declarationOf);
  const body = compact({
    systemInstruction:
      system.length > 0 ? { parts: system.map(({ content }) => ({ text: contentText(content) })) } : undefined,
    contents: contentsOf(messages, textOf(chat['model'])),
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
    tools: declarations.length > 0 ? [{ functionDeclarations: declarations }] : undefined,
    toolConfig: toolConfigOf(chat['tool_choice']),
  });
  return { body, dropped: notCarriedByChat(chat, carried) };
}

function formatOf(format: Json): Json {
  if (format['type'] === 'json_object') return { responseMimeType: 'application/json' };
  if (format['type'] !== 'json_schema') return {};
  return {
    responseMimeType: 'application/json',
    responseJsonSchema: objectOf(format['json_schema'])['schema'],
  };
}

/**
 * Newer models refuse a conversation whose calls of tools lack the sealed thoughts that came with them, as they do where another
 * model made the calls, or where the caller's dialect has no place for the seal. This word in its place lets them pass.
 * Source: Google's documentation of thought signatures.
 */
const unsealed = 'skip_thought_signature_validator';
const needsNoSeal = /gemini-(?:1|2)[.-]/;

/** Results name the function that they come from there, not the call: the calls before tell which it was. */
function contentsOf(messages: readonly Json[], model: string): Json[] {
  const names = new Map<unknown, unknown>();
  const contents: { role: string; parts: Json[] }[] = [];
  messages.forEach((message, index) => {
    const { role } = message;
    if (role === 'system' || role === 'developer') return;
    for (const call of objectsOf(message['tool_calls'])) names.set(call['id'], objectOf(call['function'])['name']);
    const speaker = role === 'assistant' ? 'model' : 'user';
    const parts = role === 'tool' ? [resultOf(message, names)] : partsOf(message, `messages[${index}]`);
    // Of calls that were made at once the first alone is sealed.
    const call = parts.find((part) => part['functionCall'] !== undefined);
    if (call && !needsNoSeal.test(model)) call['thoughtSignature'] ??= unsealed;
    if (parts.length === 0) return;
    const last = contents.at(-1);
    if (last?.role === speaker) last.parts.push(...parts);
    else contents.push({ role: speaker, parts });
  });
  return contents;
}

function resultOf(message: Json, names: ReadonlyMap<unknown, unknown>): Json {
  const text = contentText(message['content']);
  const id = message['tool_call_id'];
  const parsed = parsedObject(text);
  const response = Object.keys(parsed).length > 0 ? parsed : { result: text };
  return { functionResponse: { name: names.get(id) ?? id, response } };
}

function partsOf(message: Json, path: string): Json[] {
  const { content } = message;
  const said =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ text: content }]
      : objectsOf(content)
          .map((part, index) => partOf(part, `${path}.content[${index}]`))
          .filter(({ text }) => text !== '');
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    const signature = objectOf(objectOf(call['extra_content'])['google'])['thought_signature'];
    return compact({
      functionCall: { name: made['name'], args: parsedObject(textOf(made['arguments']) || '{}') },
      thoughtSignature: signature,
    });
  });
  return [...said, ...calls];
}

function partOf(part: Json, path: string): Json {
  const attached = (url: string): Json => {
    const inline = inlineData(url);
    return inline ? { inlineData: { mimeType: inline.mediaType, data: inline.data } } : { fileData: { fileUri: url } };
  };
  switch (part['type']) {
    case 'text':
      return { text: part['text'] };
    case 'refusal':
      return { text: part['refusal'] };
    case 'image_url':
      return attached(textOf(objectOf(part['image_url'])['url']));
    case 'file': {
      const data = textOf(objectOf(part['file'])['file_data']);
      if (data === '') throw new Untranslatable([`${path}.file`], to);
      return attached(data);
    }
    case 'input_audio': {
      const audio = objectOf(part['input_audio']);
      return { inlineData: { mimeType: `audio/${textOf(audio['format'])}`, data: audio['data'] } };
    }
    default:
      throw new Untranslatable([`${path}.type`], to);
  }
}

function declarationOf(tool: Json, index: number): Json {
  if (tool['type'] !== 'function') throw new Untranslatable([`tools[${index}].type`], to);
  const { name, description, parameters } = objectOf(tool['function']);
  return compact({ name, description, parametersJsonSchema: parameters });
}

function toolConfigOf(choice: unknown): Json | undefined {
  const modes: Readonly<Record<string, string>> = { auto: 'AUTO', required: 'ANY', none: 'NONE' };
  if (typeof choice === 'string') return { functionCallingConfig: { mode: modes[choice] ?? 'AUTO' } };
  const name = objectOf(objectOf(choice)['function'])['name'];
  return name === undefined ? undefined : { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] } };
}

/** Thoughts are counted apart there, and are part of what is written here. */
function usageOf(metadata: unknown): Json {
  const read = objectOf(metadata);
  const reasoningTokens = numberOf(read['thoughtsTokenCount']);
  return chatUsage({
    promptTokens: numberOf(read['promptTokenCount']) + numberOf(read['toolUsePromptTokenCount']),
    completionTokens: numberOf(read['candidatesTokenCount']) + reasoningTokens,
    cachedTokens: numberOf(read['cachedContentTokenCount']),
    reasoningTokens,
  });
}

interface Said {
  text: string;
  reasoning: string;
  calls: Json[];
  finishReason: string | undefined;
}

/** What one answer, or one piece of a stream, says. `callsBefore`: tool calls of earlier pieces. */
function saidBy(answer: Json, id: string, callsBefore: number): Said {
  const candidate = objectsOf(answer['candidates'])[0] ?? {};
  const parts = objectsOf(objectOf(candidate['content'])['parts']);
  const texts = (isThought: boolean): string =>
    parts
      .filter((part) => (part['thought'] === true) === isThought)
      .map((part) => textOf(part['text']))
      .join('');
  const calls = parts
    .filter((part) => part['functionCall'] !== undefined)
    .map((part, index) => {
      const made = objectOf(part['functionCall']);
      const callId = textOf(made['id']) || `call_${id}_${callsBefore + index}`;
      const call = toolCall(callId, textOf(made['name']), JSON.stringify(made['args'] ?? {}));
      // Sealed thoughts that newer models want back with the call, in the place where Google's own interface puts them.
      const signature = part['thoughtSignature'];
      return signature === undefined ? call : { ...call, extra_content: { google: { thought_signature: signature } } };
    });
  const blocked = objectOf(answer['promptFeedback'])['blockReason'];
  const told = textOf(candidate['finishReason']);
  const finishReason =
    blocked !== undefined ? 'content_filter' : told === '' ? undefined : (finishReasons[told] ?? 'stop');
  return { text: texts(false), reasoning: texts(true), calls, finishReason };
}

function completionOf(answer: Json, created: number): Json {
  const id = textOf(answer['responseId']);
  const { text, reasoning, calls, finishReason } = saidBy(answer, id, 0);
  return chatCompletion({
    id,
    model: textOf(answer['modelVersion']),
    created,
    text,
    reasoning,
    toolCalls: calls,
    finishReason: calls.length > 0 && finishReason !== 'length' ? 'tool_calls' : (finishReason ?? 'stop'),
    usage: usageOf(answer['usageMetadata']),
  });
}

class ChunksOfGemini implements StreamTranslation {
  readonly #chunks: ChunkWriter;
  readonly #wantsUsage: boolean;
  #id = '';
  #state: 'new' | 'open' | 'done' = 'new';
  #calls = 0;
  #usage: unknown;

  constructor(created: number, wantsUsage: boolean) {
    this.#chunks = new ChunkWriter(created);
    this.#wantsUsage = wantsUsage;
  }

  push({ data }: ServerSentEvent): ServerSentEvent[] {
    const answer = parsedObject(data);
    if (answer['error'] !== undefined) return [jsonEvent({ error: answer['error'] })];
    const events: ServerSentEvent[] = [];
    if (this.#state === 'new') {
      this.#state = 'open';
      this.#id = textOf(answer['responseId']);
      this.#chunks.begin(this.#id, textOf(answer['modelVersion']));
      events.push(this.#chunks.delta({ role: 'assistant', content: '' }));
    }
    const said = saidBy(answer, this.#id, this.#calls);
    if (said.reasoning !== '') events.push(this.#chunks.delta({ reasoning_content: said.reasoning }));
    if (said.text !== '') events.push(this.#chunks.delta({ content: said.text }));
    for (const call of said.calls) events.push(this.#chunks.delta({ tool_calls: [{ index: this.#calls++, ...call }] }));
    if (answer['usageMetadata'] !== undefined) this.#usage = answer['usageMetadata'];
    if (said.finishReason !== undefined) {
      const reason = this.#calls > 0 && said.finishReason === 'stop' ? 'tool_calls' : said.finishReason;
      events.push(this.#chunks.delta({}, reason));
    }
    return events;
  }

  /** Its streams have no last word of their own. */
  end(): ServerSentEvent[] {
    if (this.#state !== 'open') return [];
    this.#state = 'done';
    return [...(this.#wantsUsage ? [this.#chunks.usage(usageOf(this.#usage))] : []), doneEvent];
  }
}
