import type { Mapped, Mapper, RawFields } from '../../anycost/index.ts';
import { ChargeBuilder } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { billingMonth, monthStart } from '../mapping/instants.ts';
import { RecordReader } from '../mapping/record-reader.ts';

/** What the lines of an invoice do not say themselves. */
interface Invoice {
  /** The invoice names no account: it is that of the source. */
  account: string;
  /** `YYYY-MM` of the invoice where its file's name tells it; else each line counts in the month of its start. */
  period: string | undefined;
}

/** Maps lines of an invoice. */
export function createInvoiceMapper(invoice: Invoice): Mapper {
  const names = new FieldNames();
  return { map: ({ fields }) => [mapLine(new RecordReader(inPlainDollars(fields), names), invoice)] };
}

/** `$3.11` and `-$3.11` → `3.11` and `-3.11`. */
function inPlainDollars(fields: RawFields): RawFields {
  const amount = fields['USD'];
  return amount === undefined ? fields : { ...fields, USD: amount.replace(/^\s*(-?)\$(-?)/, '$1$2') };
}

function mapLine(reader: RecordReader, { account, period }: Invoice): Mapped {
  const start = reader.neededInstant(['start']);
  const billed = period === undefined ? start : monthStart(period);
  const month = billed === undefined ? undefined : billingMonth(billed);
  const product = reader.text('product');
  const category = categoryOf(product ?? '');
  const hours = reader.figure('hours');
  const unit = hours === undefined ? undefined : 'Hours';
  const group = reader.text('groupdescription');
  return new ChargeBuilder()
    .set({
      BilledCost: reader.neededAmount('usd'),
      BillingCurrency: 'USD',
      BillingAccountId: account,
      SubAccountName: reader.text('projectname'),
      SubAccountType: 'Project',
      BillingPeriodStart: month?.start,
      BillingPeriodEnd: month?.end,
      ChargePeriodStart: start,
      ChargePeriodEnd: reader.neededInstant(['end']),
      ChargeCategory: category,
      ChargeFrequency: category === 'Usage' ? 'Usage-Based' : 'One-Time',
      ChargeDescription: reader.text('description'),
      PricingCategory: category === 'Usage' ? 'Standard' : undefined,
      PricingQuantity: hours,
      PricingUnit: unit,
      ConsumedQuantity: hours,
      ConsumedUnit: unit,
      ServiceName: product,
      ServiceProviderName: 'DigitalOcean',
      ResourceId: group,
    })
    .done(reader);
}

function categoryOf(product: string): string {
  if (/^tax/i.test(product)) return 'Tax';
  if (/credit|promo/i.test(product)) return 'Credit';
  return /refund|adjustment/i.test(product) ? 'Adjustment' : 'Usage';
}
