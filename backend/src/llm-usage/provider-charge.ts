import { Decimal } from 'decimal.js';
import type { CostCharge } from '../anycost/index.ts';

/** A line of a provider's own bill for a span of time. */
export interface ProviderLine {
  /** As people call the provider: `OpenAI`. */
  provider: string;
  account: string;
  /** Amount in the currency, an exact decimal. */
  amount: string;
  currency: string;
  from: string;
  to: string;
  description: string;
  model?: string;
  /** Project or workspace. */
  subAccount?: string;
  team?: string;
  product?: string;
  customer?: string;
  feature?: string;
  environment?: string;
}

/** The line as a charge in FOCUS terms. Negative amounts are credits. */
export function providerCharge(line: ProviderLine): CostCharge {
  const amount = new Decimal(line.amount).toFixed();
  const start = new Date(line.from);
  const { team, product, customer, feature, environment, model } = line;
  const tags = { team, product, customer, feature, environment, model };
  return {
    columns: {
      BilledCost: amount,
      EffectiveCost: amount,
      ListCost: amount,
      ContractedCost: amount,
      BillingCurrency: line.currency.toUpperCase(),
      BillingAccountId: line.account,
      BillingAccountName: line.account,
      BillingPeriodStart: monthStart(start, 0),
      BillingPeriodEnd: monthStart(start, 1),
      ChargePeriodStart: whole(start),
      ChargePeriodEnd: whole(new Date(line.to)),
      ChargeCategory: amount.startsWith('-') ? 'Credit' : 'Usage',
      ChargeFrequency: 'Usage-Based',
      ChargeDescription: line.description,
      ServiceCategory: 'AI and Machine Learning',
      ServiceName: `${line.provider} API`,
      ServiceProviderName: line.provider,
      HostProviderName: line.provider,
      InvoiceIssuerName: line.provider,
      ...(line.subAccount === undefined ? {} : { SubAccountId: line.subAccount, SubAccountName: line.subAccount }),
      ...(model === undefined
        ? {}
        : { ResourceId: model, ResourceName: model, ResourceType: 'Model', SkuId: model, x_Model: model }),
    },
    tags: Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

/** FOCUS writes instants without a fraction. */
export function whole(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function monthStart(at: Date, offset: number): string {
  return whole(new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + offset, 1)));
}
