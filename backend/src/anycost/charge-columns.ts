/** How the value of a column is read. */
export type ColumnKind =
  'text' | 'cost' | 'number' | 'count' | 'hours' | 'instant' | 'currency' | 'code' | 'unit' | 'map';

const texts = (...names: string[]): [string, ColumnKind][] => names.map((name) => [name, 'text']);
const all = (kind: ColumnKind, ...names: string[]): [string, ColumnKind][] => names.map((name) => [name, kind]);

/**
 * Columns of fact_cost_usage that a charge may fill, under the same name: FOCUS 1.0 to 1.4, and the columns of ours that
 * begin with `x_`. Everything else that a charge carries is kept in x_Unknown.
 */
export const chargeColumns: ReadonlyMap<string, ColumnKind> = new Map([
  ...all('cost', 'BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'),
  ...all('number', 'ListUnitPrice', 'ContractedUnitPrice', 'PricingQuantity', 'ConsumedQuantity'),
  ...all('number', 'CommitmentDiscountQuantity', 'PricingCurrencyContractedUnitPrice'),
  ...all('number', 'PricingCurrencyEffectiveCost', 'PricingCurrencyListUnitPrice'),
  ...all('currency', 'BillingCurrency'),
  // FOCUS lets prices stand in virtual currencies (credits, tokens) too.
  ...all('code', 'PricingCurrency'),
  ...all('instant', 'BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'),
  ...all('unit', 'PricingUnit', 'ConsumedUnit', 'CommitmentDiscountUnit'),
  ...texts('ProviderName', 'PublisherName', 'ServiceProviderName', 'HostProviderName', 'InvoiceIssuerName'),
  ...texts('InvoiceId', 'InvoiceDetailId', 'BillingAccountId', 'BillingAccountName', 'BillingAccountType'),
  ...texts('SubAccountId', 'SubAccountName', 'SubAccountType'),
  ...texts('ChargeCategory', 'ChargeClass', 'ChargeDescription', 'ChargeFrequency', 'PricingCategory'),
  ...texts('CommitmentDiscountCategory', 'CommitmentDiscountId', 'CommitmentDiscountName'),
  ...texts('CommitmentDiscountStatus', 'CommitmentDiscountType'),
  ...texts('CapacityReservationId', 'CapacityReservationStatus', 'ContractApplied'),
  ...texts('ServiceCategory', 'ServiceSubcategory', 'ServiceName'),
  ...texts('SkuId', 'SkuMeter', 'SkuPriceId', 'SkuPriceDetails'),
  ...texts('RegionId', 'RegionName', 'AvailabilityZone', 'ResourceId', 'ResourceName', 'ResourceType'),
  ...texts('AllocatedMethodId', 'AllocatedMethodDetails', 'AllocatedResourceId', 'AllocatedResourceName'),
  ...all('map', 'AllocatedTags'),
  ...texts('x_Team', 'x_Product', 'x_Customer', 'x_Feature', 'x_Environment', 'x_Model', 'x_ModelVersion'),
  ...all('count', 'x_InputTokens', 'x_CachedInputTokens', 'x_CacheWriteTokens', 'x_OutputTokens'),
  ...all('count', 'x_ReasoningTokens', 'x_Requests'),
  ...all('hours', 'x_GpuHours'),
  ...texts('x_JobId', 'x_Namespace', 'x_Workload', 'x_CostBasis', 'x_PriceId', 'x_PriceFormula'),
]);

/** Texts of which nearly every row may have one of its own. */
const ownTexts: ReadonlySet<string> = new Set([
  ...['ResourceId', 'ResourceName', 'AllocatedResourceId', 'AllocatedResourceName', 'InvoiceDetailId'],
  ...['CommitmentDiscountId', 'CapacityReservationId', 'x_JobId', 'x_PriceFormula'],
]);

/** Whether a column of a bill usually has few values, each in many rows: the engine then looks at each value once. */
export function isRepetitive(name: string): boolean {
  const kind = chargeColumns.get(name);
  if (kind === 'text') return !ownTexts.has(name);
  return kind === 'instant' || kind === 'currency' || kind === 'code' || kind === 'unit';
}

/** Columns that carry one another's names: FOCUS 1.3 renamed them, 1.4 removed the old ones, and both are kept filled. */
export const renamedColumns = [
  ['ServiceProviderName', 'ProviderName'],
  ['HostProviderName', 'PublisherName'],
] as const;

/** What is true of the columns that only the load itself fills. */
export const originColumns = ['Tenant', 'Region', 'x_DropId', 'x_Source', 'x_SourceFile', 'x_SourceLine'] as const;

/** Columns of fact_cost_usage that a row is written with. */
export const factColumns: readonly string[] = [
  ...originColumns,
  ...chargeColumns.keys(),
  'Tags',
  'x_TagSource',
  'x_Unknown',
];
