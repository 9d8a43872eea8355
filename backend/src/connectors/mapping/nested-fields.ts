import type { RawFields } from '../../anycost/index.ts';

const maxDepth = 8;

/**
 * The fields with JSON objects laid out by dots, as records of JSON files are (`service` = `{"id":"x"}` becomes `service.id`):
 * structures of Parquet and CSV files arrive as such texts. Lists stay texts, numbers keep their digits, and a text that
 * only begins like an object stays as it is.
 */
export function nestedFields(fields: RawFields): RawFields {
  const nested = Object.keys(fields).filter((name) => fields[name]?.startsWith('{'));
  if (nested.length === 0) return fields;
  const laidOut: [string, string][] = [];
  for (const [name, text] of Object.entries(fields)) {
    const value = nested.includes(name) ? parsed(text) : undefined;
    if (value === undefined) laidOut.push([name, text]);
    else layOut(name, value, 0, laidOut);
  }
  return Object.fromEntries(laidOut);
}

function layOut(path: string, value: unknown, depth: number, into: [string, string][]): void {
  if (value === null) return;
  if (typeof value === 'object' && !Array.isArray(value) && depth < maxDepth)
    for (const [key, inner] of Object.entries(value)) layOut(`${path}.${key}`, inner, depth + 1, into);
  else into.push([path, typeof value === 'string' ? value : JSON.stringify(value)]);
}

function parsed(text: string): object | undefined {
  const keepDigits = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? (context.source ?? String(value)) : value;
  try {
    return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) as object;
  } catch {
    return undefined;
  }
}
