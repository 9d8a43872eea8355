import type { piiDetectorNames } from '../platform/config/index.ts';
import { replacePersonal } from '../privacy/index.ts';
import type { Combination } from './charge-repository.ts';
import type { Preview, RuleSet } from './contract.ts';
import { Amount, nothing, Sums } from './exact-amount.ts';
import { wildcard } from './rule-pattern.ts';
import type { CompiledRules } from './row-rules.ts';
import { businessDimensions, canonicalTags, canonicalTagName, selectedTag, usualTagNames } from './tag-names.ts';

type PiiName = (typeof piiDetectorNames)[number];
type Found = Pick<
  Preview,
  'rows' | 'cost' | 'changedRows' | 'changedCost' | 'moves' | 'missing' | 'violations' | 'protected'
>;

const shown = 200;

/** What a draft would make of the rows that are there, compared with what they are. Pure. */
export function previewOf(
  combinations: readonly Combination[],
  present: CompiledRules,
  draft: CompiledRules,
  protect: RuleSet['protect'],
): Found {
  const moves = new Sums();
  const violations = new Sums();
  const missing = { before: new Sums(), after: new Sums(), newly: new Sums() };
  const tags = new Set<string>();
  let [rows, cost, changedRows, changedCost] = [0, nothing, 0, nothing];
  for (const combination of combinations) {
    const { source, lines } = combination;
    const now = { columns: combination.columns, tags: combination.tags };
    const then = draft.enrich({ columns: asLoaded(combination), tags: combination.tags }, source);
    rows += lines;
    cost = cost.plus(combination.cost);
    const changed = businessDimensions.filter((name) => (now.columns[name] ?? '') !== (then.columns[name] ?? ''));
    for (const dimension of changed)
      moves.add(
        JSON.stringify([
          dimension,
          now.columns[dimension] ?? '',
          then.columns[dimension] ?? '',
          then.tagSource[dimension] ?? '',
        ]),
        combination.cost,
        lines,
      );
    if (changed.length > 0) {
      changedRows += lines;
      changedCost = changedCost.plus(combination.cost);
    }
    const needed = draft.judge(then, source);
    for (const { rule, on, value } of needed.violations)
      violations.add(JSON.stringify([rule, on, value]), combination.cost, lines);
    const before = new Map(present.judge(now, source).required.map(({ tag, isThere }) => [tag, isThere]));
    for (const [tag, isThere] of before) {
      tags.add(tag);
      if (!isThere) missing.before.add(tag, combination.gross, lines);
    }
    for (const { tag, isThere } of needed.required) {
      tags.add(tag);
      if (isThere) continue;
      missing.after.add(tag, combination.gross, lines);
      if (before.get(tag) !== false) missing.newly.add(tag, combination.gross, lines);
    }
  }
  return {
    rows,
    cost: cost.toFixed(),
    changedRows,
    changedCost: changedCost.toFixed(),
    moves: moves.largest(shown).map(({ key, amount, lines }) => {
      const [dimension = '', from = '', to = '', by = ''] = JSON.parse(key) as string[];
      return { dimension, from, to, by, rows: lines, cost: amount.toFixed() };
    }),
    missing: [...tags].sort().map((tag) => ({
      tag,
      before: missing.before.get(tag).amount.toFixed(),
      after: missing.after.get(tag).amount.toFixed(),
      newly: missing.newly.get(tag).amount.toFixed(),
    })),
    violations: violations.largest(shown).map(({ key, amount, lines }) => {
      const [rule = '', on = '', value = ''] = JSON.parse(key) as string[];
      return { rule, on, value, rows: lines, cost: amount.toFixed() };
    }),
    protected: protectedBy(combinations, protect),
  };
}

/**
 * The columns as the bill had them: what rules or tags have set is taken out again. Rows that were loaded before origins were
 * kept have none; what their tags say themselves was read from there.
 */
function asLoaded({ columns, tags, tagSource }: Combination): Record<string, string> {
  const named = canonicalTags(tags);
  const fromTags = (dimension: (typeof businessDimensions)[number]) =>
    usualTagNames[dimension].map((name) => named.get(name)).find((value) => value !== undefined);
  const own = businessDimensions.filter(
    (name) => tagSource[name] === undefined && columns[name] !== '' && columns[name] !== fromTags(name),
  );
  const rest = Object.entries(columns).filter(([name]) => !(businessDimensions as readonly string[]).includes(name));
  return Object.fromEntries([...rest, ...own.map((name) => [name, columns[name] ?? ''] as const)]);
}

/** What the rules for personal data would find in the tags that are kept. */
function protectedBy(combinations: readonly Combination[], rules: RuleSet['protect']): Preview['protected'] {
  return rules.flatMap((rule) => {
    const sources = rule.sources?.map(wildcard);
    const fields = rule.fields.filter((field) => selectedTag(field) === undefined).map(wildcard);
    const tags = new Set(rule.fields.flatMap((field) => selectedTag(field) ?? []));
    const meansTags = fields.some((matches) => matches('Tags'));
    const kinds: readonly (PiiName | 'value')[] = rule.detect.length > 0 ? rule.detect : ['value'];
    return kinds.flatMap((kind) => {
      const values = new Set<string>();
      let rows = 0;
      for (const combination of combinations) {
        if (sources && !sources.some((matches) => matches(combination.source))) continue;
        const hit = Object.entries(combination.tags).filter(
          ([name, value]) =>
            value !== '' &&
            (meansTags || tags.has(canonicalTagName(name)) || fields.some((matches) => matches(name))) &&
            (kind === 'value' || replacePersonal(value, new Set([kind]), () => '') !== value),
        );
        for (const [, value] of hit) values.add(value);
        if (hit.length > 0) rows += combination.lines;
      }
      return values.size === 0 ? [] : [{ rule: rule.name, detector: kind, values: values.size, rows }];
    });
  });
}

/** How much of the money was looked at, as a notice where it is not all. */
export function coverage(combinations: readonly Combination[], gross: string): string | undefined {
  const looked = combinations.reduce((sum, combination) => sum.plus(combination.gross), nothing);
  if (looked.gte(new Amount(gross).times('0.999999'))) return undefined;
  const percent = looked.div(gross).times(100).toDecimalPlaces(1).toFixed();
  return `Only the ${combinations.length} dearest combinations of tags and columns were looked at: ${percent} % of the money.`;
}
