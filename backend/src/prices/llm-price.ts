import type { Circumstances } from './component-choice.ts';
import { costOf, Exact, plain } from './exact.ts';
import { quantitiesOf, type Quantities } from './llm-quantities.ts';
import { MeterPrices, type UnitPrice } from './meter-prices.ts';
import { meterNames, meters, type Meter } from './meter.ts';
import type { Commitment, Discount, PriceEntry } from './price-entry.ts';
import type { LlmUsage, PricedUsage, PriceTerm } from './prices.ts';
import { settleCredits, type CreditPrice } from './provider-credits.ts';
import { isNothing, quantityText, type Quantity } from './quantity.ts';
import { coveredBy, entryName, missingPrice, tellsAnything } from './unpriced-usage.ts';

/** What beside the price itself decides a cost. */
export interface PriceTerms {
  discount?: Discount;
  /** Capacity that serves the call: it costs nothing beside the capacity. */
  throughput?: Commitment;
  creditPrice?: CreditPrice;
  /** Why this entry was taken where the model's name is not exactly its item. */
  note?: string;
}

/** Prices calls by one entry of the book; made once and used for many. */
export type LlmPlan = (usage: LlmUsage) => PricedUsage | { unpriced: string };

/**
 * How calls are priced by an entry. Exact: quantities × unit prices, each product rounded to 18 digits after the point only
 * where a discount or a ratio needs more. Unpriced, with the reason, where the entry has no price for something that the
 * call used, or the call does not say how much it used of what the entry prices.
 */
export function llmPlan(entry: PriceEntry, terms: PriceTerms = {}): LlmPlan {
  const { components, notes } = settleCredits(entry, terms.creditPrice);
  const prices = new MeterPrices(components, shareOf(terms));
  const around = { ...terms, notes: [...(terms.note ? [terms.note] : []), ...notes] };
  return (usage) => {
    const quantities = quantitiesOf(usage, prices.priced);
    if ('contradiction' in quantities) return { unpriced: `${entryName(entry)}: ${quantities.contradiction}` };
    if (!tellsAnything(quantities, components)) {
      const wanted = [...prices.priced];
      return {
        unpriced: `${entryName(entry)} is priced by ${wanted.join(', ')}, of which the record tells no quantity; send it as quantities.${wanted[0] ?? 'input'}`,
      };
    }
    const billed = billedLines(prices, quantities, circumstancesOf(entry, usage), entry);
    return 'unpriced' in billed ? billed : totalled(entry, billed, around);
  };
}

interface Line {
  meter: Meter;
  quantity: Quantity;
  price: UnitPrice;
}

interface Billed {
  lines: Line[];
  notes: string[];
}

const order: ReadonlyMap<Meter, number> = new Map(meterNames.map((meter, index) => [meter, index]));

function billedLines(
  prices: MeterPrices,
  quantities: Quantities,
  circumstances: Circumstances,
  entry: PriceEntry,
): Billed | { unpriced: string } {
  const sheet = prices.sheet(circumstances);
  const billed: Billed = { lines: [], notes: [...sheet.notes] };
  for (const [meter, quantity] of quantities) {
    if (isNothing(quantity)) continue;
    const price = sheet.of(meter);
    if (price) {
      billed.notes.push(...price.notes);
      billed.lines.push({ meter, quantity, price });
      continue;
    }
    const covered = coveredBy(meter, quantities, prices.components);
    if (covered === undefined) return { unpriced: missingPrice(entry, meter, quantity, prices.components) };
    if (covered !== '') billed.notes.push(covered);
  }
  billed.lines.sort((a, b) => order.get(a.meter)! - order.get(b.meter)!);
  return billed;
}

function totalled(entry: PriceEntry, { lines, notes }: Billed, terms: PriceTerms & { notes: string[] }): PricedUsage {
  const { currency } = entry;
  let cost = new Exact(0);
  const formulas: string[] = [];
  const rules: string[] = [];
  const priced = lines.map(({ meter, quantity, price }): PriceTerm => {
    const amount = costOf(price.net.times(quantity));
    cost = cost.plus(amount);
    const [name, text] = [meters[meter], quantityText(quantity)];
    formulas.push(`${text} × ${price.listText} ${currency} ${name}`);
    rules.push(`${name} × ${price.listText} ${currency}`);
    return { component: name, meter, quantity: text, unitPrice: price.netText, cost: plain(amount) };
  });
  const empty = `0 ${currency}`;
  return {
    cost: plain(cost),
    currency,
    priceId: terms.throughput ? terms.throughput.id : entry.id,
    formula: lines.length === 0 ? `${empty}: nothing was used` : withTerms(formulas, terms),
    rule: lines.length === 0 ? empty : withTerms(rules, terms),
    terms: priced,
    notes: terms.notes.length + notes.length === 0 ? [] : [...new Set([...terms.notes, ...notes])],
  };
}

/** The part of the list price that is paid. */
function shareOf({ discount, throughput }: PriceTerms): Exact {
  if (throughput) return new Exact(0);
  return discount ? new Exact(100).minus(discount.percent).div(100) : new Exact(1);
}

function withTerms(parts: readonly string[], terms: PriceTerms): string {
  const formula = parts.join(' + ');
  const { discount, throughput } = terms;
  if (!throughput && !discount) return formula;
  const whole = parts.length > 1 ? `(${formula})` : formula;
  if (throughput) return `${whole} × 0: served by the committed throughput ${throughput.id}`;
  return `${whole} × ${plain(shareOf(terms))}: discount ${discount!.id} of ${discount!.percent} %`;
}

function circumstancesOf(entry: PriceEntry, usage: LlmUsage): Circumstances {
  const calls = Math.max(1, usage.requests ?? 1);
  return {
    tier: usage.serviceTier ?? 'standard',
    promptTokens: (usage.inputTokens + Number(usage.quantities?.input ?? 0)) / calls,
    results: usage.results ?? 0,
    intervalSeconds: usage.videoIntervalSeconds ?? 0,
    options: { searchContext: entry.provider === 'perplexity' ? 'low' : 'medium', ...usage.options },
  };
}
