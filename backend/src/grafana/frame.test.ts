import { describe, expect, test } from '@jest/globals';
import { frame, timeSeries } from './frame.ts';

describe('data frames', () => {
  test('say for each field its exact type and that a number may be missing', () => {
    const built = frame('spend', 'A', [
      { name: 'time', type: 'time.Time', values: [1_795_247_115_000] },
      { name: 'cost', type: 'float64', values: [null], labels: { team: 'search' }, config: { unit: 'currencyUSD' } },
    ]);
    expect(Object.keys(built)).toEqual(['schema', 'data']);
    expect(built.schema.fields).toEqual([
      { name: 'time', type: 'time', typeInfo: { frame: 'time.Time', nullable: false } },
      {
        name: 'cost',
        type: 'number',
        typeInfo: { frame: 'float64', nullable: true },
        labels: { team: 'search' },
        config: { unit: 'currencyUSD' },
      },
    ]);
    expect(built.data.values).toEqual([[1_795_247_115_000], [null]]);
  });

  test('never carry what JSON cannot', () => {
    const built = frame('x', 'A', [{ name: 'v', type: 'float64', values: [Number.NaN, Infinity, 1] }]);
    expect(built.data.values).toEqual([[null, null, 1]]);
  });

  test('refuse ragged columns and fractions of a millisecond', () => {
    expect(() =>
      frame('x', 'A', [
        { name: 'a', type: 'int64', values: [1] },
        { name: 'b', type: 'int64', values: [] },
      ]),
    ).toThrow(/0 values/);
    expect(() => frame('x', 'A', [{ name: 't', type: 'time.Time', values: [1.5] }])).toThrow(/whole number/);
  });

  test('give each series its own frame and labels', () => {
    const frames = timeSeries('B', [
      { name: 'actual', labels: { series: 'actual' }, times: [1000], values: [2] },
      { name: 'predicted', labels: { series: 'predicted' }, times: [1000, 2000], values: [3, 4] },
    ]);
    expect(frames.map((one) => one.schema.fields[1]!.labels)).toEqual([{ series: 'actual' }, { series: 'predicted' }]);
    expect(frames.every((one) => one.schema.meta?.type === 'timeseries-multi' && one.schema.refId === 'B')).toBe(true);
  });
});
