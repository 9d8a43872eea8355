import type { ServerSentEvent } from '../../gateway/index.ts';
import { objectOf, objectsOf, pieces, readEvent, textOf, type AnswerForm, type Json } from './answer-form.ts';

/** What a caller says of himself beside metadata; a response repeats it, and calls that differ in it alone are the same. */
const ownWords = ['user', 'safety_identifier', 'prompt_cache_key'] as const;

/** Responses of OpenAI: the last event of a stream holds the whole. */
export const responsesForm: AnswerForm = {
  assembled: (events) => {
    const last = events.findLast(({ data }) => data !== '[DONE]');
    const said = last && readEvent(last);
    return said?.['type'] === 'response.completed' ? objectOf(said['response']) : undefined;
  },
  isComplete: (body) => body['object'] === 'response' && body['status'] === 'completed',
  shared: (body) => ({
    ...body,
    ...('metadata' in body ? { metadata: {} } : {}),
    ...Object.fromEntries(ownWords.filter((name) => name in body).map((name) => [name, null])),
  }),
  events: (body) => {
    let number = 0;
    const event = (type: string, more: Json): ServerSentEvent => ({
      event: type,
      data: JSON.stringify({ type, sequence_number: number++, ...more }),
    });
    const { usage: _, ...begun } = body;
    const response = { ...begun, status: 'in_progress', output: [] };
    return [
      event('response.created', { response }),
      event('response.in_progress', { response }),
      ...objectsOf(body['output']).flatMap((item, index) => itemEvents(item, index, event)),
      event('response.completed', { response: body }),
    ];
  },
};

function itemEvents(
  item: Json,
  index: number,
  event: (type: string, more: Json) => ServerSentEvent,
): ServerSentEvent[] {
  const place = { item_id: item['id'], output_index: index };
  const isMessage = item['type'] === 'message';
  const isCall = item['type'] === 'function_call';
  const opened = { ...item, ...(isMessage ? { content: [] } : {}), ...(isCall ? { arguments: '' } : {}) };
  const inner: ServerSentEvent[] = [];
  if (isMessage)
    objectsOf(item['content']).forEach((part, content) => {
      const at = { ...place, content_index: content };
      const [kind, name] = part['type'] === 'refusal' ? ['refusal', 'refusal'] : ['output_text', 'text'];
      const text = textOf(part[name]);
      inner.push(
        event('response.content_part.added', { ...at, part: { ...part, [name]: '' } }),
        ...pieces(text).map((delta) => event(`response.${kind}.delta`, { ...at, delta, logprobs: [] })),
        event(`response.${kind}.done`, { ...at, [name]: text, logprobs: [] }),
        event('response.content_part.done', { ...at, part }),
      );
    });
  if (isCall) {
    const text = textOf(item['arguments']);
    inner.push(
      ...pieces(text).map((delta) => event('response.function_call_arguments.delta', { ...place, delta })),
      event('response.function_call_arguments.done', { ...place, name: item['name'], arguments: text }),
    );
  }
  return [
    event('response.output_item.added', { output_index: index, item: { ...opened, status: 'in_progress' } }),
    ...inner,
    event('response.output_item.done', { output_index: index, item }),
  ];
}
