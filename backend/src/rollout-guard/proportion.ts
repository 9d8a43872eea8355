/** A part of something, 0 to 1, with bounds that hold at every look at once. */
export interface ProportionBounds {
  low: number;
  high: number;
}

/**
 * Bounds of a proportion that hold for all numbers of observations together: one may look after each of them and stop when one
 * has seen enough. They are exact for few observations and rare events as well.
 *
 * Formula: the p that Robbins' mixture martingale with a uniform prior does not refute, i.e. where
 * B(k+1, n-k+1) / (p^k (1-p)^(n-k)) < 1/alpha (Robbins, "Statistical methods related to the law of the iterated logarithm",
 * Annals of Mathematical Statistics 41(5), 1970; Ville's inequality bounds the chance of ever being wrong).
 *
 * @param hits of `count` observations @param alpha the chance, at most, that the proportion is ever outside
 */
export function proportionBounds(hits: number, count: number, alpha: number): ProportionBounds {
  if (count === 0) return { low: 0, high: 1 };
  const evidence = logBeta(hits + 1, count - hits + 1);
  const isRefuted = (p: number): boolean =>
    evidence - times(hits, Math.log(p)) - times(count - hits, Math.log1p(-p)) >= -Math.log(alpha);
  const middle = hits / count;
  return {
    low: hits === 0 ? 0 : border(0, middle, isRefuted),
    high: hits === count ? 1 : border(1, middle, isRefuted),
  };
}

/** Where `isRefuted` changes between the two; on the side of what is refuted, so that bounds are never too narrow. */
function border(refuted: number, open: number, isRefuted: (p: number) => boolean): number {
  let [out, within] = [refuted, open];
  for (let step = 0; step < 50; step++) {
    const middle = (out + within) / 2;
    if (isRefuted(middle)) out = middle;
    else within = middle;
  }
  return out;
}

function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log;
}

function logBeta(a: number, b: number): number {
  return logFactorial(a - 1) + logFactorial(b - 1) - logFactorial(a + b - 1);
}

/** ln(n!), by Stirling's series from 20 on (error below 1e-10). */
function logFactorial(n: number): number {
  if (n < 20) {
    let product = 1;
    for (let k = 2; k <= n; k++) product *= k;
    return Math.log(product);
  }
  return n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3);
}
