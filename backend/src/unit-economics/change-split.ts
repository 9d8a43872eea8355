import { dividedRound } from '../platform/amounts/index.ts';

/**
 * One part of a cost in two periods: amounts and quantities as whole numbers of 1e-30. Quantities are compared within a market
 * only, e.g. the hours of one service; `hasQuantity` false: what the part costs is all that is known.
 */
export interface Leaf {
  market: string;
  hasQuantity: boolean;
  cost: bigint;
  previousCost: bigint;
  quantity: bigint;
  previousQuantity: bigint;
}

/** price + volume + mix is the difference to the last digit; `unknown` is the part of `volume` without quantities. */
export interface Split {
  difference: bigint;
  price: bigint;
  volume: bigint;
  mix: bigint;
  unknown: bigint;
}

export const noSplit: Split = { difference: 0n, price: 0n, volume: 0n, mix: 0n, unknown: 0n };

/**
 * Splits the change of each leaf, c1 - c0 with c = p q and q = s Q (p: unit price, s: share of its market, Q: quantity of the
 * market), with each factor at the mean of the others (Shapley value of two factors, taken at both levels):
 *
 *   price  = (q0 + q1)/2 (p1 - p0)
 *   volume = (p0 + p1)/2 (s0 + s1)/2 (Q1 - Q0)
 *   mix    = (p0 + p1)/2 (Q0 + Q1)/2 (s1 - s0)
 *
 * The three are the difference exactly, and add up over leaves, so that every grouping of leaves has its split. A leaf that is
 * new or gone has the price of the period in which it exists: its change is volume and mix, no price. A market that is new or
 * gone is volume. What has a cost but no quantity is volume, flagged unknown. The figures are rounded to 1e-12; what rounding
 * leaves goes to the largest of the three.
 */
export function splitLeaves(leaves: readonly Leaf[]): Split[] {
  const markets = new Map<string, { now: bigint; before: bigint }>();
  for (const leaf of leaves) {
    if (!leaf.hasQuantity) continue;
    const market = markets.get(leaf.market) ?? { now: 0n, before: 0n };
    market.now += leaf.quantity;
    market.before += leaf.previousQuantity;
    markets.set(leaf.market, market);
  }
  return leaves.map((leaf) => splitOf(leaf, markets.get(leaf.market) ?? { now: 0n, before: 0n }));
}

export function addSplits(splits: readonly Split[]): Split {
  const sum = { ...noSplit };
  for (const split of splits) {
    sum.difference += split.difference;
    sum.price += split.price;
    sum.volume += split.volume;
    sum.mix += split.mix;
    sum.unknown += split.unknown;
  }
  return sum;
}

function splitOf(leaf: Leaf, market: { now: bigint; before: bigint }): Split {
  const difference = leaf.cost - leaf.previousCost;
  const [q0, q1] = [leaf.previousQuantity, leaf.quantity];
  const isUsual = leaf.hasQuantity && q0 >= 0n && q1 >= 0n && (q0 > 0n || q1 > 0n) && !isCostWithoutQuantity(leaf);
  if (!isUsual) return { ...noSplit, difference, volume: difference, unknown: difference };
  const [Q0, Q1] = [market.before, market.now];
  const isMarketWhole = Q0 > 0n && Q1 > 0n;
  if (q0 === 0n || q1 === 0n) {
    if (!isMarketWhole) return { ...noSplit, difference, volume: difference };
    // p c / q of the period in which it exists; s is 0 in the other. volume = c/q * s/2 * (Q1 - Q0), with s = q/Q: c (Q1 - Q0) / (2 Q).
    const [cost, whole] = q0 === 0n ? [leaf.cost, Q1] : [leaf.previousCost, Q0];
    const volume = rounded(cost * (Q1 - Q0), 2n * whole);
    return { ...noSplit, difference, volume, mix: difference - volume };
  }
  const [c0, c1] = [leaf.previousCost, leaf.cost];
  const price = rounded((q0 + q1) * (c1 * q0 - c0 * q1), 2n * q0 * q1);
  const volume = rounded((c0 * q1 + c1 * q0) * (q0 * Q1 + q1 * Q0) * (Q1 - Q0), 4n * q0 * q1 * Q0 * Q1);
  const mix = rounded((c0 * q1 + c1 * q0) * (Q0 + Q1) * (q1 * Q0 - q0 * Q1), 4n * q0 * q1 * Q0 * Q1);
  return closed({ difference, price, volume, mix, unknown: 0n });
}

/** A period with a cost and nothing to show for it has no price. */
function isCostWithoutQuantity({ cost, previousCost, quantity, previousQuantity }: Leaf): boolean {
  return (quantity === 0n && cost !== 0n) || (previousQuantity === 0n && previousCost !== 0n);
}

/** 1e-12, in numbers of 1e-30. */
const grain = 10n ** 18n;

function rounded(numerator: bigint, denominator: bigint): bigint {
  return dividedRound(numerator, denominator * grain) * grain;
}

function closed(split: Split): Split {
  const rest = split.difference - split.price - split.volume - split.mix;
  const largest = (['price', 'volume', 'mix'] as const).reduce((best, name) =>
    size(split[name]) > size(split[best]) ? name : best,
  );
  return { ...split, [largest]: split[largest] + rest };
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}
