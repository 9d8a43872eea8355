import { SseReader, type Dialect } from '../gateway/index.ts';

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

/** The same but for blanks and the case of letters. */
export function isEqualAnswer(one: string, other: string): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();
  return plain(one) === plain(other);
}

/** @returns cosine of the counts of words and of pairs of words, 0 to 1. */
export function wordLikeness(one: string, other: string): number {
  const [a, b] = [grams(one), grams(other)];
  if (a.size === 0 || b.size === 0) return a.size === b.size ? 1 : 0;
  let product = 0;
  for (const [gram, count] of a) product += count * (b.get(gram) ?? 0);
  return product / (norm(a) * norm(b));
}

function grams(text: string): Map<string, number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const counts = new Map<string, number>();
  for (const [at, word] of words.entries()) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
    if (at > 0) {
      const pair = `${words[at - 1]!} ${word}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return counts;
}

function norm(counts: ReadonlyMap<string, number>): number {
  return Math.sqrt([...counts.values()].reduce((sum, count) => sum + count * count, 0));
}

/** @returns cosine of two vectors, at least 0. @throws Error where they are none of one length */
export function vectorLikeness(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || one.length !== other.length) throw new Error('The vectors are not of one length.');
  let [product, a, b] = [0, 0, 0];
  for (const [at, value] of one.entries()) {
    product += value * other[at]!;
    a += value * value;
    b += other[at]! * other[at]!;
  }
  return a === 0 || b === 0 ? 0 : Math.max(0, product / Math.sqrt(a * b));
}
