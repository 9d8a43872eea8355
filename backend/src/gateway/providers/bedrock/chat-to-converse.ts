import { contentText, inlineData, notCarriedByChat, refuseMoreThanText, turnsOf } from '../../dialects/chat-pieces.ts';
import { refuseUnlessDefault, Untranslatable, type Translated, type Translation } from '../../dialects/dialect.ts';
import { compact, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';
import { claudeWishes, type ClaudeWishes } from '../anthropic/claude-wishes.ts';
import { ChunksOfConverse, completionOfConverse } from './converse-answer.ts';

const to = 'the Converse API';
const documentFormats: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
};
const carried = [
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'n', 'logprobs', 'modalities', 'audio', 'response_format'],
  'reasoning_effort',
];

/** A caller of chat completions is served by Bedrock's Converse and ConverseStream. */
export function chatToConverse(now: () => number): Translation {
  return {
    request: converseRequest,
    response: (body, request) => completionOfConverse(body, textOf(request['model']), now()),
    stream: (request) =>
      new ChunksOfConverse(
        textOf(request['model']),
        now(),
        objectOf(request['stream_options'])['include_usage'] === true,
      ),
  };
}

function converseRequest(chat: Json): Translated {
  refuseMoreThanText(chat, to);
  const tools = objectsOf(chat['tools']);
  if (tools.length > 0) refuseUnlessDefault(chat, { parallel_tool_calls: [true] }, to);
  if (!['', 'text'].includes(textOf(objectOf(chat['response_format'])['type'])))
    throw new Untranslatable(['response_format'], to);
  const messages = objectsOf(chat['messages']);
  const isClaude = textOf(chat['model']).includes('anthropic.');
  const wishes = isClaude ? claudeWishes(chat, to) : usualWishes(chat);
  const caches = isClaude ? cachePoint : (): Json[] => [];
  const system = systemOf(messages, caches);
  const told = compact({ thinking: wishes.thinking, output_config: wishes.outputConfig });
  const body = compact({
    system: system.length > 0 ? system : undefined,
    messages: turnsOf(messages, (message, path) => blocksOf(message, path, caches)),
    inferenceConfig: inferenceOf(chat, wishes),
    toolConfig: toolConfigOf(chat, tools, messages, caches),
    additionalModelRequestFields: Object.keys(told).length > 0 ? told : undefined,
  });
  return { body, dropped: [...notCarriedByChat(chat, carried), ...wishes.dropped] };
}

/** How models of others are asked; thinking is told to each of them by a field of its own. */
function usualWishes(chat: Json): ClaudeWishes {
  const { temperature, top_p: topP } = chat;
  return {
    budget: 0,
    // The scale ends at 1 there.
    ...(typeof temperature === 'number' ? { temperature: Math.min(1, temperature) } : {}),
    ...(typeof topP === 'number' ? { topP } : {}),
    dropped: [
      ...(typeof temperature === 'number' && temperature > 1 ? ['temperature'] : []),
      ...(typeof chat['reasoning_effort'] === 'string' ? ['reasoning_effort'] : []),
      ...(isMarked(chat) ? ['cache_control'] : []),
    ],
  };
}

/** Whether anything is to be kept in the provider's cache. */
function isMarked(chat: Json): boolean {
  const parts = objectsOf(chat['messages']).flatMap(({ content }) => objectsOf(content));
  return [...parts, ...objectsOf(chat['tools'])].some((part) => part['cache_control'] !== undefined);
}

/** Says that what stands before it be kept in the provider's cache, where the part of the chat wishes so. */
function cachePoint(part: Json): Json[] {
  return part['cache_control'] === undefined ? [] : [{ cachePoint: { type: 'default' } }];
}

type Caches = (part: Json) => Json[];

/** Empty texts are refused there. */
function isSaid(part: Json): boolean {
  return part['type'] !== 'text' || textOf(part['text']) !== '';
}

function systemOf(messages: readonly Json[], caches: Caches): Json[] {
  return messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .flatMap(({ content }) => {
      const marks = objectsOf(content).flatMap(caches);
      const text = contentText(content);
      return text === '' ? [] : [{ text }, ...marks.slice(0, 1)];
    });
}

function inferenceOf(chat: Json, { budget, temperature, topP }: ClaudeWishes): Json | undefined {
  const asked = chat['max_completion_tokens'] ?? chat['max_tokens'];
  const { stop } = chat;
  const config = compact({
    maxTokens: typeof asked === 'number' ? asked + budget : undefined,
    temperature,
    topP,
    stopSequences: stop === undefined || stop === null ? undefined : [stop].flat(),
  });
  return Object.keys(config).length > 0 ? config : undefined;
}

function blocksOf(message: Json, path: string, caches: Caches): Json[] {
  const { role, content } = message;
  if (role === 'tool') {
    const result = [{ text: contentText(content) || ' ' }];
    const marks = objectsOf(content).flatMap(caches).slice(0, 1);
    return [{ toolResult: { toolUseId: message['tool_call_id'], content: result } }, ...marks];
  }
  const said =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ text: content }]
      : objectsOf(content).flatMap((part, index) =>
          isSaid(part) ? [blockOf(part, `${path}.content[${index}]`), ...caches(part)] : [],
        );
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const { name, arguments: text } = objectOf(call['function']);
    return { toolUse: { toolUseId: call['id'], name, input: parsedObject(textOf(text) || '{}') } };
  });
  return [...said, ...calls];
}

/** Pictures and documents must come along: Bedrock fetches none. */
function blockOf(part: Json, path: string): Json {
  switch (part['type']) {
    case 'text':
      return { text: part['text'] };
    case 'refusal':
      return { text: part['refusal'] };
    case 'image_url': {
      const inline = inlineData(textOf(objectOf(part['image_url'])['url']));
      const format = /^image\/(png|jpeg|gif|webp)$/.exec(inline?.mediaType ?? '')?.[1];
      if (!inline || format === undefined) throw new Untranslatable([`${path}.image_url`], to);
      return { image: { format, source: { bytes: inline.data } } };
    }
    case 'file': {
      const file = objectOf(part['file']);
      const inline = inlineData(textOf(file['file_data']));
      const format = documentFormats[inline?.mediaType ?? ''];
      if (!inline || format === undefined) throw new Untranslatable([`${path}.file`], to);
      return { document: { format, name: documentName(textOf(file['filename'])), source: { bytes: inline.data } } };
    }
    default:
      throw new Untranslatable([`${path}.type`], to);
  }
}

/** Letters, digits, single spaces, hyphens and brackets are all that is allowed there. */
function documentName(name: string): string {
  const allowed = name
    .replace(/[^A-Za-z0-9\s\-()[\]]/g, '-')
    .replace(/\s+/g, ' ')
    .slice(0, 200)
    .trim();
  return allowed === '' ? 'document' : allowed;
}

function toolConfigOf(chat: Json, tools: readonly Json[], messages: readonly Json[], caches: Caches): Json | undefined {
  const choice = chat['tool_choice'];
  if (tools.length === 0 || choice === 'none') {
    // There is no such choice there, and calls of tools may not be shown without naming the tools.
    if (messages.some(({ tool_calls: calls }) => objectsOf(calls).length > 0))
      throw new Untranslatable([tools.length === 0 ? 'tools' : 'tool_choice'], to);
    return undefined;
  }
  const name = objectOf(objectOf(choice)['function'])['name'];
  const toolChoice = name === undefined ? (choice === 'required' ? { any: {} } : { auto: {} }) : { tool: { name } };
  return { tools: tools.flatMap((tool, index) => [toolOf(tool, index), ...caches(tool)]), toolChoice };
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== 'function') throw new Untranslatable([`tools[${index}].type`], to);
  const { name, description, parameters } = objectOf(tool['function']);
  const inputSchema = { json: parameters ?? { type: 'object', properties: {} } };
  return { toolSpec: compact({ name, description, inputSchema }) };
}
