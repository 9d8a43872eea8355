import { Decimal } from 'decimal.js';
import type { CostCharge, SourceSettings } from '../anycost/index.ts';
import { whole } from './provider-charge.ts';

/** A day's usage of one combination of dimensions, as the roll-ups have it; amounts and counts as text. */
export interface DayUsage {
  day: string;
  provider: string;
  model: string;
  modelVersion: string;
  team: string;
  product: string;
  customer: string;
  feature: string;
  environment: string;
  currency: string;
  requests: string;
  inputTokens: string;
  cachedInputTokens: string;
  cacheWriteTokens: string;
  outputTokens: string;
  reasoningTokens: string;
  cost: string;
}

/** Whose usage of a source is charged by the estimate: nobody's unless its settings say so. */
export interface ChargeRule {
  /** Providers whose calls no bill covers; undefined: all of the source. */
  providers: readonly string[] | undefined;
}

/**
 * What the settings say about estimated charges. A cost must stand in the books once: where the provider bills the calls, or
 * the machines that a model runs on are billed, the estimate is no second charge, so that nothing is charged by default.
 */
export function chargeRule(source: SourceSettings | undefined): ChargeRule | undefined {
  if (source?.settings['charges'] !== true) return undefined;
  const providers = source.settings['chargedProviders'];
  const isList = Array.isArray(providers) && providers.every((name) => typeof name === 'string');
  return { providers: isList && providers.length > 0 ? providers : undefined };
}

/** The name under which the estimated charges of a source stand among the sources of cost. */
export function chargeSource(source: string): string {
  return `${source.slice(0, 54)}-estimate`;
}

const dayMs = 86_400_000;
/** Nobody sends a bill for these charges; they need an account all the same. */
const chargeAccount = 'estimate';

/** The usage as a charge in FOCUS terms, marked as an estimate. Tokens are its quantity, calls where there are no tokens. */
export function estimatedCharge(usage: DayUsage): CostCharge {
  const start = Date.parse(usage.day);
  const tokens = new Decimal(usage.inputTokens).plus(usage.outputTokens);
  const [quantity, unit] = tokens.isZero() ? [usage.requests, 'Requests'] : [tokens.toFixed(), 'Tokens'];
  const tags = { team: usage.team, product: usage.product, customer: usage.customer, feature: usage.feature };
  return {
    columns: {
      ...moneyOf(usage),
      BillingAccountId: chargeAccount,
      BillingPeriodStart: monthStart(start, 0),
      BillingPeriodEnd: monthStart(start, 1),
      ChargePeriodStart: whole(new Date(start)),
      ChargePeriodEnd: whole(new Date(start + dayMs)),
      ChargeCategory: 'Usage',
      ChargeFrequency: 'Usage-Based',
      ChargeDescription: `${usage.model}, estimated from usage`,
      ServiceCategory: 'AI and Machine Learning',
      ServiceName: `${usage.provider} models`,
      ServiceProviderName: usage.provider,
      HostProviderName: usage.provider,
      InvoiceIssuerName: usage.provider,
      ResourceId: usage.model,
      ResourceName: usage.model,
      ResourceType: 'Model',
      SkuId: usage.model,
      PricingQuantity: quantity,
      PricingUnit: unit,
      ConsumedQuantity: quantity,
      ConsumedUnit: unit,
      x_Model: usage.model,
      ...(usage.modelVersion === '' ? {} : { x_ModelVersion: usage.modelVersion }),
      x_InputTokens: usage.inputTokens,
      x_CachedInputTokens: usage.cachedInputTokens,
      x_CacheWriteTokens: usage.cacheWriteTokens,
      x_OutputTokens: usage.outputTokens,
      x_ReasoningTokens: usage.reasoningTokens,
      x_Requests: usage.requests,
      x_CostBasis: 'estimated',
    },
    tags: Object.fromEntries(
      Object.entries({ ...tags, model: usage.model, environment: usage.environment }).filter(
        ([, value]) => value !== '',
      ),
    ),
  };
}

function moneyOf({ cost: told, currency }: DayUsage): Record<string, string> {
  const cost = new Decimal(told).toFixed();
  return { BilledCost: cost, EffectiveCost: cost, ListCost: cost, ContractedCost: cost, BillingCurrency: currency };
}

function monthStart(at: number, offset: number): string {
  const date = new Date(at);
  return whole(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1)));
}
