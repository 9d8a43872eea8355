import { exactProduct } from '../platform/amounts/index.ts';

/** What a provider's model was billed on a day, and what its usage was estimated at. */
export interface ModelFactor {
  day: string;
  /** In the answer's list of models, counted from 1. */
  place: number;
  billed: bigint;
  estimate: bigint;
  isBilled: boolean;
}

/** Sums of the calls of a model on a day that name a session. */
export interface SessionDay {
  day: string;
  place: number;
  estimate: bigint;
  requests: bigint;
  tokens: bigint;
}

/** Billed over estimated; undefined where the estimate counts as it is, because no bill has the model and day. */
export function factorOf({ billed, estimate, isBilled }: ModelFactor): bigint | undefined {
  return isBilled && estimate > 0n ? (billed * 10n ** 30n) / estimate : undefined;
}

/** The cost of all sessions of the days from `from` up to and without `to` (ISO days); undefined where there are none. */
export function sessionTotal(
  days: readonly SessionDay[],
  factors: readonly ModelFactor[],
  { from, to }: { from: string; to: string },
): SessionTotal | undefined {
  const known = new Map(factors.map((one) => [`${one.day} ${one.place}`, factorOf(one)]));
  const own = days.filter(({ day }) => day >= from && day < to);
  if (own.length === 0) return undefined;
  const total = { cost: 0n, billed: 0n, requests: 0n, tokens: 0n };
  for (const { day, place, estimate, requests, tokens } of own) {
    const factor = known.get(`${day} ${place}`);
    const cost = factor === undefined ? estimate : exactProduct(estimate, factor);
    total.cost += cost;
    if (factor !== undefined) total.billed += cost;
    total.requests += requests;
    total.tokens += tokens;
  }
  return total;
}

export interface SessionTotal {
  cost: bigint;
  billed: bigint;
  requests: bigint;
  tokens: bigint;
}
