import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from './canonical-json.ts';

/**
 * Turns what a caller wants to have recorded into plain, bounded JSON without secrets. The audit log is kept for years and
 * read by many: it says that a secret was changed, never what it is.
 */

const mark = '[redacted]';
const maxDepth = 12;
const maxItems = 500;
/** Values of one record, a text counting one more per 20 characters; what comes after them is left out. */
const maxValues = 50_000;
const maxText = 8_000;
/** Characters of `before` or `after`; of more, only size and hash are kept. */
const maxRecorded = 64_000;

const secretName =
  /(secret|passw(or)?d|passphrase|token|credential|authorization|cookie|api[-_]?key|private[-_]?key|access[-_]?key|routing[-_]?key|integration[-_]?key|webhook[-_]?url|smtp[-_]?url|signature|dsn)s?$/i;
/** Words that people or models wrote to each other. */
const conversationName = /^(prompts?|messages|completions?|system[-_]?prompt|user[-_]?prompt|response[-_]?text)$/i;

const secretText: readonly [RegExp, string][] = [
  [/\bak_[a-z0-9]{12}_[A-Za-z0-9_-]{20,}/g, mark],
  [/\beyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]*/g, mark],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${mark}`],
  // Bounded, as an open-ended name of a scheme would be tried from each letter of a long word.
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'@]{1,500}@/gi, `$1${mark}@`],
  [/(hooks\.slack\.com\/(?:services|workflows|triggers)\/)[A-Za-z0-9/_-]+/gi, `$1${mark}`],
  [/\b(?:glsa|glc|ghp|gho|xox[abprs]|sk|pk)[_-][A-Za-z0-9_-]{16,}/g, mark],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mark],
];

/** The value as it may stand in the log; undefined stays undefined. */
export function recordable(value: unknown): JsonValue | undefined {
  if (value === undefined) return undefined;
  const plain = plainValue(value, 0, { left: maxValues });
  const text = canonicalJson(plain);
  if (text.length <= maxRecorded) return plain;
  return { tooLarge: true, characters: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

/** Text without secrets, NUL and broken surrogates, at most 8000 characters. */
export function recordableText(text: string): string {
  const short = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  const clean = short.replace(/[\p{Surrogate}\0]/gu, '\uFFFD');
  return secretText.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), clean);
}

/** How much may still be recorded; shared by the whole walk, as nesting multiplies. */
interface Budget {
  left: number;
}

function plainValue(value: unknown, depth: number, budget: Budget): JsonValue {
  budget.left -= typeof value === 'string' ? 1 + value.length / 20 : 1;
  if (budget.left < 0) return '[left out]';
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return recordableText(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth >= maxDepth) return '[too deep]';
  if (hasToJson(value)) return plainValue(value.toJSON(), depth + 1, budget);
  if (value instanceof Map)
    return plainObject(
      [...value].map(([key, item]) => [String(key), item]),
      depth,
      budget,
    );
  if (value instanceof Set || Array.isArray(value)) return plainList([...(value as Iterable<unknown>)], depth, budget);
  if (value instanceof Error) return recordableText(`${value.name}: ${value.message}`);
  return plainObject(Object.entries(value), depth, budget);
}

function plainList(items: readonly unknown[], depth: number, budget: Budget): JsonValue {
  const kept = items.slice(0, maxItems).map((item) => plainValue(item, depth + 1, budget));
  return items.length > maxItems ? [...kept, `[${items.length - maxItems} more]`] : kept;
}

function plainObject(entries: readonly (readonly [string, unknown])[], depth: number, budget: Budget): JsonValue {
  const kept = entries
    .filter(([, item]) => item !== undefined)
    .slice(0, maxItems)
    .map(
      ([key, item]) => [recordableText(key), isSecret(key, item) ? mark : plainValue(item, depth + 1, budget)] as const,
    );
  if (entries.length > maxItems) kept.push(['…', `[${entries.length - maxItems} more]`]);
  return Object.fromEntries(kept);
}

/** Numbers and truth values are counts and switches (`maxTokens: 4096`, `hasPassword: true`), no secrets. */
function isSecret(name: string, value: unknown): boolean {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return false;
  return secretName.test(name) || conversationName.test(name);
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}
