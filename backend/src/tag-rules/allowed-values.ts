import type { RuleSet } from './contract.ts';
import { conditionOf, type Condition } from './rule-condition.ts';
import { matcher } from './rule-pattern.ts';
import { selectedTag } from './tag-names.ts';

export interface AllowedRule {
  name: string;
  /** A dimension, or `tag:` and a canonical name. */
  on: string;
  condition: Condition;
  /** The value as it should be written; undefined where it is not allowed. */
  spelled(value: string): string | undefined;
  clears: boolean;
}

/** Allowed values, ready to be asked: as listed, by folded case, by synonym, by pattern, in this order. */
export function allowedRule(rule: RuleSet['allowed'][number]): AllowedRule {
  const tag = selectedTag(rule.on);
  const values = new Set(rule.values);
  const fold = (value: string) => (rule.foldCase ? value.toLowerCase() : value);
  const byFolded = new Map((rule.values ?? []).map((value) => [fold(value), value]));
  const synonyms = new Map(Object.entries(rule.synonyms).map(([word, value]) => [fold(word), value]));
  const matches = rule.pattern === undefined ? undefined : matcher(rule.pattern, rule.foldCase ? 'i' : '');
  return {
    name: rule.name,
    on: tag === undefined ? rule.on : `tag:${tag}`,
    condition: conditionOf(rule.when),
    clears: rule.otherwise === 'clear',
    spelled: (value) => {
      if (values.has(value)) return value;
      const known = byFolded.get(fold(value)) ?? synonyms.get(fold(value));
      if (known !== undefined) return known;
      return matches?.(value) ? value : undefined;
    },
  };
}
