import { describe, expect, test } from '@jest/globals';
import { DriftWatch } from './drift-watch.ts';
import { SampleWatch } from './sample-watch.ts';
import { WorkloadForecasts } from './workload-forecasts.ts';

const sample = (minute: number, requests: number | null, more: object = {}) => ({
  ...{ minute, requests, cpuCores: 1, memoryBytes: 1e8 },
  ...more,
});
const kinds = (watch: SampleWatch, minute: number): string[] => watch.notices(minute).map(({ kind }) => kind);

describe('what is noticed about samples', () => {
  test('is nothing while all is well', () => {
    const watch = new SampleWatch();
    for (let minute = 0; minute < 200; minute += 1) watch.observe(sample(minute, 100));
    expect(watch.notices(200)).toEqual([]);
  });

  test('gaps are counted within the last day, then forgotten', () => {
    const watch = new SampleWatch();
    for (let minute = 0; minute < 100; minute += 1) watch.observe(sample(minute, minute < 5 ? null : 100));
    expect(watch.notices(100)).toMatchObject([{ kind: 'gaps', minutes: 5 }]);
    for (let minute = 100; minute < 1600; minute += 1) watch.observe(sample(minute, 100));
    expect(watch.notices(1600)).toEqual([]);
  });

  test('what no counter can give counts as not measured', () => {
    const watch = new SampleWatch();
    expect(watch.observe(sample(1, -5, { cpuCores: Number.POSITIVE_INFINITY }))).toEqual({
      ...{ minute: 1, requests: null, cpuCores: null, memoryBytes: 1e8 },
    });
    watch.observe(sample(2, 100));
    expect(kinds(watch, 2)).toEqual(['gaps', 'implausible']);
  });

  test('a long run of zeros, and missing CPU and memory, are said', () => {
    const watch = new SampleWatch();
    for (let minute = 0; minute < 60; minute += 1) {
      watch.observe(sample(minute, minute < 20 ? 0 : 100, { cpuCores: null, memoryBytes: null }));
    }
    expect(kinds(watch, 60)).toEqual(['zeros', 'no-cpu', 'no-memory']);
  });

  test('a clock that leaps or goes back is said, and what came twice is left out', () => {
    const forecasts = new WorkloadForecasts(1440);
    const take = (minute: number, requests: number): number => {
      const steps = forecasts.prepare(sample(minute, requests));
      for (const step of steps) forecasts.conclude(step);
      return steps.length;
    };
    for (let minute = 0; minute < 100; minute += 1) take(minute, 100);
    // The newest minutes are read again with every turn: that is no clock.
    expect(take(90, 100)).toBe(0);
    expect(forecasts.notices).toEqual([]);
    expect(take(10, 900)).toBe(0);
    expect(forecasts.notices).toMatchObject([{ kind: 'clock', minutes: 89 }]);
    expect(forecasts.lastMinute).toBe(99);
    expect(take(9000, 100)).toBe(1441);
    expect(forecasts.notices.map(({ kind }) => kind)).toContain('clock');
  });
});

describe('a drift', () => {
  const after = (errors: readonly number[]): DriftWatch => {
    const watch = new DriftWatch();
    for (const [minute, error] of errors.entries()) watch.add(minute, error);
    return watch;
  };
  const steady = Array.from({ length: 2000 }, (_, i) => 10 + (i % 7));

  test('is not seen in what is as hard to foresee as ever, nor in a single burst', () => {
    expect(after(steady).drift).toBeUndefined();
    expect(after([...steady, 2000, ...steady.slice(0, 100)]).drift).toBeUndefined();
  });

  test('is seen when the error stays at a multiple, and ends when it does not', () => {
    const worse = steady.slice(0, 200).map((error) => 5 * error);
    const watch = after([...steady, ...worse]);
    expect(watch.drift!.since).toBeGreaterThan(2000);
    expect(watch.drift!.since).toBeLessThan(2150);
    expect(watch.drift!.factor).toBeGreaterThan(2);
    for (let i = 0; i < 400; i += 1) watch.add(2200 + i, 10);
    expect(watch.drift).toBeUndefined();
  });

  test('is not seen before a day is known', () => {
    expect(after([...steady.slice(0, 300), ...steady.slice(0, 300).map((error) => 9 * error)]).drift).toBeUndefined();
  });
});
