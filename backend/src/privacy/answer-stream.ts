import type { ServerSentEvent } from '../gateway/index.ts';
import { walkTexts } from './body-texts.ts';
import type { Detector } from './detector.ts';
import { JsonRewriter } from './json-rewriter.ts';
import { rewritten, TextRewriter, type Replace } from './text-rewriter.ts';

type Json = Record<string, unknown>;
type Step = string | number;

/** What is done to the texts of an answer. */
export interface AnswerRules {
  detectors: readonly Detector[];
  replace: Replace;
  /** Of thoughts that are signed: what was put in the place of something stays, so that the signature holds. */
  thoughts: readonly Detector[];
}

/** A text that grows by the pieces of a stream. */
interface Channel {
  rewriter: TextRewriter | JsonRewriter;
  /** Where in the delta it stands. */
  path: readonly Step[];
  /** An event that carries a piece of it, to carry the rest. */
  event: ServerSentEvent;
  body: Json;
}

const jsonNames: ReadonlySet<Step> = new Set(['arguments', 'partial_json']);
const protocolNames: ReadonlySet<string> = new Set(['role', 'type', 'id', 'name', 'signature', 'data', 'obfuscation']);

/**
 * Changes the texts of a streamed answer in any dialect. Each text of it (a choice, a thought, the arguments of a call) is read
 * as one, wherever its pieces are cut: what a piece leaves open goes out with a later one, at the latest before the event that
 * ends the text.
 */
export class AnswerStream {
  readonly #rules: AnswerRules;
  readonly #channels = new Map<string, Channel>();

  constructor(rules: AnswerRules) {
    this.#rules = rules;
  }

  push(event: ServerSentEvent): ServerSentEvent[] {
    const body = read(event.data);
    if (!body) return [...this.end(), event];
    if (Array.isArray(body['choices'])) return [this.#chunk(event, body)];
    const type = typeof body['type'] === 'string' ? body['type'] : '';
    if (type === 'content_block_delta') return this.#blockGrows(event, body);
    if (type === 'content_block_stop') return [...this.#ended(`${String(body['index'])}/`), event];
    if (type.endsWith('audio.delta')) return [event];
    if (type.endsWith('.delta') && typeof body['delta'] === 'string') {
      const name = type.includes('arguments') ? 'arguments' : 'delta';
      return this.#textGrows(event, body, name);
    }
    const before = type.endsWith('.done') ? this.#ended(`${textKey(type, body)}/`) : [];
    return [...before, { ...event, data: this.#whole(body) }];
  }

  /** What is still held when the stream is over. */
  end(): ServerSentEvent[] {
    return this.#ended('');
  }

  /** A chunk of chat completions: each choice has its own texts, and ends with a reason. */
  #chunk(event: ServerSentEvent, body: Json): ServerSentEvent {
    const choices = (body['choices'] as unknown[]).map((one, place) => {
      const choice = objectOf(one);
      const key = `${typeof choice['index'] === 'number' ? choice['index'] : place}`;
      const { delta, logprobs, ...rest } = choice;
      const shell = { ...body, choices: [{ ...rest, finish_reason: null }] };
      let changed = this.#texts(delta, `${key}/`, [], { event, body: shell });
      const isOver = choice['finish_reason'] !== null && choice['finish_reason'] !== undefined;
      if (isOver) for (const { path, rest: held } of this.#taken(`${key}/`)) changed = withMore(changed, path, held);
      return { ...rest, ...(logprobs === undefined ? {} : { logprobs: null }), delta: changed };
    });
    return { ...event, data: JSON.stringify({ ...body, choices }) };
  }

  /** Anthropic's pieces. */
  #blockGrows(event: ServerSentEvent, body: Json): ServerSentEvent[] {
    const delta = objectOf(this.#texts(body['delta'], `${String(body['index'])}/`, [], { event, body }));
    const isSilent = Object.entries(delta).every(([name, value]) => name === 'type' || value === '');
    return isSilent ? [] : [{ ...event, data: JSON.stringify({ ...body, delta }) }];
  }

  /** Pieces of a response. @param name tells whether the text is JSON */
  #textGrows(event: ServerSentEvent, body: Json, name: string): ServerSentEvent[] {
    const { logprobs: _, ...rest } = body;
    const id = `${textKey(String(body['type']), body)}/`;
    const delta = this.#piece(String(body['delta']), id, [name], { event, body: rest });
    return delta === '' ? [] : [{ ...event, data: JSON.stringify({ ...rest, delta }) }];
  }

  /** The piece with each of its texts gone through its channel. */
  #texts(value: unknown, key: string, path: readonly Step[], from: Pick<Channel, 'event' | 'body'>): unknown {
    if (typeof value === 'string') return this.#piece(value, key, path, from);
    if (Array.isArray(value))
      return value.map((item, place) => {
        const { index } = objectOf(item);
        return this.#texts(item, key, [...path, typeof index === 'number' ? index : place], from);
      });
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        protocolNames.has(name) ? member : this.#texts(member, key, [...path, name], from),
      ]),
    );
  }

  #piece(text: string, key: string, path: readonly Step[], from: Pick<Channel, 'event' | 'body'>): string {
    const id = key + path.join('/');
    let channel = this.#channels.get(id);
    if (!channel) {
      const name = path.at(-1)!;
      const detectors = name === 'thinking' ? this.#rules.thoughts : this.#rules.detectors;
      const Rewriter = jsonNames.has(name) ? JsonRewriter : TextRewriter;
      channel = { rewriter: new Rewriter(detectors, this.#rules.replace), path, ...from };
      this.#channels.set(id, channel);
    }
    return channel.rewriter.push(text);
  }

  /** Closes the texts under a key. */
  #taken(prefix: string): (Channel & { rest: string })[] {
    const found = [...this.#channels.entries()].filter(([id]) => id.startsWith(prefix));
    return found.flatMap(([id, channel]) => {
      this.#channels.delete(id);
      const rest = channel.rewriter.last();
      return rest === '' ? [] : [{ ...channel, rest }];
    });
  }

  #ended(prefix: string): ServerSentEvent[] {
    return this.#taken(prefix).map(({ event, body, path, rest }) => ({
      ...event,
      data: JSON.stringify(carrying(body, path, rest)),
    }));
  }

  #whole(body: Json): string {
    return JSON.stringify(changedBody(body, this.#rules));
  }
}

/** The texts of a whole answer, changed. */
export function changedBody(body: unknown, { detectors, replace }: AnswerRules): unknown {
  const change = (text: string, isJson: boolean): string =>
    isJson ? new JsonRewriter(detectors, replace).last(text) : rewritten(text, detectors, replace);
  return walkTexts(withoutLogprobs(body), change).body;
}

/** Pieces of the words that were replaced would stand in them. */
function withoutLogprobs(body: unknown): unknown {
  const { choices } = objectOf(body);
  if (!Array.isArray(choices)) return body;
  const told = choices.map((choice) =>
    objectOf(choice)['logprobs'] ? { ...objectOf(choice), logprobs: null } : (choice as unknown),
  );
  return { ...objectOf(body), choices: told };
}

/** The event of a piece with another piece in it. */
function carrying(body: Json, path: readonly Step[], rest: string): Json {
  if (Array.isArray(body['choices'])) {
    const choice = objectOf(body['choices'][0]);
    return { ...body, choices: [{ ...choice, delta: withMore({}, path, rest) }] };
  }
  if (typeof body['delta'] === 'string') return { ...body, delta: rest };
  return { ...body, delta: withMore({ type: objectOf(body['delta'])['type'] }, path, rest) };
}

/** The value with more text at the path, making what is missing on the way; lists are found by `index`. */
function withMore(value: unknown, path: readonly Step[], rest: string): unknown {
  const [step, ...more] = path;
  if (step === undefined) return (typeof value === 'string' ? value : '') + rest;
  if (typeof step === 'string') {
    const object = objectOf(value);
    return { ...object, [step]: withMore(object[step], more, rest) };
  }
  const list: unknown[] = Array.isArray(value) ? value : [];
  const place = list.findIndex((item) => objectOf(item)['index'] === step);
  const item = withMore(place < 0 ? { index: step } : list[place], more, rest);
  return place < 0 ? [...list, item] : list.with(place, item);
}

/** Which text of a response an event is of: `response.output_text.delta` and `response.output_text.done` are of one. */
function textKey(type: string, body: Json): string {
  const of = type.replace(/\.(delta|done)$/, '');
  return [of, body['item_id'], body['output_index'], body['content_index'], body['summary_index']]
    .map(String)
    .join('|');
}

function read(data: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
