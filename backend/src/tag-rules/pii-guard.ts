import type { RawFields } from '../anycost/index.ts';
import type { piiDetectorNames } from '../platform/config/index.ts';
import { replacePersonal } from '../privacy/index.ts';
import type { RuleSet } from './contract.ts';
import { isProtected, tokenOf } from './pii-tokens.ts';
import { wildcard, type Matches } from './rule-pattern.ts';
import { canonicalTagName, selectedTag } from './tag-names.ts';

type ProtectRule = RuleSet['protect'][number];
type PiiKind = (typeof piiDetectorNames)[number];
type Change = (text: string) => string;

interface Guard {
  holdsFor: Matches;
  fields: Matches;
  tags: ReadonlySet<string>;
  change: Change;
}

/** Field names of one file are few; a source that names each row's fields anew does not fill the memory. */
const mostNames = 5_000;

/** Masks and tokenises fields of files, by rule. Made once per version of the rules. */
export class PiiGuard {
  readonly #guards: readonly Guard[];
  readonly #byField = new Map<string, readonly Guard[]>();

  /** @param key undefined where no rule makes tokens */
  constructor(rules: RuleSet['protect'], key: Buffer | undefined) {
    this.#guards = rules.map((rule) => guardOf(rule, key));
  }

  /** The same object where nothing has to change. */
  protect(fields: RawFields, source: string): RawFields {
    if (this.#guards.length === 0) return fields;
    let changed: Record<string, string> | undefined;
    for (const [name, value] of Object.entries(fields)) {
      if (value === '') continue;
      const protectedValue = this.#value(name, value, source);
      if (protectedValue === value) continue;
      changed ??= Object.fromEntries(Object.entries(fields));
      // Not by assignment, as a field may be named `__proto__`.
      Object.defineProperty(changed, name, {
        value: protectedValue,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return changed ?? fields;
  }

  #value(name: string, value: string, source: string): string {
    const guards = this.#guardsOf(name, source);
    return guards.reduce((text, guard) => {
      if (guard.fields(name)) return changeWithin(text, guard.change);
      return guard.tags.size > 0 ? changeTags(name, text, guard) : text;
    }, value);
  }

  #guardsOf(name: string, source: string): readonly Guard[] {
    const key = `${source}\0${name}`;
    const known = this.#byField.get(key);
    if (known) return known;
    if (this.#byField.size >= mostNames) this.#byField.clear();
    const guards = this.#guards.filter(
      (guard) => guard.holdsFor(source) && (guard.tags.size > 0 || guard.fields(name)),
    );
    this.#byField.set(key, guards);
    return guards;
  }
}

function guardOf(rule: ProtectRule, key: Buffer | undefined): Guard {
  const sources = rule.sources?.map(wildcard);
  const fields = rule.fields.filter((field) => selectedTag(field) === undefined).map(wildcard);
  const tags = new Set(rule.fields.flatMap((field) => selectedTag(field) ?? []));
  return {
    holdsFor: (source) => sources === undefined || sources.some((matches) => matches(source)),
    fields: (name) => fields.some((matches) => matches(name)),
    tags,
    change: changeOf(rule, key),
  };
}

function changeOf({ name, action, detect }: ProtectRule, key: Buffer | undefined): Change {
  const replacement = (kind: PiiKind | 'value', thing: string): string => {
    if (action === 'mask') return `[${kind}]`;
    // Without its key nothing may pass.
    if (key === undefined) throw new Error(`Rule ${name} makes tokens and has no key.`);
    return tokenOf(key, kind, thing);
  };
  if (detect.length > 0) {
    const kinds = new Set(detect);
    return (text) => replacePersonal(text, kinds, replacement);
  }
  return (text) => (text.trim() === '' || isProtected(text) ? text : replacement('value', text.trim()));
}

/** A field that holds JSON (tags, labels) is changed in each of its texts, and stays JSON. */
function changeWithin(text: string, change: Change): string {
  const parsed = parseJson(text);
  if (parsed === undefined) return change(text);
  return written(text, parsed, changedJson(parsed, change));
}

/** The value of a tag: in a field of JSON that holds it, or in a field of its own such as `labels.owner`. */
function changeTags(name: string, text: string, { tags, change }: Guard): string {
  if (/[./:]/.test(name) && tags.has(canonicalTagName(name.replace(/^.*[./:]/, '')))) return change(text);
  const parsed = parseJson(text);
  if (parsed === undefined) return text;
  return written(text, parsed, changedTags(parsed, tags, change));
}

function changedJson(value: unknown, change: Change): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => changedJson(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changedJson(item, change)]));
}

/** `{"owner": "..."}`, and lists of `{"key": "owner", "value": "..."}`. */
function changedTags(value: unknown, tags: ReadonlySet<string>, change: Change): unknown {
  if (Array.isArray(value)) return value.map((item) => changedTags(item, tags, change));
  if (!isObject(value)) return value;
  const name = value['key'] ?? value['Key'] ?? value['name'];
  const isPair = typeof name === 'string' && tags.has(canonicalTagName(name));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (tags.has(canonicalTagName(key)) || (isPair && /^value$/i.test(key))) return [key, changedJson(item, change)];
      return [key, changedTags(item, tags, change)];
    }),
  );
}

interface RawJson {
  /** A number as it was written: digits beyond a double's must not be lost. */
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const rawJson = JSON as unknown as RawJson;

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && context?.source !== undefined ? rawJson.rawJSON(context.source) : value,
    );
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !rawJson.isRawJSON(value);
}

/** The text as it came where nothing has changed. */
function written(text: string, before: unknown, after: unknown): string {
  const now = JSON.stringify(after);
  return JSON.stringify(before) === now ? text : now;
}
