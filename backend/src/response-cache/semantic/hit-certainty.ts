/** Whether the kept answer to a question was right for another one that is so similar. */
export interface Observation {
  similarity: number;
  correct: boolean;
}

interface Hypothesis {
  /** Similarity at which half are right. */
  threshold: number;
  slope: number;
  /** Share that is wrong however similar: one word can turn a meaning. */
  lapse: number;
}

const thresholds = Array.from({ length: 31 }, (_, n) => 0.4 + n * 0.02).concat(1.1, 1.3);
const slopes = [5, 10, 20, 40, 80];
const lapses = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const hypotheses: readonly Hypothesis[] = thresholds.flatMap((threshold) =>
  slopes.flatMap((slope) => lapses.map((lapse) => ({ threshold, slope, lapse }))),
);
/** Doubts of how much of what was learned is left out of account. */
const doubts = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
/** What is learned of one entry counts for more than what is learned of the others. */
const ownWeight = 4;
const mostOwn = 64;
const mostEntries = 20_000;
const steps = 200;

/**
 * How sure it is that a similar question may be given a kept answer, learned from what became of earlier ones.
 *
 * P(right | similarity s) = (1 - lapse) / (1 + exp(-slope (s - threshold))), with a posterior over a grid of the three from
 * all observations of a policy, sharpened by those of the single entry. What is told is a lower bound: for every doubt e, the
 * e-quantile of P times (1 - e), and the highest of these (after Schroeder et al. 2025, vCache: a threshold for each entry under
 * a bound on errors; here the bound holds for the answers that are given from the cache, not for all).
 */
export class HitCertainty {
  readonly #all = new Float64Array(hypotheses.length);
  readonly #own = new Map<string, Observation[]>();
  /** The bound by similarity, from the observations of all entries; made anew after each. */
  #bounds: Float64Array | undefined;
  #count = 0;

  get observations(): number {
    return this.#count;
  }

  learn(entry: string, observation: Observation): void {
    addLikelihood(this.#all, observation, 1);
    this.#count += 1;
    this.#bounds = undefined;
    const own = this.#own.get(entry) ?? [];
    own.push(observation);
    if (own.length > mostOwn) own.shift();
    this.#own.delete(entry);
    this.#own.set(entry, own);
    if (this.#own.size > mostEntries) this.#own.delete(this.#own.keys().next().value!);
  }

  /** At least so probable it is that the answer of the entry is right for a question that is so similar, 0 to 1. */
  atLeast(entry: string, similarity: number): number {
    const own = this.#own.get(entry);
    if (!own) return this.#shared(similarity);
    const weights = this.#all.slice();
    for (const observation of own) addLikelihood(weights, observation, ownWeight - 1);
    return lowerBound(weights, similarity);
  }

  #shared(similarity: number): number {
    this.#bounds ??= new Float64Array(steps + 1).fill(-1);
    // Downwards: a question that is a little less similar is never surer.
    const step = Math.max(0, Math.min(steps, Math.floor(similarity * steps)));
    if (this.#bounds[step]! < 0) this.#bounds[step] = lowerBound(this.#all, step / steps);
    return this.#bounds[step]!;
  }
}

function rightAt({ threshold, slope, lapse }: Hypothesis, similarity: number): number {
  return (1 - lapse) / (1 + Math.exp(-slope * (similarity - threshold)));
}

function addLikelihood(logs: Float64Array, { similarity, correct }: Observation, weight: number): void {
  hypotheses.forEach((hypothesis, at) => {
    const right = Math.min(1 - 1e-9, Math.max(1e-9, rightAt(hypothesis, similarity)));
    logs[at] = logs[at]! + weight * Math.log(correct ? right : 1 - right);
  });
}

function lowerBound(logs: Float64Array, similarity: number): number {
  let most = -Infinity;
  for (const log of logs) most = Math.max(most, log);
  let total = 0;
  const ranked = hypotheses.map((hypothesis, at) => {
    const weight = Math.exp(logs[at]! - most);
    total += weight;
    return { right: rightAt(hypothesis, similarity), weight };
  });
  ranked.sort((one, other) => one.right - other.right);
  let best = 0;
  let sum = 0;
  let at = 0;
  for (const doubt of doubts) {
    while (at < ranked.length && sum + ranked[at]!.weight <= doubt * total) sum += ranked[at++]!.weight;
    best = Math.max(best, (ranked[at]?.right ?? 0) * (1 - doubt));
  }
  return best;
}
