import type { RuleSet } from '@amadeus/backend/tag-rules/contract.ts';

/** Kinds of rules that are lists; `names` is a map and has its own place. */
export const ruleKinds = ['required', 'allowed', 'infer', 'exceptions', 'protect'] as const;
export type RuleKind = (typeof ruleKinds)[number];
export type Rule<K extends RuleKind = RuleKind> = RuleSet[K][number];

/** How a field of a rule is typed: one text, a choice, texts with commas, `name = value` lines, yes or no. */
export type FieldShape = 'text' | 'choice' | 'list' | 'pairs' | 'switch' | 'when' | 'day';

export interface RuleField {
  name: string;
  shape: FieldShape;
  required?: true;
  options?: readonly string[];
}

const dimensions = ['x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model'] as const;
const detectors = ['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey'] as const;
export const whenParts = ['sources', 'providers', 'services', 'accounts', 'resources', 'namespaces'] as const;

/** What the form of each kind asks, in its order. */
export const fieldsOf: Readonly<Record<RuleKind, readonly RuleField[]>> = {
  required: [
    { name: 'name', shape: 'text', required: true },
    { name: 'tag', shape: 'text', required: true },
    { name: 'when', shape: 'when' },
  ],
  allowed: [
    { name: 'name', shape: 'text', required: true },
    { name: 'on', shape: 'text', required: true },
    { name: 'values', shape: 'list' },
    { name: 'pattern', shape: 'text' },
    { name: 'synonyms', shape: 'pairs' },
    { name: 'foldCase', shape: 'switch' },
    { name: 'otherwise', shape: 'choice', options: ['keep', 'clear'] },
    { name: 'when', shape: 'when' },
  ],
  infer: [
    { name: 'name', shape: 'text', required: true },
    { name: 'set', shape: 'choice', options: dimensions, required: true },
    { name: 'from', shape: 'text', required: true },
    { name: 'pattern', shape: 'text', required: true },
    { name: 'value', shape: 'text', required: true },
    { name: 'override', shape: 'switch' },
    { name: 'when', shape: 'when' },
  ],
  exceptions: [
    { name: 'name', shape: 'text', required: true },
    { name: 'when', shape: 'when' },
    { name: 'set', shape: 'pairs' },
    { name: 'exempt', shape: 'list' },
    { name: 'reason', shape: 'text', required: true },
    { name: 'expires', shape: 'day' },
  ],
  protect: [
    { name: 'name', shape: 'text', required: true },
    { name: 'fields', shape: 'list', required: true },
    { name: 'detect', shape: 'list', options: detectors },
    { name: 'action', shape: 'choice', options: ['token', 'mask'] },
    { name: 'sources', shape: 'list' },
  ],
};

/** A rule as texts of the form, by field; parts of `when` as `when.services`. */
export type RuleTexts = Record<string, string>;

const empty: Readonly<Record<RuleKind, object>> = {
  required: {},
  allowed: { foldCase: true, otherwise: 'keep', synonyms: {} },
  infer: { override: false, set: 'x_Team', value: '$1' },
  exceptions: { set: {}, exempt: [] },
  protect: { action: 'token', detect: [] },
};

export function textsOf(kind: RuleKind, rule: Rule | undefined): RuleTexts {
  const said = { ...empty[kind], ...rule } as Record<string, unknown>;
  const texts: RuleTexts = {};
  for (const { name, shape } of fieldsOf[kind]) {
    const value = said[name];
    if (shape === 'when') {
      const when = (value ?? {}) as Record<string, unknown>;
      for (const part of whenParts) texts[`when.${part}`] = ((when[part] ?? []) as string[]).join(', ');
      texts['when.tags'] = pairsText((when.tags ?? {}) as Record<string, string>);
    } else if (shape === 'list') texts[name] = ((value ?? []) as string[]).join(', ');
    else if (shape === 'pairs') texts[name] = pairsText((value ?? {}) as Record<string, string>);
    else if (shape === 'switch') texts[name] = value === true ? 'yes' : '';
    else texts[name] = (value as string | undefined) ?? '';
  }
  return texts;
}

/** The rule that the texts say; empty fields are left out. */
export function ruleOf(kind: RuleKind, texts: RuleTexts): Rule {
  const rule: Record<string, unknown> = {};
  for (const { name, shape } of fieldsOf[kind]) {
    if (shape === 'when') {
      const when = whenOf(texts);
      if (Object.keys(when).length > 0) rule.when = when;
    } else if (shape === 'switch') rule[name] = texts[name] === 'yes';
    else if (shape === 'list') {
      const items = listOf(texts[name]);
      if (items.length > 0 || name === 'detect' || name === 'exempt') rule[name] = items;
    } else if (shape === 'pairs') rule[name] = pairsOf(texts[name]);
    else if ((texts[name] ?? '').trim() !== '') rule[name] = texts[name]!.trim();
  }
  // The fields above are exactly those of the kind.
  return rule as unknown as Rule;
}

/** Names of the required fields that are empty. */
export function missingFields(kind: RuleKind, texts: RuleTexts): string[] {
  return fieldsOf[kind]
    .filter(({ name, required }) => required === true && (texts[name] ?? '').trim() === '')
    .map(({ name }) => name);
}

function whenOf(texts: RuleTexts): Record<string, unknown> {
  const when: Record<string, unknown> = {};
  for (const part of whenParts) {
    const items = listOf(texts[`when.${part}`]);
    if (items.length > 0) when[part] = items;
  }
  const tags = pairsOf(texts['when.tags']);
  if (Object.keys(tags).length > 0) when.tags = tags;
  return when;
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function pairsOf(text = ''): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split('='))
      .filter(([name = '']) => name.trim() !== '')
      .map(([name = '', ...value]) => [name.trim(), value.join('=').trim()]),
  );
}

const pairsText = (pairs: Record<string, string>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');

/** A rule in a line, for the table. */
export function ruleText(kind: RuleKind, rule: Rule): string {
  const texts = textsOf(kind, rule);
  return fieldsOf[kind]
    .flatMap(({ name, shape }) =>
      shape === 'when' ? [...whenParts, 'tags'].map((part) => `when.${part}`) : name === 'name' ? [] : [name],
    )
    .filter((name) => (texts[name] ?? '') !== '')
    .map((name) => `${name.replace('when.', '')}: ${texts[name]!.replaceAll('\n', '; ')}`)
    .join(' · ');
}
