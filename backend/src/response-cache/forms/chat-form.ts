import { ContentFrame } from '../../gateway/index.ts';
import { objectOf, objectsOf, pieces, readEvent, textOf, type AnswerForm, type Json } from './answer-form.ts';

const texts = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;
const knownOfDelta: ReadonlySet<string> = new Set(['role', 'tool_calls', ...texts]);

/** Chat completions of OpenAI. */
export const chatForm: AnswerForm = {
  assembled: (events) => {
    const frame = new ContentFrame();
    const choices = new Map<number, Json>();
    let first: Json | undefined;
    let usage: unknown;
    let isDone = false;
    /** What the pieces of the frame go on with. */
    let message: Json | undefined;
    for (const event of events) {
      const text = message && frame.textIn(event.data);
      if (message && text !== undefined) message['content'] = textOf(message['content']) + text;
      else if (event.data === '[DONE]') isDone = true;
      else {
        const chunk = readEvent(event);
        if (!chunk || chunk['error'] !== undefined) return undefined;
        first ??= chunk;
        if (chunk['usage']) usage = chunk['usage'];
        for (const choice of objectsOf(chunk['choices'])) if (!taken(choices, choice)) return undefined;
        const content = onlyContent(chunk);
        // Another piece may be like one of another choice: the message is that of the piece which was learned.
        if (content && frame.learn(event.data, content.text) !== undefined)
          message = objectOf(choices.get(content.index)?.['message']);
      }
    }
    if (!first || !isDone) return undefined;
    const { choices: _, object: __, usage: ___, obfuscation: ____, ...rest } = first;
    const list = [...choices.values()].sort((one, other) => Number(one['index']) - Number(other['index']));
    return { ...rest, object: 'chat.completion', choices: list, ...(usage ? { usage } : {}) };
  },
  isComplete: (body) => {
    const choices = objectsOf(body['choices']);
    return (
      choices.length > 0 &&
      choices.every(({ finish_reason: reason, logprobs }) => typeof reason === 'string' && !logprobs)
    );
  },
  events: (body, request) => {
    const { choices, usage, object: _, ...rest } = body;
    const chunk = (more: Json): { data: string } => ({
      data: JSON.stringify({ ...rest, object: 'chat.completion.chunk', ...more }),
    });
    const events = objectsOf(choices).flatMap((choice) => {
      const piece = (delta: Json, finish: unknown = null): { data: string } =>
        chunk({ choices: [{ index: choice['index'], delta, logprobs: null, finish_reason: finish }] });
      return [
        ...deltasOf(objectOf(choice['message'])).map((delta) => piece(delta)),
        piece({}, choice['finish_reason']),
      ];
    });
    const wantsUsage = objectOf(request['stream_options'])['include_usage'] === true;
    return [...events, ...(wantsUsage && usage ? [chunk({ choices: [], usage })] : []), { data: '[DONE]' }];
  },
};

/** The text of a piece that says nothing else. */
function onlyContent(chunk: Json): { index: number; text: string } | undefined {
  const [choice, ...others] = objectsOf(chunk['choices']);
  if (!choice || others.length > 0 || chunk['usage'] || choice['finish_reason']) return undefined;
  const { role: _, content, ...rest } = objectOf(choice['delta']);
  if (typeof content !== 'string' || Object.values(rest).some((value) => value !== null)) return undefined;
  return { index: Number(choice['index'] ?? 0), text: content };
}

/** @returns false where the piece says something that is not known */
function taken(choices: Map<number, Json>, piece: Json): boolean {
  const index = Number(piece['index'] ?? 0);
  const delta = objectOf(piece['delta']);
  const isUnknown = Object.entries(delta).some(([name, value]) => value !== null && !knownOfDelta.has(name));
  if (isUnknown || piece['logprobs']) return false;
  const choice = choices.get(index) ?? { index, message: { role: 'assistant', content: null }, finish_reason: null };
  choices.set(index, choice);
  const message = choice['message'] as Json;
  for (const name of texts)
    if (typeof delta[name] === 'string')
      message[name] = (typeof message[name] === 'string' ? message[name] : '') + delta[name];
  const calls = objectsOf(delta['tool_calls']);
  if (calls.length > 0) message['tool_calls'] = withCalls(objectsOf(message['tool_calls']), calls);
  if (typeof piece['finish_reason'] === 'string') choice['finish_reason'] = piece['finish_reason'];
  return true;
}

function withCalls(made: Json[], calls: readonly Json[]): Json[] {
  const list = [...made];
  for (const { index, function: said, ...rest } of calls) {
    const at = Number(index ?? 0);
    const { name, arguments: text } = objectOf(said);
    const call = list[at] ?? { ...rest, function: { name: '', arguments: '' } };
    const made = objectOf(call['function']);
    list[at] = {
      ...call,
      function: {
        name: `${String(made['name'])}${typeof name === 'string' ? name : ''}`,
        arguments: `${String(made['arguments'])}${typeof text === 'string' ? text : ''}`,
      },
    };
  }
  return list;
}

function deltasOf(message: Json): Json[] {
  const calls = objectsOf(message['tool_calls']).flatMap((call, index) => {
    const { arguments: text, ...rest } = objectOf(call['function']);
    return [
      { tool_calls: [{ index, ...call, function: { ...rest, arguments: '' } }] },
      ...pieces(textOf(text)).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ];
  });
  return [
    { role: 'assistant', content: message['content'] === null ? null : '' },
    ...texts.toReversed().flatMap((name) => {
      const text = message[name];
      return typeof text === 'string' ? pieces(text).map((piece) => ({ [name]: piece })) : [];
    }),
    ...calls,
  ];
}
