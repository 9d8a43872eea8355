import { describe, expect, test } from '@jest/globals';
import { normalQuantile, quantileOf, type ExpectedEvent, type IssuedForecast } from './demand.ts';
import { holdsAt } from './replica-window.ts';
import { afterAct, decide, emptyMemory, type DecisionQuestion } from './scaling-decision.ts';
import { defaultSettings, problemsOf } from './scaling-settings.ts';

const now = Date.parse('2026-11-20T11:00:00Z');
const minuteMs = 60_000;

const flat = (load: number, band = 0): IssuedForecast => ({
  forecaster: 'ensemble',
  issuedAt: now - minuteMs,
  median: new Array<number>(10).fill(load),
  lower: new Array<number>(10).fill(load - band),
  upper: new Array<number>(10).fill(load + band),
});

function question(more: Partial<DecisionQuestion> = {}): DecisionQuestion {
  return {
    now,
    settings: { ...defaultSettings, minReplicas: 2, targetShare: 0.8 },
    replicas: 10,
    observed: {
      at: now - 10_000,
      requestsPerMinute: 8_000,
      readyReplicas: 10,
      latencySeconds: 0.1,
      latencyBefore: null,
    },
    forecast: flat(8_000),
    events: [],
    capacity: { perPod: 1_000, low: 900, high: 1_100, source: 'cpu' },
    startUpSeconds: 60,
    everySeconds: 15,
    memory: emptyMemory,
    ...more,
  };
}

const seen = (requestsPerMinute: number, more = {}) => ({ ...question().observed!, requestsPerMinute, ...more });
const settings = (more: Partial<DecisionQuestion['settings']>) => ({ ...question().settings, ...more });

describe('the number of replicas', () => {
  test('is the most that forecast, event and observed load ask for', () => {
    const event: ExpectedEvent = { name: 'sale', start: now, end: now + 1e6, factors: [1.5], basis: 'stated' };
    expect(decide(question({ observed: seen(9_900, { readyReplicas: 20 }), replicas: 5 })).needed).toBe(13);
    expect(decide(question({ forecast: flat(12_000) })).needed).toBe(15);
    expect(decide(question({ events: [{ ...event, start: now + minuteMs }] })).needed).toBe(15);
  });

  test('looks as far ahead as a pod needs to start, and no further', () => {
    const forecast = flat(8_000);
    const rising = { ...forecast, upper: forecast.upper.map((value, index) => (index === 6 ? 20_000 : value)) };
    expect(decide(question({ forecast: rising })).needed).toBe(10);
    expect(decide(question({ forecast: rising, startUpSeconds: 360 })).needed).toBe(25);
  });

  test('is reckoned by the quantile of the band', () => {
    expect(decide(question({ forecast: flat(8_000, 4_000) })).needed).toBe(15);
    expect(decide(question({ forecast: flat(8_000, 4_000), settings: settings({ quantile: 0.5 }) })).needed).toBe(10);
    expect(quantileOf(100, 80, 140, 0.9)).toBeCloseTo(140, 6);
    expect(quantileOf(100, 80, 140, 0.1)).toBeCloseTo(80, 6);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
  });

  test('stays where the difference is within the tolerance', () => {
    const decision = decide(question({ forecast: flat(8_700) }));
    expect(decision).toMatchObject({ direction: 'stay', replicas: 10, needed: 11 });
    expect(decision.deciding.term).toBe('tolerance');
  });

  test('never goes down because a forecast is low', () => {
    expect(decide(question({ forecast: flat(100) })).replicas).toBe(10);
  });

  test('goes down only when nothing has needed more for the stabilisation time', () => {
    const first = decide(question({ observed: seen(2_000), forecast: flat(2_000) }));
    expect(first).toMatchObject({ needed: 3, replicas: 5 });
    const busy = { ...emptyMemory, answers: [{ at: now - minuteMs, replicas: 9 }] };
    expect(decide(question({ observed: seen(2_000), forecast: flat(2_000), memory: busy })).replicas).toBe(9);
    const old = { ...emptyMemory, answers: [{ at: now - 4 * minuteMs, replicas: 9 }] };
    const whole = settings({ stepDownShare: 1 });
    const later = decide(question({ observed: seen(2_000), forecast: flat(2_000), memory: old, settings: whole }));
    expect(later.replicas).toBe(3);
  });

  test('keeps to bounds and steps', () => {
    const much = { observed: seen(9_000), forecast: flat(80_000) };
    expect(decide(question({ ...much, settings: settings({ maxReplicas: 14 }) })).replicas).toBe(14);
    const step = decide(question({ ...much, settings: settings({ stepUpShare: 0.2, stepUpReplicas: 1 }) }));
    expect(step).toMatchObject({ replicas: 12, needed: 100 });
    expect(step.deciding.term).toBe('step');
    expect(decide(question({ observed: seen(0.5), forecast: flat(0), replicas: 2 })).replicas).toBe(2);
  });

  test('counts on more than is answered once the pods are full, by how fast the latency grows', () => {
    const full = seen(10_000, { latencySeconds: 2, latencyBefore: { seconds: 30, latencySeconds: 1 } });
    const decision = decide(question({ observed: full, settings: settings({ latencyLimitMs: 300 }) }));
    expect(decision.terms[0]).toMatchObject({ term: 'observed', isFull: true });
    expect(decision.needed).toBe(17);
  });

  test('is held on data that is old, from the future, or not there', () => {
    expect(decide(question({ observed: undefined }))).toMatchObject({ held: 'no-load', replicas: 10 });
    expect(decide(question({ observed: seen(1e6, { at: now - 200_000 }) }))).toMatchObject({
      held: 'stale-load',
      replicas: 10,
    });
    expect(decide(question({ observed: seen(1e6, { at: now + 200_000 }) })).held).toBe('clock');
    expect(decide(question({ observed: seen(1e6, { serverAheadMs: 7_200_000 }) })).held).toBe('clock');
    expect(decide(question({ observed: seen(8_000, { serverAheadMs: -30_000 }) })).held).toBe('none');
    const unknown = { perPod: undefined, low: undefined, high: undefined, source: 'unknown' } as const;
    expect(decide(question({ capacity: unknown, observed: seen(1e6) }))).toMatchObject({
      held: 'no-capacity',
      replicas: 10,
    });
  });

  test('does without a forecast that is old, and says so', () => {
    const decision = decide(question({ forecast: { ...flat(90_000), issuedAt: now - 300_000 } }));
    expect(decision).toMatchObject({ needed: 10, notices: ['forecast-stale'] });
    expect(decide(question({ forecast: undefined })).notices).toEqual(['forecast-missing']);
  });

  test('after many acts follows the observed load alone', () => {
    const acts = Array.from({ length: 30 }, (_, index) => now - index * 1000);
    const memory = { ...emptyMemory, acts };
    expect(decide(question({ memory, forecast: flat(20_000) })).replicas).toBe(10);
    expect(decide(question({ memory, observed: seen(10_500) })).replicas).toBe(18);
    expect(decide(question({ memory, observed: seen(7_000), forecast: flat(7_000) })).replicas).toBe(10);
    expect(decide(question({ memory, observed: seen(100), forecast: flat(100) })).replicas).toBe(5);
    const forecastLed = decide(question({ forecast: flat(12_000) }));
    expect(afterAct(forecastLed, now).acts).toEqual([now]);
    expect(afterAct(decide(question({ observed: seen(10_500), replicas: 5 })), now).acts).toEqual([]);
  });
});

describe('a known event', () => {
  const start = now + 2 * minuteMs;
  const sale: ExpectedEvent = { name: 'sale', start, end: start + 3_600_000, factors: [4], basis: 'stated' };

  test('is prepared for when a pod must start for it, at the level before it', () => {
    const decision = decide(question({ events: [sale] }));
    expect(decision.needed).toBe(40);
    expect(decision.deciding.term).toBe('step');
    expect(decide(question({ events: [{ ...sale, start: start + 30 * minuteMs }] })).needed).toBe(10);
  });

  test('is not multiplied with the load that it brought itself', () => {
    const { memory } = decide(question({ events: [sale] }));
    const during = { events: [sale], memory, now: start + 5 * minuteMs, replicas: 40 };
    const at = start + 5 * minuteMs - 10_000;
    const observed = { ...seen(32_000), at, readyReplicas: 40 };
    expect(decide(question({ ...during, observed, forecast: undefined })).needed).toBe(40);
  });

  test('ends where what it brought stands in the load', () => {
    const { memory } = decide(question({ events: [sale] }));
    const later = start + 25 * minuteMs;
    const observed = { ...seen(9_000), at: later - 10_000, readyReplicas: 40 };
    const decision = decide(
      question({ events: [sale], memory, now: later, replicas: 40, observed, forecast: undefined }),
    );
    expect(decision.needed).toBe(12);
  });
});

describe('a window with a minimum', () => {
  const window = {
    days: ['fri' as const],
    from: '20:00',
    to: '02:00',
    timeZone: 'Asia/Seoul',
    minReplicas: 15,
  };

  test('holds by the clocks of its time zone, past midnight too', () => {
    // 11:00 UTC is 20:00 in Seoul.
    expect(holdsAt(window, now)).toBe(true);
    expect(holdsAt(window, now - minuteMs)).toBe(false);
    expect(holdsAt(window, now + 5 * 3_600_000 + 59 * minuteMs)).toBe(true);
    expect(holdsAt(window, now + 6 * 3_600_000)).toBe(false);
    expect(holdsAt(window, now + 86_400_000)).toBe(false);
  });

  test('is met as early as a pod must start', () => {
    const windows = { settings: settings({ windows: [window] }) };
    const at = now - 2 * minuteMs;
    const early = question({ ...windows, now: at, observed: { ...seen(8_000), at }, forecast: undefined });
    expect(decide(early).replicas).toBe(15);
    expect(
      decide({ ...early, now: at - 5 * minuteMs, observed: { ...seen(8_000), at: at - 5 * minuteMs } }).replicas,
    ).toBe(10);
  });
});

test('settings that contradict themselves are named', () => {
  expect(problemsOf(defaultSettings)).toEqual([]);
  const wrong = settings({ minReplicas: 9, maxReplicas: 3 });
  expect(problemsOf(wrong)).toEqual(['minReplicas (9) is above maxReplicas (3)']);
});
