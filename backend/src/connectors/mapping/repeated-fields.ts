import type { RecordReader } from './record-reader.ts';

/**
 * The elements of a repeated field, each as its own fields: `credits.0.amount` and `credits.0.name`, or the whole list as
 * JSON text in `credits`. Numbers keep the digits that the file has. A text that is no JSON is left with the record.
 */
export function repeatedFields(reader: RecordReader, name: string): Record<string, string>[] {
  const key = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const text = reader.peek(key);
  if (text?.startsWith('[')) {
    const parsed = parseList(text);
    if (parsed !== undefined) {
      reader.text(key);
      return parsed;
    }
  }
  const escaped = name.replace(/[.]/g, '[._/]');
  const elements = new Map<string, Record<string, string>>();
  for (const [path, value] of Object.entries(
    reader.takeMatching(new RegExp(`^${escaped}[._/](\\d{1,6}[._/].+)$`, 'i')),
  )) {
    const at = path.search(/[._/]/);
    const element = elements.get(path.slice(0, at)) ?? {};
    elements.set(path.slice(0, at), { ...element, [path.slice(at + 1)]: value });
  }
  return [...elements.values()];
}

/** Labels as a list of `key` and `value`. */
export function labelsOf(
  elements: readonly Record<string, string>[],
  prefixed: (label: Record<string, string>) => string,
) {
  return Object.fromEntries(
    elements.flatMap((label) => (label['key'] === undefined ? [] : [[prefixed(label), label['value'] ?? '']])),
  );
}

function parseList(text: string): Record<string, string>[] | undefined {
  const keepDigits = (_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? (context.source ?? String(value)) : value;
  try {
    const list: unknown = JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]);
    if (!Array.isArray(list) || list.some((element) => typeof element !== 'object' || element === null))
      return undefined;
    return list.map((element: object) =>
      Object.fromEntries(
        Object.entries(element).flatMap(([name, value]: [string, unknown]) =>
          value === null ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
        ),
      ),
    );
  } catch {
    return undefined;
  }
}
