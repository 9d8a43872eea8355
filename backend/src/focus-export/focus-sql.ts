import { textSql } from '../platform/sql/index.ts';
import { priceProperties } from './conformance/index.ts';
import type { FocusVersion } from './contract.ts';
import { exportColumns, type ExportColumn } from './focus-columns.ts';
import { subcategories } from './service-categories.ts';

/** What a whole data set must agree on: one parent for each value. Found by a query before the export. */
export interface Parents {
  /** Services that the bills put into several categories, each with that of most lines. */
  categories: readonly (readonly [service: string, category: string])[];
  /** SKU prices that the bills give to several SKUs, each with that of most lines. */
  skus: readonly (readonly [skuPrice: string, sku: string])[];
  /** Commitments that the bills measure in several units, each with that of most lines. */
  units: readonly (readonly [commitment: string, unit: string])[];
}

export const noParents: Parents = { categories: [], skus: [], units: [] };

/** Columns of the lines that are no texts. */
const raw = [
  ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'ListUnitPrice', 'ContractedUnitPrice'],
  ...['PricingQuantity', 'ConsumedQuantity', 'CommitmentDiscountQuantity', 'BillingCurrency', 'PricingCurrency'],
  ...['PricingCurrencyContractedUnitPrice', 'PricingCurrencyEffectiveCost', 'PricingCurrencyListUnitPrice'],
  ...['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'],
  ...['x_InputTokens', 'x_CachedInputTokens', 'x_CacheWriteTokens', 'x_OutputTokens', 'x_ReasoningTokens'],
  ...['x_Requests', 'x_GpuHours', 'x_SourceLine', 'Tags', 'AllocatedTags', 'x_Unknown', 'AllocatedMethodDetails'],
];

/** Two numbers that differ by less than a trillionth are the same amount: a quotient need not end. */
const tolerance = '1e-12';

/** A text as SQL that no character of it can leave. */
const list = (values: readonly string[]): string => `[${values.map(textSql).join(', ')}]`;

/**
 * What is derived from the lines so that each MUST of the standard holds, in the order in which it is built up. Costs are
 * never touched. A value that the bill names stays as it is where it may; what it lacks is taken from the nearest value
 * that it has, and a unit price that contradicts cost and quantity becomes their quotient.
 */
function derived(parents: Parents): [name: string, sql: string][] {
  const categories = Object.keys(subcategories);
  const pairs = Object.entries(subcategories).flatMap(([category, names]) => names.map((name) => [name, category]));
  const serviceCategory = `if(has(${list(categories)}, r_ServiceCategory), r_ServiceCategory, 'Other')`;
  return [
    ['f_provider', "coalesce(nullIf(r_ProviderName, ''), nullIf(r_ServiceProviderName, ''), r_x_Source)"],
    [
      'f_category',
      "multiIf(lower(r_ChargeCategory) = 'usage', 'Usage', lower(r_ChargeCategory) = 'purchase', 'Purchase', lower(r_ChargeCategory) = 'tax', 'Tax', lower(r_ChargeCategory) = 'credit', 'Credit', 'Adjustment')",
    ],
    ['f_correction', "lower(r_ChargeClass) = 'correction'"],
    ['f_tax', "f_category = 'Tax'"],
    ['f_priced', "f_category IN ('Usage', 'Purchase') AND NOT f_correction"],
    ['f_committed', "r_CommitmentDiscountId != ''"],
    [
      'f_status',
      "multiIf(NOT f_committed, NULL, lower(r_CommitmentDiscountStatus) = 'used', 'Used', lower(r_CommitmentDiscountStatus) = 'unused', 'Unused', f_category = 'Usage', 'Used', NULL)",
    ],
    ...inPricingCurrency.map(([name]): [string, string] => [
      `f_${name}`,
      `ifNull(r_${name}, toDecimal256OrNull(r_x_Unknown['${name}'], 30))`,
    ]),
    // Without its amounts, another currency of the prices cannot be stated: all that is known is in the billing currency.
    [
      'f_pricingCurrency',
      "if(r_PricingCurrency = '' OR isNull(f_PricingCurrencyEffectiveCost) OR (f_priced AND (isNull(f_PricingCurrencyListUnitPrice) OR isNull(f_PricingCurrencyContractedUnitPrice))), r_BillingCurrency, r_PricingCurrency)",
    ],
    ...quantities,
    ['f_commitment', "nullIf(r_CommitmentDiscountId, '')"],
    [
      'f_commitmentUnit',
      `if(isNull(f_commitmentQuantity), NULL, ${mapped('f_commitment', parents.units, "coalesce(nullIf(r_CommitmentDiscountUnit, ''), nullIf(r_PricingUnit, ''), 'Units')")})`,
    ],
    ['f_listPrice', unitPrice('ListUnitPrice', 'ListCost')],
    ['f_contractedPrice', unitPrice('ContractedUnitPrice', 'ContractedCost')],
    ...inPricingCurrency.map(([name, same, when]): [string, string] => [
      `f_out${name}`,
      `multiIf(${when}, NULL, f_pricingCurrency = r_BillingCurrency, ${same}, f_${name})`,
    ]),
    ['f_service', "coalesce(nullIf(r_ServiceName, ''), f_provider)"],
    ['f_serviceCategory', mapped('f_service', parents.categories, serviceCategory)],
    [
      'f_subcategory',
      `if(transform(r_ServiceSubcategory, ${list(pairs.map(([name]) => name!))}, ${list(pairs.map(([, category]) => category!))}, '') = f_serviceCategory, r_ServiceSubcategory, concat('Other (', f_serviceCategory, ')'))`,
    ],
    [
      'f_skuPrice',
      "if(f_tax, NULL, coalesce(nullIf(r_SkuPriceId, ''), if(f_priced, coalesce(nullIf(r_SkuId, ''), nullIf(r_x_Model, ''), f_service), NULL)))",
    ],
    ['f_sku', `if(f_tax, NULL, ${mapped('f_skuPrice', parents.skus, "coalesce(nullIf(r_SkuId, ''), f_skuPrice)")})`],
    ['f_priceDetails', `if(isNull(f_skuPrice) OR r_SkuPriceDetails = '', NULL, ${priceDetails})`],
  ];
}

/** Columns in the pricing currency, what they are where it is the billing currency, and when they must be null. */
const inPricingCurrency = [
  ['PricingCurrencyContractedUnitPrice', 'f_contractedPrice', 'f_tax'],
  ['PricingCurrencyEffectiveCost', 'r_EffectiveCost', '0'],
  ['PricingCurrencyListUnitPrice', 'f_listPrice', 'f_tax'],
] as const;

const noCost = 'r_ListCost = 0 AND r_ContractedCost = 0';
const quantities: [string, string][] = [
  [
    'f_unsigned',
    `multiIf(f_tax, NULL, NOT f_priced OR ifNull(r_PricingQuantity, 0) != 0, r_PricingQuantity, ${noCost}, ifNull(r_PricingQuantity, toDecimal256(0, 30)), ifNull(r_ConsumedQuantity, 0) != 0, r_ConsumedQuantity, toDecimal256(1, 30))`,
  ],
  // A price is never negative: the sign of what is given back stands in the quantity.
  [
    'f_quantity',
    `if(f_priced AND NOT (${noCost}) AND ((f_unsigned > 0 AND r_ListCost <= 0 AND r_ContractedCost <= 0) OR (f_unsigned < 0 AND r_ListCost >= 0 AND r_ContractedCost >= 0)), negate(f_unsigned), f_unsigned)`,
  ],
  [
    'f_consumed',
    "multiIf(f_category != 'Usage' OR f_status = 'Unused', NULL, isNotNull(r_ConsumedQuantity) OR f_correction, r_ConsumedQuantity, f_unsigned)",
  ],
  [
    'f_commitmentQuantity',
    "multiIf(NOT f_committed OR f_category NOT IN ('Usage', 'Purchase'), NULL, isNotNull(r_CommitmentDiscountQuantity) OR f_correction, r_CommitmentDiscountQuantity, ifNull(r_ConsumedQuantity, f_unsigned))",
  ],
];

function unitPrice(price: string, cost: string): string {
  const fits = `isNotNull(r_${price}) AND r_${price} >= 0 AND (isNull(f_quantity) OR abs(toFloat64(r_${price}) * toFloat64(f_quantity) - toFloat64(r_${cost})) <= ${tolerance} * abs(toFloat64(r_${cost})))`;
  const quotient = `divideDecimal(r_${cost}, if(f_quantity = 0 OR isNull(f_quantity), toDecimal256(1, 30), assumeNotNull(f_quantity)), 30)`;
  return `multiIf(f_tax, NULL, ${fits}, r_${price}, f_priced AND f_quantity = 0, toDecimal256(0, 30), f_priced, ${quotient}, NULL)`;
}

function mapped(value: string, pairs: Parents['categories'], otherwise: string): string {
  if (pairs.length === 0) return otherwise;
  const [from, to] = [pairs.map(([name]) => name), pairs.map(([, parent]) => parent)];
  return `if(has(${list(from)}, ifNull(${value}, '')), transform(ifNull(${value}, ''), ${list(from)}, ${list(to)}, ''), ${otherwise})`;
}

const properties = Object.keys(priceProperties);
const numbers = properties.filter((name) => priceProperties[name] === 'number');
/** A property of FOCUS in its spelling and type, else with x_; nested values become texts; what is no object is kept whole. */
const property = `transform(lower(p.1), ${list(properties.map((name) => name.toLowerCase()))}, ${list(properties)}, if(startsWith(p.1, 'x_'), p.1, concat('x_', p.1)))`;
const unquoted = `trim(BOTH '"' FROM p.2)`;
const isNumber = `match(${unquoted}, '^-?[0-9]+([.][0-9]+)?$')`;
const isText = `startsWith(p.2, '"')`;
const fitting = `multiIf(has(${list(numbers)}, k), ${isNumber}, has(${list(properties)}, k), ${isText}, 1)`;
const valueText = `multiIf(has(${list(numbers)}, k) AND ${isNumber}, ${unquoted}, startsWith(p.2, '{') OR startsWith(p.2, '['), toJSONString(p.2), p.2)`;
const pair = `concat(toJSONString(if(${fitting}, k, concat('x_', k, 'Text'))), ':', ${valueText})`;
const priceDetails = `if(isValidJSON(r_SkuPriceDetails) AND JSONType(r_SkuPriceDetails) = 'Object',
  concat('{', arrayStringConcat(arrayMap((p, k) -> ${pair}, JSONExtractKeysAndValuesRaw(r_SkuPriceDetails), arrayMap(p -> ${property}, JSONExtractKeysAndValuesRaw(r_SkuPriceDetails))), ','), '}'),
  concat('{"x_Details":', toJSONString(r_SkuPriceDetails), '}'))`;

const names = (sql: string): string[] => [...new Set(sql.match(/\b[rf]_\w+/g) ?? [])];

/**
 * The lines that pass `where` with these columns: their own under `r_`, derived ones under `f_`. Each step stands in a query
 * of its own around those that it builds on: written into one, the engine would repeat a step wherever it is named, and
 * again in what is built on that.
 */
function lines(where: string, parents: Parents, wanted: readonly string[]): string {
  const steps = new Map(derived(parents));
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const sql = steps.get(name);
    if (sql === undefined) return 0;
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...names(sql).map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  const deepest = Math.max(0, ...wanted.map(depthOf));
  const layer = (depth: number, needed: readonly string[]): string => {
    if (depth === 0) return `SELECT ${needed.map(rawColumn).join(', ')} FROM fact_cost_usage WHERE ${where}`;
    const own = needed.filter((name) => depthOf(name) === depth);
    const below = [
      ...new Set([
        ...needed.filter((name) => depthOf(name) < depth),
        ...own.flatMap((name) => names(steps.get(name)!)),
      ]),
    ];
    const columns = needed.map((name) => (depthOf(name) === depth ? `${steps.get(name)!} AS ${name}` : name));
    return `SELECT ${columns.join(', ')} FROM (${layer(depth - 1, below)})`;
  };
  return layer(deepest, [...new Set(wanted)]);
}

const typed: ReadonlySet<string> = new Set(raw);
function rawColumn(name: string): string {
  const column = name.slice(2);
  return typed.has(column) ? `${column} AS ${name}` : `toString(${column}) AS ${name}`;
}

/** A data set of a version as a query: each column under its name, amounts as Decimal(76, 30). */
export function focusQuery(version: FocusVersion, where: string, parents: Parents): string {
  const columns = exportColumns(version);
  const outputs = columns.map(({ name, sql }) => `${sql} AS ${name}`);
  const wanted = columns.flatMap(({ sql }) => names(sql));
  return `SELECT ${outputs.join(', ')} FROM (${lines(where, parents, wanted)})`;
}

/** Values with several parents among the lines, and the parent of most of their lines. At most `most` of each kind. */
export function parentsQuery(where: string, most: number): string {
  const of = (kind: keyof Parents, value: string, parent: string) => `
SELECT '${kind}' AS kind, assumeNotNull(value) AS value, argMax(parent, (n, parent)) AS parent
FROM (SELECT ${value} AS value, assumeNotNull(${parent}) AS parent, count() AS n
      FROM (${lines(where, noParents, [value, parent])})
      WHERE isNotNull(value) AND isNotNull(${parent}) GROUP BY value, parent)
GROUP BY value HAVING count() > 1 ORDER BY value LIMIT ${most}`;
  const kinds = [
    of('categories', 'f_service', 'f_serviceCategory'),
    of('skus', 'f_skuPrice', 'f_sku'),
    of('units', 'f_commitment', 'f_commitmentUnit'),
  ];
  return kinds.map((sql) => `SELECT * FROM (${sql})`).join(' UNION ALL ');
}

/** How many lines there are. */
export function countQuery(where: string): string {
  return `SELECT toString(count()) AS rows FROM fact_cost_usage WHERE ${where}`;
}

/** How many lines there are, and of each decimal column whether 18 places hold it and whether 30 places leave room. */
export function sizeQuery(version: FocusVersion, where: string, parents: Parents): string {
  const checks = decimals(version).flatMap(({ name }) => [
    `countIf(${name} != toDecimal256(round(${name}, 18), 30)) = 0 AND ifNull(max(abs(${name})), 0) < 1e20 AS ${name}_18`,
    `ifNull(max(abs(${name})), 0) < 1e8 AS ${name}_30`,
  ]);
  return `SELECT toString(count()) AS rows, ${checks.join(', ')} FROM (${focusQuery(version, where, parents)})`;
}

export function decimals(version: FocusVersion): ExportColumn[] {
  return exportColumns(version).filter(({ type }) => type === 'decimal');
}

/** The data set with its values as texts of a CSV: numbers without trailing zeros, instants in ISO form. */
export function csvQuery(version: FocusVersion, where: string, parents: Parents): string {
  const outputs = exportColumns(version).map(({ name, type }) =>
    type === 'instant' ? `formatDateTime(${name}_, '%Y-%m-%dT%H:%i:%SZ', 'UTC') AS ${name}` : `${name}_ AS ${name}`,
  );
  return `SELECT ${outputs.join(', ')} FROM (${renamed(version, where, parents)})`;
}

/** The data set with the types of a Parquet file; `types` names the decimal type of each decimal column. */
export function parquetQuery(
  version: FocusVersion,
  where: string,
  parents: Parents,
  types: ReadonlyMap<string, string>,
): string {
  const outputs = exportColumns(version).map(({ name, type }) => {
    if (type === 'instant') return `toDateTime64(${name}_, 3, 'UTC') AS ${name}`;
    if (type === 'decimal') return `CAST(${name}_ AS Nullable(${types.get(name) ?? 'Decimal(76, 30)'})) AS ${name}`;
    return `CAST(${name}_ AS Nullable(${type === 'integer' ? 'UInt64' : 'String'})) AS ${name}`;
  });
  return `SELECT ${outputs.join(', ')} FROM (${renamed(version, where, parents)})`;
}

/** Names that do not stand in the way of the names that the outer query gives. */
function renamed(version: FocusVersion, where: string, parents: Parents): string {
  const inner = exportColumns(version).map(({ name }) => `${name} AS ${name}_`);
  return `SELECT ${inner.join(', ')} FROM (${focusQuery(version, where, parents)})`;
}
