import { isDimension } from '../cost/index.ts';
import { textSql } from '../platform/sql/index.ts';
import type { Condition, Rule } from './contract.ts';

/** Resources are not told apart in the roll-ups, but for capacity that nobody used. */
const idleName = 'ResourceName';
const day = (text: string) => new Date(`${text}T00:00:00Z`);

/** What is wrong with a rule beyond its shape, or undefined. */
export function ruleProblem(rule: Rule): string | undefined {
  const conditions = [...rule.match, ...(rule.except ?? []).flat()];
  for (const condition of conditions) {
    const problem = conditionProblem(condition);
    if (problem !== undefined) return problem;
  }
  const from = day(rule.effectiveFrom);
  if (!isDay(rule.effectiveFrom)) return '`effectiveFrom` is not a day.';
  if (rule.effectiveTo !== undefined && !isDay(rule.effectiveTo)) return '`effectiveTo` is not a day.';
  if (rule.effectiveTo !== undefined && day(rule.effectiveTo) <= from)
    return '`effectiveTo` must lie after `effectiveFrom`.';
  return methodProblem(rule);
}

function methodProblem(rule: Rule): string | undefined {
  if (rule.method === 'usage' && rule.base === undefined)
    return 'The method `usage` needs a `base`: cost, tokens or gpuHours.';
  if (rule.method !== 'usage' && rule.base !== undefined) return 'Only the method `usage` has a `base`.';
  if (rule.method !== 'fixed') return rule.weights === undefined ? undefined : 'Only the method `fixed` has `weights`.';
  const weights = Object.entries(rule.weights ?? {});
  if (!weights.some(([, weight]) => /[1-9]/.test(weight))) return 'The method `fixed` needs a weight above 0.';
  if (weights.some(([owner]) => owner === '')) return 'A weight names no owner.';
  return rule.owners === undefined ? undefined : 'The method `fixed` names its owners by their weights.';
}

function conditionProblem(condition: Condition): string | undefined {
  const { dimension, is, isNot, like } = condition;
  if ([is, isNot, like].filter((values) => values !== undefined).length !== 1)
    return `The condition on ${dimension} needs exactly one of is, isNot and like.`;
  const values = is ?? isNot ?? like ?? [];
  if (values.some((value) => value.includes('\0'))) return `The condition on ${dimension} holds a NUL character.`;
  if (dimension === idleName)
    return [...(is ?? []), ...(isNot ?? [])].every((value) => value === 'idle') && like === undefined
      ? undefined
      : 'ResourceName can be compared with `idle` only; resources are not told apart in the roll-ups.';
  return isDimension(dimension)
    ? undefined
    : `There is no dimension ${dimension}; GET /api/cost/dimensions lists them.`;
}

function isDay(text: string): boolean {
  const at = day(text);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Rules that take part, in the order in which lines are offered to them. */
export function rulesInOrder<R extends Rule>(rules: readonly R[], target: Rule['target']): R[] {
  return rules
    .filter((rule) => rule.target === target && rule.enabled !== false)
    .sort((a, b) => a.position - b.position || (a.name < b.name ? -1 : 1));
}

/**
 * SQL of the place of the first rule that takes a row of cost_unit_daily, counted from 1; 0 where none does. Values of people
 * enter as hexadecimal digits.
 */
export function ruleSql(rules: readonly Rule[]): string {
  if (rules.length === 0) return 'toUInt16(0)';
  const branches = rules.map((rule, place) => `${takenSql(rule)}, toUInt16(${place + 1})`);
  return `multiIf(${branches.join(', ')}, toUInt16(0))`;
}

function takenSql(rule: Rule): string {
  const all = [
    `Day >= toDate('${isoDay(rule.effectiveFrom)}')`,
    ...(rule.effectiveTo === undefined ? [] : [`Day < toDate('${isoDay(rule.effectiveTo)}')`]),
    ...rule.match.map(conditionSql),
    ...(rule.except ?? []).map((group) => `NOT (${group.map(conditionSql).join(' AND ')})`),
  ];
  return `(${all.join(' AND ')})`;
}

function isoDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new TypeError('Not a day');
  return text;
}

function conditionSql({ dimension, is, isNot, like }: Condition): string {
  const column = dimension === idleName ? 'Idle' : dimension;
  if (column !== 'Idle' && !isDimension(column)) throw new TypeError('Not a dimension');
  if (is) return `${column} IN (${is.map(textSql).join(', ')})`;
  if (isNot) return `${column} NOT IN (${isNot.map(textSql).join(', ')})`;
  return `(${(like ?? []).map((pattern) => `${column} ILIKE ${textSql(likePattern(pattern))}`).join(' OR ')})`;
}

function likePattern(glob: string): string {
  return glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');
}
