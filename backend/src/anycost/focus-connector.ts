import Type from 'typebox';
import { billError } from './bill-error.ts';
import type { Connector, Finding, Mapped, Mapper, RawRecord } from './connector.ts';
import { focusName, parseHeader } from './focus-columns.ts';
import { parseTags } from './tags.ts';

/** FOCUS 1.0 to 1.4 files of any provider, as CSV, Parquet or JSON. */
export const focusConnector: Connector = {
  kind: 'focus',
  title: 'FOCUS file',
  endpoint: 'cloud-usage',
  settings: Type.Object({}, { additionalProperties: false }),
  format: 'auto',
  map: ({ fields }) => {
    const header = fields === undefined ? undefined : parseHeader(fields);
    if (header && !header.ok) throw billError(header.reason);
    return new FocusMapper();
  },
};

class FocusMapper implements Mapper {
  /** FOCUS names by those of the file; bounded, for the records of a JSON file may each name others. */
  readonly #names = new Map<string, string>();

  map(record: RawRecord): readonly Mapped[] {
    // Without a prototype: a column may be named `__proto__`.
    const columns = Object.create(null) as Record<string, string>;
    const flags: Finding[] = [];
    let tags: Record<string, string> = {};
    for (const [given, value] of fieldsOf(record)) {
      if (value === '' || value === 'NULL' || value === 'null') continue;
      const name = this.#nameOf(given);
      if (name !== 'Tags') {
        columns[name] = value;
        continue;
      }
      const parsed = parseTags(value);
      if (parsed.ok) tags = parsed.tags;
      else {
        // A broken label must not make an amount vanish from the total.
        columns['Tags'] = value;
        flags.push({ column: 'Tags', reason: `Tags ${parsed.reason}` });
      }
    }
    return [{ kind: 'charge', charge: { columns, tags }, ...(flags.length > 0 ? { flags } : {}) }];
  }

  #nameOf(given: string): string {
    const known = this.#names.get(given);
    if (known !== undefined) return known;
    const name = focusName(given);
    if (this.#names.size < 10_000) this.#names.set(given, name);
    return name;
  }
}

/** Fields of a record; in JSON, columns that hold an object (Tags, SkuPriceDetails) become its text, as in a CSV. */
function fieldsOf({ fields, value }: RawRecord): [string, string][] {
  if (typeof value !== 'object' || value === null) return Object.entries(fields);
  const nested = Object.entries(value).filter(([, inner]) => typeof inner === 'object' && inner !== null);
  const prefixes = nested.map(([name]) => `${name}.`);
  const flat = Object.entries(fields).filter(([name]) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return [...flat, ...nested.map(([name, inner]): [string, string] => [name, JSON.stringify(inner)])];
}
