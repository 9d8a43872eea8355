import { outputSize } from './network.ts';
import { seededRandom } from './random.ts';
import { batchSize, emptyBatch, type Trainer } from './trainer.ts';
import { drawBatches, fillBatch, type Hiding, type Lesson } from './training-windows.ts';

/** What a fine-tuning came to. Losses are mean pinball losses on the newest lessons, which were not trained on. */
export interface Tuned {
  weights: Float32Array;
  steps: number;
  lossBefore: number;
  lossAfter: number;
}

export interface TuningLimits {
  steps: number;
  /** Asked before each step; false ends it early, with what has been reached. */
  proceed?(step: number): boolean;
}

const rate = 1e-3;
/** The newest part of the lessons is kept back to judge by. */
const judgedShare = 0.15;
const judgedBatches = 8;
const leastLessons = 4 * batchSize;
const hiding: Hiding = { time: 0.1, season: 0.05, autoregressive: 0.05, companions: 0, past: 0 };

/**
 * Trains a copy of `start` on one workload's lessons (in order of time) and judges both on the newest of them. The same
 * lessons, weights and limit give the same result. Undefined where there are too few lessons.
 */
export async function tune(
  trainer: Trainer,
  start: Float32Array,
  lessons: readonly Lesson[],
  { steps, proceed }: TuningLimits,
): Promise<Tuned | undefined> {
  if (lessons.length < leastLessons) return undefined;
  const split = Math.floor(lessons.length * (1 - judgedShare));
  const judged = lessons.slice(split);
  const weights = start.slice();
  const random = seededRandom(lessons.length);
  const next = drawBatches([lessons.slice(0, split)], random, hiding);
  const done = await trainer.train(weights, { steps, next }, { rate, ...(proceed ? { proceed } : {}) });
  return {
    weights,
    steps: done,
    lossBefore: await judge(trainer, start, judged),
    lossAfter: await judge(trainer, weights, judged),
  };
}

/** Mean pinball loss over lessons that are spread evenly over those given. */
async function judge(trainer: Trainer, weights: Float32Array, lessons: readonly Lesson[]): Promise<number> {
  const batch = emptyBatch();
  const picked = judgedBatches * batchSize;
  let [sum, counted] = [0, 0];
  for (let b = 0; b < judgedBatches; b += 1) {
    const first = b * batchSize;
    fillBatch(batch, (index) => lessons[Math.floor(((first + index) * lessons.length) / picked)]!);
    const { loss } = await trainer.gradient(weights, batch);
    sum += loss * batchSize * outputSize;
    counted += batch.weight.reduce((total, one) => total + one, 0);
  }
  return sum / Math.max(1, counted);
}
