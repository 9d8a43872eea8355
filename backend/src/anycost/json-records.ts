import type { RawFields } from './connector.ts';

const maxDepth = 64;
const maxFields = 5_000;
/** Digits that a float keeps whatever they are. */
const safeDigits = 15;

export type ParsedRecord = { ok: true; value: object; fields: RawFields } | { ok: false; reason: string };

/**
 * A JSON object as it was parsed, and flattened: names joined by dots, places in lists as numbers, what is null left out. A
 * number stays a number in `value` where a float holds all its digits, else it is its text; in `fields` it is always exact.
 */
export function parseRecord(text: string): ParsedRecord {
  const parsed = parseExactly(text);
  if (parsed === undefined) return { ok: false, reason: 'The line is not JSON' };
  return asRecord(parsed.value);
}

/** @returns undefined where the text is no JSON */
export function parseExactly(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) as unknown };
  } catch {
    return undefined;
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return source.replace(/[eE].*$|[^\d]/g, '').length > safeDigits || !Number.isFinite(value) ? source : value;
}

export function asRecord(value: unknown): ParsedRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, reason: 'The record is not a JSON object' };
  const fields: [string, string][] = [];
  const refusal = flatten(value, '', 0, fields);
  if (refusal !== undefined) return { ok: false, reason: refusal };
  return { ok: true, value, fields: Object.fromEntries(fields) };
}

/** @returns why the value is not flattened to the end, undefined where it is */
function flatten(value: unknown, path: string, depth: number, into: [string, string][]): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object') {
    if (into.length >= maxFields) return `The record has more than ${maxFields} fields`;
    into.push([path, scalarText(value)]);
    return undefined;
  }
  if (depth >= maxDepth) return `The record is nested more than ${maxDepth} deep`;
  for (const [key, inner] of Object.entries(value)) {
    const refusal = flatten(inner, path === '' ? key : `${path}.${key}`, depth + 1, into);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The record with the flattened fields that were changed or taken out put back into its nesting. */
export function withFields(value: unknown, fields: RawFields, path = ''): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value !== 'object') {
    const text = Object.hasOwn(fields, path) ? fields[path] : undefined;
    return text === scalarText(value) ? value : text;
  }
  const inner = Object.entries(value).map(
    ([key, one]) => [key, withFields(one, fields, path === '' ? key : `${path}.${key}`)] as const,
  );
  return Array.isArray(value) ? inner.map(([, one]) => one ?? null) : Object.fromEntries(inner);
}

/** The list that stands at `path` of a document, or the document itself as the only record. */
export function recordsAt(document: unknown, path: readonly string[]): unknown[] | undefined {
  let value = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  if (Array.isArray(value)) return value as unknown[];
  return path.length === 0 ? [value] : undefined;
}

/** What is no object is a text, a number or a truth value. */
function scalarText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
