import type { Mapped, Mapper } from '../../anycost/index.ts';
import { ChargeBuilder, type ChargeTexts } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { americanOrIsoDay, billingMonth, dayInSeconds, plusSeconds } from '../mapping/instants.ts';
import { RecordReader } from '../mapping/record-reader.ts';
import { lineCosts } from './costs.ts';
import { azureTags } from './tags.ts';

export interface AzureOptions {
  dataset: 'actual' | 'amortized';
}

/**
 * Maps lines of Azure cost exports, of enterprise agreements (`CostInBillingCurrency`, `MM/DD/YYYY`) and of customer agreements
 * (`costInBillingCurrency`, `billingProfileId`), and of the older formats (`PreTaxCost`). For the costs see costs.ts.
 */
export function createAzureMapper(options: AzureOptions): Mapper {
  const names = new FieldNames();
  return { map: (record) => [mapLine(new RecordReader(record.fields, names), options)] };
}

interface ChargeKind {
  category: string;
  correction?: true;
  unused?: true;
}

function mapLine(reader: RecordReader, options: AzureOptions): Mapped {
  const kind = kindOf(reader);
  const commitment = commitmentOf(reader, kind);
  const isUsage = kind.category === 'Usage';
  const covered = isUsage && commitment['CommitmentDiscountId'] !== undefined;
  return new ChargeBuilder()
    .set(lineCosts(reader, { amortised: options.dataset === 'amortized', covered, priced: isUsage && !kind.unused }))
    .set({ ...placeOf(reader), ...commitment, ...usageOf(reader, kind), ...resourceOf(reader) })
    .set({ ChargeCategory: kind.category, ChargeClass: kind.correction ? 'Correction' : undefined })
    .set({ ChargeFrequency: frequencyOf(reader, kind) })
    .tags(tagsOf(reader))
    .done(reader);
}

function kindOf(reader: RecordReader): ChargeKind {
  const type = (reader.peek('chargetype') ?? 'Usage').toLowerCase().replace(/[^a-z]/g, '');
  if (type === 'usage') return { category: 'Usage' };
  if (type.startsWith('unused')) return { category: 'Usage', unused: true };
  if (type === 'purchase') return { category: 'Purchase' };
  if (type === 'tax') return { category: 'Tax' };
  if (type === 'refund') {
    const ofPurchase = reader.peek('reservationid', 'benefitid', 'productorderid') !== undefined;
    return { category: ofPurchase ? 'Purchase' : 'Adjustment', correction: true };
  }
  if (type !== 'roundingadjustment')
    reader.flags.push({
      column: 'ChargeType',
      reason: 'The type of the charge is not known; it is counted as an adjustment',
    });
  return { category: 'Adjustment' };
}

function frequencyOf(reader: RecordReader, kind: ChargeKind): string {
  const frequency = (reader.peek('frequency') ?? '').toLowerCase().replace(/[^a-z]/g, '');
  if (frequency === 'recurring') return 'Recurring';
  return kind.category === 'Usage' ? 'Usage-Based' : 'One-Time';
}

function placeOf(reader: RecordReader): ChargeTexts {
  const day = reader.neededInstant(['date', 'usagedatetime', 'usagedate'], americanOrIsoDay);
  const from = reader.instant(['billingperiodstartdate', 'billingperiodstart'], americanOrIsoDay) ?? day;
  const to = reader.instant(['billingperiodenddate', 'billingperiodend'], americanOrIsoDay);
  const marketplace = /marketplace/i.test(reader.peek('publishertype') ?? '');
  return {
    BillingAccountId: reader.text('billingaccountid', 'enrollmentnumber', 'subscriptionid', 'subscriptionguid'),
    BillingAccountName: reader.text('billingaccountname'),
    BillingAccountType: 'Billing Account',
    SubAccountId: reader.text('subscriptionid', 'subscriptionguid'),
    SubAccountName: reader.text('subscriptionname'),
    SubAccountType: 'Subscription',
    ...(from === undefined ? {} : billingPeriod(from, to)),
    ChargePeriodStart: day,
    ChargePeriodEnd: day === undefined ? undefined : plusSeconds(day, dayInSeconds),
    BillingCurrency: reader.text('billingcurrencycode', 'billingcurrency', 'currency'),
    PricingCurrency: reader.text('pricingcurrency'),
    InvoiceId: reader.text('invoiceid'),
    InvoiceIssuerName: reader.text('resellername') ?? 'Microsoft',
    ServiceProviderName: marketplace ? (reader.text('publishername') ?? 'Microsoft') : 'Microsoft',
    HostProviderName: 'Microsoft',
    ServiceName: reader.text('metercategory', 'consumedservice', 'servicefamily', 'productname', 'product') ?? 'Azure',
  };
}

/** Azure names the last day of the period; FOCUS wants the day after it. Agreements bill by calendar month. */
function billingPeriod(from: string, to: string | undefined): ChargeTexts {
  const month = billingMonth(from);
  if (from === month.start || to === undefined) return { BillingPeriodStart: month.start, BillingPeriodEnd: month.end };
  return { BillingPeriodStart: from, BillingPeriodEnd: plusSeconds(to, dayInSeconds) };
}

const pricingCategories: ReadonlyMap<string, string> = new Map([
  ['ondemand', 'Standard'],
  ['spot', 'Dynamic'],
  ['reservation', 'Committed'],
  ['savingsplan', 'Committed'],
]);

function usageOf(reader: RecordReader, kind: ChargeKind): ChargeTexts {
  const model = (reader.peek('pricingmodel') ?? 'OnDemand').toLowerCase().replace(/[^a-z]/g, '');
  const priced = kind.category === 'Usage' || kind.category === 'Purchase';
  const quantity = reader.figure('quantity', 'usagequantity', 'consumedquantity');
  const unit = reader.text('unitofmeasure') ?? 'Units';
  return {
    ChargeDescription: reader.text('productname', 'product', 'metername'),
    PricingCategory: priced ? (pricingCategories.get(model) ?? 'Other') : undefined,
    PricingQuantity: quantity,
    PricingUnit: quantity === undefined ? undefined : unit,
    ConsumedQuantity: quantity,
    ConsumedUnit: quantity === undefined ? undefined : unit,
    ListUnitPrice: reader.figure('paygprice'),
    ContractedUnitPrice: reader.figure('unitprice'),
    SkuId: reader.text('meterid'),
    SkuPriceId: reader.text('partnumber', 'productid', 'meterid'),
    SkuMeter: reader.text('metername'),
  };
}

function commitmentOf(reader: RecordReader, kind: ChargeKind): ChargeTexts {
  const id = reader.text('benefitid', 'reservationid');
  if (id === undefined) return {};
  const plan = /savings/i.test(`${reader.peek('pricingmodel') ?? ''} ${reader.peek('chargetype') ?? ''} ${id}`);
  return {
    CommitmentDiscountId: id,
    CommitmentDiscountName: reader.text('benefitname', 'reservationname'),
    CommitmentDiscountType: plan ? 'Savings Plan' : 'Reservation',
    CommitmentDiscountCategory: plan ? 'Spend' : 'Usage',
    CommitmentDiscountStatus: kind.category !== 'Usage' ? undefined : kind.unused ? 'Unused' : 'Used',
  };
}

function resourceOf(reader: RecordReader): ChargeTexts {
  const id = reader.text('resourceid', 'instanceid', 'instancename');
  const region = reader.text('resourcelocation', 'location', 'meterregion');
  const type = id === undefined ? undefined : /\/providers\/([^/]+\/[^/]+)\/[^/]+$/i.exec(id)?.[1];
  return {
    ResourceId: id,
    ResourceName: reader.text('resourcename') ?? id?.slice(id.lastIndexOf('/') + 1),
    ResourceType: type,
    RegionId: region,
    AvailabilityZone: reader.text('availabilityzone'),
  };
}

function tagsOf(reader: RecordReader): Record<string, string> {
  const text = reader.peek('tags');
  if (text === undefined) return {};
  const tags = azureTags(text);
  if (tags === undefined) {
    reader.flags.push({ column: 'Tags', reason: 'Tags is no list of tags; its text is kept and the row has no tags' });
    return {};
  }
  reader.text('tags');
  return tags;
}
