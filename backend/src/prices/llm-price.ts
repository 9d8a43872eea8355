import type { Circumstances } from './component-choice.ts';
import { costOf, Exact, plain, plainUnits, sum, type ExactUnits } from './exact.ts';
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
  const formulas: string[] = [];
  const rules: string[] = [];
  const { cost, amounts } = countedExactly(lines) ?? computed(lines);
  const priced = lines.map(({ meter, quantity, price }, index): PriceTerm => {
    const [name, text] = [meters[meter], quantityText(quantity)];
    formulas.push(`${text} × ${price.listText} ${currency} ${name}`);
    rules.push(`${name} × ${price.listText} ${currency}`);
    return { component: name, meter, quantity: text, unitPrice: price.netText, cost: amounts[index]! };
  });
  const empty = `0 ${currency}`;
  return {
    cost,
    currency,
    priceId: terms.throughput ? terms.throughput.id : entry.id,
    formula: lines.length === 0 ? `${empty}: nothing was used` : withTerms(formulas, terms),
    rule: lines.length === 0 ? empty : withTerms(rules, terms),
    terms: priced,
    notes: terms.notes.length + notes.length === 0 ? [] : [...new Set([...terms.notes, ...notes])],
  };
}

/** What the lines cost, in plain notation, and together. */
interface Amounts {
  amounts: string[];
  cost: string;
}

function computed(lines: readonly Line[]): Amounts {
  const amounts = lines.map(({ quantity, price }) => costOf(price.net.times(quantity)));
  return { amounts: amounts.map(plain), cost: plain(sum(amounts)) };
}

/**
 * The same in whole numbers, which is faster by far. @returns undefined where a number could not hold one of them exactly, or
 * a quantity is no count
 */
function countedExactly(lines: readonly Line[]): Amounts | undefined {
  const amounts: string[] = [];
  let total: ExactUnits = { units: 0, places: 0 };
  for (const { quantity, price } of lines) {
    if (typeof quantity !== 'number' || !Number.isSafeInteger(quantity) || !price.units || quantity < 0)
      return undefined;
    const amount = { units: price.units.units * quantity, places: price.units.places };
    const places = Math.max(total.places, amount.places);
    const units = total.units * 10 ** (places - total.places) + amount.units * 10 ** (places - amount.places);
    if (!Number.isSafeInteger(amount.units) || !Number.isSafeInteger(units)) return undefined;
    total = { units, places };
    amounts.push(plainUnits(amount));
  }
  return { amounts, cost: plainUnits(total) };
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
