import { dropOldest } from '../../platform/collections/index.ts';

/** Whether the kept answer to a question was right for another one that is so similar. */
export interface Observation {
  similarity: number;
  correct: boolean;
}

interface Hypothesis {
  /** Share that is right however little similar: what people ask is often of a kind. */
  floor: number;
  /** Similarity in the middle of the rise. */
  threshold: number;
  slope: number;
  /** Share that is wrong however similar: one word can turn a meaning. */
  lapse: number;
}

const thresholds = Array.from({ length: 21 }, (_, n) => 0.4 + n * 0.03).concat(1.1, 1.3);
const slopes = [6, 15, 40];
const lapses = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const floors = [0, 0.15, 0.3, 0.45, 0.6];
const hypotheses: readonly Hypothesis[] = thresholds.flatMap((threshold) =>
  slopes.flatMap((slope) => lapses.flatMap((lapse) => floors.map((floor) => ({ threshold, slope, lapse, floor })))),
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
 * P(right | similarity s) = floor + (1 - lapse - floor) / (1 + exp(-slope (s - threshold))), with a posterior over a grid of
 * the four from all observations of a policy, sharpened by those of the single entry. What is told is a lower bound: for every
 * doubt e, the e-quantile of P times (1 - e), and the highest of these (after Schroeder et al. 2025, vCache: a threshold for each
 * entry under a bound on errors; here the bound holds for the answers that are given from the cache, not for all).
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
    dropOldest(this.#own, mostEntries);
  }

  /** At least so probable it is that the answer of the entry is right for a question that is so similar, 0 to 1. */
  atLeast(entry: string, similarity: number): number {
    const step = stepOf(similarity);
    const own = this.#own.get(entry);
    if (!own) {
      this.#bounds ??= new Float64Array(steps + 1).fill(-1);
      if (this.#bounds[step]! < 0) this.#bounds[step] = lowerBound(this.#all, step);
      return this.#bounds[step]!;
    }
    const weights = this.#all.slice();
    for (const observation of own) addLikelihood(weights, observation, ownWeight - 1);
    return lowerBound(weights, step);
  }
}

function rightAt({ threshold, slope, lapse, floor }: Hypothesis, similarity: number): number {
  return floor + (1 - lapse - floor) / (1 + Math.exp(-slope * (similarity - threshold)));
}

function stepOf(similarity: number): number {
  // Downwards: a question that is a little less similar is never surer.
  return Math.max(0, Math.min(steps, Math.floor(similarity * steps)));
}

function addLikelihood(logs: Float64Array, { similarity, correct }: Observation, weight: number): void {
  const { logRight, logWrong } = rankingAt(stepOf(similarity));
  const told = correct ? logRight : logWrong;
  for (let at = 0; at < logs.length; at++) logs[at] = logs[at]! + weight * told[at]!;
}

interface Ranking {
  /** Hypotheses from the one that thinks least of a hit to the one that thinks most, and what each thinks. */
  order: Uint16Array;
  right: Float64Array;
  /** Logarithms of what each thinks of a hit and of a miss, in the order of the hypotheses. */
  logRight: Float64Array;
  logWrong: Float64Array;
}

const rankings: (Ranking | undefined)[] = [];

/** The same for every policy, so it is made once. */
function rankingAt(step: number): Ranking {
  const known = rankings[step];
  if (known) return known;
  const all = hypotheses.map((hypothesis) => rightAt(hypothesis, step / steps));
  const order = Uint16Array.from(all.keys()).sort((one, other) => all[one]! - all[other]!);
  const bounded = (value: number): number => Math.log(Math.max(1e-9, Math.min(1 - 1e-9, value)));
  const made = {
    order,
    right: Float64Array.from(order, (at) => all[at]!),
    logRight: Float64Array.from(all, bounded),
    logWrong: Float64Array.from(all, (right) => bounded(1 - right)),
  };
  rankings[step] = made;
  return made;
}

function lowerBound(logs: Float64Array, step: number): number {
  const { order, right } = rankingAt(step);
  let most = -Infinity;
  for (const log of logs) most = Math.max(most, log);
  const weights = new Float64Array(order.length);
  let total = 0;
  for (let rank = 0; rank < order.length; rank++) {
    const log = logs[order[rank]!]! - most;
    // Most weigh nothing.
    weights[rank] = log < -30 ? 0 : Math.exp(log);
    total += weights[rank]!;
  }
  let best = 0;
  let sum = 0;
  let at = 0;
  for (const doubt of doubts) {
    while (at < weights.length && sum + weights[at]! <= doubt * total) sum += weights[at++]!;
    best = Math.max(best, (right[at] ?? 0) * (1 - doubt));
  }
  return best;
}
