import { contentText } from './chat-pieces.ts';
import { notCarried, refuseUnlessDefault, Untranslatable, type Translated, type Translation } from './dialect.ts';
import { compact, objectOf, objectsOf, textOf, type Json } from './json.ts';
import { EventsOfResponse } from './response-events.ts';
import { callItem, messageItem, responseObject, textPart } from './response-object.ts';

const to = 'chat completions';
const carried = [
  ...['model', 'input', 'instructions', 'stream', 'max_output_tokens', 'temperature', 'top_p', 'tools', 'tool_choice'],
  ...['parallel_tool_calls', 'text', 'reasoning', 'user', 'metadata', 'background', 'previous_response_id'],
  ...['conversation', 'prompt', 'include', 'store', 'truncation', 'service_tier'],
];

/** A caller of the Responses API is served by chat completions: one turn, nothing kept on the provider's side. */
export function responsesToChat(now: () => number): Translation {
  const created = (): number => Math.floor(now() / 1000);
  return {
    request: chatRequest,
    response: (completion) => responseOf(completion, created()),
    stream: () => new EventsOfResponse(created()),
  };
}

function chatRequest(asked: Json): Translated {
  refuseUnlessDefault(
    asked,
    { background: [false], previous_response_id: [], conversation: [], prompt: [], truncation: ['disabled'] },
    to,
  );
  const stream = asked['stream'] === true;
  const body = compact({
    model: asked['model'],
    messages: messagesOf(asked),
    max_tokens: asked['max_output_tokens'],
    stream: stream ? true : undefined,
    stream_options: stream ? { include_usage: true } : undefined,
    temperature: asked['temperature'],
    top_p: asked['top_p'],
    tools: asked['tools'] === undefined ? undefined : objectsOf(asked['tools']).map(toolOf),
    tool_choice: toolChoiceOf(asked['tool_choice']),
    parallel_tool_calls: asked['parallel_tool_calls'],
    response_format: formatOf(objectOf(objectOf(asked['text'])['format'])),
    reasoning_effort: objectOf(asked['reasoning'])['effort'],
    user: asked['user'],
  });
  return { body, dropped: notCarried(asked, carried) };
}

function messagesOf(asked: Json): Json[] {
  const { input, instructions } = asked;
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...system, { role: 'user', content: input }];
  const messages: Json[] = [...system];
  objectsOf(input).forEach((item, index) => {
    const path = `input[${index}]`;
    switch (item['type'] ?? 'message') {
      case 'message':
        messages.push({ role: item['role'], content: contentOf(item['content'], path) });
        return;
      case 'function_call': {
        const { call_id: id, name, arguments: told } = item;
        const call = { id, type: 'function', function: { name, arguments: told } };
        const last = messages.at(-1);
        if (last?.['role'] === 'assistant' && Array.isArray(last['tool_calls'])) last['tool_calls'].push(call);
        else messages.push({ role: 'assistant', content: null, tool_calls: [call] });
        return;
      }
      case 'function_call_output':
        messages.push({ role: 'tool', tool_call_id: item['call_id'], content: outputText(item['output']) });
        return;
      // What another model thought is sealed for it alone.
      case 'reasoning':
        return;
      default:
        throw new Untranslatable([`${path}.type`], to);
    }
  });
  return messages;
}

function outputText(output: unknown): string {
  return typeof output === 'string' ? output : contentText(output);
}

function contentOf(content: unknown, path: string): unknown {
  if (typeof content === 'string') return content;
  return objectsOf(content).map((part, index) => {
    switch (part['type']) {
      case 'input_text':
      case 'output_text':
        return { type: 'text', text: part['text'] };
      case 'refusal':
        return { type: 'text', text: part['refusal'] };
      case 'input_image':
        if (typeof part['image_url'] !== 'string') throw new Untranslatable([`${path}.content[${index}].file_id`], to);
        return { type: 'image_url', image_url: compact({ url: part['image_url'], detail: part['detail'] }) };
      case 'input_file':
        if (typeof part['file_data'] !== 'string') throw new Untranslatable([`${path}.content[${index}].file_id`], to);
        return { type: 'file', file: compact({ filename: part['filename'], file_data: part['file_data'] }) };
      default:
        throw new Untranslatable([`${path}.content[${index}].type`], to);
    }
  });
}

function toolOf(tool: Json, index: number): Json {
  if (tool['type'] !== 'function') throw new Untranslatable([`tools[${index}].type`], to);
  const { name, description, parameters, strict } = tool;
  return { type: 'function', function: compact({ name, description, parameters, strict: strict ?? undefined }) };
}

function toolChoiceOf(choice: unknown): unknown {
  if (choice === undefined || typeof choice === 'string') return choice;
  const { type, name } = objectOf(choice);
  if (type !== 'function') throw new Untranslatable(['tool_choice.type'], to);
  return { type: 'function', function: { name } };
}

function formatOf(format: Json): Json | undefined {
  const { type, name, description, schema, strict } = format;
  if (type === undefined || type === 'text') return undefined;
  if (type !== 'json_schema') return { type };
  return { type, json_schema: compact({ name, description, schema, strict }) };
}

/** The answer of chat completions as a response. Also the last event of a stream says it. */
function responseOf(completion: Json, created: number): Json {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const id = `resp_${textOf(completion['id'])}`;
  const text = contentText(message['content']);
  const said = text === '' ? [] : [messageItem(`msg_${textOf(completion['id'])}`, 'completed', [textPart(text)])];
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    return callItem(textOf(call['id']), textOf(made['name']), textOf(made['arguments']), 'completed');
  });
  return responseObject({
    id,
    created,
    model: completion['model'],
    output: [...said, ...calls],
    finishReason: textOf(choice['finish_reason']),
    usage: completion['usage'],
  });
}
