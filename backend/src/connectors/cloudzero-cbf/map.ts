import type { Mapped, Mapper, RawRecord } from '../../anycost/index.ts';
import { ChargeBuilder, type ChargeTexts } from '../mapping/charge-builder.ts';
import { FieldNames } from '../mapping/field-names.ts';
import { billingMonth, hourInSeconds, plusSeconds } from '../mapping/instants.ts';
import { RecordReader } from '../mapping/record-reader.ts';
import { lineType } from './line-types.ts';

export interface CbfOptions {
  /** ISO 4217; the format itself names no currency. */
  currency: string;
  /** Account where a line names none. */
  account: string;
}

/**
 * Maps lines of CloudZero's Common Bill Format, from CSV drops or from the body of a posted drop (whose lines stand in
 * `data`). BilledCost is `cost/cost`; EffectiveCost the most amortised cost that the line gives; ListCost its on-demand cost.
 */
export function createCbfMapper(options: CbfOptions): Mapper {
  const names = new FieldNames();
  return {
    map: (record) => linesOf(record).map((fields) => mapLine(new RecordReader(fields, names), options)),
  };
}

const postedLine = /^data\.(\d+)\.(.+)$/;

/** The lines of a record: of a whole posted body those in `data`, with its `month` beside each. */
function linesOf({ fields }: RawRecord): Record<string, string>[] {
  const lines = new Map<string, [string, string][]>();
  const around: [string, string][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const match = postedLine.exec(name);
    if (match === null) around.push([name, value]);
    else lines.set(match[1] ?? '', [...(lines.get(match[1] ?? '') ?? []), [match[2] ?? '', value]]);
  }
  if (lines.size === 0) return [{ ...fields }];
  return [...lines.values()].map((own) => Object.fromEntries([...around, ...own]));
}

const tagField = /^resource\/tag:(.+)$/;

function mapLine(reader: RecordReader, options: CbfOptions): Mapped {
  const start = reader.neededInstant(['timeusagestart']);
  const month = start === undefined ? undefined : billingMonth(start);
  const provider = reader.text('lineitemcloudprovider') ?? 'CloudZero';
  return new ChargeBuilder()
    .set({ ...costsOf(reader), ...kindOf(reader), ...resourceOf(reader) })
    .set({
      BillingCurrency: options.currency,
      BillingAccountId: reader.text('resourceaccount', 'actionaccount') ?? options.account,
      BillingPeriodStart: month?.start,
      BillingPeriodEnd: month?.end,
      ChargePeriodStart: start,
      // The format counts a charge in the hour of its start where no end is given.
      ChargePeriodEnd:
        reader.instant(['timeusageend']) ?? (start === undefined ? undefined : plusSeconds(start, hourInSeconds)),
      InvoiceId: reader.text('billinvoiceid'),
      ServiceName: reader.text('resourceservice') ?? provider,
      ServiceProviderName: provider,
      ChargeDescription: reader.text('lineitemdescription'),
      x_Namespace: reader.text('k8snamespace'),
      x_Workload: reader.text('k8sdeployment'),
    })
    .tags(reader.takeMatching(tagField))
    .done(reader);
}

function costsOf(reader: RecordReader): ChargeTexts {
  const billed = reader.neededAmount('costcost');
  const discounted = reader.amount('costdiscountedcost');
  const amortised = reader.amount('costamortizedcost');
  const both = reader.amount('costdiscountedamortizedcost');
  return {
    BilledCost: billed,
    EffectiveCost: both ?? amortised ?? discounted ?? billed,
    ContractedCost: discounted ?? billed,
    ListCost: reader.amount('costondemandcost') ?? billed,
    // All of them stay readable, whichever of them was taken.
    x_CostDiscountedCost: discounted,
    x_CostAmortizedCost: amortised,
    x_CostDiscountedAmortizedCost: both,
  };
}

function kindOf(reader: RecordReader): ChargeTexts {
  const given = reader.peek('lineitemtype');
  const type = lineType(given ?? 'Usage');
  if (type === undefined)
    reader.flags.push({
      column: 'lineitem/type',
      reason: 'The type of the line is not known; it is counted as an adjustment',
    });
  const quantity = reader.figure('usageamount');
  const unit = quantity === undefined ? reader.peek('usageunits') : (reader.text('usageunits') ?? 'Units');
  const usage = type?.category === 'Usage';
  return {
    ChargeCategory: type?.category ?? 'Adjustment',
    ChargeFrequency: type?.frequency ?? 'One-Time',
    PricingCategory: usage ? 'Standard' : undefined,
    PricingQuantity: quantity,
    PricingUnit: quantity === undefined ? undefined : unit,
    ConsumedQuantity: usage ? quantity : undefined,
    ConsumedUnit: usage && quantity !== undefined ? unit : undefined,
    ...(type?.unused
      ? { CommitmentDiscountId: reader.peek('resourceid') ?? 'unnamed', CommitmentDiscountStatus: 'Unused' }
      : {}),
  };
}

/** CloudZero reads the part of `resource/id` before the first `/` or `:` as the resource's type. */
function resourceOf(reader: RecordReader): ChargeTexts {
  const id = reader.text('resourceid');
  const cut = id === undefined ? -1 : id.search(/[/:]/);
  const region = reader.text('resourceregion', 'actionregion');
  return {
    ResourceId: id,
    ResourceType: cut > 0 ? id?.slice(0, cut) : undefined,
    RegionId: region === 'no-region' ? undefined : region,
    x_Region: region === 'no-region' ? region : undefined,
    SkuMeter: reader.text('actionusagetype'),
  };
}
