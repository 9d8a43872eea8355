import { describe, expect, test } from '@jest/globals';
import { readMatrix, type MatrixSeries } from './prometheus-matrix.ts';

const minute = 60;
const window = { from: new Date(0), to: new Date(5 * minute * 1000) };
const options = { measure: 'requests', labels: ['namespace', 'workload'], stepSeconds: 60, factor: 60, maxSeries: 100 };

function series(workload: string, values: [number, string][], more: Record<string, string> = {}): MatrixSeries {
  return { metric: { namespace: 'shop', workload, ...more }, values };
}
const read = (all: MatrixSeries[], changes: Partial<typeof options> = {}) => {
  const { workloads, notices } = readMatrix(all, window, { ...options, ...changes });
  return { values: Object.fromEntries([...workloads].map(([name, of]) => [name, Object.fromEntries(of)])), notices };
};

describe('the answer of a range query', () => {
  test('gives the minute that ends at each instant, in requests per minute', () => {
    expect(
      read([
        series('cart', [
          [60, '2'],
          [120, '0.5'],
        ]),
      ]),
    ).toEqual({
      values: { 'shop/cart': { 0: 120, 60_000: 30 } },
      notices: [],
    });
  });

  test('has gaps where values are NaN, infinite, absurd or no numbers', () => {
    const values = ['NaN', '+Inf', '-Inf', '1e300', 'x'].map((text, i): [number, string] => [60 * (i + 1), text]);
    expect(read([series('cart', values)]).values).toEqual({ 'shop/cart': {} });
  });

  test('has gaps for negative values, and says so', () => {
    const { values, notices } = read([
      series('cart', [
        [60, '-1'],
        [120, '1'],
      ]),
    ]);
    expect(values).toEqual({ 'shop/cart': { 60_000: 60 } });
    expect(notices[0]).toMatch(/requests: 1 values are negative and were left out; use `rate/);
  });

  test('counts a series once that was sent twice', () => {
    const twice = [series('cart', [[60, '2']]), series('cart', [[60, '2']])];
    const { values, notices } = read(twice);
    expect(values).toEqual({ 'shop/cart': { 0: 120 } });
    expect(notices[0]).toMatch(/1 series were sent twice/);
  });

  test('adds up different series of one workload', () => {
    const pods = [series('cart', [[60, '2']], { pod: 'a' }), series('cart', [[60, '3']], { pod: 'b' })];
    const { values, notices } = read(pods);
    expect(values).toEqual({ 'shop/cart': { 0: 300 } });
    expect(notices[0]).toMatch(/aggregate with `sum by \(namespace, workload\)/);
  });

  test('calls a sum without labels "all"', () => {
    const { values, notices } = read([{ metric: {}, values: [[60, '1']] }]);
    expect(values).toEqual({ all: { 0: 60 } });
    expect(notices[0]).toMatch(/stand as the workload "all"; set prometheus.workloadLabels/);
  });

  test('leaves out minutes that were not asked for', () => {
    const { values, notices } = read([
      series('cart', [
        [0, '1'],
        [60, '1'],
        [360, '1'],
        [99_999, '1'],
      ]),
    ]);
    expect(values).toEqual({ 'shop/cart': { 0: 60 } });
    expect(notices[0]).toMatch(/3 values lie outside/);
  });

  test('keeps the first series in order of their names beyond the limit, in whatever order they come', () => {
    const all = ['d', 'b', 'a', 'c'].map((name) => series(name, [[60, '1']]));
    const first = read(all, { maxSeries: 2 });
    expect(Object.keys(first.values)).toEqual(['shop/a', 'shop/b']);
    expect(first.notices[0]).toMatch(/2 series beyond the first 2 were left out/);
    expect(read(all.reverse(), { maxSeries: 2 })).toEqual(first);
  });

  test('leaves out names of absurd length', () => {
    const { values, notices } = read([series('x'.repeat(5000), [[60, '1']])]);
    expect(values).toEqual({});
    expect(notices[0]).toMatch(/name is longer than 253/);
  });
});
