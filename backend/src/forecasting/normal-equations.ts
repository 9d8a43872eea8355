/**
 * Least squares with ridge and exponential forgetting for several targets over the same features: keeps
 * A = sum w x x' (packed lower triangle) and b_k = sum w x y_k, w falling with a row's age, and solves
 * (A + r I) beta_k = b_k by Cholesky.
 */
export class NormalEquations {
  readonly features: number;
  readonly targets: number;
  #a: Float64Array;
  #b: Float64Array;
  #rows = 0;
  readonly #forget: number;

  /** `forget`: factor by which everything older counts less with each row, in (0, 1]. */
  constructor(features: number, targets: number, forget: number) {
    this.features = features;
    this.targets = targets;
    this.#forget = forget;
    this.#a = new Float64Array((features * (features + 1)) / 2);
    this.#b = new Float64Array(features * targets);
  }

  /** Rows taken in so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Takes in one row: features `x`, one value per target in `y`. */
  add(x: Float64Array, y: Float64Array): void {
    const { features, targets } = this;
    const forget = this.#forget;
    const a = this.#a;
    const b = this.#b;
    for (let i = 0, at = 0; i < features; i += 1) {
      const xi = x[i]!;
      for (let j = 0; j <= i; j += 1, at += 1) a[at] = forget * a[at]! + xi * x[j]!;
    }
    for (let k = 0, at = 0; k < targets; k += 1) {
      const yk = y[k]!;
      for (let i = 0; i < features; i += 1, at += 1) b[at] = forget * b[at]! + yk * x[i]!;
    }
    this.#rows += 1;
  }

  /**
   * Coefficients, target after target (`features` numbers each), or `undefined` where the matrix is not positive definite
   * (nothing but zeros so far). `ridge` is relative to the mean of A's diagonal.
   */
  solve(ridge: number): Float64Array | undefined {
    const { features, targets } = this;
    const lower = this.#a.slice();
    let trace = 0;
    for (let i = 0; i < features; i += 1) trace += lower[(i * (i + 3)) / 2]!;
    const added = (ridge * trace) / features;
    for (let i = 0; i < features; i += 1) lower[(i * (i + 3)) / 2]! += added;
    if (!factorise(lower, features)) return undefined;
    const solution = this.#b.slice();
    for (let k = 0; k < targets; k += 1) {
      substitute(lower, features, solution.subarray(k * features, (k + 1) * features));
    }
    return solution.every(Number.isFinite) ? solution : undefined;
  }
}

/** Cholesky factor in place over the packed lower triangle; false where the matrix is not positive definite. */
function factorise(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i += 1) {
    const rowI = (i * (i + 1)) / 2;
    for (let j = 0; j <= i; j += 1) {
      const rowJ = (j * (j + 1)) / 2;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k += 1) sum -= a[rowI + k]! * a[rowJ + k]!;
      if (i > j) a[rowI + j] = sum / a[rowJ + j]!;
      else if (sum > 0) a[rowI + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** Solves L L' x = b in place. */
function substitute(lower: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i += 1) {
    const row = (i * (i + 1)) / 2;
    let sum = b[i]!;
    for (let k = 0; k < i; k += 1) sum -= lower[row + k]! * b[k]!;
    b[i] = sum / lower[row + i]!;
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k += 1) sum -= lower[(k * (k + 1)) / 2 + i]! * b[k]!;
    b[i] = sum / lower[(i * (i + 3)) / 2]!;
  }
}
