/**
 * Exact decimals as whole numbers of 1e-30, the grain of the warehouse's Decimal(76, 30). Sums and splits of them are exact
 * and many times faster than those of an arbitrary-precision decimal; only a division rounds.
 */
const places = 30;
const one = 10n ** BigInt(places);
const pattern = /^([+-]?)(\d+)(?:\.(\d*))?$/;

/** Reads plain decimal notation. Digits beyond the thirtieth are rounded half away from zero. @throws RangeError for other text */
export function exact(text: string): bigint {
  if (text === '0') return 0n; // most columns of most rows
  const match = pattern.exec(text);
  if (match === null) throw new RangeError('An exact amount is written in plain decimal notation');
  const fraction = match[3] ?? '';
  let value = BigInt(match[2]! + fraction.slice(0, places).padEnd(places, '0'));
  if ((fraction[places] ?? '0') >= '5') value += 1n;
  return match[1] === '-' ? -value : value;
}

/** Plain decimal notation without superfluous zeros. */
export function exactText(value: bigint): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, -places);
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** `count` as an exact amount. */
export function exactCount(count: number | bigint): bigint {
  return BigInt(count) * one;
}

/** The whole number next to numerator / denominator, halves away from zero. @throws RangeError for a denominator of 0 */
export function dividedRound(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('Division by zero');
  const negative = numerator < 0n !== denominator < 0n;
  const [above, below] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  const quotient = (above * 2n + below) / (below * 2n);
  return negative ? -quotient : quotient;
}

/** The quotient of two exact amounts, itself one. */
export function exactQuotient(numerator: bigint, denominator: bigint): bigint {
  return dividedRound(numerator * one, denominator);
}

/** The product of two exact amounts, rounded to the grain. */
export function exactProduct(a: bigint, b: bigint): bigint {
  return dividedRound(a * b, one);
}

/** An amount with at most `digits` digits after the point, halves away from zero. */
export function roundedTo(value: bigint, digits: number): bigint {
  const step = 10n ** BigInt(places - digits);
  return dividedRound(value, step) * step;
}

/**
 * Splits an amount by weights so that the parts add up to it to the last digit. Each part is the exact share cut at ten digits
 * after the point; what is missing goes, 1e-10 a time, to the largest remainders (Hamilton), of equals to the first; digits of
 * the amount beyond the tenth go to the largest weight.
 * @throws RangeError for a negative weight, or where no weight is above 0
 */
export function splitExactly(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('A weight is negative');
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  if (all === 0n) throw new RangeError('No weight is above 0');
  const sign = amount < 0n ? -1n : 1n;
  const grain = 10n ** 20n;
  const [units, rest] = [(amount * sign) / grain, (amount * sign) % grain];
  const parts = weights.map((weight) => (units * weight) / all);
  const missing = Number(units - parts.reduce((sum, part) => sum + part, 0n));
  const remainders = weights.map((weight) => (units * weight) % all);
  const order = [...weights.keys()].sort((a, b) => compare(remainders[b]!, remainders[a]!) || a - b);
  for (const place of order.slice(0, missing)) parts[place]! += 1n;
  const largest = [...weights.keys()].sort((a, b) => compare(weights[b]!, weights[a]!) || a - b)[0]!;
  return parts.map((part, place) => sign * (part * grain + (place === largest ? rest : 0n)));
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
