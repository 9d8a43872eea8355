import type { Mapped, Mapper } from '../../anycost/index.ts';
import { ChargeBuilder, type ChargeTexts } from '../mapping/charge-builder.ts';
import { Exact, sum } from '../mapping/exact-amount.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { billingMonth, monthStart } from '../mapping/instants.ts';
import { nestedFields } from '../mapping/nested-fields.ts';
import { RecordReader } from '../mapping/record-reader.ts';
import { labelsOf, repeatedFields } from '../mapping/repeated-fields.ts';
import { creditsOf, isDiscount, type Credit } from './credits.ts';

export interface GcpOptions {
  /** `separate`: each credit is a charge of its own. `netted`: credits are taken off the cost they belong to. */
  credits: 'separate' | 'netted';
}

/**
 * Maps rows of the Cloud Billing export to BigQuery, standard or detailed, as JSON, NDJSON, Parquet or CSV (in both of these
 * lists and structures are JSON text). The bill is `cost` plus all `credits`; both ways of showing credits add up to it. EffectiveCost is BilledCost: the
 * export does not say which usage a commitment's fee paid for.
 */
export function createGcpMapper(options: GcpOptions): Mapper {
  const names = new FieldNames();
  return { map: (record) => mapRow(new RecordReader(nestedFields(record.fields), names), options) };
}

function mapRow(reader: RecordReader, options: GcpOptions): Mapped[] {
  const credits = creditsOf(reader);
  const cost = reader.neededAmount('cost');
  const list = reader.figure('costatlist');
  const place = placeOf(reader);
  const category = categoryOf(reader);
  const tags = tagsOf(reader);
  const netted = options.credits === 'netted';
  const billed = cost === undefined ? undefined : netted ? sum(cost, ...credits.map(({ amount }) => amount)) : cost;
  const isUsage = category['ChargeCategory'] === 'Usage';
  const row = new ChargeBuilder()
    .set({ ...place, ...category, ...usageOf(reader, isUsage) })
    .set({ BilledCost: billed, ContractedCost: isUsage ? cost : billed, ListCost: isUsage ? (list ?? cost) : billed })
    .set({ x_CostAtList: isUsage ? undefined : list })
    .set({ x_Credits: netted && credits.length > 0 ? JSON.stringify(credits.map(({ fields }) => fields)) : undefined })
    .tags(tags);
  const mapped = row.done(reader);
  if (mapped.kind === 'quarantined' || netted) return [mapped];
  return [mapped, ...credits.map((credit) => creditCharge(reader, place, tags, credit))];
}

function placeOf(reader: RecordReader): ChargeTexts {
  const start = reader.neededInstant(['usagestarttime']);
  const invoiced = reader.instant(['invoicemonth'], monthStart);
  const period = invoiced ?? start;
  const month = period === undefined ? undefined : billingMonth(period);
  return {
    BillingAccountId: reader.text('billingaccountid'),
    BillingAccountType: 'Billing Account',
    SubAccountId: reader.text('projectid'),
    SubAccountName: reader.text('projectname'),
    SubAccountType: 'Project',
    BillingPeriodStart: month?.start,
    BillingPeriodEnd: month?.end,
    ChargePeriodStart: start,
    ChargePeriodEnd: reader.neededInstant(['usageendtime']),
    BillingCurrency: reader.text('currency'),
    InvoiceIssuerName: 'Google Cloud',
    ServiceProviderName: reader.text('sellername') ?? 'Google Cloud',
    HostProviderName: 'Google Cloud',
    ServiceName: reader.text('servicedescription', 'serviceid'),
    SkuId: reader.text('skuid'),
    SkuPriceId: reader.peek('skuid'),
    SkuMeter: reader.peek('skudescription'),
    RegionId: reader.text('locationregion', 'locationlocation'),
    AvailabilityZone: reader.text('locationzone'),
    ResourceId: reader.text('resourceglobalname', 'resourcename'),
    ResourceName: reader.text('resourcename'),
  };
}

function categoryOf(reader: RecordReader): ChargeTexts {
  const type = (reader.peek('costtype') ?? 'regular').toLowerCase();
  const corrects = reader.peek('adjustmentinfomode', 'adjustmentinfotype', 'adjustmentinfoid') !== undefined;
  const correction = { ChargeClass: corrects ? 'Correction' : undefined };
  const description = reader.text('skudescription');
  const told = { ...correction, ChargeDescription: description };
  if (type === 'tax') return { ...told, ChargeCategory: 'Tax', ChargeFrequency: 'One-Time' };
  if (type !== 'regular') return { ...told, ChargeCategory: 'Adjustment', ChargeFrequency: 'One-Time' };
  if (/^commitment\b/i.test(description ?? ''))
    return { ...told, ChargeCategory: 'Purchase', ChargeFrequency: 'Recurring', PricingCategory: 'Standard' };
  const spot = /\b(?:spot|preemptible)\b/i.test(description ?? '');
  return {
    ...told,
    ChargeCategory: 'Usage',
    ChargeFrequency: 'Usage-Based',
    PricingCategory: spot ? 'Dynamic' : 'Standard',
  };
}

function usageOf(reader: RecordReader, isUsage: boolean): ChargeTexts {
  // A price for a thousand is no unit price; it stays beside the row.
  const perOne = new Exact(1).eq(reader.figure('pricepricingunitquantity') ?? 1);
  const quantity = reader.figure('usageamountinpricingunits');
  return {
    PricingQuantity: quantity,
    PricingUnit: reader.text('usagepricingunit'),
    ConsumedQuantity: isUsage ? reader.figure('usageamount') : undefined,
    ConsumedUnit: isUsage ? reader.text('usageunit') : undefined,
    ListUnitPrice: perOne ? reader.figure('pricelistprice') : undefined,
    ContractedUnitPrice: perOne ? reader.figure('priceeffectiveprice') : undefined,
    x_PricePricingUnitQuantity: reader.peek('pricepricingunitquantity'),
  };
}

/** Labels of the resource, then tags, then labels of the project, which only fill what the others leave open. */
function tagsOf(reader: RecordReader): Record<string, string> {
  const labels = labelsOf(repeatedFields(reader, 'labels'), ({ key }) => key ?? '');
  const system = labelsOf(repeatedFields(reader, 'system_labels'), ({ key }) => key ?? '');
  const project = labelsOf(repeatedFields(reader, 'project.labels'), ({ key }) => key ?? '');
  const attached = repeatedFields(reader, 'tags');
  const tags = labelsOf(attached, ({ key, namespace }) =>
    namespace === undefined ? (key ?? '') : `${namespace}/${key ?? ''}`,
  );
  const own = { ...system, ...tags, ...labels };
  const inherited = Object.entries(project).map(
    ([name, value]) => [Object.hasOwn(own, name) ? `project:${name}` : name, value] as const,
  );
  const marks = attached.flatMap(({ key, inherited: mark }) =>
    key === undefined || mark === undefined ? [] : [[`tag-inherited:${key}`, mark] as const],
  );
  return { ...Object.fromEntries([...inherited, ...marks]), ...own };
}

/** A credit as a charge of its own, at the place and time of what it belongs to. */
function creditCharge(
  reader: RecordReader,
  place: ChargeTexts,
  tags: Record<string, string>,
  { amount, fields, ...credit }: Credit,
): Mapped {
  // A discount has no list price: counted there, list cost less discounts would be counted twice in what was saved.
  const beside = isDiscount({ amount, fields, ...credit }) ? '0' : amount;
  return new ChargeBuilder()
    .set(place)
    .set({
      ChargeCategory: beside === '0' ? 'Adjustment' : 'Credit',
      ChargeFrequency: 'Usage-Based',
      ChargeDescription: fields['full_name'] ?? fields['name'],
      BilledCost: amount,
      ListCost: beside,
      ContractedCost: beside,
      x_CreditId: fields['id'],
      x_CreditName: fields['name'],
      x_CreditType: fields['type'],
    })
    .tags(tags)
    .done(reader, new Map());
}
