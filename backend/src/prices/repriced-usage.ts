import { Exact, sum } from './exact.ts';
import { answerMeters, promptMeters, type Meter } from './meter.ts';
import type { LlmUsage, PricedUsage } from './prices.ts';
import type { OwnUsage } from './reconciliation.ts';

type Kind = 'input' | 'cached' | 'written' | 'output' | 'other';

const kinds: ReadonlyMap<Meter, Kind> = new Map<Meter, Kind>([
  ...promptMeters.map((meter): [Meter, Kind] => [
    meter,
    meter.startsWith('cached') ? 'cached' : meter.startsWith('cache_write') ? 'written' : 'input',
  ]),
  ...answerMeters.map((meter): [Meter, Kind] => [meter, 'output']),
]);

/** What the records say again, priced by today's book. */
export interface Repriced {
  quantity: Record<Kind, Exact>;
  cost: Record<Kind, Exact>;
  /** Sum of the costs. */
  total: Exact;
  /** Of calls that failed and recorded tokens. */
  failedCost: Exact;
  /** Calls with and without recorded tokens; of the latter those that failed. */
  counted: Exact;
  failedWithoutUsage: Exact;
  tokens: Exact;
  costSquares: number;
}

/** Prices the records again by today's book. */
export function reprice(
  own: readonly OwnUsage[],
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
): Repriced {
  const zero = (): Record<Kind, Exact> => ({
    input: new Exact(0),
    cached: new Exact(0),
    written: new Exact(0),
    output: new Exact(0),
    other: new Exact(0),
  });
  const again = { quantity: zero(), cost: zero(), failedCost: new Exact(0), counted: new Exact(0) };
  let failedWithoutUsage = new Exact(0);
  let costSquares = 0;
  for (const group of own) {
    costSquares += group.costSquares ?? Number(group.cost) ** 2 / Math.max(1, group.requests);
    if (group.withoutUsage && group.failed) failedWithoutUsage = failedWithoutUsage.plus(group.requests);
    else again.counted = again.counted.plus(group.requests);
    const priced = price(group.usage);
    if ('unpriced' in priced) {
      again.cost.other = again.cost.other.plus(group.cost);
      if (group.failed) again.failedCost = again.failedCost.plus(group.cost);
      continue;
    }
    if (group.failed) again.failedCost = again.failedCost.plus(priced.cost);
    for (const term of priced.terms) {
      const kind = kinds.get(term.meter) ?? 'other';
      again.quantity[kind] = again.quantity[kind].plus(term.quantity);
      again.cost[kind] = again.cost[kind].plus(term.cost);
    }
  }
  const { input, cached, written, output } = again.quantity;
  return {
    ...again,
    failedWithoutUsage,
    costSquares,
    total: sum(Object.values(again.cost)),
    tokens: sum([input, cached, written, output]),
  };
}

/** Mean price of each kind in the records; of a kind that they do not have, the book's price of one token of it. */
export function unitPrices(
  again: Repriced,
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
  own: readonly OwnUsage[],
): Record<'input' | 'cached' | 'written' | 'output', Exact> {
  const sample = own[0]!.usage;
  const one = (usage: Partial<LlmUsage>): Exact => {
    const { startedAt, provider, model, serviceTier } = sample;
    const tier = serviceTier === undefined ? {} : { serviceTier };
    const priced = price({ startedAt, provider, model, ...tier, inputTokens: 0, outputTokens: 0, ...usage });
    return 'unpriced' in priced ? new Exact(0) : new Exact(priced.cost);
  };
  const mean = (kind: Kind, usage: Partial<LlmUsage>) =>
    again.quantity[kind].isZero() ? one(usage) : again.cost[kind].div(again.quantity[kind]);
  return {
    input: mean('input', { inputTokens: 1 }),
    cached: mean('cached', { inputTokens: 1, cachedInputTokens: 1 }),
    written: mean('written', { inputTokens: 1, cacheWrite5mTokens: 1 }),
    output: mean('output', { outputTokens: 1 }),
  };
}

/**
 * What as many calls as failed without a recorded usage may have cost, by the calls that were recorded: their mean and twice
 * the standard error of a sum of so many, 95 of 100 such sums are below it.
 */
export function likelyCost({ total, counted, failedWithoutUsage, costSquares }: Repriced): Exact {
  if (counted.isZero()) return new Exact(0);
  const mean = total.div(counted);
  const variance = new Exact(costSquares).div(counted).minus(mean.times(mean));
  const spread = variance.isPositive() ? variance.times(failedWithoutUsage).sqrt().times(2) : new Exact(0);
  return mean.times(failedWithoutUsage).plus(spread);
}
