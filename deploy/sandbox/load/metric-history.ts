import type { Sample } from './exposition.ts';

interface Series {
  name: string;
  labels: Readonly<Record<string, string>>;
  at: number[];
  values: number[];
}

export interface Point {
  labels: Record<string, string>;
  value: number;
}

const staleMs = 300_000;

/** What a Prometheus that scrapes the cluster would know, for replays in which days pass in minutes. */
export class MetricHistory {
  readonly #series = new Map<string, Series>();
  readonly #keptMs: number;

  constructor(keptMs = 26 * 3_600_000) {
    this.#keptMs = keptMs;
  }

  scrape(at: number, samples: readonly Sample[]): void {
    for (const { name, labels, value } of samples) {
      const key = `${name} ${JSON.stringify(labels)}`;
      const series = this.#series.get(key) ?? { name, labels, at: [], values: [] };
      this.#series.set(key, series);
      series.at.push(at);
      series.values.push(value);
    }
    for (const [key, series] of this.#series) {
      const old = series.at.findIndex((time) => time > at - this.#keptMs);
      if (old < 0) this.#series.delete(key);
      else if (old > 1_000) {
        series.at.splice(0, old);
        series.values.splice(0, old);
      }
    }
  }

  named(name: string, matchers: Readonly<Record<string, string>>): readonly Series[] {
    return [...this.#series.values()].filter(
      (series) =>
        series.name === name && Object.entries(matchers).every(([key, value]) => series.labels[key] === value),
    );
  }

  /** The last value of each series at an instant, unless it is five minutes old. */
  latest(name: string, matchers: Readonly<Record<string, string>>, at: number): Point[] {
    return this.named(name, matchers).flatMap((series) => {
      const index = lastBefore(series.at, at);
      if (index < 0 || at - (series.at[index] ?? 0) > staleMs) return [];
      return [{ labels: { ...series.labels }, value: series.values[index] ?? 0 }];
    });
  }

  /** Increase a second of each counter over the window that ends at an instant, resets taken for what they are. */
  rate(name: string, matchers: Readonly<Record<string, string>>, at: number, windowMs: number): Point[] {
    return this.named(name, matchers).flatMap((series) => {
      const last = lastBefore(series.at, at);
      const first = lastBefore(series.at, at - windowMs - 1) + 1;
      if (last <= first) return [];
      let increase = 0;
      for (let i = first + 1; i <= last; i++) {
        const [before = 0, now = 0] = [series.values[i - 1], series.values[i]];
        increase += now >= before ? now - before : now;
      }
      const seconds = ((series.at[last] ?? 0) - (series.at[first] ?? 0)) / 1000;
      return seconds <= 0 ? [] : [{ labels: { ...series.labels }, value: increase / seconds }];
    });
  }
}

/** Index of the last time that is at most `at`, or -1. */
function lastBefore(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
