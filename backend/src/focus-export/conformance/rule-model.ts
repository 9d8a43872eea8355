import type { Check } from './check.ts';
import type { FormatName } from './formats.ts';

export type Keyword = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'RECOMMENDED' | 'MAY';

/** One rule of a model. */
export interface Rule {
  id: string;
  /** Column, attribute or data set that it speaks of. */
  reference: string;
  entity: string;
  /** Composite, Presence, Type, Format, Nullability or Validation. */
  kind: string;
  keyword: Keyword;
  sentence: string;
  /** What the provider must support for the rule to apply; all of it. */
  criteria: readonly string[];
  /** Undefined where the model gives a sentence and nothing that a program can run. */
  requirement?: Check;
  condition?: Check;
}

export interface RuleModel {
  version: string;
  rules: readonly Rule[];
  /** Columns that the model defines. */
  columns: ReadonlySet<string>;
}

interface RawCheck {
  CheckFunction?: string;
  [argument: string]: unknown;
}

interface RawRule {
  Function: string;
  Reference: string;
  EntityType: string;
  Status: string;
  ApplicabilityCriteria: string[];
  ValidationCriteria: { MustSatisfy: string; Keyword: Keyword; Requirement: RawCheck; Condition: RawCheck };
}

/**
 * Reads the rule model of focus_validator (`model-<version>.json`).
 * @throws Error where the text is not such a model
 */
export function readRuleModel(text: string): RuleModel {
  const raw = JSON.parse(text) as { Details?: { FOCUSVersion?: string }; ModelRules?: Record<string, RawRule> };
  if (raw.ModelRules === undefined || raw.Details?.FOCUSVersion === undefined)
    throw new Error('This is not a rule model: Details.FOCUSVersion and ModelRules are missing.');
  const rules = Object.entries(raw.ModelRules)
    .filter(([, { Status }]) => Status === 'Active')
    .map(([id, rule]) => ruleOf(id, rule));
  const columns = rules.filter(({ kind }) => kind === 'Presence').map(({ reference }) => reference);
  return { version: raw.Details.FOCUSVersion, rules, columns: new Set(columns) };
}

function ruleOf(id: string, raw: RawRule): Rule {
  const { MustSatisfy, Keyword, Requirement, Condition } = raw.ValidationCriteria;
  const requirement = checkOf(Requirement);
  const condition = checkOf(Condition);
  return {
    id,
    reference: raw.Reference,
    entity: raw.EntityType,
    kind: raw.Function,
    keyword: Keyword,
    sentence: MustSatisfy,
    criteria: raw.ApplicabilityCriteria,
    ...(requirement === undefined ? {} : { requirement }),
    ...(condition === undefined ? {} : { condition }),
  };
}

const formatFunctions: Readonly<Record<string, FormatName>> = {
  TypeString: 'text',
  TypeDecimal: 'numeric',
  TypeDateTime: 'dateTime',
  FormatString: 'text',
  FormatNumeric: 'numeric',
  FormatDateTime: 'dateTime',
  FormatUnit: 'unit',
  FormatCurrency: 'currency',
  FormatKeyValue: 'keyValue',
  CheckDecimalValue: 'numeric',
  CheckNationalCurrency: 'nationalCurrency',
};

/** The check in a part of the model; undefined where the part is empty. */
function checkOf(raw: RawCheck): Check | undefined {
  const name = raw.CheckFunction;
  if (name === undefined) return withoutName(raw);
  const text = (key: string): string => valueOf(raw[key]) ?? '';
  // One rule names its column with another word.
  const column = text('ColumnName') || text('CheckCondition');
  if (Object.hasOwn(formatFunctions, name)) return { kind: 'format', column, format: formatFunctions[name]! };
  switch (name) {
    case 'AND':
    case 'OR':
      return { kind: name === 'AND' ? 'all' : 'any', items: itemsOf(raw['Items']) };
    case 'CheckModelRule':
      return { kind: 'rule', id: text('ModelRuleId') };
    case 'ColumnPresent':
      return { kind: 'present', column };
    case 'CheckValue':
      return { kind: 'value', column, value: valueOf(raw['Value']) };
    case 'CheckNotValue':
      return { kind: 'notValue', column, value: valueOf(raw['Value']) };
    case 'CheckSameValue':
      return { kind: 'same', column: text('ColumnAName'), other: text('ColumnBName') };
    case 'CheckNotSameValue':
      return { kind: 'notSame', column: text('ColumnAName'), other: text('ColumnBName') };
    case 'CheckGreaterOrEqualThanValue':
      return { kind: 'atLeast', column, least: text('Value') };
    case 'ColumnByColumnEqualsColumnValue':
      return {
        kind: 'product',
        column: text('ColumnAName'),
        factor: text('ColumnBName'),
        result: text('ResultColumnName'),
      };
    case 'CheckDistinctCount':
      return {
        kind: 'oneParent',
        column: text('ColumnAName'),
        parent: text('ColumnBName'),
        count: Number(raw['ExpectedCount']),
      };
    default:
      return { kind: 'unknown', name };
  }
}

/** Two conditions are written as `{"AND": ...}` without the name of a function. */
function withoutName(raw: RawCheck): Check | undefined {
  for (const [key, kind] of [
    ['AND', 'all'],
    ['OR', 'any'],
  ] as const)
    if (raw[key] !== undefined) return { kind, items: itemsOf(raw[key]) };
  return undefined;
}

function itemsOf(raw: unknown): Check[] {
  const items = Array.isArray(raw) ? raw : [raw];
  return items.flatMap((item) => checkOf(item as RawCheck) ?? []);
}

function valueOf(raw: unknown): string | null {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : null;
}
