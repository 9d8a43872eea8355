/** A sample of a counter: epoch seconds and the value as text, as Prometheus sends it. */
export type CounterSample = readonly [number, string];

/**
 * By how much a counter grew in (from, to], in epoch seconds. A value below the one before it is a restart: the counter
 * began at 0 again and what it shows is new. What it showed when it was first seen is not known to be new, and is not
 * counted. Nothing is extrapolated, so that hours add up to the whole.
 */
export function counterIncrease(samples: readonly CounterSample[], from: number, to: number): number {
  let before: number | undefined;
  let increase = 0;
  for (const [at, text] of samples) {
    const value = Number(text);
    if (!Number.isFinite(value) || at > to) continue;
    if (at > from && before !== undefined) increase += value < before ? value : value - before;
    before = value;
  }
  return Math.round(increase);
}
