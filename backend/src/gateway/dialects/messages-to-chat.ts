import { messageOf, EventsOfChunks } from './message-of-chat.ts';
import { notCarried, refuseUnlessDefault, Untranslatable, type Translated, type Translation } from './dialect.ts';
import { compact, numberOf, objectOf, objectsOf, textOf, type Json } from './json.ts';

const to = 'chat completions';
const carried = [
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'temperature', 'top_p', 'stop_sequences', 'tools'],
  ...['tool_choice', 'metadata', 'thinking', 'output_config', 'output_format', 'mcp_servers', 'container'],
];

/** A caller of the Messages API (version 2023-06-01) is served by chat completions. */
export const messagesToChat: Translation = translation(false);

/**
 * The same, with the wishes for the provider's cache left in the parts of the chat, for providers that read them there. Chat
 * completions as such do not know them.
 */
export const messagesToMarkedChat: Translation = translation(true);

function translation(keepsMarks: boolean): Translation {
  return {
    request: (asked) => (keepsMarks ? chatRequest(asked) : withoutMarks(chatRequest(asked))),
    response: messageOf,
    stream: (asked) => new EventsOfChunks(asked),
  };
}

function chatRequest(asked: Json): Translated {
  refuseServersOfTheProvider(asked);
  const choice = objectOf(asked['tool_choice']);
  const stream = asked['stream'] === true;
  const messages = objectsOf(asked['messages']);
  const config = objectOf(asked['output_config']);
  const format = objectOf(config['format'] ?? asked['output_format']);
  const effort = effortOf(objectOf(asked['thinking']), config['effort']);
  const body = compact({
    model: asked['model'],
    messages: [...systemOf(asked['system']), ...messages.flatMap(messagesOf)],
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
    reasoning_effort: effort,
    response_format: formatOf(format),
  });
  const isFailureTold = messages.some(({ content }) => objectsOf(content).some((block) => block['is_error'] === true));
  return {
    body,
    dropped: [
      ...notCarried(asked, carried),
      ...(isFailureTold ? ['tool_result.is_error'] : []),
      ...(typeof config['effort'] === 'string' && effort === undefined ? ['output_config.effort'] : []),
    ],
  };
}

/** What runs or is kept at the provider would be missing from the answer. */
function refuseServersOfTheProvider(asked: Json): void {
  refuseUnlessDefault(asked, { container: [], previous_message_id: [] }, to);
  if (objectsOf(asked['mcp_servers']).length > 0) throw new Untranslatable(['mcp_servers'], to);
}

/** Chat completions know a schema that is kept to the letter only where each of its objects names and demands every member. */
function formatOf(format: Json): Json | undefined {
  const { type, schema } = format;
  if (type === undefined) return undefined;
  if (type !== 'json_schema' || schema === undefined) throw new Untranslatable(['output_config.format'], to);
  const strict = isClosed(schema) ? true : undefined;
  return { type, json_schema: compact({ name: 'answer', schema, strict }) };
}

function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (typeof schema !== 'object' || schema === null) return true;
  const { properties, required, additionalProperties, ...rest } = objectOf(schema);
  const names = Object.keys(objectOf(properties));
  const isObject = rest['type'] === 'object' || properties !== undefined;
  const demanded: readonly unknown[] = Array.isArray(required) ? required : [];
  if (isObject && (additionalProperties !== false || names.some((name) => !demanded.includes(name)))) return false;
  return Object.values(objectOf(properties)).every(isClosed) && Object.values(rest).every(isClosed);
}

/** @returns the request without wishes for the provider's cache, which it names. */
function withoutMarks({ body, dropped }: Translated): Translated {
  let isMarked = false;
  const bare = (value: Json): Json => {
    if (value['cache_control'] === undefined) return value;
    isMarked = true;
    const { cache_control: _mark, ...rest } = value;
    return rest;
  };
  const messages = objectsOf(body['messages']).map((message) => {
    const { role, content } = message;
    if (!Array.isArray(content)) return message;
    const parts = content.map(bare);
    // What was a list for its marks alone is a text again: not every server knows lists everywhere.
    return { ...message, content: role === 'user' ? parts : parts.map((part) => textOf(part['text'])).join('') };
  });
  const tools = Array.isArray(body['tools']) ? { tools: objectsOf(body['tools']).map(bare) } : {};
  const rest = { ...body, messages, ...tools };
  return { body: rest, dropped: isMarked ? [...dropped, 'cache_control'] : dropped };
}

function textPart(text: unknown, block: Json): Json {
  return compact({ type: 'text', text, cache_control: block['cache_control'] ?? undefined });
}

function isMarked(block: Json): boolean {
  return block['cache_control'] !== undefined && block['cache_control'] !== null;
}

function systemOf(system: unknown): Json[] {
  if (typeof system === 'string') return system === '' ? [] : [{ role: 'system', content: system }];
  const blocks = objectsOf(system).filter(({ text }) => textOf(text) !== '');
  if (blocks.length === 0) return [];
  if (!blocks.some(isMarked)) return [{ role: 'system', content: blocks.map(({ text }) => textOf(text)).join('\n\n') }];
  const parts = blocks.map((block, at) => textPart(`${at === 0 ? '' : '\n\n'}${textOf(block['text'])}`, block));
  return [{ role: 'system', content: parts }];
}

function messagesOf(message: Json, index: number): Json[] {
  const { role, content } = message;
  if (typeof content === 'string') return [{ role, content }];
  const blocks = objectsOf(content);
  const path = `messages[${index}].content`;
  const results = blocks.flatMap((block, at) =>
    block['type'] === 'tool_result' ? [resultOf(block, `${path}[${at}].content`)] : [],
  );
  const parts = blocks.flatMap((block, at) => partOf(block, `${path}[${at}]`));
  if (role === 'assistant') return assistantOf(blocks, parts);
  // Results of tools must come right after the calls that they answer; pictures are no part of results there, and follow them.
  const shown = [...results.flatMap((result) => result.shown), ...parts];
  return [...results.map((result) => result.message), ...(shown.length > 0 ? [{ role, content: shown }] : [])];
}

function assistantOf(blocks: readonly Json[], parts: readonly Json[]): Json[] {
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input ?? {}) },
    }));
  const text = parts.map((part) => textOf(part['text'])).join('');
  if (text === '' && calls.length === 0) return [];
  const content = text === '' ? null : parts.some(isMarked) ? parts : text;
  return [compact({ role: 'assistant', content, tool_calls: calls.length > 0 ? calls : undefined })];
}

/** The result of a tool as a message, and what is shown beside it: messages of tools hold text alone. */
function resultOf(block: Json, path: string): { message: Json; shown: Json[] } {
  const { content, tool_use_id: id } = block;
  const parts = Array.isArray(content) ? objectsOf(content).flatMap((one, at) => partOf(one, `${path}[${at}]`)) : [];
  const text =
    typeof content === 'string'
      ? content
      : parts
          .filter(({ type }) => type === 'text')
          .map((part) => textOf(part['text']))
          .join('\n');
  const attached = parts.filter(({ type }) => type !== 'text');
  const about = attached.length === 0 ? [] : [{ type: 'text', text: `Belongs to the result of ${textOf(id)}:` }];
  const told = text === '' && attached.length > 0 ? 'See below.' : text;
  const marked = isMarked(block) ? [textPart(told, block)] : told;
  return { message: { role: 'tool', tool_call_id: id, content: marked }, shown: [...about, ...attached] };
}

function partOf(block: Json, path: string): Json[] {
  const source = objectOf(block['source']);
  const url =
    source['type'] === 'base64'
      ? `data:${textOf(source['media_type'])};base64,${textOf(source['data'])}`
      : textOf(source['url']);
  const mark = compact({ cache_control: block['cache_control'] ?? undefined });
  switch (block['type']) {
    case 'text':
      return [textPart(block['text'], block)];
    case 'image':
      if (source['type'] !== 'base64' && source['type'] !== 'url') throw new Untranslatable([`${path}.source`], to);
      return [{ type: 'image_url', image_url: { url }, ...mark }];
    case 'document':
      if (source['type'] === 'text') return [textPart(documentText(block, source), block)];
      if (source['type'] !== 'base64') throw new Untranslatable([`${path}.source`], to);
      return [{ type: 'file', file: { filename: textOf(block['title']) || 'document', file_data: url }, ...mark }];
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

function documentText(block: Json, source: Json): string {
  return [block['title'], block['context'], source['data']]
    .map(textOf)
    .filter((text) => text !== '')
    .join('\n\n');
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== undefined && tool['type'] !== null && tool['type'] !== 'custom')
    throw new Untranslatable([`tools[${index}].type`], to);
  const { name, description, input_schema: parameters, strict } = tool;
  return compact({
    type: 'function',
    function: compact({ name, description, parameters, strict: strict === true ? true : undefined }),
    cache_control: tool['cache_control'] ?? undefined,
  });
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

/** Who thinks as it sees fit is told how much by an effort, else by a budget of tokens. */
function effortOf(thinking: Json, effort: unknown): string | undefined {
  const { type } = thinking;
  if (type !== 'enabled' && type !== 'adaptive') return undefined;
  if (typeof effort === 'string') return effort === 'low' || effort === 'medium' ? effort : 'high';
  if (type === 'adaptive') return undefined;
  const budget = numberOf(thinking['budget_tokens']);
  return budget <= 2048 ? 'low' : budget <= 8192 ? 'medium' : 'high';
}
