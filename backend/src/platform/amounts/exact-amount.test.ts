import { expect, test } from '@jest/globals';
import { Decimal } from 'decimal.js';
import { exact, exactCount, exactProduct, exactQuotient, exactText, roundedTo, splitExactly } from './index.ts';

/** A small generator with a seed: the same cases in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('texts are read and written without loss', () => {
  for (const text of ['0', '1', '-1.5', '123456789012345678901234567890.000000000000000000000000000001', '-0.1'])
    expect(exactText(exact(text))).toBe(text);
  expect(exactText(exact('1.50'))).toBe('1.5');
  expect(exactText(exact('0.0000000000000000000000000000005'))).toBe('0.000000000000000000000000000001');
  for (const text of ['', '1e3', '1,5', 'NaN', ' 1']) expect(() => exact(text)).toThrow(RangeError);
});

test('products, quotients and rounding are those of decimals', () => {
  const next = random(7);
  const Exact = Decimal.clone({ precision: 120, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -100 });
  for (let turn = 0; turn < 300; turn++) {
    const [a, b] = [new Exact((next() - 0.5) * 10 ** (next() * 9)), new Exact((next() - 0.5) * 1000)];
    const [x, y] = [exact(a.toFixed()), exact(b.toFixed())];
    expect(exactText(exactProduct(x, y))).toBe(a.times(b).toDecimalPlaces(30).toFixed());
    expect(exactText(exactQuotient(x, y))).toBe(a.div(b).toDecimalPlaces(30).toFixed());
    expect(exactText(roundedTo(x, 4)).replace(/^-0$/, '0')).toBe(a.toDecimalPlaces(4).toFixed().replace(/^-0$/, '0'));
  }
  expect(() => exactQuotient(1n, 0n)).toThrow(RangeError);
});

test('parts add up to the whole, each within 1e-10 of its share', () => {
  const next = random(11);
  for (let turn = 0; turn < 500; turn++) {
    const amount = exact(((next() - 0.3) * 10 ** (next() * 12)).toFixed(Math.floor(next() * 20)));
    const weights = Array.from({ length: 1 + Math.floor(next() * 12) }, () =>
      next() < 0.2 ? 0n : exact((next() * 1000).toFixed(6)),
    );
    if (weights.every((weight) => weight === 0n)) continue;
    const parts = splitExactly(amount, weights);
    expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
    const all = weights.reduce((sum, weight) => sum + weight, 0n);
    parts.forEach((part, place) => {
      const off = part * all - amount * weights[place]!;
      expect(off < 0n ? -off : off).toBeLessThanOrEqual(2n * exact('0.0000000001') * all);
      if (weights[place] === 0n) expect(part).toBe(0n);
    });
  }
});

test('a third of one: the first gets what is left', () => {
  expect(splitExactly(exactCount(1), [1n, 1n, 1n]).map(exactText)).toEqual([
    '0.3333333334',
    '0.3333333333',
    '0.3333333333',
  ]);
  expect(() => splitExactly(1n, [0n])).toThrow(RangeError);
  expect(() => splitExactly(1n, [2n, -1n])).toThrow(RangeError);
});
