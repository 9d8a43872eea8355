import { bandCoverage } from './forecaster.ts';
import { SortedWindow } from './sorted-window.ts';

const tail = (1 - bandCoverage) / 2;
const day = 1440;
/** By how much a tail's level answers to each hit or miss: the value of Gibbs and Candes. */
const step = 0.005;
const scoresBeforeBand = 20;
/** Keeps a score finite where a residual meets a scale of almost nothing. */
const largestScore = 1e9;
/** Share by which the usual size of a residual follows the newest one: half of it is from the last quarter of an hour. */
const follow = 1 - 0.5 ** (1 / 15);
/** The largest miss is forgotten by half in a day. */
const forgetLargest = 0.5 ** (1 / day);

/** How far down and up a forecaster itself expects a prediction to be off, in requests per minute. */
export interface Reach {
  below: number;
  above: number;
}

/** A band around one prediction, in requests per minute; `scale` is handed back to `learn`. */
export interface Band {
  lower: number;
  upper: number;
  scale: Reach;
}

/**
 * The 80 % band of one horizon, from what the same forecaster missed by: quantiles of residuals in units of their recent
 * size (or of what the forecaster itself expects, where it says so), each tail at a level that is moved by every hit and miss, so that a tenth falls outside on either side even while
 * the series changes (adaptive conformal inference: Gibbs and Candes 2021, "Adaptive conformal inference under
 * distribution shift", with the two tails kept apart). The quantiles are those of the last day. It never reaches further
 * than the largest recent miss. How the settings were chosen is in docs/figures.md.
 */
export class ConformalBand {
  readonly #scores: SortedWindow;
  #residuals = 0;
  #usual = 0;
  #largest = 0;
  #lowerLevel = tail;
  #upperLevel = tail;

  /** `scores`: how many of the last misses its quantiles are taken from. */
  constructor(scores = day) {
    this.#scores = new SortedWindow(scores);
  }

  /** Takes in what came for a prediction that `band` was put around. */
  learn(actual: number, predicted: number, band: Band): void {
    if (this.#scores.size >= scoresBeforeBand) {
      this.#lowerLevel = nextLevel(this.#lowerLevel, actual < band.lower);
      this.#upperLevel = nextLevel(this.#upperLevel, actual > band.upper);
    }
    const residual = actual - predicted;
    const size = Math.abs(residual);
    const scale = residual < 0 ? band.scale.below : band.scale.above;
    if (scale > 0) this.#scores.push(Math.min(largestScore, Math.max(-largestScore, residual / scale)));
    this.#residuals += 1;
    this.#usual += (size - this.#usual) * Math.max(follow, 1 / this.#residuals);
    this.#largest = Math.max(size, this.#largest * forgetLargest);
  }

  /**
   * Band around a prediction; it holds the prediction and never goes below zero. Before there are residuals to learn from
   * it reaches from 0 to twice the value.
   */
  around(predicted: number, expected?: Reach): Band {
    const least = 1e-6 * predicted;
    const scale = {
      below: Math.max(expected?.below ?? this.#usual, least),
      above: Math.max(expected?.above ?? this.#usual, least),
    };
    if (this.#scores.size < scoresBeforeBand) {
      const { below, above } = expected ?? this.#firstReach(predicted);
      return { lower: Math.max(0, predicted - below), upper: predicted + above, scale };
    }
    const below = scale.below * reachOf(-quantileOf(this.#scores, this.#lowerLevel), this.#lowerLevel);
    const above = scale.above * reachOf(quantileOf(this.#scores, 1 - this.#upperLevel), this.#upperLevel);
    return {
      lower: Math.max(0, predicted - Math.max(0, Math.min(this.#largest, below))),
      upper: predicted + Math.max(0, Math.min(this.#largest, above)),
      scale,
    };
  }

  #firstReach(predicted: number): Reach {
    const reach = this.#residuals === 0 ? predicted : Math.max(2.5 * this.#usual, 0.05 * predicted);
    return { below: reach, above: reach };
  }
}

/** A tail's next level: smaller (a wider band) after a miss, a little larger after a hit. */
function nextLevel(present: number, missed: boolean): number {
  return Math.min(0.45, Math.max(-0.1, present + step * (tail - (missed ? 1 : 0))));
}

function quantileOf(scores: SortedWindow, p: number): number {
  return scores.quantile(Math.min(1, Math.max(0, p)));
}

/** A level below zero asks for more than was seen in the window: the extreme is stretched, twice as far at -0.1. */
function reachOf(quantile: number, level: number): number {
  return level >= 0 ? quantile : quantile * (1 - 10 * level);
}
