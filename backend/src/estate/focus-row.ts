import { Decimal } from 'decimal.js';

/** One line of a generated FOCUS 1.2 bill; every value as it stands in the file. */
export interface FocusRow {
  BillingAccountId: string;
  BillingAccountName: string;
  BillingCurrency: string;
  BillingPeriodStart: string;
  BillingPeriodEnd: string;
  ChargePeriodStart: string;
  ChargePeriodEnd: string;
  ChargeCategory: 'Usage' | 'Purchase' | 'Tax' | 'Credit' | 'Adjustment';
  ChargeClass: '' | 'Correction';
  ChargeDescription: string;
  ChargeFrequency: 'Usage-Based' | 'Recurring' | 'One-Time';
  BilledCost: string;
  EffectiveCost: string;
  ListCost: string;
  ContractedCost: string;
  ConsumedQuantity: string;
  ConsumedUnit: string;
  PricingQuantity: string;
  PricingUnit: string;
  ProviderName: string;
  PublisherName: string;
  InvoiceIssuerName: string;
  RegionId: string;
  ResourceId: string;
  ResourceName: string;
  ServiceCategory: string;
  ServiceName: string;
  SkuId: string;
  SubAccountId: string;
  SubAccountName: string;
  Tags: string;
}

/** What differs from line to line; the rest follows from it. */
export interface Charge {
  provider: { name: string; account: string; accountName: string; issuer: string };
  start: Date;
  hours: number;
  category: string;
  service: string;
  description: string;
  sku: string;
  resource: string;
  region: string;
  subAccount: string;
  quantity: Decimal.Value;
  unit: string;
  listUnitPrice: Decimal.Value;
  /** Share of the list price that the contract takes off, 0 to 1. */
  discount?: number;
  chargeCategory?: FocusRow['ChargeCategory'];
  tags: Readonly<Record<string, string>>;
}

const HOUR_MS = 3_600_000;

/** Prices a charge: list = quantity x list unit price, the others less the discount; exact decimals, never floats. */
export function focusRow(charge: Charge): FocusRow {
  const quantity = new Decimal(charge.quantity);
  const list = quantity.times(charge.listUnitPrice);
  const paid = list.times(new Decimal(1).minus(charge.discount ?? 0));
  const month = new Date(Date.UTC(charge.start.getUTCFullYear(), charge.start.getUTCMonth(), 1));
  const nextMonth = new Date(Date.UTC(charge.start.getUTCFullYear(), charge.start.getUTCMonth() + 1, 1));
  return {
    BillingAccountId: charge.provider.account,
    BillingAccountName: charge.provider.accountName,
    BillingCurrency: 'USD',
    BillingPeriodStart: month.toISOString(),
    BillingPeriodEnd: nextMonth.toISOString(),
    ChargePeriodStart: charge.start.toISOString(),
    ChargePeriodEnd: new Date(charge.start.getTime() + charge.hours * HOUR_MS).toISOString(),
    ChargeCategory: charge.chargeCategory ?? 'Usage',
    ChargeClass: '',
    ChargeDescription: charge.description,
    ChargeFrequency: 'Usage-Based',
    BilledCost: paid.toFixed(),
    EffectiveCost: paid.toFixed(),
    ListCost: list.toFixed(),
    ContractedCost: paid.toFixed(),
    ConsumedQuantity: quantity.toFixed(),
    ConsumedUnit: charge.unit,
    PricingQuantity: quantity.toFixed(),
    PricingUnit: charge.unit,
    ProviderName: charge.provider.name,
    PublisherName: charge.provider.name,
    InvoiceIssuerName: charge.provider.issuer,
    RegionId: charge.region,
    ResourceId: charge.resource,
    ResourceName: charge.resource,
    ServiceCategory: charge.category,
    ServiceName: charge.service,
    SkuId: charge.sku,
    SubAccountId: charge.subAccount,
    SubAccountName: charge.subAccount,
    Tags: JSON.stringify(charge.tags),
  };
}

/** RFC 4180 text of one line. */
export function csvLine(values: readonly string[]): string {
  return `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')}\n`;
}
