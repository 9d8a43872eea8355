import type { CostCharge, RowRules } from '../anycost/index.ts';
import { allowedRule, type AllowedRule } from './allowed-values.ts';
import type { RuleSet } from './contract.ts';
import { PiiGuard } from './pii-guard.ts';
import { conditionOf, type Condition, type SeenRow } from './rule-condition.ts';
import { matcher } from './rule-pattern.ts';
import { expiredOn } from './rule-set.ts';
import {
  businessDimensions,
  canonicalTagName,
  canonicalTags,
  selectedTag,
  usualTagNames,
  type BusinessDimension,
} from './tag-names.ts';

/** What rules find wrong with a row. */
export interface Verdict {
  /** What the row needs, as the rules name it, and whether it has it. */
  required: { tag: string; isThere: boolean }[];
  violations: { rule: string; on: string; value: string }[];
}

export interface CompiledRules extends RowRules {
  protects: boolean;
  reads: readonly string[];
  /** Judges a row that is enriched already. */
  judge(charge: CostCharge, source: string): Verdict;
  /** Columns that `judge` looks at besides tags and business dimensions. */
  judges: readonly string[];
  /** Tags that `judge` looks at, by canonical name. */
  judgedTags: ReadonlySet<string>;
}

interface Inference {
  name: string;
  set: BusinessDimension;
  condition: Condition;
  override: boolean;
  infer(row: SeenRow): string;
  reads: readonly string[];
}

interface Exception {
  name: string;
  condition: Condition;
  set: Partial<Record<BusinessDimension, string>>;
  exempt: ReadonlySet<string>;
}

interface Parts {
  names: Record<BusinessDimension, readonly string[]>;
  exceptions: readonly Exception[];
  inferences: readonly Inference[];
  allowed: readonly AllowedRule[];
}

/** Where no rule says what a row needs, it needs a team. */
const usuallyRequired = [{ name: 'team', tag: 'x_Team' }] as const;

/**
 * The rules of a tenant, ready to be asked for each row. `enrich` is pure, and what it made it leaves as it is. Of each
 * dimension counts: an exception, a rule that overrides, what the charge itself says, a tag, a rule; of several the first.
 * @param today the day (UTC) on which exceptions hold or have expired
 * @param key of tokens; only where a rule makes tokens
 */
export function compileRules(rules: RuleSet, options: { today: string; version: string; key?: Buffer }): CompiledRules {
  const expired = new Set(expiredOn(rules, options.today));
  const parts: Parts = {
    names: Object.fromEntries(
      businessDimensions.map((dimension) => [
        dimension,
        (rules.names[dimension] ?? usualTagNames[dimension]).map(canonicalTagName),
      ]),
    ) as unknown as Parts['names'],
    exceptions: rules.exceptions.filter(({ name }) => !expired.has(name)).map(exceptionOf),
    inferences: rules.infer.map(inferenceOf),
    allowed: rules.allowed.map(allowedRule),
  };
  const required = (rules.required.length > 0 ? rules.required : usuallyRequired).map((rule) => ({
    tag: rule.tag,
    canonical: selectedTag(rule.tag),
    condition: conditionOf('when' in rule ? rule.when : undefined),
  }));
  const guard = new PiiGuard(rules.protect, options.key);
  const conditions = [...parts.exceptions, ...parts.inferences, ...parts.allowed].map(({ condition }) => condition);
  const judged = [...required, ...parts.exceptions, ...parts.allowed].map(({ condition }) => condition);
  const tagsOfAllowed = parts.allowed.flatMap(({ on }) => selectedTag(on) ?? []);
  const tagsOfWhen = [...rules.required, ...rules.exceptions, ...rules.allowed].flatMap(({ when }) =>
    Object.keys(when?.tags ?? {}).map(canonicalTagName),
  );
  return {
    version: options.version,
    protects: rules.protect.length > 0,
    protect: (fields, source) => guard.protect(fields, source),
    reads: unique([...conditions.flatMap(({ reads }) => reads), ...parts.inferences.flatMap(({ reads }) => reads)]),
    enrich: (charge, source) => enrich(parts, charge, source),
    judges: unique(judged.flatMap(({ reads }) => reads)),
    judgedTags: new Set([...required.flatMap(({ canonical }) => canonical ?? []), ...tagsOfAllowed, ...tagsOfWhen]),
    judge: (charge, source) => {
      const row = seen(charge, source);
      const exempt = parts.exceptions.filter(({ condition }) => condition.holds(row)).map(({ exempt }) => exempt);
      const needed = required.filter(({ condition }) => condition.holds(row));
      return {
        required: needed
          .filter(
            ({ tag, canonical }) =>
              !exempt.some((names) => names.has(canonical === undefined ? tag : `tag:${canonical}`)),
          )
          .map(({ tag, canonical }) => ({
            tag,
            isThere: canonical === undefined ? (charge.columns[tag] ?? '') !== '' : row.tags.has(canonical),
          })),
        violations: violationsOf(parts.allowed, charge, row),
      };
    },
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function seen({ columns, tags }: CostCharge, source: string): SeenRow {
  return { columns, tags: canonicalTags(tags), source };
}

function enrich(parts: Parts, charge: CostCharge, source: string): ReturnType<RowRules['enrich']> {
  const tags = spelledTags(parts.allowed, charge, source);
  const row = seen({ columns: charge.columns, tags }, source);
  const tagSource: Record<string, string> = {};
  const columns = { ...charge.columns };
  const exceptions = parts.exceptions.filter(({ condition }) => condition.holds(row));
  for (const dimension of businessDimensions) {
    const exception = exceptions.find(({ set }) => set[dimension] !== undefined);
    if (exception) {
      columns[dimension] = exception.set[dimension] ?? '';
      tagSource[dimension] = `exception:${exception.name}`;
      continue;
    }
    const found = firstOf(parts, dimension, row);
    if (found.by !== '') tagSource[dimension] = found.by;
    if (found.value !== '' || columns[dimension] !== undefined) columns[dimension] = found.value;
  }
  return { columns, tags, tagSource };
}

/** The first candidate that is there and allowed; `by` is empty where the charge says it itself. */
function firstOf(parts: Parts, dimension: BusinessDimension, row: SeenRow): { value: string; by: string } {
  const rule = parts.allowed.find(({ on, condition }) => on === dimension && condition.holds(row));
  for (const candidate of candidates(parts, dimension, row)) {
    const text = candidate.value.trim();
    if (text === '') continue;
    const value = rule ? (rule.spelled(text) ?? (rule.clears ? '' : text)) : text;
    if (value !== '') return { value, by: candidate.by };
  }
  return { value: '', by: '' };
}

function* candidates(
  parts: Parts,
  dimension: BusinessDimension,
  row: SeenRow,
): Generator<{ value: string; by: string }> {
  const rules = parts.inferences.filter(({ set }) => set === dimension);
  for (const rule of rules)
    if (rule.override && rule.condition.holds(row)) yield { value: rule.infer(row), by: `rule:${rule.name}` };
  yield { value: row.columns[dimension] ?? '', by: '' };
  for (const name of parts.names[dimension]) yield { value: row.tags.get(name) ?? '', by: 'tag' };
  for (const rule of rules)
    if (!rule.override && rule.condition.holds(row)) yield { value: rule.infer(row), by: `rule:${rule.name}` };
}

/** Tags with their values as they should be written; what is not allowed and is to be cleared is not there. */
function spelledTags(allowed: readonly AllowedRule[], charge: CostCharge, source: string): Record<string, string> {
  const rules = allowed.filter(({ on }) => selectedTag(on) !== undefined);
  if (rules.length === 0) return charge.tags;
  const row = seen(charge, source);
  const holding = rules.filter(({ condition }) => condition.holds(row));
  return Object.fromEntries(
    Object.entries(charge.tags).flatMap(([name, value]) => {
      const rule = holding.find(({ on }) => on === `tag:${canonicalTagName(name)}`);
      if (rule === undefined || value.trim() === '') return [[name, value] as const];
      const spelled = rule.spelled(value.trim());
      if (spelled === undefined && rule.clears) return [];
      return [[name, spelled ?? value] as const];
    }),
  );
}

function violationsOf(allowed: readonly AllowedRule[], { columns }: CostCharge, row: SeenRow): Verdict['violations'] {
  const judged = new Set<string>();
  return allowed.flatMap((rule) => {
    const { on, name } = rule;
    // Of several rules on one thing the first that holds decides.
    if (judged.has(on) || !rule.condition.holds(row)) return [];
    judged.add(on);
    const tag = selectedTag(on);
    const value = (tag === undefined ? columns[on] : row.tags.get(tag)) ?? '';
    return value === '' || rule.spelled(value) === value ? [] : [{ rule: name, on, value }];
  });
}

function exceptionOf({ name, when, set, exempt }: RuleSet['exceptions'][number]): Exception {
  return {
    name,
    condition: conditionOf(when),
    set,
    exempt: new Set(
      exempt.map((selector) => (selectedTag(selector) === undefined ? selector : `tag:${selectedTag(selector)}`)),
    ),
  };
}

function inferenceOf({ name, set, from, pattern, value, when, override }: RuleSet['infer'][number]): Inference {
  const tag = selectedTag(from);
  const match = matcher(pattern);
  return {
    name,
    set,
    override,
    condition: conditionOf(when),
    reads: tag === undefined ? [from] : [],
    infer: ({ columns, tags }) => {
      const found = match((tag === undefined ? columns[from] : tags.get(tag)) ?? '');
      return found === null ? '' : value.replace(/\$(\d)/g, (_whole, group: string) => found[Number(group)] ?? '');
    },
  };
}
