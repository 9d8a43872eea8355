/**
 * How latency grows with load per pod: latency = base + slope * h(load / capacity), h(r) = r^4 / (1 - r), the shape of a
 * queue with several servers. For each candidate capacity of a grid the two other numbers are a weighted least-squares fit of
 * relative errors that forgets by halves; how well each candidate fits gives a distribution over capacities, so that a
 * curve which was only seen where it is flat answers "at least this much" and not a number.
 */

const candidates = 96;
/** The grid spans this many e-folds, from below what one pod was seen to serve to far above. */
const gridFrom = Math.log(1 / 4);
const gridTo = Math.log(32);
/** Neighbouring minutes say nearly the same: no more evidence than this many independent ones is counted. */
const mostEvidence = 120;
const utilisationLimit = 0.985;
/** The shape is not that of every service: a curve that misses by less than this share fits as well as any. */
const shapeError = 0.05;

interface Sums {
  w: number;
  h: number;
  hh: number;
  y: number;
  hy: number;
  yy: number;
}

export interface CapacityBelief {
  /** Requests per minute and pod at which a pod is saturated: tenth, half and nine tenths of the belief lie below. */
  low: number;
  middle: number;
  high: number;
}

export interface SaturationState {
  /** Load per pod around which the grid was laid. */
  anchor: number;
  weight: number;
  largest: number;
  sums: Sums[];
}

export class SaturationCurve {
  #state: SaturationState | undefined;
  readonly #keep: number;

  /** `halfLife`: samples after which a sample counts half. */
  constructor(state?: SaturationState, halfLife = 720) {
    this.#state = state === undefined ? undefined : structuredClone(state);
    this.#keep = 0.5 ** (1 / halfLife);
  }

  get state(): SaturationState | undefined {
    return this.#state === undefined ? undefined : structuredClone(this.#state);
  }

  /** Number of samples that are remembered, old ones counted less. */
  get weight(): number {
    return this.#state?.weight ?? 0;
  }

  /** Takes in a minute: requests per minute and ready pod, and a latency in seconds. What is no number is ignored. */
  observe(loadPerPod: number, latency: number): void {
    if (!(loadPerPod > 0) || !(latency > 0) || !Number.isFinite(loadPerPod + latency)) return;
    const state = this.#laidAround(loadPerPod);
    state.weight = state.weight * this.#keep + 1;
    state.largest = Math.max(loadPerPod, state.largest * this.#keep ** 0.05);
    // Errors count relative to the latency itself: a tail that is ten times higher is not a hundred times as important.
    const weight = 1 / (latency * latency);
    for (let index = 0; index < candidates; index += 1) {
      const h = shape(loadPerPod / this.#capacity(state, index));
      const sums = state.sums[index]!;
      sums.w = sums.w * this.#keep + weight;
      sums.h = sums.h * this.#keep + weight * h;
      sums.hh = sums.hh * this.#keep + weight * h * h;
      sums.y = sums.y * this.#keep + weight * latency;
      sums.hy = sums.hy * this.#keep + weight * h * latency;
      sums.yy = sums.yy * this.#keep + weight * latency * latency;
    }
  }

  /**
   * The belief about the capacity. `prior`: what is known from elsewhere, with the standard deviation of its logarithm.
   * Undefined before anything was seen.
   */
  belief(prior?: { capacity: number; deviation: number }): CapacityBelief | undefined {
    const state = this.#state;
    if (!state || state.weight < 1) return undefined;
    const logs = state.sums.map((sums, index) => {
      const capacity = this.#capacity(state, index);
      const { error } = fit(sums);
      const evidence = Math.min(mostEvidence, state.weight);
      const likelihood = -0.5 * evidence * Math.log(error / state.weight + shapeError ** 2);
      const before = prior ? -0.5 * (Math.log(capacity / prior.capacity) / prior.deviation) ** 2 : 0;
      return likelihood + before;
    });
    const top = Math.max(...logs);
    const shares = logs.map((log) => Math.exp(log - top));
    const total = shares.reduce((sum, share) => sum + share, 0);
    const at = (share: number): number => {
      let sum = 0;
      for (let index = 0; index < candidates; index += 1) {
        sum += shares[index]! / total;
        if (sum >= share) return this.#capacity(state, index);
      }
      return this.#capacity(state, candidates - 1);
    };
    return { low: at(0.1), middle: at(0.5), high: at(0.9) };
  }

  /** Largest load per pod at which the curve of that capacity stays within a latency; undefined where it never does. */
  loadWithin(latency: number, capacity: number): number | undefined {
    const state = this.#state;
    if (!state) return undefined;
    const { base, slope } = fit(state.sums[this.#nearest(state, capacity)]!);
    if (base >= latency) return undefined;
    if (slope <= 0) return capacity * utilisationLimit;
    let low = 0;
    let high = utilisationLimit;
    for (let turn = 0; turn < 40; turn += 1) {
      const middle = (low + high) / 2;
      if (base + slope * shape(middle) <= latency) low = middle;
      else high = middle;
    }
    return low * capacity;
  }

  #capacity(state: SaturationState, index: number): number {
    return state.anchor * Math.exp(gridFrom + ((gridTo - gridFrom) * index) / (candidates - 1));
  }

  #nearest(state: SaturationState, capacity: number): number {
    const share = (Math.log(capacity / state.anchor) - gridFrom) / (gridTo - gridFrom);
    return Math.min(candidates - 1, Math.max(0, Math.round(share * (candidates - 1))));
  }

  /** The grid is laid around the first load; it is laid anew where loads leave it, which forgets what was learned. */
  #laidAround(load: number): SaturationState {
    const state = this.#state;
    if (state && load < state.anchor * Math.exp(gridTo) * 0.5) return state;
    this.#state = {
      anchor: load,
      weight: 0,
      largest: load,
      sums: Array.from({ length: candidates }, () => ({ w: 0, h: 0, hh: 0, y: 0, hy: 0, yy: 0 })),
    };
    return this.#state;
  }
}

/** Growth of waiting with utilisation. */
function shape(utilisation: number): number {
  const r = Math.min(utilisation, utilisationLimit);
  // Beyond saturation a queue grows without limit: worse than the limit, and finite.
  const beyond = Math.max(0, utilisation - utilisationLimit);
  return r ** 4 / (1 - r) + beyond * 200;
}

/** Least squares with a slope that is not negative; `error` is the weighted sum of squares that is left. */
function fit({ w, h, hh, y, hy, yy }: Sums): { base: number; slope: number; error: number } {
  const spread = w * hh - h * h;
  const slope = spread > 1e-12 * w * hh ? Math.max(0, (w * hy - h * y) / spread) : 0;
  const base = (y - slope * h) / w;
  const error = yy - 2 * base * y - 2 * slope * hy + base * base * w + 2 * base * slope * h + slope * slope * hh;
  return { base, slope, error: Math.max(0, error) };
}
