import { describe, expect, test } from '@jest/globals';
import { Exact, sum } from './exact.ts';
import { book, components, entry } from './fixtures/price-entries.ts';
import { splitHours } from './reconciliation-hours.ts';
import { splitDifference, type Billed, type OwnUsage } from './reconciliation.ts';

/** 2, 0.5, 2.5 and 8 USD per thousand tokens of input, cached input, cache writes and output. */
const prices = book([
  entry('p1', {
    components: components({ input: '0.002', cached_input: '0.0005', cache_write_5m: '0.0025', output: '0.008' }),
  }),
]);

function calls(requests: number, more: Partial<OwnUsage['usage']> = {}, flags: Partial<OwnUsage> = {}): OwnUsage {
  const usage = {
    startedAt: '2026-11-01T12:00:00Z',
    provider: 'openai',
    model: 'gpt-4.1',
    requests,
    inputTokens: 1000 * requests,
    outputTokens: 100 * requests,
    ...more,
  };
  const priced = prices.priceLlm(usage);
  if ('unpriced' in priced) throw new Error(priced.unpriced);
  return { usage, requests, failed: false, withoutUsage: false, cost: priced.cost, ...flags };
}

const failedWithoutUsage = (requests: number) =>
  calls(requests, { inputTokens: 0, outputTokens: 0 }, { failed: true, withoutUsage: true });

/** A hundred recorded calls cost 100 × (2 + 0.8) = 280. */
const hundred = calls(100);
const bill = (more: Partial<Billed>): Billed => ({
  cost: '280',
  lines: 4,
  requests: '100',
  inputTokens: '100000',
  cachedTokens: '0',
  writtenTokens: '0',
  outputTokens: '10000',
  ...more,
});
const split = (own: readonly OwnUsage[], billed: Billed | undefined) => {
  const result = splitDifference(own, billed, (usage) => prices.priceLlm(usage));
  const told = sum(result.causes.map(({ amount }) => new Exact(amount)));
  expect(told.toFixed()).toBe(new Exact(result.difference).toFixed());
  return { ...result, causes: Object.fromEntries(result.causes.map(({ cause, amount }) => [cause, amount])) };
};

describe('a bill that tells tokens by kind', () => {
  test('and agrees with the records differs by nothing', () => {
    expect(split([hundred], bill({}))).toMatchObject({
      difference: '0',
      percent: '0',
      causes: {},
      evidence: 'token-kinds',
    });
  });

  test('planted: ten calls were not recorded', () => {
    const truth = bill({ cost: '308', requests: '110', inputTokens: '110000', outputTokens: '11000' });
    expect(split([hundred], truth).causes).toEqual({ 'missing-requests': '28' });
  });

  test('planted: ten calls failed without a usage and were billed their input', () => {
    const truth = bill({ cost: '300', requests: '110', inputTokens: '110000' });
    expect(split([hundred, failedWithoutUsage(10)], truth).causes).toEqual({ 'failed-but-billed': '20' });
  });

  test('planted: ten failed calls were billed and ten more were not recorded', () => {
    const truth = bill({ cost: '320', requests: '120', inputTokens: '120000' });
    const { causes } = split([hundred, failedWithoutUsage(10)], truth);
    expect(causes).toEqual({ 'failed-but-billed': '20', 'missing-requests': '20' });
  });

  test('planted: failed calls that the records count were not billed', () => {
    const failed = calls(5, { outputTokens: 0 }, { failed: true });
    expect(split([hundred, failed], bill({})).causes).toEqual({ 'failed-but-billed': '-10' });
  });

  test('planted: the records miss 40,000 tokens that were read from the cache', () => {
    // 40,000 × (0.0005 − 0.002) = −60
    const truth = bill({ cost: '220', cachedTokens: '40000' });
    expect(split([hundred], truth).causes).toEqual({ cache: '-60' });
  });

  test('planted: cached reads were not granted', () => {
    const cached = calls(100, { cachedInputTokens: 50_000 });
    // The estimate: 50,000 × 0.002 + 50,000 × 0.0005 + 10,000 × 0.008 = 205
    expect(cached.cost).toBe('205');
    expect(split([cached], bill({})).causes).toEqual({ cache: '75' });
  });

  test('planted: writes to the cache were billed and not recorded', () => {
    // 20,000 × (0.0025 − 0.002) = 10
    expect(split([hundred], bill({ cost: '290', writtenTokens: '20000' })).causes).toEqual({ cache: '10' });
  });

  test('planted: the provider raised its prices by a tenth', () => {
    expect(split([hundred], bill({ cost: '308' })).causes).toEqual({ 'price-change': '28' });
  });

  test('planted: the estimate was made with an older price', () => {
    const old = { ...hundred, cost: '250' };
    expect(split([old], bill({})).causes).toEqual({ 'price-change': '30' });
  });

  test('planted: cents were rounded', () => {
    expect(split([hundred], bill({ cost: '280.02' })).causes).toEqual({ other: '0.02' });
    expect(split([hundred], bill({ cost: '280.03' })).causes).toEqual({ 'price-change': '0.03' });
  });

  test('planted all at once, each is found', () => {
    // 10 calls not recorded: +28. Of 110,000 prompt tokens 44,000 cached: −66. Then all prices up by a tenth: 242 × 0.1.
    const truth = bill({
      cost: '266.2',
      requests: '110',
      inputTokens: '110000',
      cachedTokens: '44000',
      outputTokens: '11000',
    });
    expect(split([hundred], truth).causes).toEqual({ 'missing-requests': '28', cache: '-66', 'price-change': '24.2' });
  });

  test('a kind of token that the records do not have takes its price from the book', () => {
    const withoutOutput = calls(100, { outputTokens: 0 });
    expect(split([withoutOutput], bill({ requests: '200' })).causes).toEqual({ 'missing-requests': '80' });
  });

  test('more tokens for the same calls are told as such', () => {
    expect(split([hundred], bill({ cost: '300', inputTokens: '110000' })).causes).toEqual({ other: '20' });
  });
});

describe('a bill that tells less', () => {
  const { inputTokens: _i, cachedTokens: _c, writtenTokens: _w, outputTokens: _o, requests: _r, ...bare } = bill({});

  test('total tokens tell missing calls, and not cache from price', () => {
    const truth = { ...bare, cost: '330', totalTokens: '121000' };
    expect(split([hundred], truth)).toMatchObject({
      evidence: 'total-tokens',
      causes: { 'missing-requests': '28', other: '22' },
    });
  });

  test('requests alone tell missing calls', () => {
    const truth = { ...bare, cost: '308', requests: '110' };
    expect(split([hundred], truth)).toMatchObject({ evidence: 'requests', causes: { 'missing-requests': '28' } });
  });

  test('an amount alone leaves failed calls and the unknown', () => {
    const { causes, evidence } = split([hundred, failedWithoutUsage(2)], { ...bare, cost: '300' });
    expect([evidence, causes]).toEqual(['amount', { 'failed-but-billed': '5.6', other: '14.4' }]);
  });
});

describe('a bill by the hour that tells total tokens', () => {
  const tokens = (cost: string, total: number): Billed => ({ cost, lines: 1, totalTokens: String(total) });
  const hour = (n: number, cached: number) => calls(n, { cachedInputTokens: cached * n });
  const causesOf = (hours: { own: OwnUsage[]; bill: Billed | undefined }[]) => {
    const { causes, difference } = splitHours(hours, (usage) => prices.priceLlm(usage));
    expect(sum(causes.map(({ amount }) => new Exact(amount))).toFixed()).toBe(new Exact(difference).toFixed());
    return Object.fromEntries(causes.map(({ cause, amount }) => [cause, amount]));
  };
  // Costs 2.8, 2.5, 1.9 each: the shares of cached tokens differ from hour to hour.
  const day = [hour(10, 0), hour(10, 200), hour(10, 600)];
  const honest = (own: OwnUsage, factor = '1') => ({
    own: [own],
    bill: tokens(new Exact(own.cost).times(factor).toFixed(), 11_000),
  });

  test('planted: an hour was not recorded', () => {
    const hours = [...day.map((own) => honest(own)), { own: [], bill: tokens('33', 12_345) }];
    expect(causesOf(hours)).toEqual({ 'missing-requests': '33' });
  });

  test('planted: calls of an hour failed without a usage and were billed their prompts', () => {
    const hours = [
      ...day.map((own) => honest(own)),
      { own: [hour(10, 0), failedWithoutUsage(3)], bill: tokens('34', 14_000) },
      // Elsewhere calls failed and were not billed.
      { own: [hour(10, 0), failedWithoutUsage(2)], bill: tokens('28', 11_000) },
    ];
    expect(causesOf(hours)).toEqual({ 'failed-but-billed': '6' });
  });

  test('planted: the same factor in every hour is a price', () => {
    expect(causesOf(day.map((own) => honest(own, '1.1')))).toEqual({ 'price-change': '7.2' });
  });

  test('planted: cached tokens that were not granted differ from hour to hour, and stay open', () => {
    const hours = day.map((own) => ({ own: [own], bill: tokens('28', 11_000) }));
    expect(causesOf(hours)).toEqual({ other: '12' });
  });

  test('planted all at once', () => {
    const hours = [...day.map((own) => honest(own, '1.1')), { own: [], bill: tokens('33', 12_345) }];
    expect(causesOf(hours)).toEqual({ 'price-change': '7.2', 'missing-requests': '33' });
  });
});

test('failed calls may have cost more than the mean, as far as recorded calls differ', () => {
  const { inputTokens: _i, cachedTokens: _c, writtenTokens: _w, outputTokens: _o, requests: _r, ...bare } = bill({});
  const truth = { ...bare, cost: '290' };
  const failed = failedWithoutUsage(2);
  // Two calls cost 5.6 in the mean; with a standard deviation of 2.8 each, up to 5.6 + 2 × 2.8 × √2 = 13.5.
  expect(split([hundred, failed], truth).causes).toEqual({ 'failed-but-billed': '5.6', other: '4.4' });
  const spread = { ...hundred, costSquares: 100 * (2.8 ** 2 + 2.8 ** 2) };
  expect(split([spread, failed], truth).causes).toEqual({ 'failed-but-billed': '10' });
});

describe('one side only', () => {
  test('billed and not recorded', () => {
    expect(split([], bill({}))).toMatchObject({ percent: '100', causes: { 'missing-requests': '280' } });
  });

  test('recorded and not billed', () => {
    expect(split([hundred], undefined)).toMatchObject({ percent: null, causes: { 'missing-requests': '-280' } });
  });
});

test('whatever the figures, the causes add up exactly', () => {
  let seed = 7;
  const random = (max: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % max;
  for (let turn = 0; turn < 300; turn++) {
    const input = random(1_000_000);
    const own = [
      calls(1 + random(500), {
        inputTokens: input + 1,
        cachedInputTokens: random(input + 1),
        outputTokens: random(9999),
      }),
      failedWithoutUsage(random(20)),
      calls(1 + random(9), { outputTokens: 0 }, { failed: true }),
    ];
    const billedInput = random(1_000_000);
    split(own, {
      cost: `${random(9_999_999)}.${random(999_999)}`,
      lines: 1 + random(9),
      ...(random(2) ? { requests: String(random(600)) } : {}),
      ...(random(3)
        ? {
            inputTokens: String(billedInput),
            cachedTokens: String(random(billedInput + 1)),
            outputTokens: String(random(9999)),
          }
        : {}),
      ...(random(2) ? { totalTokens: String(random(1_000_000)) } : {}),
    });
  }
});
