import {
  horizonMinutes,
  LessonCollector,
  liveThrough,
  ScoreSum,
  tune,
  WorkloadForecasts,
  isAccepted,
  type Lesson,
  type NetworkRunner,
  type Sample,
  type Trainer,
} from '@amadeus/backend/forecasting';
import { seasonOf } from './read-lessons.ts';
import type { Series } from './read-series.ts';
import type { Evaluation } from './evaluation.ts';

/** How the service would have fared: every forecaster, and whoever spoke for the workload at the time (`champion`). */
export interface PanelEvaluation {
  evaluations: Evaluation[];
  /** Who spoke at the end. */
  champion: string;
  /** Fine-tunings, and how many of them were accepted. */
  tunings: number;
  accepted: number;
  /** Seconds that fine-tuning took in all. */
  tuningSeconds: number;
  /** Spent on all forecasters together, fine-tuning apart. */
  microsecondsPerStep: number;
}

export interface PanelTools {
  network: NetworkRunner;
  /** Absent: nothing is fine-tuned. */
  trainer?: Trainer;
  /** Steps of one fine-tuning, of 64 windows each. */
  tuningSteps: number;
}

/** As in the service: once a day, on the last week. */
const tuningDays = 7;
/** Days before the scored part on which fine-tuning begins: what it would have been before is not scored. */
const tuningLead = 2;
const lessonsKept = 6000;

/**
 * Walks once through the series as the service would live through it: after each step everything has seen that step and
 * nothing later, the network is fine-tuned once a day, and the contest chooses the champion. What was said is scored against
 * the steps from `testFrom` on.
 */
export async function walkPanel(series: Series, testFrom: number, tools: PanelTools): Promise<PanelEvaluation> {
  const { values } = series;
  const season = seasonOf(series);
  const first = Math.round(series.start / (series.stepSeconds * 1000));
  const forecasts = new WorkloadForecasts(season);
  const collector = new LessonCollector();
  const sums = new Map<string, ScoreSum[]>();
  const stride = Math.max(1, Math.ceil((tuningDays * season) / lessonsKept));
  const result = { tunings: 0, accepted: 0, tuningSeconds: 0 };
  let tuned: { weights: Float32Array; until: number } | undefined;
  const began = process.hrtime.bigint();
  let trained = 0n;
  for (let start = 0; start < values.length; start += season) {
    const end = Math.min(values.length, start + season);
    const samples = samplesOf(values, first, start, end);
    for await (const step of liveThrough(samples, { forecasts, network: tools.network, tuned })) {
      const t = step.minute - first;
      collector.observe(step.requests, step.minute % stride === 0 ? step.window : undefined);
      if (step.requests !== null && t >= testFrom - horizonMinutes) score(sums, values, { t, testFrom }, forecasts);
    }
    collector.lessons.splice(0, collector.lessons.length - lessonsKept);
    if (!tools.trainer || end < testFrom - tuningLead * season || end === values.length) continue;
    const at = process.hrtime.bigint();
    const own = await tuneOn(tools, collector.lessons);
    trained += process.hrtime.bigint() - at;
    result.tunings += 1;
    if (!own) continue;
    result.accepted += 1;
    tuned = { weights: own, until: first + end - 1 };
  }
  const spent = Number(process.hrtime.bigint() - began - trained);
  return {
    ...result,
    tuningSeconds: Number(trained) / 1e9,
    champion: forecasts.champion,
    microsecondsPerStep: spent / 1000 / values.length,
    evaluations: [...sums].map(([forecaster, horizons]) => ({
      forecaster,
      horizons: horizons.map((sum) => sum.score),
    })),
  };
}

async function* samplesOf(values: Float64Array, first: number, start: number, end: number): AsyncGenerator<Sample> {
  for (let t = start; t < end; t += 1) {
    const requests = Number.isNaN(values[t]!) ? null : values[t]!;
    yield { minute: first + t, requests, cpuCores: null, memoryBytes: null };
  }
}

async function tuneOn(
  { trainer, network, tuningSteps }: PanelTools,
  lessons: readonly Lesson[],
): Promise<Float32Array | undefined> {
  const result = await tune(trainer!, network.weights, lessons, { steps: tuningSteps });
  return result && isAccepted(result) ? result.weights : undefined;
}

function score(
  sums: Map<string, ScoreSum[]>,
  values: Float64Array,
  { t, testFrom }: { t: number; testFrom: number },
  forecasts: WorkloadForecasts,
): void {
  const said = forecasts.forecasts();
  const champion = said.get(forecasts.champion);
  for (const [id, { median, lower, upper }] of champion ? [...said, ['champion', champion] as const] : said) {
    let own = sums.get(id);
    if (!own) sums.set(id, (own = Array.from({ length: horizonMinutes }, () => new ScoreSum())));
    for (let h = 1; h <= horizonMinutes; h += 1) {
      const actual = values[t + h];
      if (t + h < testFrom || actual === undefined || Number.isNaN(actual)) continue;
      own[h - 1]!.add(actual, median[h - 1]!, lower[h - 1]!, upper[h - 1]!);
    }
  }
}
