import { describe, expect, test } from '@jest/globals';
import type { Forecast, Forecaster, Observation } from '@amadeus/backend/forecasting';
import { firstPart, parseSeries, reportLine, splitAt, walkForward } from './index.ts';

describe('a series of a CSV file', () => {
  test('has NaN where the file has no row', () => {
    const series = parseSeries(
      'x',
      'minute,count\n1995-07-01 00:00:00,42\n1995-07-01 00:01:00,61\n1995-07-01 00:03:00,7\n',
    );
    expect(series).toMatchObject({ name: 'x', start: Date.UTC(1995, 6, 1), stepSeconds: 60 });
    expect([...series.values]).toEqual([42, 61, Number.NaN, 7]);
  });

  test('takes epoch seconds, rows in any order, and the later of two rows with one time', () => {
    const series = parseSeries('x', 'ts,value\n120,3\n60,2\n0,1\n60,5\n');
    expect([...series.values]).toEqual([1, 5, 3]);
  });

  test('finds the step by itself', () => {
    expect(parseSeries('x', 'ts,value\n0,1\n15,2\n30,3\n90,4\n')).toMatchObject({ stepSeconds: 15 });
  });

  test.each([
    ['ts,value\n0,1\nyesterday,2\n', /line 3/],
    ['ts,value\n0,1\n60,many\n', /line 3/],
    ['ts,value\n0,1\n', /two rows at least/],
    ['ts,value\n0,1\n60,1\n99999999,1\n', /check the time stamps/],
  ])('refuses %j', (text, message) => {
    expect(() => parseSeries('x', text)).toThrow(message);
  });
});

/** Says the last value for every horizon, and remembers all that it was shown. */
class Witness implements Forecaster {
  readonly id = 'witness';
  readonly seen: Observation[] = [];
  observe(observation: Observation): void {
    this.seen.push(observation);
  }
  forecast(): Forecast {
    const last = this.seen.at(-1)!.requests!;
    const fill = (value: number): Float64Array => new Float64Array(10).fill(value);
    return { median: fill(last), lower: fill(last - 1), upper: fill(last + 1) };
  }
}

describe('walking forward', () => {
  const series = parseSeries('x', `ts,value\n${Array.from({ length: 100 }, (_, i) => `${i * 60},${i}`).join('\n')}\n`);

  test('scores only what lies in the test part, each horizon on all of it', () => {
    const from = splitAt(series, 0.7);
    expect(from).toBe(70);
    const { horizons } = walkForward(series, new Witness(), from);
    expect(horizons.map((score) => score.n)).toEqual(new Array(10).fill(30));
    expect(horizons.map((score) => score.mae)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(horizons[0]).toMatchObject({ rmse: 1, coverage: 1, width: 2 });
    expect(horizons[1]!.coverage).toBe(0);
  });

  test('the part on which settings are chosen ends where the test part begins', () => {
    const part = firstPart(series, 0.7);
    expect([...part.values]).toEqual([...series.values.slice(0, splitAt(series, 0.7))]);
    expect(part).toMatchObject({ name: 'x', start: series.start, stepSeconds: 60 });
    const witness = new Witness();
    const { horizons } = walkForward(part, witness, splitAt(part, 0.7));
    expect(witness.seen.at(-1)).toEqual({ minute: 69, requests: 69 });
    expect(horizons.map((score) => score.n)).toEqual(new Array(10).fill(21));
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => firstPart(series, share)).toThrow(/above 0 and at most 1/);
  });

  test('the whole of a series is its first part of 1', () => {
    expect(firstPart(series, 1)).toEqual(series);
  });

  test('never shows a step before its turn', () => {
    const witness = new Witness();
    const shown: number[] = [];
    witness.observe = function (observation) {
      this.seen.push(observation);
      shown.push(observation.requests!);
    };
    const forecast = witness.forecast.bind(witness);
    witness.forecast = () => {
      // What the forecaster knows when it is asked is what has come until then, in order.
      expect(shown).toEqual(Array.from({ length: shown.length }, (_, i) => i));
      return forecast();
    };
    walkForward(series, witness, 70);
    expect(shown).toHaveLength(100);
  });

  test('shows a missing step as a gap and scores nothing on it', () => {
    const gaps = { ...series, values: series.values.map((value, i) => (i % 10 === 9 ? Number.NaN : value)) };
    const witness = new Witness();
    const { horizons } = walkForward(gaps, witness, 70);
    expect(witness.seen[9]).toEqual({ minute: 9, requests: null });
    expect(horizons[0]!.n).toBe(24);
  });
});

test('a report is one line of JSON with the machine in it', () => {
  const line = reportLine('forecast', [{ name: 'a', value: 1, unit: 's', target: '<= 2', holds: true }]);
  expect(JSON.parse(line)).toMatchObject({
    bench: 'forecast',
    machine: { node: process.version },
    figures: [{ holds: true }],
  });
});
