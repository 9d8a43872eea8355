import type { Check } from './check.ts';
import type { FormatName } from './formats.ts';
import type { Rule, RuleModel } from './rule-model.ts';

/** Rules that the model gives as a sentence only, and what a program can check of them. */
export type Reading =
  | { of: 'rows'; requirement: Check; condition?: Check }
  /** Names that break the rule, for the reader. */
  | { of: 'header'; broken(columns: readonly string[], model: RuleModel): string[] }
  | { of: 'nothing'; reason: string };

const is = (column: string, value: string): Check => ({ kind: 'value', column, value });
const isNull = (column: string): Check => ({ kind: 'value', column, value: null });
const notNull = (column: string): Check => ({ kind: 'notValue', column, value: null });
const all = (...items: Check[]): Check => ({ kind: 'all', items });
const any = (...items: Check[]): Check => ({ kind: 'any', items });
const rows = (requirement: Check, condition?: Check): Reading => ({
  of: 'rows',
  requirement,
  ...(condition === undefined ? {} : { condition }),
});

const focusNames = (columns: readonly string[], { columns: known }: RuleModel) =>
  columns.filter((name) => known.has(name));
const own = (columns: readonly string[], { columns: known }: RuleModel) => columns.filter((name) => !known.has(name));
const afterOwn = (columns: readonly string[], model: RuleModel): string[] => {
  const first = columns.findIndex((name) => !model.columns.has(name));
  return first < 0 ? [] : focusNames(columns.slice(first), model);
};

const headerRules: Readonly<Record<string, (columns: readonly string[], model: RuleModel) => string[]>> = {
  'ColumnHandling-A-001-M': (columns, model) =>
    focusNames(columns, model).filter((name) => !/^[A-Z][A-Za-z0-9]*$/.test(name)),
  'ColumnHandling-A-003-M': (columns, model) =>
    focusNames(columns, model).filter((name) => !/^[A-Za-z0-9]+$/.test(name)),
  'ColumnHandling-A-005-O': (columns) => columns.filter((name) => name.length > 50),
  'ColumnHandling-A-010-M': (columns, model) => own(columns, model).filter((name) => !name.startsWith('x_')),
  'ColumnHandling-A-011-O': (columns, model) =>
    own(columns, model).filter((name) => !/^x_[A-Z][A-Za-z0-9]*$/.test(name)),
  'ColumnHandling-A-012-O': afterOwn,
  'ColumnHandling-A-013-O': afterOwn,
};

/** Attributes whose rules hold for every column of a format. */
const formatRules: Readonly<Record<string, { columns: FormatName; format: FormatName }>> = {
  'DateTimeFormat-A-001-M': { columns: 'dateTime', format: 'dateTime' },
  'DateTimeFormat-A-002-M': { columns: 'dateTime', format: 'dateTime' },
  'DateTimeFormat-A-004-M': { columns: 'dateTime', format: 'dateTime' },
  'DateTimeFormat-A-005-M': { columns: 'dateTime', format: 'dateTime' },
  'DateTimeFormat-A-006-M': { columns: 'dateTime', format: 'dateTime' },
  'CurrencyFormat-A-001-C': { columns: 'currency', format: 'currency' },
  'CurrencyFormat-A-002-C': { columns: 'currency', format: 'text' },
  'StringHandling-A-001-M': { columns: 'text', format: 'text' },
  'StringHandling-A-007-M': { columns: 'text', format: 'notBlank' },
  'UnitFormat-A-001-M': { columns: 'unit', format: 'unit' },
  'KeyValueFormat-A-001-M': { columns: 'keyValue', format: 'jsonObject' },
  'KeyValueFormat-A-002-M': { columns: 'keyValue', format: 'uniqueKeys' },
  'KeyValueFormat-A-003-M': { columns: 'keyValue', format: 'plainValues' },
  'KeyValueFormat-A-004-M': { columns: 'keyValue', format: 'plainValues' },
  ...Object.fromEntries(
    ['002', '003', '004', '005', '006', '007', '008', '009', '010', '011'].map((number) => [
      `NumericFormat-A-${number}-M`,
      { columns: 'numeric', format: 'numeric' } as const,
    ]),
  ),
};

const usageOrPurchase = any(is('ChargeCategory', 'Usage'), is('ChargeCategory', 'Purchase'));
const commitment = all(is('ChargeCategory', 'Usage'), notNull('CommitmentDiscountId'));

const rowRules: Readonly<Record<string, Reading>> = {
  'DiscountHandling-A-006-C': rows(notNull('CommitmentDiscountId'), notNull('CommitmentDiscountStatus')),
  'DiscountHandling-A-013-C': rows(
    any(is('ChargeCategory', 'Purchase'), notNull('CommitmentDiscountStatus')),
    all(notNull('CommitmentDiscountId'), usageOrPurchase),
  ),
  'DiscountHandling-A-018-C': rows(is('ChargeCategory', 'Usage'), is('CommitmentDiscountStatus', 'Unused')),
  'DiscountHandling-A-019-C': rows(
    { kind: 'same', column: 'ResourceId', other: 'CommitmentDiscountId' },
    is('CommitmentDiscountStatus', 'Unused'),
  ),
  'ContractedCost-C-009-C': rows({
    kind: 'product',
    column: 'ContractedUnitPrice',
    factor: 'PricingQuantity',
    result: 'ContractedCost',
  }),
  'PricingCurrencyContractedUnitPrice-C-004-C': rows(isNull('PricingCurrencyContractedUnitPrice')),
  'PricingCurrencyContractedUnitPrice-C-005-C': rows(notNull('PricingCurrencyContractedUnitPrice')),
  'PricingCurrencyContractedUnitPrice-C-008-C': rows({
    kind: 'atLeast',
    column: 'PricingCurrencyContractedUnitPrice',
    least: '0',
  }),
  'ConsumedQuantity-C-008-C': rows({ kind: 'format', column: 'ConsumedQuantity', format: 'numeric' }),
  'CommitmentDiscountQuantity-C-009-M': rows({
    kind: 'format',
    column: 'CommitmentDiscountQuantity',
    format: 'numeric',
  }),
  'CommitmentDiscountUnit-C-008-M': rows({
    kind: 'oneParent',
    column: 'CommitmentDiscountId',
    parent: 'CommitmentDiscountUnit',
    count: 1,
  }),
  'EffectiveCost-C-013-C': rows(
    any(is('CommitmentDiscountStatus', 'Used'), is('CommitmentDiscountStatus', 'Unused')),
    commitment,
  ),
  'ResourceName-C-004-C': rows(isNull('ResourceName')),
  'ChargePeriodEnd-C-004-M': rows({ kind: 'later', column: 'ChargePeriodEnd', than: 'ChargePeriodStart' }),
  'BillingPeriodEnd-C-004-M': rows({ kind: 'later', column: 'BillingPeriodEnd', than: 'BillingPeriodStart' }),
  'SkuPriceDetails-C-007-M': rows(notNull('SkuPriceId'), notNull('SkuPriceDetails')),
  'SkuPriceDetails-C-017-C': rows({ kind: 'format', column: 'SkuPriceDetails', format: 'priceProperties' }),
  'SkuPriceDetails-C-020-M': rows({ kind: 'format', column: 'SkuPriceDetails', format: 'priceSpelling' }),
  'SkuPriceDetails-C-021-M': rows({ kind: 'format', column: 'SkuPriceDetails', format: 'priceTypes' }),
};

/** How a rule without a runnable form is checked, or why it is not. */
export function readingOf(rule: Rule, model: RuleModel): Reading {
  const header = headerRules[rule.id];
  if (header !== undefined) return { of: 'header', broken: header };
  const format = formatRules[rule.id];
  if (format !== undefined) return rows(formatOfAll(format, model));
  return rowRules[rule.id] ?? { of: 'nothing', reason: reasonOf(rule.sentence) };
}

/** The format on every column that the model gives it, a null passing. */
function formatOfAll({ columns, format }: { columns: FormatName; format: FormatName }, model: RuleModel): Check {
  const names = model.rules.flatMap(({ kind, requirement }) =>
    kind === 'Format' && requirement?.kind === 'format' && requirement.format === columns ? [requirement.column] : [],
  );
  const one = (column: string): Check => any(isNull(column), { kind: 'format', column, format });
  return all(...[...new Set(names)].map(one));
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/invoice/i, 'It is about the invoice, which is not part of the data set.'],
  [/publish|document|define precision|data definition/i, 'It is about documents of the provider.'],
  [
    /over time|remain|consistent|before the change|after the change|altered|duration/i,
    'It needs other data sets of the same provider, earlier or later.',
  ],
  [/denominated/i, 'That an amount is in its currency cannot be seen in the amount.'],
  [
    /abbreviat|acronym|display|readable|normalized|Id or Name suffix/i,
    'It is about the choice of words, which a program cannot judge.',
  ],
  [
    /price list|agree|negotiated|semantically/i,
    'It is about prices that were agreed, which are not part of the data set.',
  ],
];

function reasonOf(sentence: string): string {
  const known = reasons.find(([pattern]) => pattern.test(sentence));
  return known?.[1] ?? 'What the charge, the account or the resource stands for outside the data set decides it.';
}
