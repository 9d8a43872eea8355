import { contentText, inlineData, notCarriedByChat, refuseMoreThanText, turnsOf } from '../../dialects/chat-pieces.ts';
import { Untranslatable, type Translated, type Translation } from '../../dialects/dialect.ts';
import { compact, objectOf, objectsOf, textOf, type Json } from '../../dialects/json.ts';
import { toolUses } from '../../dialects/message-of-chat.ts';
import { claudeModel } from './claude-model.ts';
import { claudeWishes } from './claude-wishes.ts';
import { ChunksOfMessages, completionOfMessage } from './messages-answer.ts';

const to = 'the Messages API';
/** The Messages API demands a bound; callers of chat completions need not give one. */
const defaultMaxTokens = 4096;
/** Where the model thinks as it sees fit, its thoughts are counted in. */
const defaultWithThoughts = 16_384;
const carried = [
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
  ...['stop', 'tools', 'tool_choice', 'parallel_tool_calls', 'user', 'reasoning_effort', 'n', 'logprobs'],
  ...['modalities', 'audio', 'response_format', 'cache_control'],
];

/** A caller of chat completions is served by the Messages API (version 2023-06-01). */
export function chatToMessages(now: () => number): Translation {
  const created = (): number => Math.floor(now() / 1000);
  return {
    request: messagesRequest,
    response: (body) => completionOfMessage(body, created()),
    stream: (request) => new ChunksOfMessages(created(), objectOf(request['stream_options'])['include_usage'] === true),
  };
}

function messagesRequest(chat: Json): Translated {
  refuseMoreThanText(chat, to);
  const wishes = claudeWishes(chat, to);
  const asked = chat['max_completion_tokens'] ?? chat['max_tokens'];
  const { thinks } = claudeModel(textOf(chat['model']));
  const usual = thinks === 'adaptively' ? defaultWithThoughts : defaultMaxTokens;
  const body = compact({
    model: chat['model'],
    max_tokens: (typeof asked === 'number' ? asked : usual) + wishes.budget,
    system: systemOf(objectsOf(chat['messages'])),
    messages: turnsOf(objectsOf(chat['messages']), blocksOf),
    stream: chat['stream'] === true ? true : undefined,
    temperature: wishes.temperature,
    top_p: wishes.topP,
    stop_sequences: chat['stop'] === undefined || chat['stop'] === null ? undefined : [chat['stop']].flat(),
    tools: chat['tools'] === undefined ? undefined : objectsOf(chat['tools']).map(toolOf),
    tool_choice: toolChoiceOf(chat),
    metadata: typeof chat['user'] === 'string' ? { user_id: chat['user'] } : undefined,
    thinking: wishes.thinking,
    output_config: wishes.outputConfig,
    cache_control: chat['cache_control'] ?? undefined,
  });
  return { body, dropped: [...notCarriedByChat(chat, carried), ...wishes.dropped] };
}

/** One text; or its parts, where some of them are to be kept in the provider's cache. */
function systemOf(messages: readonly Json[]): string | Json[] | undefined {
  const said = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const parts = said.flatMap(({ content }) =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content),
  );
  if (parts.some((part) => part['cache_control'] !== undefined))
    return parts.filter(isSaid).map((part) => marked({ type: 'text', text: part['text'] }, part));
  const text = said
    .map(({ content }) => contentText(content))
    .filter((one) => one !== '')
    .join('\n\n');
  return text === '' ? undefined : text;
}

/** Empty texts are refused there. */
function isSaid(part: Json): boolean {
  return part['type'] !== 'text' || textOf(part['text']) !== '';
}

/** The block with the wish that what stands before it be cached, where the part of the chat says so. */
function marked(block: Json, part: Json): Json {
  return part['cache_control'] === undefined ? block : { ...block, cache_control: part['cache_control'] };
}

function blocksOf(message: Json, path: string): Json[] {
  const { content } = message;
  if (message['role'] === 'tool') {
    const result = { tool_use_id: message['tool_call_id'], content: contentText(content) || ' ' };
    return [marked({ type: 'tool_result', ...result }, objectsOf(content).at(-1) ?? {})];
  }
  const said =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ type: 'text', text: content }]
      : objectsOf(content).flatMap((part, index) =>
          isSaid(part) ? [marked(blockOf(part, `${path}.content[${index}]`), part)] : [],
        );
  return [...said, ...toolUses(message)];
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
    cache_control: tool['cache_control'],
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
