import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import { contentText } from './chat-pieces.ts';
import { thoughtOf } from './message-of-chat.ts';
import { jsonEvent, type StreamTranslation } from './dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from './json.ts';
import { callItem, messageItem, responseObject, textPart, thoughtItem, thoughtPart } from './response-object.ts';

interface Item {
  /** Place in the output of the response. */
  at: number;
  /** `text`, `thought`, or the index of the tool call. */
  of: 'text' | 'thought' | number;
  id: string;
  name: string;
  grown: string;
}

/** How words that are said, and words that are thought, are told. */
const wordsOf = {
  text: {
    prefix: 'msg',
    event: 'response.output_text',
    item: messageItem,
    part: textPart,
    beside: { logprobs: [] },
  },
  thought: { prefix: 'rs', event: 'response.reasoning_text', item: thoughtItem, part: thoughtPart, beside: {} },
};

/** Chunks of chat completions as the events of a response: items open, grow and close in order, each event numbered. */
export class EventsOfResponse implements StreamTranslation {
  readonly #created: number;
  readonly #asked: Json;
  readonly #items: Item[] = [];
  #number = 0;
  #id = '';
  #model: unknown;
  #finishReason = 'stop';
  #usage: unknown;
  #state: 'new' | 'open' | 'done' = 'new';

  /** @param asked what the caller asked */
  constructor(created: number, asked: Json) {
    this.#created = created;
    this.#asked = asked;
  }

  push({ data }: ServerSentEvent): ServerSentEvent[] {
    if (data === '[DONE]') return this.end();
    const chunk = parsedObject(data);
    if (chunk['error'] !== undefined) return [this.#event('error', { ...objectOf(chunk['error']) })];
    const events = this.#begin(chunk);
    if (chunk['usage'] !== undefined && chunk['usage'] !== null) this.#usage = chunk['usage'];
    const choice = objectsOf(chunk['choices'])[0];
    if (!choice) return events;
    const delta = objectOf(choice['delta']);
    const thought = thoughtOf(delta);
    if (thought !== '') events.push(...this.#wordsGrow('thought', thought));
    const text = contentText(delta['content'] ?? delta['refusal']);
    if (text !== '') events.push(...this.#wordsGrow('text', text));
    for (const call of objectsOf(delta['tool_calls'])) events.push(...this.#callGrows(call));
    this.#finishReason = textOf(choice['finish_reason']) || this.#finishReason;
    return events;
  }

  end(): ServerSentEvent[] {
    if (this.#state !== 'open') return [];
    this.#state = 'done';
    const closed = this.#items.flatMap((item) => this.#closed(item));
    const response = this.#response(this.#finishReason, this.#items.map(whole));
    return [...closed, this.#event(`response.${String(response['status'])}`, { response })];
  }

  #begin(chunk: Json): ServerSentEvent[] {
    if (this.#state !== 'new') return [];
    this.#state = 'open';
    this.#id = textOf(chunk['id']);
    this.#model = chunk['model'];
    const response = this.#response(undefined, []);
    return [this.#event('response.created', { response }), this.#event('response.in_progress', { response })];
  }

  #wordsGrow(of: 'text' | 'thought', delta: string): ServerSentEvent[] {
    const found = this.#items.find((item) => item.of === of);
    const words = wordsOf[of];
    const item = found ?? this.#add(of, `${words.prefix}_${this.#id}`, '');
    const place = { item_id: item.id, output_index: item.at, content_index: 0 };
    const opened = found
      ? []
      : [
          this.#event('response.output_item.added', {
            output_index: item.at,
            item: words.item(item.id, 'in_progress', []),
          }),
          this.#event('response.content_part.added', { ...place, part: words.part('') }),
        ];
    item.grown += delta;
    return [...opened, this.#event(`${words.event}.delta`, { ...place, delta, ...words.beside })];
  }

  #callGrows(call: Json): ServerSentEvent[] {
    const index = numberOf(call['index']);
    const made = objectOf(call['function']);
    const found = this.#items.find(({ of }) => of === index);
    const item = found ?? this.#add(index, textOf(call['id']), textOf(made['name']));
    const opened = found
      ? []
      : [
          this.#event('response.output_item.added', {
            output_index: item.at,
            item: callItem(item.id, item.name, '', 'in_progress'),
          }),
        ];
    const delta = textOf(made['arguments']);
    if (delta === '') return opened;
    item.grown += delta;
    const place = { item_id: `fc_${item.id}`, output_index: item.at };
    return [...opened, this.#event('response.function_call_arguments.delta', { ...place, delta })];
  }

  #closed(item: Item): ServerSentEvent[] {
    const done = (): ServerSentEvent =>
      this.#event('response.output_item.done', { output_index: item.at, item: whole(item) });
    if (typeof item.of === 'number') {
      const place = { item_id: `fc_${item.id}`, output_index: item.at };
      const told = { ...place, name: item.name, arguments: item.grown || '{}' };
      return [this.#event('response.function_call_arguments.done', told), done()];
    }
    const words = wordsOf[item.of];
    const place = { item_id: item.id, output_index: item.at, content_index: 0 };
    return [
      this.#event(`${words.event}.done`, { ...place, text: item.grown, ...words.beside }),
      this.#event('response.content_part.done', { ...place, part: words.part(item.grown) }),
      done(),
    ];
  }

  #add(of: Item['of'], id: string, name: string): Item {
    const item = { at: this.#items.length, of, id, name, grown: '' };
    this.#items.push(item);
    return item;
  }

  #response(finishReason: string | undefined, output: readonly Json[]): Json {
    const ended = finishReason === undefined ? {} : { finishReason, usage: this.#usage };
    const id = `resp_${this.#id}`;
    return responseObject({
      ...{ id, created: this.#created, model: this.#model, output, asked: this.#asked },
      ...ended,
    });
  }

  #event(type: string, data: Json): ServerSentEvent {
    return jsonEvent({ type, sequence_number: this.#number++, ...data }, type);
  }
}

function whole(item: Item): Json {
  if (typeof item.of === 'number') return callItem(item.id, item.name, item.grown || '{}', 'completed');
  const words = wordsOf[item.of];
  return words.item(item.id, 'completed', [words.part(item.grown)]);
}
