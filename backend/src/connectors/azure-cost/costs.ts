import type { ChargeTexts } from '../mapping/charge-builder.ts';
import { Exact } from '../mapping/exact-amount.ts';
import type { RecordReader } from '../mapping/record-reader.ts';

const zero = new Exact(0);

/**
 * Costs of a line. The two kinds of export tell halves of the story:
 *   actual      cost is what is billed: purchases in full, usage that a commitment covers 0. It is also EffectiveCost, since
 *               which usage a purchase paid for is not told.
 *   amortized   cost is EffectiveCost; what a commitment covers, or leaves unused, was billed with its purchase: BilledCost 0.
 * ListCost is Azure's own pay-as-you-go cost, else price times quantity in the billing currency.
 */
export function lineCosts(
  reader: RecordReader,
  line: { amortised: boolean; covered: boolean; priced: boolean },
): ChargeTexts {
  const cost = reader.neededAmount('costinbillingcurrency', 'cost', 'pretaxcost');
  if (cost === undefined) return {};
  const billed = line.amortised && line.covered ? zero : cost;
  if (!line.priced) return { BilledCost: billed, EffectiveCost: cost, ListCost: cost, ContractedCost: cost };
  const payAsYouGo = reader.figure('paygcostinbillingcurrency') ?? priceTimesQuantity(reader, 'paygprice');
  const contracted = line.covered ? priceTimesQuantity(reader, 'unitprice') : undefined;
  return {
    BilledCost: billed,
    EffectiveCost: cost,
    ListCost: payAsYouGo === undefined || payAsYouGo.isZero() ? cost : payAsYouGo,
    ContractedCost: contracted === undefined || contracted.isZero() ? cost : contracted,
  };
}

/** In the billing currency; undefined where price, quantity or the rate between the two currencies is missing. */
function priceTimesQuantity(reader: RecordReader, price: string): Exact | undefined {
  const [one, quantity] = [reader.figure(price), reader.figure('quantity', 'usagequantity', 'consumedquantity')];
  if (one === undefined || quantity === undefined) return undefined;
  const [pricing, billing] = [
    reader.peek('pricingcurrency'),
    reader.peek('billingcurrencycode', 'billingcurrency', 'currency'),
  ];
  const same = pricing === undefined || billing === undefined || pricing.toUpperCase() === billing.toUpperCase();
  const rate = same ? new Exact(1) : reader.figure('exchangeratepricingtobilling');
  return rate === undefined ? undefined : one.times(quantity).times(rate);
}
