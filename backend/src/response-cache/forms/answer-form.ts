import type { ServerSentEvent } from '../../gateway/index.ts';

/** A JSON object whose members nobody has checked. */
export type Json = Record<string, unknown>;

/** How a dialect writes an answer as a whole and as a stream. */
export interface AnswerForm {
  /**
   * The whole answer out of its stream; undefined where the stream did not come to its end, or says something that is not
   * known here: then the answer is not kept.
   */
  assembled(events: readonly ServerSentEvent[]): Json | undefined;
  /** Whether a whole answer is one that may be given again. */
  isComplete(body: Json): boolean;
  /** The answer without what its caller said of himself, which the dialect repeats; absent where it repeats nothing. */
  shared?(body: Json): Json;
  /** The stream that says the same. @param request of the caller who is answered */
  events(body: Json, request: Json): ServerSentEvent[];
}

const pieceLength = 80;

/** A text in pieces, none of which ends within a character. */
export function pieces(text: string): string[] {
  const all: string[] = [];
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + pieceLength);
    if (/[\ud800-\udbff]/.test(text[end - 1]!) && end < text.length) end += 1;
    all.push(text.slice(at, end));
    at = end;
  }
  return all;
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function objectsOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** @returns undefined where the data is no JSON object */
export function readEvent({ data }: ServerSentEvent): Json | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
