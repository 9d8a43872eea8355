import type { Asked } from '../asked.ts';
import { inPieces, outputTokens, type Said } from '../behaviour.ts';
import { answeredBy } from './chat.ts';
import type { Speech } from './speech.ts';

/** OpenAI responses. */
export const responses: Speech = {
  contentType: 'text/event-stream; charset=utf-8',
  whole: (asked, said) => response(asked, said, 'completed', items(said)),
  events: (asked, said) => {
    let number = 0;
    const event = (type: string, rest: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...rest, sequence_number: number++ })}\n\n`;
    const begun = response(asked, said, 'in_progress', []);
    const all = items(said);
    const grown = all.flatMap((item, index) => [
      event('response.output_item.added', { output_index: index, item: { ...item, ...begunItem(item) } }),
      ...(item.type === 'message' ? textEvents(said, index, event) : callEvents(item, index, event)),
      event('response.output_item.done', { output_index: index, item }),
    ]);
    return [
      event('response.created', { response: begun }),
      event('response.in_progress', { response: begun }),
      ...grown,
      event('response.completed', { response: response(asked, said, 'completed', all) }),
    ];
  },
};

type Item = { type: 'message' | 'function_call'; id: string } & Record<string, unknown>;
type Event = (type: string, rest: object) => string;

function items(said: Said): Item[] {
  const text = { type: 'output_text', text: said.words.join(''), annotations: [], logprobs: [] };
  const message: Item = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [text] };
  const calls = said.tools.map((tool, index): Item => ({
    ...{ id: `fc_${index + 1}`, type: 'function_call', status: 'completed' },
    ...{ call_id: `call_${index + 1}`, name: tool.name, arguments: tool.arguments },
  }));
  return said.words.length > 0 || calls.length === 0 ? [message, ...calls] : calls;
}

/** What an item is before anything of it is said. */
function begunItem({ type }: Item): object {
  return { status: 'in_progress', ...(type === 'message' ? { content: [] } : { arguments: '' }) };
}

function textEvents(said: Said, index: number, event: Event): string[] {
  const place = { item_id: 'msg_1', output_index: index, content_index: 0 };
  const text = said.words.join('');
  return [
    event('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } }),
    ...said.words.map((delta) => event('response.output_text.delta', { ...place, delta, logprobs: [] })),
    event('response.output_text.done', { ...place, text, logprobs: [] }),
    event('response.content_part.done', { ...place, part: { type: 'output_text', text, annotations: [] } }),
  ];
}

function callEvents(item: Item, index: number, event: Event): string[] {
  const place = { item_id: item.id, output_index: index };
  const text = String(item['arguments']);
  return [
    ...inPieces(text).map((delta) => event('response.function_call_arguments.delta', { ...place, delta })),
    event('response.function_call_arguments.done', { ...place, arguments: text }),
  ];
}

function response(asked: Asked, said: Said, status: string, output: readonly object[]): object {
  const written = outputTokens(said);
  const usage = {
    input_tokens: said.promptTokens,
    input_tokens_details: { cached_tokens: said.cachedTokens },
    output_tokens: written,
    output_tokens_details: { reasoning_tokens: said.thoughts.length },
    total_tokens: said.promptTokens + written,
  };
  return {
    ...{ id: 'resp_1', object: 'response', created_at: 1, status, model: answeredBy(asked, said) },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: asked.body['metadata'] ?? {} },
    ...{ output, parallel_tool_calls: true, temperature: 1, top_p: 1, tool_choice: 'auto', tools: [] },
    usage: status === 'completed' ? usage : null,
  };
}
