import { describe, expect, test } from '@jest/globals';
import { FocusChecker, type RuleResult } from './checker.ts';
import { readColumnModel } from './column-model.ts';
import type { FocusRecord } from './check.ts';
import { readRuleModel } from './rule-model.ts';

interface Written {
  sentence?: string;
  keyword?: string;
  kind?: string;
  entity?: string;
  reference?: string;
  criteria?: string[];
  requirement?: object;
  condition?: object;
}

/** A rule model with these rules, in the form that focus_validator reads. */
function modelOf(rules: Record<string, Written>) {
  const raw = Object.entries(rules).map(([id, rule]) => [
    id,
    {
      Function: rule.kind ?? 'Validation',
      Reference: rule.reference ?? 'A',
      EntityType: rule.entity ?? 'Column',
      Status: 'Active',
      ApplicabilityCriteria: rule.criteria ?? [],
      ValidationCriteria: {
        MustSatisfy: rule.sentence ?? 'It must hold.',
        Keyword: rule.keyword ?? 'MUST',
        Requirement: rule.requirement ?? {},
        Condition: rule.condition ?? {},
      },
    },
  ]);
  return readRuleModel(JSON.stringify({ Details: { FOCUSVersion: '1.2' }, ModelRules: Object.fromEntries(raw) }));
}

function check(rules: Record<string, Written>, rows: FocusRecord[], supported?: string[]): Map<string, RuleResult> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const checker = new FocusChecker(modelOf(rules), columns, supported ? { supported: new Set(supported) } : {});
  for (const row of rows) checker.add(row);
  return new Map(checker.finish().rules.map((rule) => [rule.id, rule]));
}

const only = (requirement: object, rows: FocusRecord[], more: Written = {}) =>
  check({ rule: { requirement, ...more } }, rows).get('rule')!;

describe('a rule', () => {
  test.each([
    ['CheckValue', { ColumnName: 'A', Value: 'x' }, ['x', null], ['y']],
    ['CheckValue', { ColumnName: 'A', Value: '0' }, ['0', '0.00'], ['1']],
    ['CheckValue', { ColumnName: 'A', Value: null }, [null], ['x']],
    ['CheckNotValue', { ColumnName: 'A', Value: null }, ['x'], [null]],
    ['CheckNotValue', { ColumnName: 'A', Value: 'x' }, ['y', null], ['x']],
    ['CheckGreaterOrEqualThanValue', { ColumnName: 'A', Value: 0 }, ['0', '1E3', null], ['-0.1']],
    ['TypeDecimal', { ColumnName: 'A' }, ['1', '-1.5', '1E-7'], ['1,5', '+1', '1.', 'x', '1e5']],
    [
      'FormatDateTime',
      { ColumnName: 'A' },
      ['2026-01-01T00:00:00Z'],
      ['2026-01-01 00:00:00', '2026-01-01T00:00:00+09:00'],
    ],
    [
      'FormatKeyValue',
      { ColumnName: 'A' },
      ['{"a":1,"b":null,"c":"\\"d\\":1"}'],
      ['[]', '{"a":{}}', '{"a":1,"a":2}', 'x'],
    ],
    ['CheckNationalCurrency', { ColumnName: 'A' }, ['KRW'], ['XYZ', 'krw']],
    ['FormatUnit', { ColumnName: 'A' }, ['GB-Hours', '1000 Tokens', 'Requests/Second'], ['GB_Hours', '']],
  ] as const)('%s passes and fails as it says', (name, values, good, bad) => {
    const requirement = { CheckFunction: name, ...values };
    const found = only(
      requirement,
      [...good, ...bad].map((A) => ({ A })),
    );
    expect(found).toMatchObject({ outcome: bad.length > 0 ? 'failed' : 'passed', failures: bad.length });
    expect(found.examples[0]?.row).toBe(good.length + 1);
  });

  test('on two columns compares them, and a product is exact to a trillionth', () => {
    const same = { CheckFunction: 'CheckSameValue', ColumnAName: 'A', ColumnBName: 'B' };
    expect(
      only(same, [
        { A: 'x', B: 'x' },
        { A: 'x', B: null },
        { A: 'x', B: 'y' },
      ]),
    ).toMatchObject({ failures: 1 });
    const product = {
      CheckFunction: 'ColumnByColumnEqualsColumnValue',
      ...{ ColumnAName: 'A', ColumnBName: 'B', ResultColumnName: 'C' },
    };
    const rows = [
      { A: '0.1', B: '3', C: '0.3' },
      { A: '0.333333333333333333333333333333', B: '3', C: '1' },
      { A: '0.3333', B: '3', C: '1' },
      { A: null, B: '3', C: '1' },
    ];
    expect(only(product, rows)).toMatchObject({ failures: 1, examples: [{ row: 3, found: 'A=0.3333, B=3, C=1' }] });
  });

  test('on distinct parents names the second one', () => {
    const parent = { CheckFunction: 'CheckDistinctCount', ColumnAName: 'A', ColumnBName: 'B', ExpectedCount: 1 };
    const found = only(parent, [
      { A: 's', B: '1' },
      { A: 's', B: null },
      { A: 's', B: '2' },
    ]);
    expect(found).toMatchObject({ failures: 1, examples: [{ row: 3, found: 'A s has B 1 and 2' }] });
  });

  test('holds only under its condition and those of the composite above it; null is not a correction', () => {
    const notNull = { CheckFunction: 'CheckNotValue', ColumnName: 'A', Value: null };
    const rules = {
      above: {
        kind: 'Composite',
        requirement: { CheckFunction: 'AND', Items: [{ CheckFunction: 'CheckModelRule', ModelRuleId: 'below' }] },
        condition: { CheckFunction: 'CheckValue', ColumnName: 'B', Value: 'Usage' },
      },
      below: {
        requirement: notNull,
        condition: { CheckFunction: 'CheckNotValue', ColumnName: 'C', Value: 'Correction' },
      },
    };
    const rows = [
      { A: null, B: 'Usage', C: null },
      { A: null, B: 'Tax', C: null },
      { A: null, B: 'Usage', C: 'Correction' },
    ];
    const found = check(rules, rows);
    expect(found.get('below')).toMatchObject({ outcome: 'failed', failures: 1 });
    expect(found.get('above')).toMatchObject({ outcome: 'failed', examples: [{ row: 0, found: 'below' }] });
  });

  test('says why it is not checked', () => {
    const isX = { CheckFunction: 'CheckValue', ColumnName: 'Z', Value: 'x' };
    const found = check(
      {
        absent: { reference: 'Z', requirement: isX },
        unsupported: { criteria: ['TAGGING_SUPPORTED'], requirement: isX },
        unknown: { requirement: { CheckFunction: 'CheckTheMoon', ColumnName: 'A' } },
        words: { sentence: 'It MUST match the invoice.' },
        may: { keyword: 'MAY', requirement: { CheckFunction: 'CheckValue', ColumnName: 'A', Value: 'y' } },
      },
      [{ A: 'x' }],
      [],
    );
    expect([...found.values()].map(({ outcome }) => outcome)).toEqual([
      'column absent',
      'not applicable',
      'not checkable',
      'not checkable',
      'passed',
    ]);
    expect(found.get('unknown')?.reason).toMatch(/CheckTheMoon/);
    expect(found.get('words')?.reason).toMatch(/invoice/);
  });

  test('whose form contradicts its sentence is read by the sentence, and both are told', () => {
    const found = check(
      {
        'CommitmentDiscountStatus-C-003-C': {
          reference: 'CommitmentDiscountStatus',
          requirement: { CheckFunction: 'CheckNotValue', ColumnName: 'CommitmentDiscountStatus', Value: null },
          condition: { CheckFunction: 'CheckValue', ColumnName: 'CommitmentDiscountId', Value: null },
        },
      },
      [
        { CommitmentDiscountId: null, CommitmentDiscountStatus: null },
        { CommitmentDiscountId: null, CommitmentDiscountStatus: 'Used' },
      ],
    );
    expect(found.get('CommitmentDiscountStatus-C-003-C')).toMatchObject({ failures: 1, failuresAsWritten: 1 });
  });

  test('on names of columns finds those that are neither of FOCUS nor marked as custom', () => {
    const present = { kind: 'Presence', entity: 'Dataset', reference: 'A' };
    const found = check(
      {
        A: { ...present, requirement: { CheckFunction: 'ColumnPresent', ColumnName: 'A' } },
        B: { ...present, reference: 'B', requirement: { CheckFunction: 'ColumnPresent', ColumnName: 'B' } },
        'ColumnHandling-A-010-M': { entity: 'Attribute', reference: 'ColumnHandling' },
      },
      [{ A: '1', x_Mine: '1', Id: '1' }],
    );
    expect(found.get('A')?.outcome).toBe('passed');
    expect(found.get('B')).toMatchObject({ outcome: 'failed', examples: [{ row: 0, found: 'B is absent' }] });
    expect(found.get('ColumnHandling-A-010-M')?.examples).toEqual([{ row: 0, found: 'Id' }]);
  });
});

test('a column model becomes rules on presence, nulls, formats, values and names', () => {
  const column = { allowed_values: null, allows_nulls: true, condition: 'n/a', feature_level: 'Mandatory' };
  const model = readColumnModel(
    JSON.stringify({
      focus_version: '1.4',
      service_subcategory_parents: { 'Virtual Machines': 'Compute' },
      datasets: {
        'Cost and Usage': {
          dataset_id: 'CostAndUsage',
          columns: {
            Price: { ...column, data_type: 'Decimal', value_format: 'Decimal (non-negative)', numeric_range: null },
            ServiceCategory: {
              ...column,
              allows_nulls: false,
              data_type: 'String',
              value_format: 'Allowed Values',
              allowed_values: ['Compute'],
            },
            ServiceSubcategory: { ...column, data_type: 'String', value_format: 'Unspecified' },
          },
        },
      },
    }),
  );
  const checker = new FocusChecker(model, ['Price', 'ServiceCategory', 'ServiceSubcategory', 'ProviderName']);
  checker.add({ Price: '-1', ServiceCategory: null, ServiceSubcategory: null });
  checker.add({ Price: 'x', ServiceCategory: 'Web', ServiceSubcategory: 'Virtual Machines' });
  expect(
    checker
      .finish()
      .mustFailures.map(({ id, failures }) => `${id} ${failures}`)
      .sort(),
  ).toEqual([
    'ColumnHandling-A-010-M 1',
    'Price-Format 1',
    'Price-Range 2',
    'ServiceCategory-Nullability 1',
    'ServiceCategory-Validation 1',
    'ServiceSubcategory-Parent 1',
  ]);
});

test('a file that is no model is refused', () => {
  expect(() => readRuleModel('{}')).toThrow(/not a rule model/);
  expect(() => readColumnModel('{}')).toThrow(/not a column model/);
});
