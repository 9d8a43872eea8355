import { thoughtOf } from './message-of-chat.ts';
import { contentText } from './chat-pieces.ts';
import { notCarried, refuseUnlessDefault, Untranslatable, type Translated, type Translation } from './dialect.ts';
import { compact, objectOf, objectsOf, textOf, type Json } from './json.ts';
import { EventsOfResponse } from './response-events.ts';
import { callItem, messageItem, responseObject, textPart, thoughtItem, thoughtPart } from './response-object.ts';

const to = 'chat completions';
const carried = [
  ...['model', 'input', 'instructions', 'stream', 'max_output_tokens', 'temperature', 'top_p', 'tools', 'tool_choice'],
  ...['parallel_tool_calls', 'text', 'reasoning', 'user', 'background', 'previous_response_id', 'conversation'],
  ...['prompt', 'truncation'],
];

/** A caller of the Responses API is served by chat completions: one turn, nothing kept on the provider's side. */
export function responsesToChat(now: () => number): Translation {
  const created = (): number => Math.floor(now() / 1000);
  return {
    request: chatRequest,
    response: (completion, asked) => responseOf(completion, created(), asked),
    stream: (asked) => new EventsOfResponse(created(), asked),
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
  return { body, dropped: [...notCarried(asked, carried), ...notCarriedWithin(asked)] };
}

function notCarriedWithin(asked: Json): string[] {
  const { verbosity } = objectOf(asked['text']);
  const { summary, generate_summary: older } = objectOf(asked['reasoning']);
  return [
    ...(typeof verbosity === 'string' && verbosity !== 'medium' ? ['text.verbosity'] : []),
    ...(typeof (summary ?? older) === 'string' ? ['reasoning.summary'] : []),
  ];
}

function messagesOf(asked: Json): Json[] {
  const { input, instructions } = asked;
  const system = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...system, { role: 'user', content: input }];
  const messages: Json[] = [...system];
  /** Pictures and files in results of tools: messages of tools hold text alone, and all results come before anything else. */
  let shown: Json[] = [];
  const show = (): void => {
    if (shown.length > 0) messages.push({ role: 'user', content: shown });
    shown = [];
  };
  objectsOf(input).forEach((item, index) => {
    const path = `input[${index}]`;
    const type = item['type'] ?? 'message';
    if (type !== 'function_call_output' && type !== 'reasoning') show();
    switch (type) {
      case 'message':
        messages.push({ role: item['role'], content: contentOf(item['content'], `${path}.content`) });
        return;
      case 'function_call': {
        const { call_id: id, name, arguments: told } = item;
        const call = { id, type: 'function', function: { name, arguments: told } };
        const last = messages.at(-1);
        if (last?.['role'] !== 'assistant') messages.push({ role: 'assistant', content: null, tool_calls: [call] });
        else last['tool_calls'] = [...objectsOf(last['tool_calls']), call];
        return;
      }
      case 'function_call_output': {
        const { call_id: id, output } = item;
        const attached = Array.isArray(output) ? attachedIn(output, `${path}.output`) : [];
        if (attached.length > 0)
          shown.push({ type: 'text', text: `Belongs to the result of ${textOf(id)}:` }, ...attached);
        const text = outputText(output);
        messages.push({
          role: 'tool',
          tool_call_id: id,
          content: text === '' && attached.length > 0 ? 'See below.' : text,
        });
        return;
      }
      // What another model thought is sealed for it alone.
      case 'reasoning':
        return;
      default:
        throw new Untranslatable([`${path}.type`], to);
    }
  });
  show();
  return messages;
}

function attachedIn(output: unknown, path: string): Json[] {
  const parts = contentOf(output, path);
  return objectsOf(parts).filter(({ type }) => type !== 'text');
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
        if (typeof part['image_url'] !== 'string') throw new Untranslatable([`${path}[${index}].file_id`], to);
        return { type: 'image_url', image_url: compact({ url: part['image_url'], detail: part['detail'] }) };
      case 'input_file':
        if (typeof part['file_data'] !== 'string') throw new Untranslatable([`${path}[${index}].file_id`], to);
        return { type: 'file', file: compact({ filename: part['filename'], file_data: part['file_data'] }) };
      default:
        throw new Untranslatable([`${path}[${index}].type`], to);
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
function responseOf(completion: Json, created: number, asked: Json): Json {
  const choice = objectsOf(completion['choices'])[0] ?? {};
  const message = objectOf(choice['message']);
  const answer = textOf(completion['id']);
  const thought = thoughtOf(message);
  const text = contentText(message['content'] ?? message['refusal']);
  const thoughts = thought === '' ? [] : [thoughtItem(`rs_${answer}`, 'completed', [thoughtPart(thought)])];
  const said = text === '' ? [] : [messageItem(`msg_${answer}`, 'completed', [textPart(text)])];
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const made = objectOf(call['function']);
    return callItem(textOf(call['id']), textOf(made['name']), textOf(made['arguments']) || '{}', 'completed');
  });
  return responseObject({
    id: `resp_${answer}`,
    created,
    model: completion['model'],
    output: [...thoughts, ...said, ...calls],
    asked,
    finishReason: textOf(choice['finish_reason']),
    usage: completion['usage'],
  });
}
