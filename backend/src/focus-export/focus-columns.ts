import type { FocusVersion } from './contract.ts';

export type ColumnType = 'text' | 'json' | 'decimal' | 'integer' | 'instant';

/** A column of an export: its name, how its value is written, and the expression that makes it (see focus-sql.ts). */
export interface ExportColumn {
  name: string;
  type: ColumnType;
  sql: string;
  /** Versions that have it; both where absent. */
  only?: FocusVersion;
}

/** The text of the line's own column; null where the bill has none. */
const own = (name: string): ExportColumn => ({ name, type: 'text', sql: `nullIf(r_${name}, '')` });
const text = (name: string, sql: string, only?: FocusVersion): ExportColumn => ({
  name,
  type: 'text',
  sql,
  ...(only === undefined ? {} : { only }),
});
const decimal = (name: string, sql = `r_${name}`): ExportColumn => ({ name, type: 'decimal', sql });
const instant = (name: string): ExportColumn => ({ name, type: 'instant', sql: `r_${name}` });
const json = (name: string, sql: string, only?: FocusVersion): ExportColumn => ({
  ...text(name, sql, only),
  type: 'json',
});
const integer = (name: string, from = name): ExportColumn => ({ name, type: 'integer', sql: `r_${from}` });
/** Null where the line has no commitment, else the line's own text, else what it must at least say. */
const committed = (name: string, otherwise: string): ExportColumn =>
  text(name, `if(f_committed, ifNull(nullIf(r_${name}, ''), ${otherwise}), NULL)`);
const mapJson = (name: string): string => `if(empty(r_${name}), NULL, toJSONString(r_${name}))`;
/** Columns of FOCUS in the order of the alphabet, and after them our own. */
const focus: readonly ExportColumn[] = [
  {
    ...json(
      'AllocatedMethodDetails',
      "if(isValidJSON(r_AllocatedMethodDetails) AND JSONType(r_AllocatedMethodDetails) = 'Object', r_AllocatedMethodDetails, NULL)",
    ),
    only: '1.4',
  },
  { ...own('AllocatedMethodId'), only: '1.4' },
  { ...own('AllocatedResourceId'), only: '1.4' },
  { ...own('AllocatedResourceName'), only: '1.4' },
  json('AllocatedTags', mapJson('AllocatedTags'), '1.4'),
  own('AvailabilityZone'),
  decimal('BilledCost'),
  text('BillingAccountId', "ifNull(nullIf(r_BillingAccountId, ''), f_provider)"),
  text('BillingAccountName', "coalesce(nullIf(r_BillingAccountName, ''), nullIf(r_BillingAccountId, ''), f_provider)"),
  text('BillingAccountType', "ifNull(nullIf(r_BillingAccountType, ''), 'Billing Account')"),
  text('BillingCurrency', 'r_BillingCurrency'),
  instant('BillingPeriodEnd'),
  instant('BillingPeriodStart'),
  own('CapacityReservationId'),
  text(
    'CapacityReservationStatus',
    "multiIf(r_CapacityReservationId = '', NULL, lower(r_CapacityReservationStatus) = 'unused', 'Unused', lower(r_CapacityReservationStatus) = 'used' OR f_category = 'Usage', 'Used', NULL)",
  ),
  text('ChargeCategory', 'f_category'),
  text('ChargeClass', "if(f_correction, 'Correction', NULL)"),
  own('ChargeDescription'),
  text(
    'ChargeFrequency',
    "multiIf(lower(r_ChargeFrequency) = 'one-time', 'One-Time', lower(r_ChargeFrequency) = 'recurring', 'Recurring', f_category = 'Purchase', 'One-Time', lower(r_ChargeFrequency) = 'usage-based' OR f_category = 'Usage', 'Usage-Based', 'One-Time')",
  ),
  instant('ChargePeriodEnd'),
  instant('ChargePeriodStart'),
  text(
    'CommitmentDiscountCategory',
    "multiIf(NOT f_committed, NULL, lower(r_CommitmentDiscountCategory) = 'spend', 'Spend', lower(r_CommitmentDiscountCategory) = 'usage', 'Usage', r_CommitmentDiscountUnit = r_BillingCurrency, 'Spend', 'Usage')",
  ),
  own('CommitmentDiscountId'),
  text('CommitmentDiscountName', "if(f_committed, nullIf(r_CommitmentDiscountName, ''), NULL)"),
  decimal('CommitmentDiscountQuantity', 'f_commitmentQuantity'),
  text('CommitmentDiscountStatus', 'f_status'),
  committed('CommitmentDiscountType', "'Commitment'"),
  text('CommitmentDiscountUnit', 'f_commitmentUnit'),
  json('CommitmentProgramEligibilityDetails', 'CAST(NULL AS Nullable(String))', '1.4'),
  decimal('ConsumedQuantity', 'f_consumed'),
  text(
    'ConsumedUnit',
    "if(isNull(f_consumed), NULL, coalesce(nullIf(r_ConsumedUnit, ''), nullIf(r_PricingUnit, ''), 'Units'))",
  ),
  json(
    'ContractApplied',
    "if(isValidJSON(r_ContractApplied) AND JSONType(r_ContractApplied) = 'Object', r_ContractApplied, NULL)",
    '1.4',
  ),
  decimal('ContractedCost'),
  decimal('ContractedUnitPrice', 'f_contractedPrice'),
  decimal('EffectiveCost'),
  text('HostProviderName', "ifNull(nullIf(r_HostProviderName, ''), f_provider)", '1.4'),
  { ...own('InvoiceDetailId'), only: '1.4' },
  own('InvoiceId'),
  text('InvoiceIssuerName', "ifNull(nullIf(r_InvoiceIssuerName, ''), f_provider)"),
  decimal('ListCost'),
  decimal('ListUnitPrice', 'f_listPrice'),
  text(
    'PricingCategory',
    "multiIf(f_tax, NULL, lower(r_PricingCategory) IN ('standard', 'on-demand'), 'Standard', lower(r_PricingCategory) IN ('committed', 'commitment-based'), 'Committed', lower(r_PricingCategory) = 'dynamic', 'Dynamic', r_PricingCategory != '' OR f_priced, 'Other', NULL)",
  ),
  text('PricingCurrency', 'f_pricingCurrency'),
  decimal('PricingCurrencyContractedUnitPrice', 'f_outPricingCurrencyContractedUnitPrice'),
  decimal('PricingCurrencyEffectiveCost', 'f_outPricingCurrencyEffectiveCost'),
  decimal('PricingCurrencyListUnitPrice', 'f_outPricingCurrencyListUnitPrice'),
  decimal('PricingQuantity', 'f_quantity'),
  text(
    'PricingUnit',
    "if(isNull(f_quantity), NULL, coalesce(nullIf(r_PricingUnit, ''), nullIf(r_ConsumedUnit, ''), 'Units'))",
  ),
  text('ProviderName', 'f_provider', '1.2'),
  text('PublisherName', "ifNull(nullIf(r_PublisherName, ''), f_provider)", '1.2'),
  text('RegionId', "ifNull(nullIf(r_RegionId, ''), nullIf(r_RegionName, ''))"),
  text('RegionName', "ifNull(nullIf(r_RegionName, ''), nullIf(r_RegionId, ''))"),
  own('ResourceId'),
  text('ResourceName', "if(r_ResourceId = '', NULL, nullIf(r_ResourceName, ''))"),
  text('ResourceType', "if(r_ResourceId = '', NULL, ifNull(nullIf(r_ResourceType, ''), 'Resource'))"),
  text('ServiceCategory', 'f_serviceCategory'),
  text('ServiceName', 'f_service'),
  text('ServiceProviderName', "ifNull(nullIf(r_ServiceProviderName, ''), f_provider)", '1.4'),
  text('ServiceSubcategory', 'f_subcategory'),
  text('SkuId', 'f_sku'),
  text('SkuMeter', "if(isNull(f_sku), NULL, nullIf(r_SkuMeter, ''))"),
  json('SkuPriceDetails', 'f_priceDetails'),
  text('SkuPriceId', 'f_skuPrice'),
  text('SubAccountId', "ifNull(nullIf(r_SubAccountId, ''), nullIf(r_SubAccountName, ''))"),
  text('SubAccountName', "ifNull(nullIf(r_SubAccountName, ''), nullIf(r_SubAccountId, ''))"),
  text(
    'SubAccountType',
    "if(r_SubAccountId = '' AND r_SubAccountName = '', NULL, ifNull(nullIf(r_SubAccountType, ''), 'Sub Account'))",
  ),
  json('Tags', mapJson('Tags')),
];

/** Model, tokens and where a charge comes from: what FOCUS has no column for yet, named as the proposals for 1.5 do. */
const custom: readonly ExportColumn[] = [
  integer('x_CacheReadTokens', 'x_CachedInputTokens'),
  integer('x_CacheWriteTokens'),
  text('x_CostBasis', "ifNull(nullIf(r_x_CostBasis, ''), 'billed')"),
  own('x_Customer'),
  own('x_Environment'),
  own('x_Feature'),
  decimal('x_GpuHours'),
  integer('x_InputTokens'),
  own('x_JobId'),
  own('x_Model'),
  own('x_ModelVersion'),
  own('x_Namespace'),
  integer('x_OutputTokens'),
  text('x_PriceFormula', "nullIf(r_x_PriceFormula, '')"),
  own('x_PriceId'),
  own('x_Product'),
  integer('x_ReasoningTokens'),
  integer('x_Requests'),
  own('x_Source'),
  own('x_SourceFile'),
  integer('x_SourceLine'),
  own('x_Team'),
  own('x_Workload'),
];

/** Columns of a version in their order. */
export function exportColumns(version: FocusVersion): ExportColumn[] {
  return [...focus, ...custom].filter(({ only }) => only === undefined || only === version);
}
