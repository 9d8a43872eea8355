import { Baselines, LessonCollector, type Lesson } from '@amadeus/backend/forecasting';
import type { Series } from './read-series.ts';

const secondsPerDay = 86_400;

/** Steps of one day. */
export function seasonOf(series: Series): number {
  return Math.round(secondsPerDay / series.stepSeconds);
}

/**
 * Windows of a series with what came after them, from the steps before `until` only. Everything in them is known from
 * earlier steps. Of the windows every `stride`-th is kept, so that at most `limit` are.
 */
export function readLessons(series: Series, until: number, limit: number): Lesson[] {
  const baselines = new Baselines(seasonOf(series));
  const collector = new LessonCollector();
  const first = Math.round(series.start / (series.stepSeconds * 1000));
  const stride = Math.max(1, Math.floor(until / limit));
  for (let t = 0; t < until; t += 1) {
    const value = series.values[t]!;
    const requests = Number.isNaN(value) ? null : value;
    const { window } = baselines.observe({ minute: first + t, requests, cpuCores: null, memoryBytes: null });
    collector.observe(requests, t % stride === 0 ? window : undefined);
  }
  return collector.lessons;
}
