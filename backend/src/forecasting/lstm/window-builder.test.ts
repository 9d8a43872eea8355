import { describe, expect, test } from '@jest/globals';
import { channels, contextSize, windowMinutes } from './network.ts';
import { LessonCollector } from './training-windows.ts';
import { channelAt, contextAt, WindowBuilder, type Window } from './window-builder.ts';

const noise = (i: number): number => 2 * ((((i * 7919) % 1009) + 0.5) / 1009) - 1;
const traffic = (minute: number): number => 1000 + 200 * Math.sin(minute / 20) + 30 * noise(minute);

interface Options {
  requests?(minute: number): number | null;
  hasCompanions?: boolean;
  season?: number;
}

function windowAfter(minutes: number, { requests = traffic, hasCompanions = true, season = 1440 }: Options = {}) {
  const builder = new WindowBuilder(season);
  for (let minute = 0; minute < minutes; minute += 1) {
    const companions = hasCompanions
      ? { cpuCores: 1 + noise(minute), memoryBytes: 1e9 }
      : { cpuCores: null, memoryBytes: null };
    builder.observe({ minute, requests: requests(minute), ...companions }, {});
  }
  return builder.window();
}

const at = (window: Window, age: number, channel: keyof typeof channelAt): number =>
  window.sequence[(windowMinutes - 1 - age) * channels + channelAt[channel]]!;

describe('what the network is shown', () => {
  test('is the same whatever the unit of the requests', () => {
    const [one, thousand] = [1, 1000].map((unit) => windowAfter(300, { requests: (m) => unit * traffic(m) })!);
    for (const [i, value] of one!.sequence.entries()) expect(thousand!.sequence[i]).toBeCloseTo(value, 4);
    for (const [i, value] of one!.context.entries()) expect(thousand!.context[i]).toBeCloseTo(value, 4);
    expect(thousand!.scale / one!.scale).toBeCloseTo(1000, 6);
  });

  test('ends with the last value, from which everything is measured', () => {
    const window = windowAfter(300)!;
    expect(window.last).toBe(traffic(299));
    expect(at(window, 0, 'requests')).toBe(0);
    expect(at(window, 7, 'requests')).toBeCloseTo((traffic(292) - traffic(299)) / window.scale, 4);
    expect([window.sequence.length, window.context.length]).toEqual([windowMinutes * channels, contextSize]);
  });

  test('shows a gap as a gap, carried forward', () => {
    const window = windowAfter(300, { requests: (m) => (m >= 280 && m < 285 ? null : traffic(m)) })!;
    expect(at(window, 16, 'measured')).toBe(0);
    expect(at(window, 16, 'requests')).toBe(at(window, 20, 'requests'));
    expect(at(window, 14, 'measured')).toBe(1);
    expect(window.context[contextAt.gaps]).toBeCloseTo(5 / 60, 6);
  });

  test('marks CPU and memory that are missing, and a season that has not been seen', () => {
    const without = windowAfter(300, { hasCompanions: false })!;
    expect([at(without, 0, 'hasCpu'), at(without, 0, 'hasMemory'), at(without, 0, 'hasSeason')]).toEqual([0, 0, 0]);
    const complete = windowAfter(1600)!;
    expect([at(complete, 0, 'hasCpu'), at(complete, 0, 'hasMemory'), at(complete, 0, 'hasSeason')]).toEqual([1, 1, 1]);
  });

  test('shows at the end of the hour what followed a season ago', () => {
    const window = windowAfter(1600)!;
    const then = traffic(1599 - 1440);
    expect(at(window, 0, 'season')).toBeCloseTo((traffic(1599 - 1440 + 10) - then) / window.scale, 4);
    expect(window.context[contextAt.season + 9]).toBeCloseTo(at(window, 0, 'season'), 6);
  });

  test.each<[string, Options]>([
    ['a few minutes', { requests: (m) => (m < 290 ? null : 100) }],
    ['nothing that ever moved above nothing', { requests: () => 0 }],
    ['a last minute that was not measured', { requests: (m) => (m === 299 ? null : traffic(m)) }],
  ])('is nothing after %s', (_, options) => {
    expect(windowAfter(300, options)).toBeUndefined();
  });

  test('is finite and bounded for a jump by a factor of a million', () => {
    const window = windowAfter(300, { requests: (m) => (m < 298 ? 1 + 0.1 * noise(m) : 1e6) })!;
    for (const value of [...window.sequence, ...window.context]) expect(Math.abs(value)).toBeLessThanOrEqual(8);
  });
});

describe('what is learned from', () => {
  test('is a window with the ten minutes after it, in its own units', () => {
    const builder = new WindowBuilder(0);
    const collector = new LessonCollector();
    for (let minute = 0; minute < 80; minute += 1) {
      const requests = minute === 75 ? null : traffic(minute);
      builder.observe({ minute, requests, cpuCores: null, memoryBytes: null }, {});
      collector.observe(requests, minute === 69 ? builder.window() : undefined);
    }
    const [lesson, ...others] = collector.lessons;
    expect(others).toEqual([]);
    const { window, came } = lesson!;
    expect(came[0]).toBeCloseTo((traffic(70) - traffic(69)) / window.scale, 4);
    expect(came[9]).toBeCloseTo((traffic(79) - traffic(69)) / window.scale, 4);
    expect(came[5]).toBeNaN();
  });
});
