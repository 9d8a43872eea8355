/** A mean with bounds that hold at every look at once. */
export interface Interval {
  estimate: number;
  low: number;
  high: number;
}

/** The bounds are tightest about here; they hold before and after as well. */
const tightestAt = 300;

/**
 * Half the width of an asymptotic confidence sequence for a mean: the bounds hold for all numbers of observations together, so
 * that one may look at any time and stop when one has seen enough.
 *
 * Formula: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
 * Annals of Statistics 52(6), 2024, theorem 2.2: s · √(2(tρ²+1)/(t²ρ²) · ln(√(tρ²+1)/α)), with ρ for the tightest bounds at t*
 * by √((-2 ln α + ln(-2 ln α) + 1)/t*).
 *
 * @param deviation standard deviation of the observations
 * @param count observations so far
 * @param alpha the chance, at most, that the mean is ever outside, e.g. 0.05
 */
export function radius(deviation: number, count: number, alpha: number): number {
  const rho2 = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha)) + 1) / tightestAt;
  const grown = count * rho2 + 1;
  return deviation * Math.sqrt(((2 * grown) / (count * count * rho2)) * Math.log(Math.sqrt(grown) / alpha));
}

/**
 * @returns the mean of the values with its bounds; undefined for fewer than two.
 * @param slack added to the variance, for values that are the same by chance alone
 */
export function meanInterval(values: readonly number[], alpha: number, slack = 0): Interval | undefined {
  if (values.length < 2) return undefined;
  const estimate = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - estimate) ** 2, 0) / (values.length - 1);
  const half = radius(Math.sqrt(variance + slack), values.length, alpha);
  return { estimate, low: estimate - half, high: estimate + half };
}

/**
 * @returns by how much the second mean of pairs differs from the first, as a share of the first: the ratio of the means, by its
 * linear part (b - r·a)/mean(a), which has the mean 0. Undefined for fewer than two pairs or a first mean of 0.
 */
export function ratioInterval(pairs: readonly (readonly [number, number])[], alpha: number): Interval | undefined {
  const base = mean(pairs.map(([a]) => a));
  if (pairs.length < 2 || base <= 0) return undefined;
  const ratio = mean(pairs.map(([, b]) => b)) / base;
  const linear = meanInterval(
    pairs.map(([a, b]) => (b - ratio * a) / base),
    alpha,
  )!;
  const half = linear.high - linear.estimate;
  return { estimate: ratio - 1, low: ratio - 1 - half, high: ratio - 1 + half };
}

/**
 * @returns the values of both sides as observations of their difference, for sides that were drawn by chance: the augmented
 * inverse-probability weighting of the same paper (section 3), whose mean is the difference of the means.
 */
export function unpaired(a: readonly number[], b: readonly number[]): number[] {
  if (a.length === 0 || b.length === 0) return [];
  const share = b.length / (a.length + b.length);
  const [meanA, meanB] = [mean(a), mean(b)];
  return [
    ...a.map((value) => meanB - meanA - (value - meanA) / (1 - share)),
    ...b.map((value) => meanB - meanA + (value - meanB) / share),
  ];
}

/** 0 without values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
