import { describe, expect, test } from '@jest/globals';
import { layOut } from './traffic-series.ts';

const range = { from: 600_000, to: 960_000, stepMs: 60_000 };
const predicted = (minute: number, value: number) => ({ minute, predicted: value, lower: value - 1, upper: value + 1 });

describe('series side by side', () => {
  test('have one row per minute, and nulls where nothing is known', () => {
    const columns = layOut(range, [{ minute: 660, requests: 5, replicas: 2 }], [predicted(600, 4)], []);
    expect(columns.minutes).toEqual([600_000, 660_000, 720_000, 780_000, 840_000, 900_000]);
    expect(columns.actual).toEqual([null, 5, null, null, null, null]);
    expect(columns.replicas).toEqual([null, 2, null, null, null, null]);
    expect(columns.predicted).toEqual([4, null, null, null, null, null]);
    expect(columns.lower).toEqual([3, null, null, null, null, null]);
  });

  test('use the newest forecast for the minutes after it was issued, and the asked-for lead before', () => {
    const newest = [780, 840].map((minute) => ({ ...predicted(minute, 9), issued: 720 }));
    const columns = layOut(
      range,
      [],
      [660, 720, 780, 840].map((minute) => predicted(minute, 4)),
      newest,
    );
    expect(columns.predicted).toEqual([null, 4, 4, 9, 9, null]);
  });

  test('begin at the first whole minute and leave out what lies outside', () => {
    const columns = layOut(
      { ...range, from: 630_000, to: 700_000 },
      [{ minute: 600, requests: 1, replicas: null }],
      [],
      [],
    );
    expect(columns.minutes).toEqual([660_000]);
    expect(columns.actual).toEqual([null]);
  });
});
