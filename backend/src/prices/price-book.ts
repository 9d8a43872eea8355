import { discountFor, throughputFor } from './agreement.ts';
import { Exact, plain } from './exact.ts';
import { gpuFamily } from './gpu-name.ts';
import { llmPlan, type LlmPlan, type PriceTerms } from './llm-price.ts';
import type { Commitment, Discount, PriceEntry } from './price-entry.ts';
import { PriceIndex } from './price-index.ts';
import type { LlmUsage, PriceBook, PricedUsage, RatedUnit, RateQuery } from './prices.ts';
import { providerKey } from './provider-name.ts';
import { perUnit } from './unit.ts';
import { usageName } from './usage-name.ts';

/** Everything that a tenant's prices are made of. */
export interface BookContent {
  version: string;
  entries: readonly PriceEntry[];
  discounts: readonly Discount[];
  commitments: readonly Commitment[];
}

/** Names of calls whose prices are remembered in one book. */
const maxPlans = 20_000;
/** Prices that are remembered: a call of a gateway is priced when its budget settles, and a second later for its record. */
const maxPriced = 2_000;

/** How calls of one model are priced in a period in which nothing changes, and what those that came so far cost. */
interface KnownPlan {
  plan: LlmPlan | undefined;
  priced: Map<string, PricedUsage | { unpriced: string }>;
}

/** The book of one tenant. Pure: what it answers depends on its content alone. */
export function createPriceBook({ version, entries, discounts, commitments }: BookContent): PriceBook {
  const index = new PriceIndex(entries);
  const boundaries = boundariesOf([...entries, ...discounts, ...commitments]);
  const plans = new Map<string, KnownPlan>();
  let pricedCount = 0;
  let latest: { period: number; provider: string; model: string; known: KnownPlan } | undefined;

  const planOf = (usage: LlmUsage, at: number): LlmPlan | undefined => {
    const region = usage.options?.region ?? '';
    const found = index.model(usage.provider, usage.model, { at, region }, usage.options ?? {});
    if (!found) return undefined;
    const { entry, note } = found;
    const agreement = { kind: 'llm' as const, provider: entry.provider, item: entry.item, at };
    const discount = discountFor(discounts, agreement);
    const throughput = throughputFor(commitments, agreement);
    const terms: PriceTerms = {
      ...(note === undefined ? {} : { note }),
      ...(discount ? { discount } : {}),
      ...(throughput ? { throughput } : {}),
      creditPrice: (credit) => {
        const price = index.item('credit', entry.provider, credit, { at, region, purchase: '' });
        return price?.currency === entry.currency && price.unitPrice !== undefined
          ? { price: price.unitPrice, priceId: price.id }
          : undefined;
      },
    };
    return llmPlan(entry, terms);
  };

  const knownPlan = (usage: LlmUsage, at: number): KnownPlan => {
    const period = periodOf(boundaries, at);
    const { provider, model, options } = usage;
    // Most calls are like the one before them.
    const isLatest = latest?.period === period && latest.provider === provider && latest.model === model;
    if (isLatest && options === undefined) return latest!.known;
    const key = `${period}|${provider}|${model}|${options === undefined ? '' : JSON.stringify(options)}`;
    let known = plans.get(key);
    if (!known) {
      if (plans.size >= maxPlans) {
        plans.clear();
        latest = undefined;
      }
      known = { plan: planOf(usage, at), priced: new Map() };
      plans.set(key, known);
    }
    if (options === undefined) latest = { period, provider, model, known };
    return known;
  };

  const priceLlm = (usage: LlmUsage): PricedUsage | { unpriced: string } => {
    const at = Date.parse(usage.startedAt);
    if (Number.isNaN(at)) return { unpriced: 'the record has no time at which it started' };
    const { plan, priced } = knownPlan(usage, at);
    if (!plan) return { unpriced: unknownModel(index, usage) };
    const name = usageName(usage);
    if (name === undefined) return plan(usage);
    const known = priced.get(name);
    if (known) return known;
    if (pricedCount >= maxPriced) {
      for (const { priced: all } of plans.values()) all.clear();
      pricedCount = 0;
    }
    const now = plan(usage);
    priced.set(name, now);
    pricedCount += 1;
    return now;
  };

  const rate = (query: RateQuery): RatedUnit | { unpriced: string } => {
    const at = Date.parse(query.at);
    if (Number.isNaN(at)) return { unpriced: `${query.at} is no instant` };
    const entry = ratedEntry(index, query, at);
    const name = [query.provider, query.item, query.region].filter(Boolean).join(' ');
    if (!entry?.unitPrice) return { unpriced: unknownItem(index, query, name) };
    const unit = query.unit ?? entry.unit;
    const scale = perUnit(entry.unit, unit);
    if (scale === undefined)
      return { unpriced: `${name} is priced per ${entry.unit} (${entry.id}), which cannot be told in ${unit}` };
    const discount = discountFor(discounts, { kind: query.kind, provider: entry.provider, item: entry.item, at });
    const share = discount ? new Exact(100).minus(discount.percent).div(100) : new Exact(1);
    const unitPrice = plain(new Exact(entry.unitPrice).times(scale).times(share).toDecimalPlaces(30));
    return {
      priceId: entry.id,
      unitPrice,
      currency: entry.currency,
      unit,
      formula: rateFormula(entry, unit, unitPrice, discount),
    };
  };

  return { version, priceLlm, rate };
}

/** Instants at which any price begins or ends, in order: between two of them every answer is the same. */
function boundariesOf(spans: readonly { validFrom: string; validTo: string | null }[]): number[] {
  const instants = spans.flatMap(({ validFrom, validTo }) => (validTo === null ? [validFrom] : [validFrom, validTo]));
  return [...new Set(instants)].map((instant) => Date.parse(instant)).sort((a, b) => a - b);
}

/** How many boundaries lie at or before the instant. */
function periodOf(boundaries: readonly number[], at: number): number {
  let [low, high] = [0, boundaries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (boundaries[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** By its name, then by the family of the GPU; in the region, else everywhere. */
function ratedEntry(index: PriceIndex, query: RateQuery, at: number): PriceEntry | undefined {
  const asked = { at, region: query.region ?? '', purchase: query.purchase ?? ('on-demand' as const) };
  const names = query.kind === 'gpu' ? [query.item, gpuFamily(query.item)] : [query.item];
  for (const name of names) {
    const entry = index.item(query.kind, query.provider ?? '', name, asked);
    if (entry) return entry;
  }
  return undefined;
}

function rateFormula(entry: PriceEntry, unit: string, unitPrice: string, discount: Discount | undefined): string {
  const name = [entry.provider, entry.item, entry.purchase].filter(Boolean).join(' ');
  const list = `${entry.unitPrice} ${entry.currency} per ${entry.unit} of ${name}`;
  const less = discount ? `, less ${discount.percent} % (discount ${discount.id})` : '';
  const other = unit === entry.unit && !discount ? '' : ` = ${unitPrice} ${entry.currency} per ${unit}`;
  return `${list}${less}${other}`;
}

function unknownModel(index: PriceIndex, usage: LlmUsage): string {
  const name = [usage.provider, usage.model].filter(Boolean).join(' ');
  const near = index.hints('llm', providerKey(usage.provider), usage.model);
  const known = near.length === 0 ? '' : ` (the book knows ${near.join(', ')})`;
  return `the book has no price of ${name} on ${usage.startedAt.slice(0, 10)}${known}; add one or import a price file`;
}

function unknownItem(index: PriceIndex, query: RateQuery, name: string): string {
  const near = index.hints(query.kind, query.provider ?? '', query.item);
  const known = near.length === 0 ? '' : ` (the book knows ${near.join(', ')})`;
  const how = query.purchase ?? 'on-demand';
  return `the book has no ${how} ${query.kind} price of ${name} on ${query.at.slice(0, 10)}${known}; add one`;
}
