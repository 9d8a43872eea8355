import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import { jsonEvent, type StreamTranslation } from './dialect.ts';
import { numberOf, objectOf, objectsOf, parsedObject, textOf, type Json } from './json.ts';
import { callItem, messageItem, responseObject, textPart } from './response-object.ts';

interface Item {
  /** Place in the output of the response. */
  at: number;
  /** `text`, or the index of the tool call. */
  of: 'text' | number;
  id: string;
  name: string;
  grown: string;
}

/** Chunks of chat completions as the events of a response: items open, grow and close in order, each event numbered. */
export class EventsOfResponse implements StreamTranslation {
  readonly #created: number;
  readonly #items: Item[] = [];
  #number = 0;
  #id = '';
  #model: unknown;
  #finishReason = 'stop';
  #usage: unknown;
  #state: 'new' | 'open' | 'done' = 'new';

  constructor(created: number) {
    this.#created = created;
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
    const text = textOf(delta['content'] ?? delta['refusal']);
    if (text !== '') events.push(...this.#textGrows(text));
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

  #textGrows(delta: string): ServerSentEvent[] {
    const found = this.#items.find(({ of }) => of === 'text');
    const item = found ?? this.#add('text', `msg_${this.#id}`, '');
    const place = { item_id: item.id, output_index: item.at, content_index: 0 };
    const opened = found
      ? []
      : [
          this.#event('response.output_item.added', {
            output_index: item.at,
            item: messageItem(item.id, 'in_progress', []),
          }),
          this.#event('response.content_part.added', { ...place, part: textPart('') }),
        ];
    item.grown += delta;
    return [...opened, this.#event('response.output_text.delta', { ...place, delta, logprobs: [] })];
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
    if (item.of !== 'text') {
      const place = { item_id: `fc_${item.id}`, output_index: item.at };
      const told = { ...place, name: item.name, arguments: item.grown };
      return [this.#event('response.function_call_arguments.done', told), done()];
    }
    const place = { item_id: item.id, output_index: item.at, content_index: 0 };
    return [
      this.#event('response.output_text.done', { ...place, text: item.grown, logprobs: [] }),
      this.#event('response.content_part.done', { ...place, part: textPart(item.grown) }),
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
    return responseObject({ id: `resp_${this.#id}`, created: this.#created, model: this.#model, output, ...ended });
  }

  #event(type: string, data: Json): ServerSentEvent {
    return jsonEvent({ type, sequence_number: this.#number++, ...data }, type);
  }
}

function whole(item: Item): Json {
  if (item.of === 'text') return messageItem(item.id, 'completed', [textPart(item.grown)]);
  return callItem(item.id, item.name, item.grown, 'completed');
}
