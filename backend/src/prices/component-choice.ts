import { Exact, plain } from './exact.ts';
import { meterFallback, meters, type Meter } from './meter.ts';
import type { PriceComponent, PriceCondition, ServiceTier } from './price-entry.ts';

/** What of a call decides which component applies. */
export interface Circumstances {
  tier: ServiceTier;
  /** Tokens of the prompt of one call. */
  promptTokens: number;
  results: number;
  intervalSeconds: number;
  options: Readonly<Record<string, string>>;
}

export interface ChosenPrice {
  unitPrice: Exact;
  inCredits?: string;
  notes: readonly string[];
}

/**
 * The price of one unit of a meter under the circumstances; undefined where the list has none. What a list leaves out is
 * filled by these rules, each with a note:
 * 1. A meter without any price falls to its neighbour (`meterFallback`).
 * 2. A service tier without a price of the meter is charged as standard.
 * 3. A long prompt in a tier without a price for long prompts: batch and flex keep their ratio to standard; priority, which
 *    providers do not sell for long prompts, is charged as standard.
 */
export function choosePrice(
  components: readonly PriceComponent[],
  meter: Meter,
  circumstances: Circumstances,
): ChosenPrice | undefined {
  for (let asked: Meter | undefined = meter; asked !== undefined; asked = meterFallback[asked]) {
    const applying = components.filter(
      (component) => component.meter === asked && applies(component.when ?? {}, circumstances),
    );
    const chosen = tierPrice(applying, asked, circumstances.tier);
    if (!chosen) continue;
    const silent = asked === meter || meter === 'reasoning';
    const notes = silent ? [] : [`${meters[meter]} has no price of its own and is charged as ${meters[asked]}`];
    return { ...chosen, notes: [...notes, ...chosen.notes] };
  }
  return undefined;
}

/** The product of all factors that apply (regional processing, fast mode), with what they are. */
export function chooseFactor(
  components: readonly PriceComponent[],
  circumstances: Circumstances,
): { factor: Exact; notes: string[] } {
  const applying = components.filter(
    (component) => component.meter === 'factor' && applies(component.when ?? {}, circumstances),
  );
  return {
    factor: applying.reduce((product, component) => product.times(component.price), new Exact(1)),
    notes: applying.map((component) => `prices × ${component.price} (${optionText(component.when?.options ?? {})})`),
  };
}

function applies(when: PriceCondition, at: Circumstances): boolean {
  return (
    (when.tier === undefined || when.tier === at.tier) &&
    (when.promptAbove === undefined || at.promptTokens > when.promptAbove) &&
    (when.resultsAbove === undefined || at.results >= when.resultsAbove) &&
    (when.intervalAbove === undefined || at.intervalSeconds > when.intervalAbove) &&
    Object.entries(when.options ?? {}).every(([name, value]) => sameOption(at.options[name], value))
  );
}

function sameOption(given: string | undefined, wanted: string): boolean {
  return given !== undefined && given.trim().toLowerCase() === wanted.toLowerCase();
}

function tierPrice(applying: readonly PriceComponent[], meter: Meter, tier: ServiceTier): ChosenPrice | undefined {
  const standard = mostExact(applying.filter((component) => component.when?.tier === undefined));
  if (tier === 'standard') return standard && priceOf(standard);
  const inTier = mostExact(applying.filter((component) => component.when?.tier === tier));
  if (!inTier) {
    return standard && priceOf(standard, `${meters[meter]} has no ${tier} price and is charged at the standard price`);
  }
  if (!standard || contextOf(inTier) >= contextOf(standard)) return priceOf(inTier);
  if (tier === 'priority') {
    return priceOf(standard, `${meters[meter]}: no priority price for so long a prompt; charged at the standard price`);
  }
  return inProportion(applying, meter, standard, inTier, tier);
}

function inProportion(
  applying: readonly PriceComponent[],
  meter: Meter,
  standard: PriceComponent,
  inTier: PriceComponent,
  tier: ServiceTier,
): ChosenPrice {
  const base = mostExact(
    applying.filter((component) => component.when?.tier === undefined && contextOf(component) === contextOf(inTier)),
  );
  if (!base || new Exact(base.price).isZero()) {
    return priceOf(standard, `${meters[meter]}: no ${tier} price for so long a prompt; charged at the standard price`);
  }
  const unitPrice = new Exact(standard.price).times(inTier.price).div(base.price).toDecimalPlaces(30);
  const note = `${meters[meter]}: ${tier} price of long prompts in proportion, ${standard.price} × ${inTier.price} ÷ ${base.price} = ${plain(unitPrice)}`;
  return { unitPrice, notes: [note], ...(standard.inCredits === undefined ? {} : { inCredits: standard.inCredits }) };
}

function contextOf(component: PriceComponent): number {
  return component.when?.promptAbove ?? 0;
}

/** The component with the most options, then with the highest thresholds. */
function mostExact(components: readonly PriceComponent[]): PriceComponent | undefined {
  return components.reduce<PriceComponent | undefined>(
    (best, component) => (best === undefined || compare(component, best) > 0 ? component : best),
    undefined,
  );
}

function compare(a: PriceComponent, b: PriceComponent): number {
  const options = (component: PriceComponent) => Object.keys(component.when?.options ?? {}).length;
  return (
    options(a) - options(b) ||
    contextOf(a) - contextOf(b) ||
    (a.when?.resultsAbove ?? -1) - (b.when?.resultsAbove ?? -1) ||
    (a.when?.intervalAbove ?? -1) - (b.when?.intervalAbove ?? -1)
  );
}

function priceOf(component: PriceComponent, ...notes: string[]): ChosenPrice {
  return {
    unitPrice: new Exact(component.price),
    notes,
    ...(component.inCredits === undefined ? {} : { inCredits: component.inCredits }),
  };
}

function optionText(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
