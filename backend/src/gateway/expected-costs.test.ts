import { describe, expect, test } from '@jest/globals';
import { ExpectedCosts, roundedUp } from './expected-costs.ts';
import type { CallPrices } from './ports.ts';

describe('expected costs', () => {
  test('tokens are rounded up by less than one in a hundred', () => {
    expect([0, 7, 999, 1000, 1001, 12_345, 99_999, 1e6].map(roundedUp)).toEqual([
      ...[0, 7, 999, 1000, 1010, 12_400, 100_000, 1e6],
    ]);
  });

  test('are asked of the book once for calls of about one length, and anew of another book or a minute later', () => {
    let asked = 0;
    const book = (): CallPrices => ({
      priceLlm: ({ inputTokens }) => {
        asked += 1;
        return { cost: String(inputTokens), currency: 'USD' };
      },
    });
    const costs = new ExpectedCosts();
    const [one, other] = [book(), book()];
    const usage = { provider: 'openai', model: 'm', outputTokens: 10 };
    expect(costs.of(one, { ...usage, inputTokens: 1991 }, 0)).toEqual({ cost: '2000', currency: 'USD' });
    expect(costs.of(one, { ...usage, inputTokens: 1999 }, 1000)?.cost).toBe('2000');
    expect(asked).toBe(1);
    costs.of(other, { ...usage, inputTokens: 1999 }, 2000);
    costs.of(other, { ...usage, inputTokens: 1999 }, 63_000);
    expect(asked).toBe(3);
  });
});
