import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { initialWeights, NetworkRunner, seededRandom } from '@amadeus/backend/forecasting';
import {
  figuresInAll,
  firstPart,
  parseSeries,
  readLessons,
  reportLine,
  splitAt,
  walkPanel,
  type Evaluation,
  type Series,
} from './index.ts';

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

describe('walking through a series as the service lives through it', () => {
  const line = parseSeries('x', `ts,value\n${Array.from({ length: 100 }, (_, i) => `${i * 60},${i}`).join('\n')}\n`);
  let network: NetworkRunner;
  beforeAll(async () => {
    network = await NetworkRunner.ofWeights(initialWeights(seededRandom(1)));
  });
  afterAll(() => network.close());
  const walk = async (series: Series, testFrom: number): Promise<ReadonlyMap<string, Evaluation>> => {
    const { evaluations } = await walkPanel(series, testFrom, { network, tuningSteps: 0 });
    return new Map(evaluations.map((one) => [one.forecaster, one]));
  };

  test('scores only what lies in the test part, each horizon on all of it', async () => {
    const from = splitAt(line, 0.7);
    expect(from).toBe(70);
    const { horizons } = (await walk(line, from)).get('persistence')!;
    expect(horizons.map((score) => score.n)).toEqual(new Array(10).fill(30));
    expect(horizons.map((score) => score.mae)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('scores the network, the ensemble and whoever spoke beside the baselines', async () => {
    const all = await walk(line, 70);
    expect([...all.keys()].sort()).toEqual(['champion', 'ensemble', 'lstm', 'persistence', 'seasonal-naive']);
    for (const { horizons } of all.values()) expect(horizons[9]!.n).toBe(30);
  });

  test('takes a missing step for a gap and scores nothing on it', async () => {
    const gaps = { ...line, values: line.values.map((value, i) => (i % 10 === 9 ? Number.NaN : value)) };
    const { horizons } = (await walk(gaps, 70)).get('persistence')!;
    expect(horizons[0]!.n).toBe(24);
  });

  test('the part on which settings are chosen ends where the test part begins', () => {
    const part = firstPart(line, 0.7);
    expect([...part.values]).toEqual([...line.values.slice(0, splitAt(line, 0.7))]);
    expect(part).toMatchObject({ name: 'x', start: line.start, stepSeconds: 60 });
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses a share of %d', (share) => {
    expect(() => firstPart(line, share)).toThrow(/above 0 and at most 1/);
  });

  test('the whole of a series is its first part of 1', () => {
    expect(firstPart(line, 1)).toEqual(line);
  });

  test('teaches windows from before a step only', () => {
    const whole = readLessons(line, 100, 1000);
    const part = readLessons(line, 70, 1000);
    expect(part.length).toBeLessThan(whole.length);
    expect(part).toEqual(whole.slice(0, part.length));
  });

  test('says of the figures whether the targets hold', async () => {
    const result = await walkPanel(line, 70, { network, tuningSteps: 0 });
    const figures = figuresInAll(new Map([['x', result]]));
    expect(figures.filter(({ target }) => target !== undefined).map(({ name }) => name)).toEqual([
      'worst_mae_over_best_baseline_h10.champion',
      'median_mae_over_persistence_h10.champion',
      'lowest_coverage_h10.champion',
      'highest_coverage_h10.champion',
      'seconds_per_minute_of_1000_workloads',
    ]);
    expect(figures.find(({ name }) => name === 'mae_over_persistence_h1.persistence.all')).toMatchObject({ value: 1 });
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
