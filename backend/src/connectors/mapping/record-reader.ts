import type { Finding, RawFields } from '../../anycost/index.ts';
import { readAmount, type Exact } from './exact-amount.ts';
import type { FieldNames } from './field-names.ts';
import { isoInstant } from './instants.ts';

interface Field {
  name: string;
  value: string;
  taken: boolean;
}

/**
 * One record of a bill while it is mapped. It remembers which fields were used, so that what is left over is kept beside the
 * charge and nothing that a provider sent is lost; and it gathers what is wrong, so that a record is refused with all its
 * reasons at once. Empty fields and the word NULL count as absent.
 */
export class RecordReader {
  /** Why the record cannot be used. */
  readonly findings: Finding[] = [];
  /** What is odd but changes no amount. */
  readonly flags: Finding[] = [];
  readonly #fields = new Map<string, Field>();
  readonly #names: FieldNames;

  constructor(fields: RawFields, names: FieldNames) {
    this.#names = names;
    for (const name of Object.keys(fields)) {
      const value = fields[name];
      if (value === undefined || isBlank(value)) continue;
      const key = names.key(name);
      // Two fields of one key, such as `tags/Team` and `tags/team`, are both kept.
      const free = this.#fields.has(key) ? `${key} ${name}` : key;
      this.#fields.set(free, { name, value, taken: false });
    }
  }

  /** The first of these fields that has a text. Keys: letters and digits in lower case. */
  text(...keys: readonly string[]): string | undefined {
    return this.#take(keys)?.value.trim();
  }

  /** The same without counting the field as used: it is also kept under its own name. */
  peek(...keys: readonly string[]): string | undefined {
    return this.#find(keys)?.value.trim();
  }

  /** The exact amount; undefined where the field is absent, and also, with a finding, where it is no amount. */
  amount(...keys: readonly string[]): Exact | undefined {
    const field = this.#take(keys);
    if (field === undefined) return undefined;
    const read = readAmount(field.value);
    if (read.ok) return read.value;
    this.refuse(field.name, read.reason);
    return undefined;
  }

  /** An amount that must be there. */
  neededAmount(...keys: readonly string[]): Exact | undefined {
    if (this.#find(keys) === undefined) this.refuseAbsent(keys);
    return this.amount(...keys);
  }

  /**
   * A quantity or price that explains a charge and makes none: where it is no number, the record still counts, the text is
   * kept and a flag says so.
   */
  figure(...keys: readonly string[]): Exact | undefined {
    const field = this.#find(keys);
    if (field === undefined) return undefined;
    const read = readAmount(field.value);
    if (read.ok) {
      field.taken = true;
      return read.value;
    }
    this.flags.push({ column: field.name, reason: `${field.name} ${read.reason}; it is kept as text` });
    return undefined;
  }

  /** `YYYY-MM-DDThh:mm:ssZ`; undefined where the field is absent, and also, with a finding, where it is no instant. */
  instant(keys: readonly string[], read: (text: string) => string | undefined = isoInstant): string | undefined {
    const field = this.#take(keys);
    if (field === undefined) return undefined;
    const at = read(field.value);
    if (at === undefined) this.refuse(field.name, 'is not a date and time that is understood');
    return at;
  }

  /** An instant that must be there. */
  neededInstant(keys: readonly string[], read?: (text: string) => string | undefined): string | undefined {
    if (this.#find(keys) === undefined) this.refuseAbsent(keys);
    return this.instant(keys, read);
  }

  /** Takes the unused fields whose name matches; the first group of the pattern is their new name. */
  takeMatching(pattern: RegExp): Record<string, string> {
    const found: [string, string][] = [];
    for (const field of this.#fields.values()) {
      const match = field.taken ? null : pattern.exec(field.name);
      if (match === null) continue;
      field.taken = true;
      found.push([match[1] ?? field.name, field.value]);
    }
    // fromEntries, because a tag may be named `__proto__`.
    return Object.fromEntries(found);
  }

  /** The fields that nothing used, each under its `x_` column. */
  leftOver(): Map<string, string> {
    const kept = new Map<string, string>();
    for (const { name, value, taken } of this.#fields.values()) {
      if (taken) continue;
      const column = this.#names.column(name);
      let free = column;
      for (let next = 2; kept.has(free); next += 1) free = `${column}${next}`;
      kept.set(free, value);
    }
    return kept;
  }

  refuse(column: string, reason: string): void {
    this.findings.push({ column, reason: `${column} ${reason}` });
  }

  refuseAbsent(keys: readonly string[]): void {
    const name = keys[0] ?? '';
    this.findings.push({ column: name, reason: `The field ${name} is empty or missing` });
  }

  #find(keys: readonly string[]): Field | undefined {
    for (const key of keys) {
      const field = this.#fields.get(key);
      if (field !== undefined) return field;
    }
    return undefined;
  }

  #take(keys: readonly string[]): Field | undefined {
    const field = this.#find(keys);
    if (field !== undefined) field.taken = true;
    return field;
  }
}

function isBlank(value: string): boolean {
  return value === '' || value === 'NULL' || value === 'null' || value.trim() === '';
}
