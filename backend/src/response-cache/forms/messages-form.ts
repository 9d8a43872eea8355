import { objectOf, objectsOf, pieces, readEvent, type AnswerForm, type Json } from './answer-form.ts';

/** Messages of Anthropic: which member of a block each kind of piece adds to. */
const grows: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
  input_json_delta: 'partial_json',
};

export const messagesForm: AnswerForm = {
  assembled: (events) => {
    let message: Json | undefined;
    const blocks: Json[] = [];
    let isOver = false;
    for (const event of events) {
      const said = readEvent(event);
      if (!said) return undefined;
      const type = said['type'];
      const index = Number(said['index']);
      if (type === 'message_start') message = objectOf(said['message']);
      else if (type === 'content_block_start') blocks[index] = objectOf(said['content_block']);
      else if (type === 'content_block_delta') {
        const grown = blockWith(blocks[index], objectOf(said['delta']));
        if (!grown) return undefined;
        blocks[index] = grown;
      } else if (type === 'content_block_stop') {
        const closed = closedBlock(blocks[index]);
        if (!closed) return undefined;
        blocks[index] = closed;
      } else if (type === 'message_delta') {
        if (!message) return undefined;
        message = {
          ...message,
          ...objectOf(said['delta']),
          usage: { ...objectOf(message['usage']), ...objectOf(said['usage']) },
        };
      } else if (type === 'message_stop') isOver = true;
      else if (type !== 'ping') return undefined;
    }
    return message && isOver ? { ...message, content: blocks } : undefined;
  },
  isComplete: (body) => body['type'] === 'message' && typeof body['stop_reason'] === 'string',
  events: (body) => {
    const { content, stop_reason: reason, stop_sequence: sequence, usage, ...rest } = body;
    const event = (type: string, more: Json): { event: string; data: string } => ({
      event: type,
      data: JSON.stringify({ type, ...more }),
    });
    const opened = {
      ...rest,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...objectOf(usage), output_tokens: 1 },
    };
    return [
      event('message_start', { message: opened }),
      ...objectsOf(content).flatMap((block, index) => {
        const { start, deltas } = piecesOf(block);
        return [
          event('content_block_start', { index, content_block: start }),
          ...deltas.map((delta) => event('content_block_delta', { index, delta })),
          event('content_block_stop', { index }),
        ];
      }),
      event('message_delta', {
        delta: { stop_reason: reason, stop_sequence: sequence ?? null },
        usage: { output_tokens: objectOf(usage)['output_tokens'] ?? 0 },
      }),
      event('message_stop', {}),
    ];
  },
};

function blockWith(block: Json | undefined, delta: Json): Json | undefined {
  const name = grows[String(delta['type'])];
  const piece = name === undefined ? undefined : delta[name];
  if (!block || name === undefined || typeof piece !== 'string') return undefined;
  return { ...block, [name]: `${typeof block[name] === 'string' ? block[name] : ''}${piece}` };
}

/** The input of a tool comes as pieces of JSON. */
function closedBlock(block: Json | undefined): Json | undefined {
  if (!block) return undefined;
  const { partial_json: text, ...rest } = block;
  if (typeof text !== 'string') return rest;
  try {
    return { ...rest, input: text === '' ? {} : (JSON.parse(text) as unknown) };
  } catch {
    return undefined;
  }
}

function piecesOf(block: Json): { start: Json; deltas: Json[] } {
  const of = (type: string, text: unknown): Json[] =>
    pieces(typeof text === 'string' ? text : '').map((piece) => ({ type, [grows[type]!]: piece }));
  if (block['type'] === 'text') return { start: { ...block, text: '' }, deltas: of('text_delta', block['text']) };
  if (block['type'] === 'thinking') {
    const signed =
      typeof block['signature'] === 'string' ? [{ type: 'signature_delta', signature: block['signature'] }] : [];
    return {
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [...of('thinking_delta', block['thinking']), ...signed],
    };
  }
  if (block['type'] === 'tool_use')
    return { start: { ...block, input: {} }, deltas: of('input_json_delta', JSON.stringify(block['input'] ?? {})) };
  return { start: block, deltas: [] };
}
