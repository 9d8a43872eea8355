import type { causes, Reconciled } from './contract.ts';
import { costOf, Exact, plain, sum } from './exact.ts';
import { answerMeters, promptMeters, type Meter } from './meter.ts';
import type { LlmUsage, PricedUsage } from './prices.ts';

type Cause = (typeof causes)[number];

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
type Kind = 'input' | 'cached' | 'written' | 'output' | 'other';

const kinds: ReadonlyMap<Meter, Kind> = new Map<Meter, Kind>([
  ...promptMeters.map((meter): [Meter, Kind] => [
    meter,
    meter.startsWith('cached') ? 'cached' : meter.startsWith('cache_write') ? 'written' : 'input',
  ]),
  ...answerMeters.map((meter): [Meter, Kind] => [meter, 'output']),
]);

/** What the records say again, priced by today's book. */
interface Repriced {
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
}

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

function percentOf(difference: Exact, billed: Exact): string | null {
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
  const failed = Exact.max(0, Exact.min(above, averageCost(again).times(again.failedWithoutUsage)));
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
    : Exact.min(volume, averageCost(again).times(again.failedWithoutUsage));
  add('failed-but-billed', failed, 'calls that failed without a recorded usage, and were billed');
  add('missing-requests', volume.minus(failed), 'billed calls that were not recorded');
}

function reprice(own: readonly OwnUsage[], price: (usage: LlmUsage) => PricedUsage | { unpriced: string }): Repriced {
  const zero = (): Record<Kind, Exact> => ({
    input: new Exact(0),
    cached: new Exact(0),
    written: new Exact(0),
    output: new Exact(0),
    other: new Exact(0),
  });
  const again = { quantity: zero(), cost: zero(), failedCost: new Exact(0), counted: new Exact(0) };
  let failedWithoutUsage = new Exact(0);
  for (const group of own) {
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
    total: sum(Object.values(again.cost)),
    tokens: sum([input, cached, written, output]),
  };
}

/** Mean price of each kind in the records; of a kind that they do not have, the book's price of one token of it. */
function unitPrices(
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

function averageCost({ total, counted }: Repriced): Exact {
  return counted.isZero() ? new Exact(0) : total.div(counted);
}
