import type { Dialect } from './dialects/dialect.ts';
import { SseReader } from './wire/server-sent-events.ts';

type Json = Readonly<Record<string, unknown>>;

/** @returns what an answer says, out of the bytes that a caller would have got; empty where it says nothing. */
export function answerText(bytes: Buffer, dialect: Dialect, isStream: boolean): string {
  try {
    if (!isStream) return wholeText(JSON.parse(bytes.toString('utf8')) as Json, dialect);
    const reader = new SseReader();
    return [...reader.push(bytes), ...reader.end()]
      .map(({ data }) => (data === '[DONE]' || data === '' ? '' : pieceText(JSON.parse(data) as Json, dialect)))
      .join('');
  } catch {
    return '';
  }
}

function wholeText(body: Json, dialect: Dialect): string {
  switch (dialect) {
    case 'chat':
      return list(body['choices'])
        .map(({ message }) => textOf(message, 'content'))
        .join('\n');
    case 'messages':
      return list(body['content'])
        .map(({ text }) => (typeof text === 'string' ? text : ''))
        .join('');
    case 'responses':
      return list(body['output'])
        .flatMap(({ content }) => list(content))
        .map(({ text }) => (typeof text === 'string' ? text : ''))
        .join('');
    default:
      return '';
  }
}

function pieceText(event: Json, dialect: Dialect): string {
  switch (dialect) {
    case 'chat':
      return list(event['choices'])
        .map(({ delta }) => textOf(delta, 'content'))
        .join('');
    case 'messages':
      return textOf(event['delta'], 'text');
    case 'responses':
      return event['type'] === 'response.output_text.delta' && typeof event['delta'] === 'string' ? event['delta'] : '';
    default:
      return '';
  }
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((one): one is Json => typeof one === 'object' && one !== null) : [];
}

function textOf(value: unknown, field: string): string {
  const found = typeof value === 'object' && value !== null ? (value as Json)[field] : undefined;
  return typeof found === 'string' ? found : '';
}
