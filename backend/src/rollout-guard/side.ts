/** What was seen of the calls on one side of a rollout. */
export interface Side {
  /** Calls that tell of the version: no refusals of budgets or limits, none that a cache answered, none that the caller left. */
  calls: number;
  failures: number;
  /** Calls with a known cost, the sum of their costs, and the sum of their squares. */
  priced: number;
  cost: number;
  costSquares: number;
  currency: string;
  /** Calls by the time until the caller had the first of the answer: bucket b holds what took up to 1.05^b milliseconds. */
  firstToken: ReadonlyMap<number, number>;
}

/** One call, as it went. */
export interface SeenCall {
  ok: boolean;
  cost?: { amount: number; currency: string };
  /** Milliseconds. */
  firstTokenMs?: number;
}

const ratio = 1.05;

export function emptySide(): Side {
  return { calls: 0, failures: 0, priced: 0, cost: 0, costSquares: 0, currency: '', firstToken: new Map() };
}

/** The same with one call more. Costs in another currency than the first one are left out. */
export function withCall(side: Side, { ok, cost, firstTokenMs }: SeenCall): Side {
  const isPriced = cost !== undefined && (side.currency === '' || side.currency === cost.currency);
  const firstToken = new Map(side.firstToken);
  if (firstTokenMs !== undefined)
    firstToken.set(bucketOf(firstTokenMs), (firstToken.get(bucketOf(firstTokenMs)) ?? 0) + 1);
  return {
    calls: side.calls + 1,
    failures: side.failures + (ok ? 0 : 1),
    priced: side.priced + (isPriced ? 1 : 0),
    cost: side.cost + (isPriced ? cost.amount : 0),
    costSquares: side.costSquares + (isPriced ? cost.amount ** 2 : 0),
    currency: isPriced ? cost.currency : side.currency,
    firstToken,
  };
}

/** What several processes have seen, as one. */
export function addSides(one: Side, other: Side): Side {
  const isSame = one.currency === '' || other.currency === '' || one.currency === other.currency;
  const firstToken = new Map(one.firstToken);
  for (const [bucket, count] of other.firstToken) firstToken.set(bucket, (firstToken.get(bucket) ?? 0) + count);
  return {
    calls: one.calls + other.calls,
    failures: one.failures + other.failures,
    priced: one.priced + (isSame ? other.priced : 0),
    cost: one.cost + (isSame ? other.cost : 0),
    costSquares: one.costSquares + (isSame ? other.costSquares : 0),
    currency: one.currency || other.currency,
    firstToken,
  };
}

/** The upper end of a bucket, in milliseconds. */
export function bucketEnd(bucket: number): number {
  return ratio ** bucket;
}

function bucketOf(ms: number): number {
  return Math.max(0, Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(ratio)));
}
