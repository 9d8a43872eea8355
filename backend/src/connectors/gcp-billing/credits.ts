import { readAmount, type Exact } from '../mapping/exact-amount.ts';
import type { RecordReader } from '../mapping/record-reader.ts';
import { repeatedFields } from '../mapping/repeated-fields.ts';

/** One entry of `credits`. */
export interface Credit {
  amount: Exact;
  fields: Record<string, string>;
}

/**
 * The credits of a record. One without a readable amount refuses the record: a credit that was left out would make the sum
 * wrong.
 */
export function creditsOf(reader: RecordReader): Credit[] {
  return repeatedFields(reader, 'credits').flatMap((fields) => {
    const read = readAmount(fields['amount'] ?? '');
    if (read.ok) return [{ amount: read.value, fields }];
    reader.refuse('credits.amount', read.reason);
    return [];
  });
}

/** Credits that lower the price of what was used; the others are granted beside the price (promotions, free tier). */
const discounts = new Set([
  'COMMITTED_USAGE_DISCOUNT',
  'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE',
  'SUSTAINED_USAGE_DISCOUNT',
  'FEE_UTILIZATION_OFFSET',
  'DISCOUNT',
]);

export function isDiscount(credit: Credit): boolean {
  return discounts.has((credit.fields['type'] ?? '').toUpperCase());
}
