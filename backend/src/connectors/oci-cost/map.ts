import type { Mapped, Mapper } from '../../anycost/index.ts';
import { ChargeBuilder } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { billingMonth } from '../mapping/instants.ts';
import { RecordReader } from '../mapping/record-reader.ts';

/**
 * Maps lines of an Oracle Cloud cost report (`reports/cost-csv/*.csv.gz`). BilledCost is `cost/myCost`. The report names no
 * billing period: a line belongs to the month in which its use began, and a correction to the month that it corrects.
 */
export function createOciMapper(): Mapper {
  const names = new FieldNames();
  return { map: (record) => [mapLine(new RecordReader(record.fields, names))] };
}

const tagField = /^tags\/(.+)$/i;

function mapLine(reader: RecordReader): Mapped {
  const start = reader.neededInstant(['lineitemintervalusagestart']);
  const month = start === undefined ? undefined : billingMonth(start);
  const service = reader.text('productservice');
  const isTax = /^tax\b/i.test(service ?? '');
  const quantity = reader.figure('usagebilledquantity');
  const unit = reader.text('costbillingunitreadable', 'costskuunitdescription');
  return new ChargeBuilder()
    .set({
      BilledCost: reader.neededAmount('costmycost'),
      BillingCurrency: reader.text('costcurrencycode'),
      BillingAccountId: reader.text('lineitemtenantid'),
      BillingAccountType: 'Tenancy',
      SubAccountId: reader.text('productcompartmentid'),
      SubAccountName: reader.text('productcompartmentname'),
      SubAccountType: 'Compartment',
      BillingPeriodStart: month?.start,
      BillingPeriodEnd: month?.end,
      ChargePeriodStart: start,
      ChargePeriodEnd: reader.neededInstant(['lineitemintervalusageend']),
      ChargeCategory: isTax ? 'Tax' : 'Usage',
      ChargeFrequency: isTax ? 'One-Time' : 'Usage-Based',
      ChargeClass: /^(?:true|y|yes|1)$/i.test(reader.text('lineitemiscorrection') ?? '') ? 'Correction' : undefined,
      ChargeDescription: reader.text('productdescription'),
      ServiceName: service ?? 'Oracle Cloud Infrastructure',
      ServiceProviderName: 'Oracle',
      InvoiceIssuerName: 'Oracle',
      PricingCategory: 'Standard',
      PricingQuantity: quantity,
      PricingUnit: unit ?? 'Units',
      ConsumedQuantity: quantity,
      ConsumedUnit: unit ?? 'Units',
      ListUnitPrice: reader.figure('costunitprice'),
      ContractedUnitPrice: reader.peek('costunitprice') === undefined ? undefined : reader.figure('costunitprice'),
      SkuId: reader.text('costproductsku'),
      SkuPriceId: reader.peek('costproductsku'),
      SkuMeter: reader.peek('productdescription'),
      RegionId: reader.text('productregion'),
      AvailabilityZone: reader.text('productavailabilitydomain'),
      ResourceId: reader.text('productresourceid'),
      ResourceType: reader.text('productresource'),
    })
    .tags(reader.takeMatching(tagField))
    .done(reader);
}
