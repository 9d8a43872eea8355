import type { Translated, Translation } from '../../dialects/dialect.ts';
import { notCarried, refuseUnlessDefault, Untranslatable } from '../../dialects/dialect.ts';
import { contentText, inlineData, isAmongToolCalls, refuseMoreThanText, turnsOf } from '../../dialects/chat-pieces.ts';
import { compact, objectOf, objectsOf, parsedObject, textOf, type Json } from '../../dialects/json.ts';
import { ChunksOfConverse, completionOfConverse } from './converse-answer.ts';

const to = 'the Converse API';
const thinkingBudgets: Readonly<Record<string, number>> = { low: 1024, medium: 4096, high: 16_384 };
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
  const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const thinking = thinkingOf(chat);
  const body = compact({
    system: system.length > 0 ? system.map(({ content }) => ({ text: contentText(content) })) : undefined,
    messages: turnsOf(messages, blocksOf),
    inferenceConfig: inferenceOf(chat, thinking),
    toolConfig: toolConfigOf(chat, tools, messages),
    additionalModelRequestFields:
      thinking === undefined ? undefined : { thinking: { type: 'enabled', budget_tokens: thinking } },
  });
  return { body, dropped: notCarried(chat, thinking === undefined ? carried : [...carried, 'reasoning_effort']) };
}

/** Tokens to think with; only models of Anthropic are told so by a field of their own. */
function thinkingOf(chat: Json): number | undefined {
  const isClaude = textOf(chat['model']).includes('anthropic.');
  return isClaude && !isAmongToolCalls(objectsOf(chat['messages']))
    ? thinkingBudgets[textOf(chat['reasoning_effort'])]
    : undefined;
}

function inferenceOf(chat: Json, thinking: number | undefined): Json | undefined {
  const asked = chat['max_completion_tokens'] ?? chat['max_tokens'];
  const { temperature, stop } = chat;
  const config = compact({
    maxTokens: typeof asked === 'number' ? asked + (thinking ?? 0) : undefined,
    // The scale ends at 1 there; thinking allows no other value than the default.
    temperature: typeof temperature === 'number' && thinking === undefined ? Math.min(1, temperature) : undefined,
    topP: thinking === undefined ? (chat['top_p'] ?? undefined) : undefined,
    stopSequences: stop === undefined || stop === null ? undefined : [stop].flat(),
  });
  return Object.keys(config).length > 0 ? config : undefined;
}

function blocksOf(message: Json, path: string): Json[] {
  const { role, content } = message;
  if (role === 'tool') {
    const result = [{ text: contentText(content) || ' ' }];
    return [{ toolResult: { toolUseId: message['tool_call_id'], content: result } }];
  }
  const said =
    typeof content === 'string'
      ? content === ''
        ? []
        : [{ text: content }]
      : objectsOf(content).map((part, index) => blockOf(part, `${path}.content[${index}]`));
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

function toolConfigOf(chat: Json, tools: readonly Json[], messages: readonly Json[]): Json | undefined {
  if (tools.length === 0) return undefined;
  const choice = chat['tool_choice'];
  if (choice === 'none') {
    // There is no such choice there, and calls of tools may not be shown without naming the tools.
    if (messages.some(({ tool_calls: calls }) => objectsOf(calls).length > 0))
      throw new Untranslatable(['tool_choice'], to);
    return undefined;
  }
  const name = objectOf(objectOf(choice)['function'])['name'];
  const toolChoice = name === undefined ? (choice === 'required' ? { any: {} } : { auto: {} }) : { tool: { name } };
  return { tools: tools.map(toolOf), toolChoice };
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== 'function') throw new Untranslatable([`tools[${index}].type`], to);
  const { name, description, parameters } = objectOf(tool['function']);
  const inputSchema = { json: parameters ?? { type: 'object', properties: {} } };
  return { toolSpec: compact({ name, description, inputSchema }) };
}
