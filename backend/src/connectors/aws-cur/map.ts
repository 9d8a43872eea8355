import type { Mapped, Mapper } from '../../anycost/index.ts';
import { ChargeBuilder, type ChargeTexts } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { RecordReader } from '../mapping/record-reader.ts';
import { lineCosts, type LineCosts } from './costs.ts';
import { lineItemKind, type LineItemKind } from './line-items.ts';
import { expandMaps, takeTags } from './nested-columns.ts';

export interface CurOptions {
  /** `unblended`: as the bill has it, discounts as lines of their own. `net`: each line after its discounts. */
  cost: 'unblended' | 'net';
}

const adjustment: LineItemKind = { category: 'Adjustment', frequency: 'One-Time' };

/**
 * Maps lines of an AWS Cost and Usage Report, legacy (`lineItem/UnblendedCost`) or 2.0 (`line_item_unblended_cost`).
 * BilledCost is the line's unblended (or net) cost, so that the sum is the bill's; for EffectiveCost see costs.ts. A line that
 * pays for a commitment gives a second charge for the part that was not used.
 */
export function createCurMapper(options: CurOptions): Mapper {
  const names = new FieldNames();
  return { map: (record) => mapLine(new RecordReader(expandMaps(record.fields), names), options) };
}

function mapLine(reader: RecordReader, options: CurOptions): Mapped[] {
  const kind = lineItemKind(reader.peek('lineitemlineitemtype') ?? '') ?? adjustment;
  if (kind === adjustment)
    reader.flags.push({
      column: 'lineItem/LineItemType',
      reason: 'The type of the line item is not known; it is counted as an adjustment',
    });
  const costs = lineCosts(reader, kind, options.cost === 'net');
  const place = placeOf(reader);
  const commitment = commitmentOf(reader, kind);
  const tags = takeTags(reader);
  const line = new ChargeBuilder()
    .set({ ...place, ...commitment, ...usageOf(reader, kind), ...costTexts(costs) })
    .set({ ChargeCategory: kind.category, ChargeFrequency: kind.frequency })
    .set({ ChargeClass: kind.correction ? 'Correction' : undefined })
    .tags(tags);
  const leftOver = reader.leftOver();
  const mapped = line.done(reader, leftOver);
  if (mapped.kind === 'quarantined' || costs.unused.isZero()) return [mapped];
  return [mapped, unusedCharge(reader, place, commitment, costs, tags)];
}

function costTexts(costs: LineCosts): ChargeTexts {
  return {
    BilledCost: costs.billed,
    EffectiveCost: costs.effective,
    ListCost: costs.list,
    ContractedCost: costs.contracted,
  };
}

/** Who was charged by whom, when and where. */
function placeOf(reader: RecordReader): ChargeTexts {
  const marketplace = /marketplace/i.test(reader.peek('billbillingentity') ?? '');
  const issuer = reader.text('billinvoicingentity', 'lineitemlegalentity');
  const product = reader.text('productproductname', 'productservicename');
  const code = reader.peek('lineitemproductcode', 'productservicecode');
  return {
    BillingAccountId: reader.text('billpayeraccountid'),
    BillingAccountName: reader.text('billpayeraccountname'),
    BillingAccountType: 'Payer Account',
    SubAccountId: reader.text('lineitemusageaccountid'),
    SubAccountName: reader.text('lineitemusageaccountname'),
    SubAccountType: 'Linked Account',
    InvoiceId: reader.text('billinvoiceid'),
    InvoiceIssuerName: issuer ?? 'Amazon Web Services, Inc.',
    ServiceProviderName: marketplace ? (reader.peek('lineitemlegalentity') ?? issuer ?? 'AWS') : 'AWS',
    HostProviderName: 'AWS',
    BillingPeriodStart: reader.neededInstant(['billbillingperiodstartdate']),
    BillingPeriodEnd: reader.neededInstant(['billbillingperiodenddate']),
    ChargePeriodStart: reader.neededInstant(['lineitemusagestartdate']),
    ChargePeriodEnd: reader.neededInstant(['lineitemusageenddate']),
    BillingCurrency: reader.text('lineitemcurrencycode'),
    ServiceName: product ?? code ?? 'AWS',
    RegionId: reader.text('productregioncode', 'productregion'),
    RegionName: reader.peek('productlocation'),
    AvailabilityZone: reader.text('lineitemavailabilityzone'),
    ResourceId: reader.text('lineitemresourceid'),
    ResourceType: reader.peek('productproductfamily'),
  };
}

/** What was used and at which price. */
function usageOf(reader: RecordReader, kind: LineItemKind): ChargeTexts {
  const isPriced = kind.category === 'Usage' || kind.category === 'Purchase';
  const quantity = reader.figure('lineitemusageamount');
  const unit = reader.text('pricingunit') ?? (quantity === undefined ? undefined : 'Units');
  const isSpot = /spotusage/i.test(reader.peek('lineitemusagetype') ?? '');
  const standard = isSpot ? 'Dynamic' : 'Standard';
  return {
    ChargeDescription: reader.text('lineitemlineitemdescription'),
    PricingQuantity: quantity,
    PricingUnit: unit,
    ConsumedQuantity: quantity,
    ConsumedUnit: unit,
    PricingCategory: !isPriced ? undefined : kind.category === 'Usage' && kind.commitment ? 'Committed' : standard,
    PricingCurrency: reader.text('pricingcurrency'),
    ListUnitPrice: reader.figure('pricingpublicondemandrate'),
    ContractedUnitPrice: reader.figure('lineitemunblendedrate'),
    SkuId: reader.text('productsku'),
    SkuPriceId: reader.text('pricingratecode', 'pricingrateid'),
    SkuMeter: reader.text('lineitemusagetype'),
  };
}

/** The reservation or plan that covers the line, or that the line pays for. */
function commitmentOf(reader: RecordReader, kind: LineItemKind): ChargeTexts {
  // Only where the line has to do with a commitment: real reports carry reservation/SubscriptionId on lines that have not.
  const plan = reader.text('savingsplansavingsplanarn');
  const reservation = plan === undefined ? reader.text('reservationreservationarn') : undefined;
  const id = plan ?? reservation;
  if (id === undefined) return {};
  const isUsage = kind.category === 'Usage';
  return {
    CommitmentDiscountId: id,
    CommitmentDiscountName: id.slice(id.lastIndexOf('/') + 1),
    CommitmentDiscountType: plan === undefined ? 'Reserved Instance' : 'Savings Plan',
    CommitmentDiscountCategory: plan === undefined ? 'Usage' : 'Spend',
    CommitmentDiscountStatus: isUsage ? 'Used' : undefined,
    CommitmentDiscountQuantity: isUsage
      ? reader.figure(plan === undefined ? 'lineitemnormalizedusageamount' : 'savingsplansavingsplaneffectivecost')
      : undefined,
  };
}

/** The part of a commitment that was paid for and not used: no cost on the bill, but a cost that was borne. */
function unusedCharge(
  reader: RecordReader,
  place: ChargeTexts,
  commitment: ChargeTexts,
  costs: LineCosts,
  tags: Record<string, string>,
): Mapped {
  return new ChargeBuilder()
    .set({ ...place, ...commitment })
    .set({
      ChargeCategory: 'Usage',
      ChargeFrequency: 'Usage-Based',
      ChargeDescription: 'Unused part of a commitment',
      CommitmentDiscountStatus: 'Unused',
      PricingCategory: 'Committed',
      BilledCost: '0',
      EffectiveCost: costs.unused,
      ListCost: costs.unused,
      ContractedCost: costs.unused,
    })
    .tags(tags)
    .done(reader, new Map());
}
