import { describe, expect, test } from '@jest/globals';
import { Ensemble } from './ensemble.ts';
import { horizonMinutes, type Forecast } from './forecaster.ts';
import { IssuedBands } from './issued-bands.ts';

const ids = ['a', 'b', 'c'] as const;
const noise = (i: number): number => 2 * ((((i * 7919) % 1009) + 0.5) / 1009) - 1;

function says(value: number): Forecast {
  const all = (one: number): Float64Array => new Float64Array(horizonMinutes).fill(one);
  return { median: all(value), lower: all(value - 10), upper: all(value + 10) };
}

/** Lets the ensemble live through minutes; experts are wrong by what `wrong` says. Returns its last words. */
function live(minutes: number, wrong: (minute: number) => Partial<Record<(typeof ids)[number], number>>): number {
  const ensemble = new Ensemble(ids, 'b');
  let last = Number.NaN;
  for (let minute = 0; minute < minutes; minute += 1) {
    ensemble.advance(100);
    const said = new Map(Object.entries(wrong(minute)).map(([id, error]) => [id, says(100 + error)]));
    last = ensemble.combine(said, 10)?.values[9] ?? Number.NaN;
  }
  return last;
}

describe('the mean of forecasters', () => {
  test('begins with the one that is named first, and with whoever there is without it', () => {
    expect(live(1, () => ({ a: 5, b: 7, c: 9 }))).toBe(107);
    expect(live(1, () => ({ a: 5, c: 9 }))).toBe(105);
    expect(live(1, () => ({}))).toBeNaN();
  });

  test('comes to listen to the best', () => {
    expect(Math.abs(live(600, () => ({ a: 30, b: 20, c: 1 })) - 100)).toBeLessThan(2);
  });

  test('is better than each where their errors cancel out', () => {
    expect(Math.abs(live(900, (m) => ({ a: 20 + noise(m), b: -20 + noise(m + 5), c: 40 })) - 100)).toBeLessThan(8);
  });

  test('does not count on one that stands in with something simpler', () => {
    const ensemble = new Ensemble(ids, 'b');
    ensemble.advance(100);
    const said = new Map([
      ['a', says(90)],
      ['b', { ...says(500), fallback: 'stands in' }],
    ]);
    expect(ensemble.combine(said, 10)!.values[0]).toBe(90);
  });

  test('follows when another becomes the best', () => {
    const after = live(4000, (m) => (m < 1000 ? { a: 1, b: 30, c: 20 } : { a: 30, b: 20, c: 1 }));
    expect(Math.abs(after - 100)).toBeLessThan(5);
  });
});

describe('bands around what a forecaster expects itself', () => {
  test('come to hold four in five, however wrong its expectation is', () => {
    const bands = new IssuedBands(720);
    const values = new Float64Array(horizonMinutes).fill(100);
    // Far too sure of itself downwards, far too careful upwards.
    const reach = Array.from({ length: horizonMinutes }, () => ({ below: 1, above: 300 }));
    let [within, below, n] = [0, 0, 0];
    let said = bands.issue({ values, reach });
    for (let minute = 0; minute < 4000; minute += 1) {
      const came = 100 + 50 * noise(minute * 13);
      if (minute > 1500) {
        n += 1;
        if (came >= said.lower[0]! && came <= said.upper[0]!) within += 1;
        if (came < said.lower[0]!) below += 1;
      }
      bands.advance(came);
      said = bands.issue({ values, reach });
    }
    expect(within / n).toBeGreaterThan(0.78);
    expect(within / n).toBeLessThan(0.82);
    expect(below / n).toBeGreaterThan(0.08);
    expect(below / n).toBeLessThan(0.12);
  });
});
