import { describe, expect, test } from '@jest/globals';
import { money, renderAnswer, type TerminalAnswer } from './answer.ts';
import { compact, drawTraffic } from './chart.ts';

const screen = { columns: 110, color: false };
const empty: TerminalAnswer = {
  currency: 'USD',
  from: '2026-10-22T00:00:00Z',
  to: '2026-11-21T00:00:00Z',
  total: '0',
  teams: [],
};

describe('the answer on a terminal', () => {
  test('names each team with its share, its change and its largest drivers', () => {
    const text = renderAnswer(
      {
        ...empty,
        total: '150.5',
        teams: [
          {
            team: 'search',
            cost: '100',
            previousCost: '80',
            drivers: [
              { name: 'EC2', cost: '90' },
              { name: 'OpenAI API', cost: '10' },
            ],
          },
          { team: '(no team)', cost: '50.5', drivers: [{ name: 'Data Transfer', cost: '50.5' }] },
        ],
      },
      screen,
    );
    expect(text).toContain('Spend $151 from 2026-10-22 to 2026-11-21');
    expect(text).toMatch(/search +\$100 +\+25 % █+/);
    expect(text).toContain('EC2 $90.00, OpenAI API $10.00');
    expect(text).toMatch(/\(no team\) +\$50\.50/);
  });

  test('says what to give it when there is nothing', () => {
    const text = renderAnswer(empty, screen);
    expect(text).toContain('--focus FILE');
    expect(text).toContain('--prometheus URL');
  });

  test('says the peak, its band and how right it has been', () => {
    const text = renderAnswer(
      {
        ...empty,
        traffic: {
          workload: 'shop/frontend',
          minutes: ['2026-11-21T19:00:00Z', '2026-11-21T19:01:00Z'],
          series: { actual: [10, null], predicted: [9, 12], lower: [8, 10], upper: [11, 14] },
          peak: { at: '2026-11-21T19:01:00Z', requestsPerMinute: 2304, lower: 2050, upper: 2600 },
          accuracy: { mape: 0.0412, coverage: 0.803, scored: 1440, forecaster: 'ridge' },
        },
      },
      screen,
    );
    expect(text).toContain('up to 2.3k requests a minute expected at 19:01 UTC (80 %: 2.05k to 2.6k)');
    expect(text).toContain('1440 predictions scored, off by 4.1 % on average, inside its 80 % band 80 % of the time');
  });

  test('draws the actual line, the prediction and the band on one axis', () => {
    const lines = drawTraffic(
      { actual: [1, 2, 3, null], predicted: [null, null, 3, 4], lower: [null, null, 2, 3], upper: [null, null, 4, 5] },
      { width: 20, height: 6, labels: { first: '19:00', now: 'now', last: '19:03' }, color: false },
    );
    expect(lines).toHaveLength(7);
    expect(lines.join('\n')).toContain('●');
    expect(lines.join('\n')).toContain('○');
    expect(lines.join('\n')).toContain('░');
    expect(lines[0]).toMatch(/^ +5 ┤/);
  });

  test('leaves a gap where a minute is missing', () => {
    const lines = drawTraffic(
      { actual: [5, null, 5], predicted: [null, null, null], lower: [null, null, null], upper: [null, null, null] },
      { width: 20, height: 3, labels: { first: 'a', now: 'now', last: 'b' }, color: false },
    );
    expect(lines[0]!.slice(9)).toBe('● ●');
  });

  test('writes money without losing the small and the negative', () => {
    expect(money('1234567.891', 'USD')).toBe('$1,234,568');
    expect(money('-12.5', 'EUR')).toBe('-€12.50');
    expect(money('0.0000004', 'USD')).toBe('<$0.01');
    expect(money('0', 'KRW')).toBe('₩0.00');
    expect(compact(2304)).toBe('2.3k');
  });
});
