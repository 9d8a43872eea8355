import { describe, expect, test } from '@jest/globals';
import { exact, exactText } from '../platform/amounts/index.ts';
import { addSplits, splitLeaves, type Leaf } from './change-split.ts';

const leaf = (
  previousCost: string,
  previousQuantity: string,
  cost: string,
  quantity: string,
  more: Partial<Leaf> = {},
): Leaf => ({
  market: 'hours',
  hasQuantity: true,
  cost: exact(cost),
  previousCost: exact(previousCost),
  quantity: exact(quantity),
  previousQuantity: exact(previousQuantity),
  ...more,
});
const texts = (leaves: readonly Leaf[]) => {
  const { price, volume, mix, unknown } = addSplits(splitLeaves(leaves));
  return { price: exactText(price), volume: exactText(volume), mix: exactText(mix), unknown: exactText(unknown) };
};

describe('by hand', () => {
  test('twice as much at the same price is volume', () => {
    expect(texts([leaf('10', '5', '20', '10')])).toEqual({ price: '0', volume: '10', mix: '0', unknown: '0' });
  });
  test('the same at a higher price is price', () => {
    expect(texts([leaf('10', '5', '15', '5')])).toEqual({ price: '5', volume: '0', mix: '0', unknown: '0' });
  });
  test('the same amount of all, more of the dear, is mix', () => {
    // 8 at 1 and 2 at 10, then 5 and 5: three hours moved from 1 to 10.
    expect(texts([leaf('8', '8', '5', '5'), leaf('20', '2', '50', '5')])).toEqual({
      ...{ price: '0', volume: '0', mix: '27', unknown: '0' },
    });
  });
  test('more and dearer: each at the mean of the other', () => {
    // q 4 to 6, p 2 to 3: price 5 * 1, volume 2.5 * 2.
    expect(texts([leaf('8', '4', '18', '6')])).toEqual({ price: '5', volume: '5', mix: '0', unknown: '0' });
  });
  test('what is new in a market is volume and mix, in a new market volume', () => {
    // All of it 10 hours in both periods, but now 4 of them at 3 instead of 1.
    expect(texts([leaf('10', '10', '6', '6'), leaf('0', '0', '12', '4')])).toEqual({
      ...{ price: '0', volume: '0', mix: '8', unknown: '0' },
    });
    expect(texts([leaf('0', '0', '12', '4')])).toEqual({ price: '0', volume: '12', mix: '0', unknown: '0' });
    expect(texts([leaf('12', '4', '0', '0')])).toEqual({ price: '0', volume: '-12', mix: '0', unknown: '0' });
  });
  test('a cost without a quantity is volume, and told as unknown', () => {
    expect(texts([leaf('7', '0', '9', '0')])).toMatchObject({ volume: '2', unknown: '2' });
    expect(texts([leaf('7', '3', '9', '4', { hasQuantity: false })])).toMatchObject({ volume: '2', unknown: '2' });
  });
});

test('whatever the leaves: price, volume and mix are the difference to the last digit, alone and together', () => {
  let state = 3;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const number = () => (next() < 0.15 ? '0' : (next() * 10 ** (next() * 10)).toFixed(Math.floor(next() * 18)));
  for (let turn = 0; turn < 300; turn++) {
    const leaves = Array.from({ length: 1 + Math.floor(next() * 20) }, () => {
      const credit = next() < 0.1 ? '-' : '';
      return leaf(`${credit}${number()}`, number(), `${credit}${number()}`, number(), {
        market: `m${Math.floor(next() * 3)}`,
        hasQuantity: next() > 0.1,
      });
    });
    const splits = splitLeaves(leaves);
    splits.forEach((split, place) => {
      const { cost, previousCost } = leaves[place]!;
      expect(split.price + split.volume + split.mix).toBe(cost - previousCost);
      expect(split.difference).toBe(cost - previousCost);
    });
    const all = addSplits(splits);
    expect(all.price + all.volume + all.mix).toBe(all.difference);
  }
});
