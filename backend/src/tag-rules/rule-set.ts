import { isDeepStrictEqual } from 'node:util';
import type { RuleDiff, RuleSet } from './contract.ts';
import { allowedRule } from './allowed-values.ts';
import { wildcard, regexProblem } from './rule-pattern.ts';
import { isBusinessDimension, selectedTag } from './tag-names.ts';

export const noRules: RuleSet = { names: {}, required: [], allowed: [], infer: [], exceptions: [], protect: [] };

const kinds = ['required', 'allowed', 'infer', 'exceptions', 'protect'] as const;

/** Columns of a charge that a value can be inferred from. */
export const inferableColumns = [
  'ResourceName',
  'ResourceId',
  'SubAccountName',
  'SubAccountId',
  'BillingAccountName',
  'BillingAccountId',
  'ServiceName',
  'ProviderName',
  'RegionId',
  'ChargeDescription',
  'x_Namespace',
  'x_Workload',
] as const;

/** Rules of the file before saved ones: of two rules that both fit, the file's counts. */
export function joined(file: RuleSet, saved: RuleSet): RuleSet {
  return {
    names: { ...saved.names, ...file.names },
    required: [...file.required, ...saved.required],
    allowed: [...file.allowed, ...saved.allowed],
    infer: [...file.infer, ...saved.infer],
    exceptions: [...file.exceptions, ...saved.exceptions],
    protect: [...file.protect, ...saved.protect],
  };
}

/** Names of the exceptions that no longer hold on that day (UTC). */
export function expiredOn(rules: RuleSet, today: string): string[] {
  return rules.exceptions.filter(({ expires }) => expires !== undefined && expires < today).map(({ name }) => name);
}

/** Everything that is wrong with the rules, each a sentence with its place. */
export function problemsOf(rules: RuleSet): string[] {
  return [
    ...kinds.flatMap((kind) => twiceNamed(kind, rules[kind])),
    ...rules.required.flatMap(({ name, tag }) => selectorProblem(`required ${name}`, tag)),
    ...rules.allowed.flatMap(allowedProblems),
    ...rules.infer.flatMap(inferProblems),
    ...rules.exceptions.flatMap(({ name, set, exempt, when }) => [
      ...exempt.flatMap((tag) => selectorProblem(`exceptions ${name}`, tag)),
      ...(Object.keys(set).length === 0 && exempt.length === 0
        ? [`exceptions ${name}: neither sets nor exempts anything`]
        : []),
      ...(when === undefined ? [`exceptions ${name}: must say under \`when\` what it is about`] : []),
    ]),
    ...rules.protect.flatMap(({ name, fields }) =>
      fields.filter((field) => selectedTag(field) === '').map(() => `protect ${name}: \`tag:\` must name the tag`),
    ),
  ];
}

function twiceNamed(kind: string, rules: readonly { name: string }[]): string[] {
  const seen = new Set<string>();
  return rules.flatMap(({ name }) => {
    const isTwice = seen.has(name);
    seen.add(name);
    return isTwice ? [`${kind}: the name ${name} stands twice`] : [];
  });
}

function selectorProblem(place: string, selector: string): string[] {
  const tag = selectedTag(selector);
  if (tag === undefined)
    return isBusinessDimension(selector)
      ? []
      : [`${place}: ${selector} is neither a business dimension nor \`tag:NAME\``];
  return tag === '' ? [`${place}: \`tag:\` must name the tag`] : [];
}

function allowedProblems(rule: RuleSet['allowed'][number]): string[] {
  const { name, on, values, pattern, synonyms, foldCase, when } = rule;
  const place = `allowed ${name}`;
  const problem = pattern === undefined ? undefined : regexProblem(pattern);
  const fold = (value: string) => (foldCase ? value.toLowerCase() : value);
  return [
    ...selectorProblem(place, on),
    ...(values === undefined && pattern === undefined ? [`${place}: needs values or a pattern`] : []),
    ...(problem === undefined ? [] : [`${place}: the pattern ${problem}`]),
    ...Object.values(synonyms)
      .filter((value) => problem === undefined && allowedRule(rule).spelled(value) !== value)
      .map((value) => `${place}: the synonym ${value} is itself not allowed as it is written`),
    ...(values !== undefined && new Set(values.map(fold)).size < values.length
      ? [`${place}: values differ only in their case; set foldCase to false or keep one`]
      : []),
    ...(when?.tags !== undefined && selectedTag(on) !== undefined
      ? [`${place}: a rule on a tag cannot depend on tags; leave out when.tags`]
      : []),
  ];
}

function inferProblems({ name, from, pattern, value }: RuleSet['infer'][number]): string[] {
  const place = `infer ${name}`;
  const problem = regexProblem(pattern);
  const tag = selectedTag(from);
  const isColumn = (inferableColumns as readonly string[]).includes(from);
  const groups = problem === undefined ? (new RegExp(`${pattern}|`, 'u').exec('')?.length ?? 1) - 1 : 9;
  const missing = [...value.matchAll(/\$(\d)/g)].find(([, group]) => Number(group) > groups);
  return [
    ...(tag === '' || (tag === undefined && !isColumn)
      ? [`${place}: \`from\` is one of ${inferableColumns.join(', ')} or \`tag:NAME\``]
      : []),
    ...(problem === undefined ? [] : [`${place}: the pattern ${problem}`]),
    ...(missing ? [`${place}: ${missing[0]} names a group that the pattern does not have`] : []),
  ];
}

/** What changes from one set of rules to the next. */
export function diffOf(before: RuleSet, after: RuleSet): RuleDiff {
  const names = [...new Set([...Object.keys(before.names), ...Object.keys(after.names)])] as (keyof RuleSet['names'])[];
  const ofNames = names.flatMap((name) => entryDiff('names', name, before.names[name], after.names[name]));
  const ofRules = kinds.flatMap((kind) => {
    const [old, now] = [before[kind], after[kind]] as readonly { name: string }[][];
    const all = [...new Set([...(old ?? []), ...(now ?? [])].map(({ name }) => name))];
    const entries = all.flatMap((name) =>
      entryDiff(
        kind,
        name,
        old?.find((rule) => rule.name === name),
        now?.find((rule) => rule.name === name),
      ),
    );
    return [...entries, ...movedIn(kind, old ?? [], now ?? [])];
  });
  return [...ofNames, ...ofRules];
}

function entryDiff(kind: string, name: string, before: unknown, after: unknown): RuleDiff {
  if (isDeepStrictEqual(before, after)) return [];
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return [
    { kind, name, change, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
  ];
}

/** The order of rules decides; of those that stayed, which stand at another place among themselves. */
function movedIn(kind: string, before: readonly { name: string }[], after: readonly { name: string }[]): RuleDiff {
  const stayed = (one: readonly { name: string }[], other: readonly { name: string }[]) =>
    one.map(({ name }) => name).filter((name) => other.some((rule) => rule.name === name));
  const [old, now] = [stayed(before, after), stayed(after, before)];
  return now.flatMap((name, place) =>
    old[place] === name ? [] : [{ kind, name, change: 'moved' as const, before: old.indexOf(name), after: place }],
  );
}

/** The sources whose rows a change may touch; all of them where a rule is not about sources alone. */
export function sourcesTouched(diff: RuleDiff, sources: readonly string[]): string[] {
  const patterns: string[] = [];
  for (const { kind, change, before, after } of diff) {
    // These say how rows are judged, or what is kept of those to come; kept rows stay as they are.
    if (kind === 'required' || kind === 'protect') continue;
    if (kind === 'names' || change === 'moved') return [...sources];
    for (const rule of [before, after]) {
      if (rule === undefined) continue;
      const named = (rule as { when?: { sources?: string[] } }).when?.sources;
      if (named === undefined) return [...sources];
      patterns.push(...named);
    }
  }
  const matches = patterns.map(wildcard);
  return sources.filter((source) => matches.some((match) => match(source)));
}
