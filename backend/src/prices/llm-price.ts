import { chooseFactor, choosePrice, type ChosenPrice, type Circumstances } from './component-choice.ts';
import { costOf, Exact, plain, sum } from './exact.ts';
import { quantitiesOf, type Quantities } from './llm-quantities.ts';
import { answerMeters, countsTokens, meterNames, meters, promptMeters, type Meter } from './meter.ts';
import type { Commitment, Discount, PriceComponent, PriceEntry } from './price-entry.ts';
import type { LlmUsage, PricedUsage, PriceTerm } from './prices.ts';
import { settleCredits, type CreditPrice } from './provider-credits.ts';

/** What beside the price itself decides a cost. */
export interface PriceTerms {
  discount?: Discount;
  /** Capacity that serves the call: it costs nothing beside the capacity. */
  throughput?: Commitment;
  creditPrice?: CreditPrice;
  /** Why this entry was taken where the model's name is not exactly its item. */
  note?: string;
}

/** Quantities that are billed within the tokens unless the list has a price of their own. */
const withinTokens: ReadonlySet<Meter> = new Set<Meter>([
  'input_image',
  'output_image',
  'input_character',
  'output_character',
  'input_second',
  'output_second',
  'input_audio_second',
  'input_video_second',
]);

/** Prices calls by one entry of the book; made once and used for many. */
export type LlmPlan = (usage: LlmUsage) => PricedUsage | { unpriced: string };

/**
 * How calls are priced by an entry. Exact: quantities × unit prices, each product rounded to 18 digits after the point only
 * where a discount or a ratio needs more. Unpriced, with the reason, where the entry has no price for something that the
 * call used, or the call does not say how much it used of what the entry prices.
 */
export function llmPlan(entry: PriceEntry, terms: PriceTerms = {}): LlmPlan {
  const { components, notes } = settleCredits(entry, terms.creditPrice);
  const prices = new MeterPrices(components);
  const around = { ...terms, notes: [...(terms.note ? [terms.note] : []), ...notes] };
  return (usage) => {
    const quantities = quantitiesOf(usage, components);
    if ('contradiction' in quantities) return { unpriced: `${nameOf(entry)}: ${quantities.contradiction}` };
    if (!tellsAnything(quantities, components)) {
      const wanted = [...new Set(components.map((component) => component.meter))];
      return {
        unpriced: `${nameOf(entry)} is priced by ${wanted.join(', ')}, of which the record tells no quantity; send it as quantities.${wanted[0] ?? 'input'}`,
      };
    }
    const billed = billedTerms(prices, quantities, circumstancesOf(entry, usage), entry);
    return 'unpriced' in billed ? billed : totalled(entry, billed, around);
  };
}

/** The prices of meters under circumstances, each chosen once. */
class MeterPrices {
  readonly components: readonly PriceComponent[];
  readonly #thresholds: number[];
  readonly #chosen = new Map<string, ChosenPrice | undefined>();

  constructor(components: readonly PriceComponent[]) {
    this.components = components;
    this.#thresholds = [...new Set(components.flatMap(({ when }) => when?.promptAbove ?? []))];
  }

  of(meter: Meter, circumstances: Circumstances): ChosenPrice | undefined {
    const { tier, promptTokens, results, intervalSeconds, options } = circumstances;
    const crossed = this.#thresholds.filter((threshold) => promptTokens > threshold).length;
    const key = [meter, tier, crossed, results, intervalSeconds, ...Object.entries(options).flat()].join('|');
    if (this.#chosen.has(key)) return this.#chosen.get(key);
    const price = choosePrice(this.components, meter, circumstances);
    if (this.#chosen.size >= maxChosen) this.#chosen.clear();
    this.#chosen.set(key, price);
    return price;
  }
}

/** Circumstances of one entry that are remembered. */
const maxChosen = 500;

interface Billed {
  lines: { meter: Meter; quantity: Exact; unitPrice: Exact }[];
  notes: string[];
}

function billedTerms(
  prices: MeterPrices,
  quantities: Quantities,
  circumstances: Circumstances,
  entry: PriceEntry,
): Billed | { unpriced: string } {
  const { components } = prices;
  const { factor, notes } = chooseFactor(components, circumstances);
  const billed: Billed = { lines: [], notes };
  for (const [meter, quantity] of quantities) {
    if (quantity.isZero()) continue;
    const price = prices.of(meter, circumstances);
    if (!price) {
      const covered = coveredBy(meter, quantities, components);
      if (covered === undefined) return { unpriced: missing(entry, meter, quantity, components) };
      if (covered !== '') billed.notes.push(covered);
      continue;
    }
    billed.notes.push(...price.notes);
    billed.lines.push({
      meter,
      quantity,
      unitPrice: countsTokens(meter) ? price.unitPrice.times(factor) : price.unitPrice,
    });
  }
  billed.lines.sort((a, b) => order.get(a.meter)! - order.get(b.meter)!);
  return billed;
}

const order: ReadonlyMap<Meter, number> = new Map(meterNames.map((meter, index) => [meter, index]));

function totalled(entry: PriceEntry, billed: Billed, terms: PriceTerms & { notes: string[] }): PricedUsage {
  const { discount, throughput } = terms;
  const share = throughput ? new Exact(0) : discount ? new Exact(100).minus(discount.percent).div(100) : new Exact(1);
  const lines = billed.lines.map((line): PriceTerm & { amount: Exact } => {
    const unitPrice = line.unitPrice.times(share);
    const amount = costOf(line.quantity.times(unitPrice));
    return {
      component: meters[line.meter],
      meter: line.meter,
      quantity: plain(line.quantity),
      unitPrice: plain(unitPrice),
      cost: plain(amount),
      amount,
    };
  });
  const text = formulaTexts(billed, entry.currency);
  const around = (formula: string) => withTerms(formula, billed.lines.length, terms);
  return {
    cost: plain(sum(lines.map((line) => line.amount))),
    currency: entry.currency,
    priceId: throughput ? throughput.id : entry.id,
    formula: around(text.formula),
    rule: around(text.rule),
    terms: lines.map(({ amount: _amount, ...term }) => term),
    notes: [...new Set([...terms.notes, ...billed.notes])],
  };
}

function formulaTexts(billed: Billed, currency: string): { formula: string; rule: string } {
  if (billed.lines.length === 0) return { formula: `0 ${currency}: nothing was used`, rule: `0 ${currency}` };
  const priced = (line: Billed['lines'][number]) => `× ${plain(line.unitPrice)} ${currency}`;
  return {
    formula: billed.lines.map((line) => `${plain(line.quantity)} ${priced(line)} ${meters[line.meter]}`).join(' + '),
    rule: billed.lines.map((line) => `${meters[line.meter]} ${priced(line)}`).join(' + '),
  };
}

function withTerms(formula: string, lines: number, { discount, throughput }: PriceTerms): string {
  const whole = lines > 1 ? `(${formula})` : formula;
  if (throughput) return `${whole} × 0: served by the committed throughput ${throughput.id}`;
  if (!discount) return formula;
  const share = new Exact(100).minus(discount.percent).div(100);
  return `${whole} × ${plain(share)}: discount ${discount.id} of ${discount.percent} %`;
}

function circumstancesOf(entry: PriceEntry, usage: LlmUsage): Circumstances {
  const calls = Math.max(1, usage.requests ?? 1);
  const prompt = new Exact(usage.inputTokens).plus(usage.quantities?.input ?? 0);
  return {
    tier: usage.serviceTier ?? 'standard',
    promptTokens: prompt.div(calls).toNumber(),
    results: usage.results ?? 0,
    intervalSeconds: usage.videoIntervalSeconds ?? 0,
    options: { searchContext: entry.provider === 'perplexity' ? 'low' : 'medium', ...usage.options },
  };
}

/** A record that tells none of what is priced would cost 0 by silence. */
function tellsAnything(quantities: Quantities, components: readonly PriceComponent[]): boolean {
  return components.some(
    ({ meter }) =>
      meter !== 'factor' &&
      (quantities.has(meter) ||
        countsTokens(meter) ||
        (meter === 'output_image' && quantities.has('output_image_token'))),
  );
}

/** Media by which a model's answer is billed instead of by tokens. */
const answerMedia: readonly Meter[] = [
  'output_image',
  'output_second',
  'output_video_second',
  'output_pixel',
  'output_megapixel',
  'output_character',
];

/**
 * What a list without a price for a meter bills otherwise: media within the tokens; tokens, where nothing is billed by
 * tokens or the answer is billed by its images or seconds. Undefined: nothing covers it.
 */
function coveredBy(meter: Meter, quantities: Quantities, components: readonly PriceComponent[]): string | undefined {
  if (withinTokens.has(meter)) return pricesTokens(components) ? '' : undefined;
  if (!allTokens.has(meter)) return undefined;
  if (!pricesTokens(components)) return `${meters[meter]}: not billed by tokens`;
  const media = answerMedia.find(
    (medium) => quantities.has(medium) && components.some((component) => component.meter === medium),
  );
  const answer = (answerMeters as readonly Meter[]).includes(meter);
  return answer && media !== undefined ? `${meters[meter]}: billed by ${meters[media]}` : undefined;
}

const allTokens: ReadonlySet<string> = new Set<string>([...promptMeters, ...answerMeters]);

function pricesTokens(components: readonly PriceComponent[]): boolean {
  return components.some(({ meter }) => allTokens.has(meter));
}

function missing(entry: PriceEntry, meter: Meter, quantity: Exact, components: readonly PriceComponent[]): string {
  const conditional = components.filter((component) => component.meter === meter);
  const known = conditional.map((component) => JSON.stringify(component.when ?? {})).join('; ');
  const why =
    conditional.length === 0 ? `has no price for ${meters[meter]}` : `prices ${meters[meter]} only for ${known}`;
  return `${nameOf(entry)} (${entry.id}) ${why}, and the call used ${plain(quantity)}; add it to the price book`;
}

function nameOf(entry: PriceEntry): string {
  return [entry.provider, entry.item].filter(Boolean).join(' ');
}
