import { Exact, plain, sum } from './exact.ts';
import type { LlmUsage, PricedUsage } from './prices.ts';
import { percentOf, splitDifference, type Billed, type Cause, type OwnUsage, type Split } from './reconciliation.ts';

/** Hours that tell a price from a cache: with fewer, a factor that they share may be chance. */
const fewestHours = 3;
/** Factors that differ by less are one: bills are rounded. */
const sameFactor = '0.0001';

/**
 * A day as the sum of its hours, where the bill tells hours: what was lost or failed in an hour is then told apart from the
 * rest of the day. Where the bill tells only total tokens, and every hour with as many tokens as recorded is dearer by the same
 * factor, that factor is a change of price: another share of cached tokens would differ from hour to hour with the calls.
 */
export function splitHours(
  hours: readonly { own: readonly OwnUsage[]; bill: Billed | undefined }[],
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
): Split {
  const splits = hours.map(({ own, bill }) => splitDifference(own, bill, price));
  if (splits.length === 1) return splits[0]!;
  const factor = sharedFactor(hours, splits);
  const amounts = new Map<Cause, { amount: Exact; texts: Set<string> }>();
  for (const split of splits) {
    for (const { cause, amount, text } of split.causes) {
      const isPrice = factor !== undefined && cause === 'other' && onlyOther(split);
      const name = isPrice ? 'price-change' : cause;
      const known = amounts.get(name) ?? { amount: new Exact(0), texts: new Set<string>() };
      known.texts.add(isPrice ? `every hour of the bill is ${factor} times the book's prices` : text);
      amounts.set(name, { ...known, amount: known.amount.plus(amount) });
    }
  }
  const total = (field: 'billed' | 'estimated' | 'difference') => sum(splits.map((split) => new Exact(split[field])));
  const [billed, difference] = [total('billed'), total('difference')];
  return {
    billed: plain(billed),
    estimated: plain(total('estimated')),
    difference: plain(difference),
    percent: percentOf(difference, billed),
    causes: [...amounts]
      .filter(([, { amount }]) => !amount.isZero())
      .map(([cause, { amount, texts }]) => ({ cause, amount: plain(amount), text: [...texts].join('; ') })),
    evidence: splits.find(({ evidence }) => evidence !== 'one-side')?.evidence ?? 'one-side',
  };
}

/** An hour with as many tokens as recorded, whose whole difference nothing explains. */
function onlyOther(split: Split): boolean {
  return split.evidence === 'total-tokens' && split.causes.length === 1 && split.causes[0]!.cause === 'other';
}

function sharedFactor(hours: readonly { bill: Billed | undefined }[], splits: readonly Split[]): string | undefined {
  const alike = splits.filter(
    (split, hour) =>
      split.evidence === 'total-tokens' &&
      hours[hour]!.bill !== undefined &&
      split.causes.every(({ cause }) => cause === 'other'),
  );
  const factors = alike
    .filter(({ estimated }) => !new Exact(estimated).isZero())
    .map(({ billed, estimated }) => new Exact(billed).div(estimated));
  const first = factors[0];
  if (!first || factors.length < fewestHours || first.minus(1).abs().lessThan(sameFactor)) return undefined;
  return factors.every((factor) => factor.minus(first).abs().lessThan(sameFactor))
    ? plain(first.toDecimalPlaces(4))
    : undefined;
}
