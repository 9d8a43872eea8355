import { describe, expect, test } from '@jest/globals';
import { eventOfAnnotation } from './annotation.ts';
import { effectLead, learnEffect } from './event-learning.ts';
import { EventStrength, type ExpectedEffect } from './event-strength.ts';
import { checkedEvent, expectedRatio, type KnownEvent } from './known-event.ts';
import { WorkloadForecasts } from './workload-forecasts.ts';

const minuteMs = 60_000;
const day = 1440;
const noise = (i: number): number => 2 * ((((i * 7919) % 1009) + 0.5) / 1009) - 1;
const usual = (minute: number): number => 1000 + 400 * Math.sin((2 * Math.PI * minute) / day) + 10 * noise(minute);

const event = (start: number, end: number, ratio: number | null = null): KnownEvent => ({
  tenant: 'default',
  id: 'e-1',
  name: 'sale',
  workload: null,
  startsAt: new Date(start * minuteMs),
  endsAt: new Date(end * minuteMs),
  ratio,
  note: '',
  origin: 'api',
  version: 1,
  knownSince: new Date(0),
  createdBy: { id: 'user:1', name: 'Kim' },
  updatedAt: new Date(0),
});

describe('what an event did', () => {
  const start = 8 * day + 1200;
  const sale = (minute: number): number => (minute >= start && minute < start + 60 ? 3 : 1);
  const learn = (measured: (minute: number) => number | undefined, isSpecial = (): boolean => false) =>
    learnEffect(measured, { start, end: start + 60 }, { season: day, isSpecial });

  test('is learned as a multiple of what the days before and the hour before let expect', () => {
    const ratios = learn((minute) => 1.5 ** Math.floor(minute / day) * usual(minute) * sale(minute))!;
    expect(ratios).toHaveLength(effectLead + 60 + 60);
    expect(ratios[effectLead + 30]).toBeCloseTo(3, 0);
    expect(ratios[0]).toBe(1);
    expect(ratios.at(-1)).toBe(1);
  });

  test('is learned without earlier days from the hour before', () => {
    const ratios = learn((minute) => (minute > start - 120 ? usual(minute) * sale(minute) : undefined))!;
    expect(ratios[effectLead + 30]).toBeGreaterThan(2.5);
  });

  test('does not take earlier events for ordinary days', () => {
    const every = (minute: number): number => (minute % day >= 1200 && minute % day < 1260 ? 3 : 1);
    const isSpecial = (minute: number): boolean => every(minute) > 1 && minute < start && minute > 3 * day;
    const ratios = learnEffect(
      (minute) => usual(minute) * (minute < 3 * day ? 1 : every(minute)),
      { start, end: start + 60 },
      { season: day, isSpecial },
    )!;
    expect(ratios[effectLead + 30]).toBeGreaterThan(2.7);
  });

  test('is not learned from minutes that were not measured', () => {
    expect(learn(() => undefined)).toBeUndefined();
    expect(learn((minute) => (minute < start ? usual(minute) : undefined))).toBeUndefined();
  });
});

describe('what is expected of an event', () => {
  const effect = (startsAt: number, peak: number) => ({
    name: 'sale',
    startsAt: new Date(startsAt * minuteMs),
    lead: 15,
    ratios: [...new Array<number>(15).fill(1), ...new Array<number>(60).fill(peak), 1],
  });

  test('is what people say until one has been seen, and then what was seen', () => {
    const next = event(9000, 9060, 2);
    expect(expectedRatio(next, [], 30, minuteMs)).toBe(2);
    expect(expectedRatio(next, [], -1, minuteMs)).toBe(1);
    expect(expectedRatio(next, [], 60, minuteMs)).toBe(1);
    expect(expectedRatio(next, [effect(8000, 4)], 30, minuteMs)).toBe(4);
    expect(expectedRatio(next, [effect(8000, 8), effect(7000, 2)], 30, minuteMs)).toBeCloseTo(4, 9);
    expect(expectedRatio(next, [effect(8000, 4)], 500, minuteMs)).toBe(1);
  });

  test('is not learned from what came later, or from itself', () => {
    expect(expectedRatio(event(9000, 9060, 2), [effect(9000, 5), effect(9500, 5)], 30, minuteMs)).toBe(2);
  });

  test.each([
    [{ startsAt: '2026-11-27T20:00:00Z', endsAt: '2026-11-27T20:00:00Z' }, /after/],
    [{ startsAt: '2026-11-27T20:00:00Z', endsAt: '2026-12-27T20:00:00Z' }, /14 days/],
  ])('is refused for %j', (times, message) => {
    expect(() => checkedEvent({ name: 'sale', ...times })).toThrow(message);
  });
});

describe('forecasts with an event', () => {
  const start = 300;
  const expected: ExpectedEffect = (_, minute) => (minute >= start && minute < start + 90 ? 3 : 1);

  /** Mean relative error ten minutes ahead of the simplest forecaster over the minutes in [from, to). */
  function errors(strength: number, effect: ExpectedEffect | undefined, from: number, to: number): number {
    const forecasts = new WorkloadForecasts(day);
    const traffic = (minute: number): number =>
      usual(minute) * (minute >= start && minute < start + 90 ? 1 + strength * 2 : 1);
    const said = new Map<number, number>();
    for (let minute = 0; minute < to; minute += 1) {
      const sample = { minute, requests: traffic(minute), cpuCores: null, memoryBytes: null };
      for (const step of forecasts.prepare(sample, effect)) forecasts.conclude(step);
      said.set(minute + 10, forecasts.forecasts().get('persistence')?.median[9] ?? Number.NaN);
    }
    let sum = 0;
    for (let minute = from; minute < to; minute += 1) sum += Math.abs(said.get(minute)! / traffic(minute) - 1);
    return sum / (to - from);
  }

  test('rise before it, where without it they follow behind', () => {
    expect(errors(1, expected, start, start + 10)).toBeLessThan(0.1);
    expect(errors(1, undefined, start, start + 10)).toBeGreaterThan(0.5);
  });

  test('fall with its end', () => {
    expect(errors(1, expected, start + 90, start + 105)).toBeLessThan(0.1);
  });

  test('follow what really comes where it is weaker, or does not come at all', () => {
    expect(errors(0.5, expected, start + 30, start + 90)).toBeLessThan(0.1);
    expect(errors(0, expected, start + 40, start + 120)).toBeLessThan(0.1);
  });

  test('know the usual traffic from what came in it', () => {
    const strength = new EventStrength();
    for (let minute = 0; minute < 60; minute += 1) strength.observe(minute, 100, () => 1);
    expect(strength.observe(60, 300, () => 3)).toBeCloseTo(100, 6);
    expect([...strength.ahead(60, () => 3)!]).toEqual(new Array(10).fill(3));
    expect(strength.observe(61, null, () => 3)).toBeNull();
    expect(strength.ahead(61, () => 1)).toBeUndefined();
  });
});

describe('an annotation of Grafana', () => {
  const annotation = {
    id: 7,
    time: Date.UTC(2026, 10, 27, 20),
    tags: ['amadeus-event'],
    text: '<b>Flash sale</b>\nof shoes',
  };

  test('is an event by its text, an hour long where it is a point', () => {
    expect(eventOfAnnotation(annotation)).toEqual({
      id: 'grafana-7',
      name: 'Flash sale',
      startsAt: '2026-11-27T20:00:00.000Z',
      endsAt: '2026-11-27T21:00:00.000Z',
      note: 'Flash sale \nof shoes',
    });
  });

  test('says more by its tags', () => {
    const tags = ['amadeus-event', 'event:black-friday', 'workload:shop/frontend', 'ratio:4'];
    const timeEnd = annotation.time + 7_200_000;
    expect(eventOfAnnotation({ ...annotation, tags, timeEnd })).toMatchObject({
      name: 'black-friday',
      workload: 'shop/frontend',
      ratio: 4,
      endsAt: '2026-11-27T22:00:00.000Z',
    });
  });

  test('without a name is none, and an impossible ratio is left out', () => {
    expect(eventOfAnnotation({ ...annotation, text: ' ' })).toBeUndefined();
    expect(eventOfAnnotation({ ...annotation, tags: ['ratio:1e9'] })).not.toHaveProperty('ratio');
  });
});
