/** An exact rational number in lowest terms; the denominator is positive. */
export interface Fraction {
  readonly n: bigint;
  readonly d: bigint;
}

/** n / d. @throws RangeError where d is 0 */
export function fraction(n: bigint | number, d: bigint | number = 1n): Fraction {
  return reduced(BigInt(n), BigInt(d));
}

export const zero: Fraction = { n: 0n, d: 1n };
export const one: Fraction = { n: 1n, d: 1n };

export const add = (a: Fraction, b: Fraction): Fraction => reduced(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a: Fraction, b: Fraction): Fraction => reduced(a.n * b.d - b.n * a.d, a.d * b.d);
export const times = (a: Fraction, b: Fraction): Fraction => reduced(a.n * b.n, a.d * b.d);
export const over = (a: Fraction, b: Fraction): Fraction => reduced(a.n * b.d, a.d * b.n);
export const isMore = (a: Fraction, b: Fraction): boolean => a.n * b.d > b.n * a.d;
export const sumOf = (all: Iterable<Fraction>): Fraction => {
  let sum = zero;
  for (const one of all) sum = add(sum, one);
  return sum;
};

function reduced(n: bigint, d: bigint): Fraction {
  if (d === 0n) throw new RangeError('A fraction has the denominator 0');
  let [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  while (b !== 0n) [a, b] = [b, a % b];
  const common = a === 0n ? 1n : a;
  return d < 0n ? { n: -n / common, d: -d / common } : { n: n / common, d: d / common };
}

/** The largest decimal with `places` digits after the point that is not above a fraction >= 0, as text. */
export function floorText(value: Fraction, places: number): string {
  const digits = ((value.n * 10n ** BigInt(places)) / value.d).toString().padStart(places + 1, '0');
  const tail = digits.slice(digits.length - places).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - places);
  return tail === '' ? whole : `${whole}.${tail}`;
}

export const toNumber = (value: Fraction): number => Number(floorText(value, 12));
