/** A value of parsed JSON. Numbers of many digits come as text, so that none is lost. */
export type Json = Readonly<Record<string, unknown>>;

export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text or number as text; undefined for anything else and for an empty text. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' ? String(value) : undefined;
}

/** A count; 0 where it is absent or null, NaN where it is no number (which is refused later). */
export function countIn(value: unknown): number {
  if (value === undefined || value === null || value === '') return 0;
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : Number.NaN;
}

/** The first of the values that is a count; 0 where none is. */
export function firstCount(...values: readonly unknown[]): number {
  return countIn(values.find((value) => value !== undefined && value !== null));
}

/** The first of the values that is a text. */
export function firstText(...values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const text = textIn(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

/**
 * An instant as ISO 8601 in UTC, from Unix seconds or milliseconds (also with a fraction) or from ISO text; text without a
 * zone is UTC. Undefined where it is neither.
 */
export function instantIn(value: unknown): string | undefined {
  const text = textIn(value)?.trim();
  if (text === undefined) return undefined;
  if (/^\d{9,13}(\.\d+)?$/.test(text)) {
    const number = Number(text);
    return new Date(number >= 1e11 ? number : number * 1000).toISOString();
  }
  const zoned = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text)
    ? text.replace(' ', 'T') + (/(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? '' : 'Z')
    : undefined;
  const at = zoned === undefined ? Number.NaN : Date.parse(zoned);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** Leaves out what is undefined, as optional fields want it. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
