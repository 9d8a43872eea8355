import type { Mapped, Mapper } from '../../anycost/index.ts';
import { ChargeBuilder } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { billingMonth, dayInSeconds, plusSeconds } from '../mapping/instants.ts';
import { RecordReader } from '../mapping/record-reader.ts';

/** Maps one line of the example's bill (`date,service,project,amount,currency,kind`) to a charge. */
export function createTemplateMapper(): Mapper {
  const names = new FieldNames();
  return { map: (record) => [mapLine(new RecordReader(record.fields, names))] };
}

const categories = new Map([
  ['usage', 'Usage'],
  ['tax', 'Tax'],
  ['credit', 'Credit'],
]);

function mapLine(reader: RecordReader): Mapped {
  const day = reader.neededInstant(['date']);
  const month = day === undefined ? undefined : billingMonth(day);
  const account = reader.text('project');
  return new ChargeBuilder()
    .set({
      BilledCost: reader.neededAmount('amount'),
      BillingCurrency: reader.text('currency'),
      BillingPeriodStart: month?.start,
      BillingPeriodEnd: month?.end,
      ChargePeriodStart: day,
      ChargePeriodEnd: day === undefined ? undefined : plusSeconds(day, dayInSeconds),
      ChargeCategory: categories.get((reader.text('kind') ?? 'usage').toLowerCase()) ?? 'Adjustment',
      ServiceName: reader.text('service'),
      ServiceProviderName: 'Example Cloud',
      BillingAccountId: account ?? 'example',
      SubAccountId: account,
    })
    .tags(reader.takeMatching(/^label:(.+)$/))
    .done(reader);
}
