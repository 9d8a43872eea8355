import type { Check } from './check.ts';
import type { FormatName } from './formats.ts';
import type { Keyword, Rule, RuleModel } from './rule-model.ts';

interface RawColumn {
  feature_level: 'Mandatory' | 'Conditional' | 'Recommended';
  allows_nulls: boolean;
  data_type: string;
  value_format: string;
  allowed_values: string[] | null;
  numeric_range: [number, number] | null;
  condition: string;
}

interface RawModel {
  focus_version?: string;
  datasets?: Record<string, { dataset_id: string; columns: Record<string, RawColumn> }>;
  service_subcategory_parents?: Record<string, string>;
}

/**
 * Reads a column model (`focus_1_4_model.json`) as rules on the Cost and Usage data set: presence by feature level, nulls,
 * type and format, allowed values, ranges, the category of each subcategory, and that no other column lacks the prefix `x_`
 * (which is how a removed column, e.g. ProviderName, is found).
 * @throws Error where the text is not such a model
 */
export function readColumnModel(text: string): RuleModel {
  const raw = JSON.parse(text) as RawModel;
  const dataset = Object.values(raw.datasets ?? {}).find(({ dataset_id }) => dataset_id === 'CostAndUsage');
  if (dataset === undefined || raw.focus_version === undefined)
    throw new Error('This is not a column model: focus_version and the data set CostAndUsage are missing.');
  const columns = Object.entries(dataset.columns);
  const rules = columns.flatMap(([name, column]) => rulesOf(name, column));
  const parents = Object.entries(raw.service_subcategory_parents ?? {});
  if (parents.length > 0) rules.push(parentRule(parents));
  for (const id of ['ColumnHandling-A-001-M', 'ColumnHandling-A-010-M', 'ColumnHandling-A-012-O'])
    rules.push(headerRule(id));
  return { version: raw.focus_version, rules, columns: new Set(columns.map(([name]) => name)) };
}

function rulesOf(name: string, column: RawColumn): Rule[] {
  const { feature_level: level, condition } = column;
  const rules: Rule[] = [];
  const rule = (kind: string, keyword: Keyword, sentence: string, requirement: Check) =>
    rules.push({
      id: `${name}-${kind}`,
      reference: name,
      entity: kind === 'Presence' ? 'Dataset' : 'Column',
      kind,
      keyword,
      sentence,
      criteria: level === 'Conditional' ? [condition] : [],
      requirement,
    });
  const recommended = level === 'Recommended';
  rule('Presence', recommended ? 'SHOULD' : 'MUST', `${name} is ${level.toLowerCase()}.`, {
    kind: 'present',
    column: name,
  });
  if (!column.allows_nulls)
    rule('Nullability', 'MUST NOT', `${name} MUST NOT be null.`, { kind: 'notValue', column: name, value: null });
  const format = formatOf(column);
  rule('Format', format === 'unit' ? 'SHOULD' : 'MUST', `${name} is ${column.data_type}, ${column.value_format}.`, {
    kind: 'format',
    column: name,
    format,
  });
  if (column.allowed_values !== null)
    rule('Validation', 'MUST', `${name} MUST be one of the allowed values.`, {
      kind: 'any',
      items: column.allowed_values.map((value) => ({ kind: 'value', column: name, value })),
    });
  if (column.value_format === 'Decimal (non-negative)')
    rule('Range', 'MUST', `${name} MUST NOT be negative.`, { kind: 'atLeast', column: name, least: '0' });
  return rules;
}

function formatOf({ data_type: type, value_format: format }: RawColumn): FormatName {
  if (type === 'Decimal') return 'numeric';
  if (type === 'Date/Time') return 'dateTime';
  if (format === 'Key-Value') return 'keyValue';
  if (type === 'JSON') return 'jsonObject';
  if (format === 'Currency') return 'currency';
  return format === 'Unit' ? 'unit' : 'text';
}

function parentRule(parents: readonly (readonly [string, string])[]): Rule {
  return {
    id: 'ServiceSubcategory-Parent',
    reference: 'ServiceSubcategory',
    entity: 'Column',
    kind: 'Validation',
    keyword: 'MUST',
    sentence: 'ServiceSubcategory MUST have the ServiceCategory that the list gives it.',
    criteria: [],
    requirement: {
      kind: 'any',
      items: parents.map(([subcategory, category]) => ({
        kind: 'all',
        items: [
          { kind: 'value', column: 'ServiceSubcategory', value: subcategory },
          { kind: 'value', column: 'ServiceCategory', value: category },
        ],
      })),
    },
  };
}

/** Rules on names that hold in every version, under the ids of the model before. */
function headerRule(id: string): Rule {
  return {
    id,
    reference: 'ColumnHandling',
    entity: 'Attribute',
    kind: 'Validation',
    keyword: id.endsWith('-M') ? 'MUST' : 'SHOULD',
    sentence: headerSentences[id] ?? '',
    criteria: [],
  };
}

const headerSentences: Readonly<Record<string, string>> = {
  'ColumnHandling-A-001-M': 'Column IDs MUST use Pascal case.',
  'ColumnHandling-A-010-M': 'Custom columns MUST be prefixed with x_; a column that was removed is not one of FOCUS.',
  'ColumnHandling-A-012-O': 'All FOCUS columns SHOULD be first in the provided dataset.',
};
