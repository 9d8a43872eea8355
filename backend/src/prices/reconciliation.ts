import type { causes, Reconciled } from './reconciliation-contract.ts';
import { costOf, Exact, plain, sum } from './exact.ts';
import type { LlmUsage, PricedUsage } from './prices.ts';
import { likelyCost, reprice, unitPrices, type Repriced } from './repriced-usage.ts';

export type Cause = (typeof causes)[number];

/** Calls of one day, model, service tier and length of prompt, as the records have them. */
export interface OwnUsage {
  usage: LlmUsage;
  requests: number;
  /** Calls whose status is not ok. */
  failed: boolean;
  /** Calls that recorded no tokens: where one was billed all the same, the record does not know. */
  withoutUsage: boolean;
  /** As it was estimated when the records came, in the currency of the bill. */
  cost: string;
  /** Sum of the squared costs of its calls, by which their spread is told; absent: they cost alike. */
  costSquares?: number;
}

/** What a provider billed for one day and model. */
export interface Billed {
  cost: string;
  lines: number;
  requests?: string;
  /** All tokens of the prompts, cached ones and cache writes included. */
  inputTokens?: string;
  cachedTokens?: string;
  writtenTokens?: string;
  outputTokens?: string;
  /** Where the bill only tells all tokens together. */
  totalTokens?: string;
}

export type Split = Pick<Reconciled, 'billed' | 'estimated' | 'difference' | 'percent' | 'causes' | 'evidence'>;

/** Differences of at most half a cent for each line of the bill are its rounding. */
const roundingPerLine = '0.005';

/**
 * Why a bill differs from the estimate: amounts that add up to billed less estimated exactly (docs/prices.md has the method).
 * `price` prices a call by today's book in the currency of the bill. Pure.
 */
export function splitDifference(
  own: readonly OwnUsage[],
  bill: Billed | undefined,
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
): Split {
  const estimated = sum(own.map(({ cost }) => new Exact(cost)));
  const billed = new Exact(bill?.cost ?? 0);
  const difference = billed.minus(estimated);
  const amounts = new Map<Cause, Exact>();
  const texts = new Map<Cause, string>();
  const add = (cause: Cause, amount: Exact, text: string) => {
    if (amount.isZero()) return;
    amounts.set(cause, (amounts.get(cause) ?? new Exact(0)).plus(costOf(amount)));
    texts.set(cause, [texts.get(cause), text].filter(Boolean).join('; '));
  };
  const evidence = own.length === 0 || !bill ? oneSide(own, bill, difference, add) : compare(own, bill, price, add);
  const told = sum(amounts.values());
  add('other', difference.minus(told), 'what the other causes do not explain');
  return {
    billed: plain(billed),
    estimated: plain(estimated),
    difference: plain(difference),
    percent: percentOf(difference, billed),
    causes: [...amounts].map(([cause, amount]) => ({ cause, amount: plain(amount), text: texts.get(cause)! })),
    evidence,
  };
}

/** Per cent of the bill with four digits; null where nothing was billed. */
export function percentOf(difference: Exact, billed: Exact): string | null {
  return billed.isZero() ? null : plain(difference.div(billed.abs()).times(100).toDecimalPlaces(4));
}

type Add = (cause: Cause, amount: Exact, text: string) => void;

function oneSide(own: readonly OwnUsage[], bill: Billed | undefined, difference: Exact, add: Add): Split['evidence'] {
  const text = bill ? 'billed, and no call of it was recorded' : 'recorded, and not on the bill of that day';
  if (own.length === 0 || !bill) add('missing-requests', difference, text);
  return 'one-side';
}

function compare(
  own: readonly OwnUsage[],
  bill: Billed,
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
  add: Add,
): Split['evidence'] {
  const again = reprice(own, price);
  const estimated = sum(own.map(({ cost }) => new Exact(cost)));
  add('price-change', again.total.minus(estimated), "the estimate was made with other prices than today's book has");
  if (bill.inputTokens !== undefined && bill.outputTokens !== undefined) return byKinds(bill, again, price, own, add);
  const volume = volumeBySize(bill, again);
  if (volume) {
    const whole = new Exact(bill.cost).minus(again.total);
    const amount = atMost(volume.amount, whole);
    splitVolume(amount, bill, again, add);
    const rest = whole.minus(amount);
    add('other', rest, 'the bill does not tell cached tokens: cache and price cannot be told apart');
    return volume.evidence;
  }
  const above = new Exact(bill.cost).minus(again.total);
  const failed = Exact.max(0, Exact.min(above, likelyCost(again)));
  add('failed-but-billed', failed, 'as many calls failed without a recorded usage');
  return 'amount';
}

/** The bill tells tokens by kind: their prices, the mix of cached ones and the volume are told apart. */
function byKinds(
  bill: Billed,
  again: Repriced,
  price: (usage: LlmUsage) => PricedUsage | { unpriced: string },
  own: readonly OwnUsage[],
  add: Add,
): Split['evidence'] {
  const unit = unitPrices(again, price, own);
  const input = new Exact(bill.inputTokens ?? 0);
  const cached = new Exact(bill.cachedTokens ?? 0);
  const written = new Exact(bill.writtenTokens ?? 0);
  const output = new Exact(bill.outputTokens ?? 0);
  const prompt = sum([again.quantity.input, again.quantity.cached, again.quantity.written]);
  const promptCost = sum([again.cost.input, again.cost.cached, again.cost.written]);
  const mean = prompt.isZero() ? unit.input : promptCost.div(prompt);
  const size = again.tokens.isZero() ? new Exact(1) : input.plus(output).div(again.tokens);
  const atOurMix = mean.times(input);
  const atItsMix = unit.input
    .times(input.minus(cached).minus(written))
    .plus(unit.cached.times(cached))
    .plus(unit.written.times(written));
  const volume = atOurMix
    .minus(promptCost)
    .plus(unit.output.times(output.minus(again.quantity.output)))
    .plus(again.cost.other.times(size.minus(1)));
  add('cache', atItsMix.minus(atOurMix), 'the bill counts other shares of cached tokens than the records');
  splitVolume(volume, bill, again, add);
  const atOurPrices = again.total.plus(volume).plus(atItsMix).minus(atOurMix);
  const rest = new Exact(bill.cost).minus(atOurPrices);
  const rounding = rest.abs().lessThanOrEqualTo(new Exact(roundingPerLine).times(bill.lines));
  if (rounding) add('other', rest, 'rounding of the lines of the bill');
  else add('price-change', rest, 'the bill charges the same tokens at other prices than the book');
  return 'token-kinds';
}

/** By a mean price volume may seem to explain more than there is; then it explains all of it. */
function atMost(volume: Exact, whole: Exact): Exact {
  const sameSide = volume.isNegative() === whole.isNegative();
  return sameSide && volume.abs().greaterThan(whole.abs()) ? whole : volume;
}

/** What volume alone explains, where the bill tells only tokens together or only requests. */
function volumeBySize(bill: Billed, again: Repriced): { amount: Exact; evidence: Split['evidence'] } | undefined {
  if (bill.totalTokens !== undefined && !again.tokens.isZero()) {
    const share = new Exact(bill.totalTokens).minus(again.tokens).div(again.tokens);
    return { amount: again.total.times(share), evidence: 'total-tokens' };
  }
  if (bill.requests !== undefined && !again.counted.isZero()) {
    const share = new Exact(bill.requests).minus(again.counted).div(again.counted);
    return { amount: again.total.times(share), evidence: 'requests' };
  }
  return undefined;
}

/**
 * More volume on the bill: as many calls as failed without a recorded usage account for their share of it, the rest are calls
 * that were not recorded. Less volume: calls that failed and were not billed come first, then calls that are not on the bill.
 */
function splitVolume(volume: Exact, bill: Billed, again: Repriced, add: Add): void {
  const extra = bill.requests === undefined ? undefined : new Exact(bill.requests).minus(again.counted);
  if (volume.isNegative()) {
    const failed = Exact.min(volume.abs(), again.failedCost).negated();
    add('failed-but-billed', failed, 'calls that failed were estimated and not billed');
    add('missing-requests', volume.minus(failed), 'recorded calls that are not on the bill');
    return;
  }
  if (extra && extra.lessThanOrEqualTo(0))
    return add('other', volume, 'the bill counts more tokens for the same calls');
  const failed = extra
    ? volume.times(Exact.min(extra, again.failedWithoutUsage)).div(extra)
    : Exact.min(volume, likelyCost(again));
  add('failed-but-billed', failed, 'calls that failed without a recorded usage, and were billed');
  add('missing-requests', volume.minus(failed), 'billed calls that were not recorded');
}
