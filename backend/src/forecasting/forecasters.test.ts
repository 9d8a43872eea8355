import { describe, expect, test } from '@jest/globals';
import { createForecasters, horizonMinutes, type Forecast, type Forecaster } from './index.ts';

const day = 1440;

function forecaster(id: string, season = day): Forecaster {
  return createForecasters(season).find((one) => one.id === id)!;
}

/** Noise in [-1, 1) that is the same in every run. */
function noise(i: number): number {
  const x = Math.sin(i * 12.9898 + 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

function feed(target: Forecaster, values: readonly (number | null)[], first = 0): Forecast | undefined {
  for (const [index, requests] of values.entries()) target.observe({ minute: first + index, requests });
  return target.forecast();
}

function series(length: number, at: (minute: number) => number): number[] {
  return Array.from({ length }, (_, minute) => Math.max(0, at(minute)));
}

const wave = (minute: number): number => 1000 + 600 * Math.sin((2 * Math.PI * minute) / day);

describe.each(['persistence', 'seasonal-naive', 'autoregressive'])('%s', (id) => {
  const awkward: Record<string, (number | null)[]> = {
    'nothing but zeros': series(400, () => 0),
    'a flat line': series(400, () => 250),
    'a jump by a factor of a thousand': series(600, (m) => (m < 300 ? 1 : 1000) + 0.1 * noise(m)),
    'a fall to zero': series(600, (m) => (m < 400 ? 500 + 20 * noise(m) : 0)),
    'gaps of every length': series(900, (m) => 100 + 10 * noise(m)).map((v, m) => (noise(m * 7) > 0.3 ? null : v)),
    'a single burst': series(600, (m) => (m === 500 ? 1e6 : 10 + noise(m))),
    'tiny values': series(500, (m) => 1e-9 * (2 + noise(m))),
    'huge values': series(500, (m) => 1e12 * (2 + noise(m))),
  };
  test.each(Object.entries(awkward))('keeps 0 <= lower <= median <= upper over %s', (_, values) => {
    const target = forecaster(id);
    let said = 0;
    for (const [minute, requests] of values.entries()) {
      target.observe({ minute, requests });
      const forecast = target.forecast();
      if (!forecast) continue;
      said += 1;
      for (let h = 0; h < horizonMinutes; h += 1) {
        const [lower, median, upper] = [forecast.lower[h]!, forecast.median[h]!, forecast.upper[h]!];
        if (!(lower >= 0 && lower <= median && median <= upper && Number.isFinite(upper))) {
          throw new Error(`minute ${minute}, ${h + 1} ahead: ${lower} <= ${median} <= ${upper}`);
        }
      }
    }
    expect(said).toBeGreaterThan(0);
  });

  test('says the same for the same minutes', () => {
    const values = series(700, (m) => wave(m) + 50 * noise(m));
    expect(feed(forecaster(id), values)).toEqual(feed(forecaster(id), values));
  });

  test('says nothing before the first minute that was measured', () => {
    expect(feed(forecaster(id), [null, null, null])).toBeUndefined();
  });
});

describe('seasonal naive', () => {
  test('repeats what came one season ago', () => {
    const values = series(day + 30, (m) => m % 97);
    const forecast = feed(forecaster('seasonal-naive'), values)!;
    expect([...forecast.median]).toEqual(Array.from({ length: 10 }, (_, i) => (30 + i) % 97));
    expect(forecast.fallback).toBeUndefined();
  });

  test('stands in with the last value, and says so, until a season has been seen', () => {
    const forecast = feed(
      forecaster('seasonal-naive'),
      series(100, (m) => m),
    )!;
    expect(forecast.median[9]).toBe(99);
    expect(forecast.fallback).toMatch(/season of 1440 minutes has not been seen yet \(100 so far\)/);
  });
});

describe('autoregressive', () => {
  /** Mean absolute errors ten minutes ahead in the last `tested` minutes, beside persistence. */
  function errors(values: readonly (number | null)[], tested: number): { own: number; persistence: number } {
    const target = forecaster('autoregressive');
    let [own, persistence, n] = [0, 0, 0];
    for (const [minute, requests] of values.entries()) {
      target.observe({ minute, requests });
      const coming = values[minute + 10];
      if (minute < values.length - tested || requests === null || coming == null) continue;
      own += Math.abs(target.forecast()!.median[9]! - coming);
      persistence += Math.abs(requests - coming);
      n += 1;
    }
    return { own: own / n, persistence: persistence / n };
  }

  test('learns a cycle that persistence cannot follow', () => {
    const found = errors(
      series(2 * day, (m) => 1000 + 500 * Math.sin((2 * Math.PI * m) / 40) + 20 * noise(m)),
      600,
    );
    expect(found.own).toBeLessThan(0.1 * found.persistence);
  });

  test('knows from yesterday what the last hour does not show', () => {
    // Every hour, at an irregular minute that is the same every day, a burst of twelve minutes begins.
    const burst = (m: number): number => {
      const minute = m % day;
      const begins = Math.floor(minute / 60) * 60 + (((Math.floor(minute / 60) * 17) % 40) + 5);
      return minute >= begins && minute < begins + 12 ? 800 : 0;
    };
    const found = errors(
      series(4 * day, (m) => 400 + burst(m) + 10 * noise(m)),
      day,
    );
    expect(found.own).toBeLessThan(0.5 * found.persistence);
  });

  test('is no worse than persistence on a random walk', () => {
    let level = 5000;
    const found = errors(
      series(3000, (m) => (level = Math.max(0, level + 30 * noise(m)))),
      1000,
    );
    expect(found.own).toBeLessThan(1.05 * found.persistence);
  });

  test('predicts across gaps without learning them as zeros', () => {
    const values = series(2 * day, (m) => 1000 + 5 * noise(m)).map((v, m) => (m % 50 === 49 ? null : v));
    expect(errors(values, 600).own).toBeLessThan(10);
  });

  test('says nothing before it has learned', () => {
    expect(
      feed(
        forecaster('autoregressive'),
        series(150, (m) => 100 + noise(m)),
      ),
    ).toBeUndefined();
    expect(
      feed(
        forecaster('autoregressive'),
        series(400, (m) => 100 + noise(m)),
      ),
    ).toBeDefined();
  });
});

describe('the 80 % band', () => {
  function coverage(values: readonly number[], from: number, id = 'persistence'): number {
    const target = forecaster(id);
    const issued: Forecast[] = [];
    let [covered, n] = [0, 0];
    for (const [minute, requests] of values.entries()) {
      const due = issued[minute - 10];
      if (minute >= from && due) {
        n += 1;
        if (requests >= due.lower[9]! && requests <= due.upper[9]!) covered += 1;
      }
      target.observe({ minute, requests });
      const forecast = target.forecast();
      if (forecast) issued[minute] = forecast;
    }
    return covered / n;
  }

  test('covers four minutes in five of a steady series', () => {
    const share = coverage(
      series(6000, (m) => 500 + 100 * noise(m)),
      1000,
    );
    expect(share).toBeGreaterThan(0.78);
    expect(share).toBeLessThan(0.82);
  });

  test('covers four in five again after the noise has grown tenfold', () => {
    const share = coverage(
      series(9000, (m) => 5000 + (m < 3000 ? 30 : 300) * noise(m)),
      3000,
    );
    expect(share).toBeGreaterThan(0.77);
    expect(share).toBeLessThan(0.83);
  });

  test('covers four in five of traffic with days', () => {
    const share = coverage(
      series(8 * day, (m) => wave(m) * (1 + 0.1 * noise(m))),
      day,
      'autoregressive',
    );
    expect(share).toBeGreaterThan(0.78);
    expect(share).toBeLessThan(0.82);
  });

  test('closes on a line that never moves', () => {
    const forecast = feed(
      forecaster('persistence'),
      series(2000, () => 250),
    )!;
    expect([forecast.lower[9], forecast.median[9], forecast.upper[9]]).toEqual([250, 250, 250]);
  });

  test('does not reach further than what was missed by', () => {
    // Silence with short bursts: quantiles relative to a quiet hour would stretch to a multiple of any burst.
    const forecast = feed(
      forecaster('persistence'),
      series(6000, (m) => (m % 300 < 5 ? 1000 : 1 + 0.1 * noise(m))),
    )!;
    expect(Math.max(...forecast.upper)).toBeLessThanOrEqual(2100);
  });
});
