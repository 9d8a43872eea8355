/** What a route was like lately. Times are milliseconds; absent where nothing was seen yet. */
export interface RouteStatistics {
  /** Calls that count, each by how recent it is. */
  weight: number;
  /** Share of calls that failed, 0 to 1, drawn towards `priorErrorRate` while there are few. */
  errorRate: number;
  /** Median and 95th percentile until the first token, and until the last one. */
  firstTokenMs?: { p50: number; p95: number };
  totalMs?: { p50: number; p95: number };
  /** Mean of the tokens that are answered, and of those of the prompts. */
  outputTokens?: number;
  inputTokens?: number;
}

/** How one call over a route ended. */
export interface RouteOutcome {
  ok: boolean;
  firstTokenMs?: number;
  totalMs?: number;
  outputTokens?: number;
  inputTokens?: number;
}

const halfLifeMs = 10 * 60_000;
const priorErrorRate = 0.01;
const priorWeight = 5;
/** Boundaries of the histogram grow by a tenth from a millisecond to about ten minutes: a quantile is right to 5 %. */
const growth = 1.1;
const buckets = 142;

/** Counts that lose half of their weight every ten minutes, so that what was slow this morning may be chosen this afternoon. */
export class RouteRecord {
  #at = 0;
  #calls = 0;
  #failures = 0;
  #answered = 0;
  #outputTokens = 0;
  #inputTokens = 0;
  readonly #firstToken = new Float64Array(buckets);
  readonly #total = new Float64Array(buckets);
  #quantiles: Pick<RouteStatistics, 'firstTokenMs' | 'totalMs'> = {};
  /** Answers that the quantiles do not know of. */
  #unseen = 0;

  note(outcome: RouteOutcome, atMs: number): void {
    this.#fade(atMs);
    this.#calls += 1;
    if (!outcome.ok) {
      this.#failures += 1;
      return;
    }
    this.#unseen += 1;
    if (outcome.firstTokenMs !== undefined) add(this.#firstToken, outcome.firstTokenMs);
    if (outcome.totalMs !== undefined) add(this.#total, outcome.totalMs);
    if (outcome.outputTokens !== undefined) {
      this.#answered += 1;
      this.#outputTokens += outcome.outputTokens;
      this.#inputTokens += outcome.inputTokens ?? 0;
    }
  }

  statistics(atMs: number): RouteStatistics {
    this.#fade(atMs);
    const { firstTokenMs, totalMs } = this.#latencies();
    const known: RouteStatistics = {
      weight: this.#calls,
      errorRate: (this.#failures + priorErrorRate * priorWeight) / (this.#calls + priorWeight),
    };
    if (firstTokenMs) known.firstTokenMs = firstTokenMs;
    if (totalMs) known.totalMs = totalMs;
    if (this.#answered > 0.01) {
      known.outputTokens = this.#outputTokens / this.#answered;
      known.inputTokens = this.#inputTokens / this.#answered;
    }
    return known;
  }

  /** Mean of the tokens that are answered, lately; undefined where nothing was. */
  outputTokens(atMs: number): number | undefined {
    this.#fade(atMs);
    return this.#answered > 0.01 ? this.#outputTokens / this.#answered : undefined;
  }

  /** Counted anew when one in fifty of the calls is new: in between they hardly move, and each call asks for them. */
  #latencies(): Pick<RouteStatistics, 'firstTokenMs' | 'totalMs'> {
    if (this.#unseen * 50 < this.#calls && this.#calls > 0.01) return this.#quantiles;
    this.#unseen = 0;
    const firstTokenMs = quantiles(this.#firstToken);
    const totalMs = quantiles(this.#total);
    this.#quantiles = { ...(firstTokenMs ? { firstTokenMs } : {}), ...(totalMs ? { totalMs } : {}) };
    return this.#quantiles;
  }

  #fade(atMs: number): void {
    const passed = atMs - this.#at;
    // Fading at every call would cost more than it tells.
    if (passed < 1000) return;
    const kept = this.#at === 0 ? 1 : 2 ** (-passed / halfLifeMs);
    this.#at = atMs;
    this.#calls *= kept;
    this.#failures *= kept;
    this.#answered *= kept;
    this.#outputTokens *= kept;
    this.#inputTokens *= kept;
    for (let bucket = 0; bucket < buckets; bucket++) {
      this.#firstToken[bucket]! *= kept;
      this.#total[bucket]! *= kept;
    }
  }
}

function add(histogram: Float64Array, ms: number): void {
  const bucket = Math.ceil(Math.log(Math.max(1, ms)) / Math.log(growth));
  histogram[Math.min(buckets - 1, bucket)]! += 1;
}

function quantiles(histogram: Float64Array): { p50: number; p95: number } | undefined {
  let weight = 0;
  for (let bucket = 0; bucket < buckets; bucket++) weight += histogram[bucket]!;
  if (weight < 0.01) return undefined;
  return { p50: quantile(histogram, weight * 0.5), p95: quantile(histogram, weight * 0.95) };
}

/** The middle of the bucket in which the quantile lies. */
function quantile(histogram: Float64Array, wanted: number): number {
  let sum = 0;
  for (let bucket = 0; bucket < buckets; bucket++) {
    sum += histogram[bucket]!;
    if (sum >= wanted) return growth ** (bucket - 0.5);
  }
  return growth ** buckets;
}

/**
 * @returns what several gateways have learned of one route, each by the weight of its calls. Quantiles are means of quantiles,
 * which is near where the gateways see like traffic.
 */
export function together(all: readonly RouteStatistics[]): RouteStatistics {
  const weight = all.reduce((sum, one) => sum + one.weight, 0);
  const mean = (of: (one: RouteStatistics) => number | undefined): number | undefined => {
    const known = all.filter((one) => of(one) !== undefined);
    const sum = known.reduce((total, one) => total + one.weight, 0);
    return sum > 0 ? known.reduce((total, one) => total + of(one)! * one.weight, 0) / sum : known[0] && of(known[0]);
  };
  const quantilesOf = (of: 'firstTokenMs' | 'totalMs'): object => {
    const [p50, p95] = [mean((one) => one[of]?.p50), mean((one) => one[of]?.p95)];
    return p50 === undefined || p95 === undefined ? {} : { [of]: { p50, p95 } };
  };
  const [outputTokens, inputTokens] = [mean((one) => one.outputTokens), mean((one) => one.inputTokens)];
  return {
    weight,
    errorRate: mean((one) => one.errorRate) ?? priorErrorRate,
    ...quantilesOf('firstTokenMs'),
    ...quantilesOf('totalMs'),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
  };
}
