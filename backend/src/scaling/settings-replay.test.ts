import { describe, expect, test } from '@jest/globals';
import { defaultSettings } from './scaling-settings.ts';
import { issuedForecasts, replaySettings, type ReplayQuestion } from './settings-replay.ts';

const start = Date.parse('2026-11-20T10:00:00Z');
const minuteMs = 60_000;

/** Two hours at 400 requests a minute, with half an hour at 1,600 in the middle; a pod serves 100. */
function question(more: Partial<ReplayQuestion['settings']> = {}, foreseen = true): ReplayQuestion {
  const load = (minute: number): number => (minute >= 60 && minute < 90 ? 1_600 : 400);
  const minutes = Array.from({ length: 120 }, (_, minute) => ({
    ...{ at: start + minute * minuteMs, requests: load(minute), perPod: 100, replicas: 6 },
  }));
  const forecasts = minutes.map(({ at }, minute) => {
    const median = Array.from({ length: 10 }, (_, ahead) => load(minute + 1 + ahead));
    return { forecaster: 'ensemble', issuedAt: at, median, lower: median, upper: median };
  });
  return {
    ...{ minutes, forecasts: foreseen ? forecasts : [], events: [], startUpSeconds: 120 },
    settings: { ...defaultSettings, stepUpReplicas: 20, ...more },
  };
}

describe('settings over the minutes that were', () => {
  test('have pods ready before the load comes, where it was foreseen', () => {
    expect(replaySettings(question())).toMatchObject({ mostReplicas: 20, slowMinutes: 0 });
    expect(replaySettings(question({}, false)).slowMinutes).toBeGreaterThan(0);
  });

  test('cost more with a larger minimum, and serve less with a smaller maximum', () => {
    const plain = replaySettings(question());
    expect(replaySettings(question({ minReplicas: 10 })).replicaHours).toBeGreaterThan(plain.replicaHours);
    const few = replaySettings(question({ maxReplicas: 8 }));
    expect(few).toMatchObject({ mostReplicas: 8, slowMinutes: 30 });
    expect(few.replicaHours).toBeLessThan(plain.replicaHours);
  });

  test('count replica-hours to the last minute', () => {
    const steady = replaySettings(question({ minReplicas: 16, maxReplicas: 16 }));
    expect(steady.replicaHours).toBeCloseTo((120 * 16) / 60, 6);
    expect(steady.acts).toBe(1);
  });

  test('change nothing in minutes of which nothing is known', () => {
    const { minutes, ...rest } = question();
    const unknown = minutes.map((minute) => ({ ...minute, requests: null, perPod: null }));
    expect(replaySettings({ ...rest, minutes: unknown })).toEqual({
      ...{ replicaHours: expect.closeTo(12, 6), mostReplicas: 6, slowMinutes: 0, acts: 0 },
    });
  });
});

test('forecasts are put together by their time of issue', () => {
  const row = { forecaster: 'lstm', predicted: 5, lower: 4, upper: 6 };
  expect(
    issuedForecasts([
      { ...row, issued: 120 },
      { ...row, issued: 60 },
      { ...row, issued: 60, predicted: 7 },
    ]),
  ).toEqual([
    { forecaster: 'lstm', issuedAt: 60_000, median: [5, 7], lower: [4, 4], upper: [6, 6] },
    { forecaster: 'lstm', issuedAt: 120_000, median: [5], lower: [4], upper: [6] },
  ]);
});
