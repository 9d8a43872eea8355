import { describe, expect, test } from '@jest/globals';
import { WorkloadForecasts } from './workload-forecasts.ts';

/** In [-1, 1), the same in every run, and nothing that a linear model could foresee. */
function noise(i: number): number {
  const x = Math.sin(i * 12.9898 + 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}
const traffic = (minute: number): number =>
  Math.max(
    0,
    1000 +
      400 * Math.sin((2 * Math.PI * minute) / 1440) +
      200 * Math.sin((2 * Math.PI * minute) / 37) +
      30 * noise(minute),
  );

function observe(forecasts: WorkloadForecasts, minute: number, requests: number | null): void {
  const steps = forecasts.prepare({ minute, requests, cpuCores: null, memoryBytes: null });
  for (const step of steps) forecasts.conclude(step);
}

function after(from: number, to: number, forecasts = new WorkloadForecasts(1440)): WorkloadForecasts {
  for (let minute = from; minute < to; minute += 1) observe(forecasts, minute, traffic(minute));
  return forecasts;
}

describe('everything that is believed about a workload', () => {
  test('is rebuilt to the last bit from the same minutes', () => {
    const again = after(0, 3000);
    expect(after(0, 3000).forecasts()).toEqual(again.forecasts());
  });

  test('is nearly the same when it is rebuilt from the last three days only', () => {
    const whole = after(0, 9000).forecasts().get('autoregressive')!;
    const rebuilt = after(9000 - 4320, 9000)
      .forecasts()
      .get('autoregressive')!;
    for (let h = 0; h < 10; h += 1) {
      expect(Math.abs(rebuilt.median[h]! - whole.median[h]!)).toBeLessThan(0.02 * whole.median[h]!);
      expect(rebuilt.upper[h]! - rebuilt.lower[h]!).toBeLessThan(1.1 * (whole.upper[h]! - whole.lower[h]!));
      expect(rebuilt.upper[h]! - rebuilt.lower[h]!).toBeGreaterThan(0.9 * (whole.upper[h]! - whole.lower[h]!));
    }
  });

  test('makes the better forecaster its champion', () => {
    const forecasts = after(0, 3000, new WorkloadForecasts(1440, 'persistence'));
    expect(['autoregressive', 'ensemble']).toContain(forecasts.champion);
    expect(forecasts.evidence!.formerMae).toBeGreaterThan(forecasts.evidence!.mae);
  });

  test('ignores a minute that it has seen, and takes missing ones for gaps', () => {
    const forecasts = after(0, 1000);
    const before = forecasts.forecasts().get('persistence')!.median[0];
    observe(forecasts, 500, 1e9);
    expect(forecasts.forecasts().get('persistence')!.median[0]).toBe(before);
    observe(forecasts, 1010, 1234);
    expect(forecasts.lastMinute).toBe(1010);
    expect(forecasts.forecasts().get('persistence')!.median[0]).toBe(1234);
  });

  test('gets over a silence of years', () => {
    const forecasts = after(0, 500);
    observe(forecasts, 2_000_000, 10);
    expect(forecasts.forecasts().get('persistence')!.median[9]).toBe(10);
  });
});
