import type { RuleSet } from './contract.ts';
import { wildcard, type Matches } from './rule-pattern.ts';
import { canonicalTagName } from './tag-names.ts';

type When = NonNullable<RuleSet['required'][number]['when']>;

/** A row as rules see it. */
export interface SeenRow {
  columns: Readonly<Record<string, string>>;
  /** By canonical name. */
  tags: ReadonlyMap<string, string>;
  source: string;
}

export interface Condition {
  holds(row: SeenRow): boolean;
  /** Columns that it looks at. */
  reads: readonly string[];
}

const columnsOf = {
  providers: ['ProviderName', 'ServiceProviderName'],
  services: ['ServiceName'],
  accounts: ['SubAccountId', 'SubAccountName'],
  resources: ['ResourceId', 'ResourceName'],
  namespaces: ['x_Namespace'],
} as const satisfies Partial<Record<keyof When, readonly string[]>>;

/** The condition of a rule; without any it always holds. */
export function conditionOf(when: When | undefined): Condition {
  const tests: ((row: SeenRow) => boolean)[] = [];
  const reads: string[] = [];
  const anyOf = (patterns: readonly string[]): Matches => {
    const matches = patterns.map(wildcard);
    return (text) => matches.some((match) => match(text));
  };
  if (when?.sources) {
    const matches = anyOf(when.sources);
    tests.push(({ source }) => matches(source));
  }
  for (const part of Object.keys(columnsOf) as (keyof typeof columnsOf)[]) {
    const patterns = when?.[part];
    if (patterns === undefined) continue;
    const matches = anyOf(patterns);
    const names = columnsOf[part];
    reads.push(...names);
    tests.push(({ columns }) => names.some((name) => matches(columns[name] ?? '')));
  }
  for (const [name, pattern] of Object.entries(when?.tags ?? {})) {
    const matches = wildcard(pattern);
    const canonical = canonicalTagName(name);
    tests.push(({ tags }) => matches(tags.get(canonical) ?? ''));
  }
  return { reads, holds: (row) => tests.every((test) => test(row)) };
}
