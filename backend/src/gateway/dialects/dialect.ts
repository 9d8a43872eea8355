import type { ServerSentEvent } from '../wire/server-sent-events.ts';
import type { Json } from './json.ts';

/**
 * How a request and its answer are written: `chat` (OpenAI chat completions; the tongue that every other is translated to and
 * from), `responses` (OpenAI responses), `embeddings`, `messages` (Anthropic), `count` (Anthropic's counting of the tokens of
 * messages), `gemini` (generateContent), `gemini-embeddings` (batchEmbedContents), `converse` (Bedrock), `invoke` (Bedrock's
 * InvokeModel, for embeddings).
 */
export type Dialect =
  'chat' | 'responses' | 'embeddings' | 'messages' | 'count' | 'gemini' | 'gemini-embeddings' | 'converse' | 'invoke';

/** A request that another dialect cannot express without changing what it means. */
export class Untranslatable extends Error {
  /** What stood in the way, as a person would look it up in the request, e.g. `n` or `tools[2].type`. */
  readonly fields: readonly string[];

  constructor(fields: readonly string[], to: string) {
    super(`${fields.join(', ')}: not possible with ${to}`);
    this.name = 'Untranslatable';
    this.fields = fields;
  }
}

/** A request in another dialect. `dropped`: wishes that the other side does not know and that change no meaning. */
export interface Translated {
  body: Json;
  dropped: string[];
  /** Requests that are sent in its place, each for a part of what is asked. Their answers come back as one: see answer-parts.ts */
  parts?: readonly Json[];
}

/** Turns the events of one dialect's stream into those of another, one at a time. */
export interface StreamTranslation {
  push(event: ServerSentEvent): ServerSentEvent[];
  /** What still has to be said when the stream is over. */
  end(): ServerSentEvent[];
}

/** Whose `response` and `stream` read the answer of the other side back into the caller's dialect. */
export interface Translation {
  /** @throws Untranslatable */
  request(body: Json): Translated;
  /** @param request what the caller asked, with the model that the provider was asked for */
  response(body: Json, request: Json): Json;
  stream(request: Json): StreamTranslation;
}

/** An event whose data is JSON. */
export function jsonEvent(data: Json, event?: string): ServerSentEvent {
  return { ...(event === undefined ? {} : { event }), data: JSON.stringify(data) };
}

/** The last event of a stream of chat completions. */
export const doneEvent: ServerSentEvent = { data: '[DONE]' };

/** Wishes that change what comes back: where one is set and cannot be carried over, the request is not translated. */
export function refuseUnlessDefault(
  body: Json,
  defaults: Readonly<Record<string, readonly unknown[]>>,
  to: string,
): void {
  const fields = Object.entries(defaults)
    .filter(([field, allowed]) => body[field] !== undefined && body[field] !== null && !allowed.includes(body[field]))
    .map(([field]) => field);
  if (fields.length > 0) throw new Untranslatable(fields, to);
}

/** Values by which nothing is wished for. */
const indifferent: Readonly<Record<string, readonly unknown[]>> = {
  service_tier: ['auto', 'default', 'standard', 'standard_only'],
  speed: ['standard'],
  store: [false],
  presence_penalty: [0],
  frequency_penalty: [0],
};

/** Names of members that are set and not in `carried`. */
export function notCarried(body: Json, carried: readonly string[]): string[] {
  return Object.keys(body).filter(
    (field) => body[field] !== null && !carried.includes(field) && indifferent[field]?.includes(body[field]) !== true,
  );
}
