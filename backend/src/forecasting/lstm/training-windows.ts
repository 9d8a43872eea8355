import { horizonMinutes } from '../forecaster.ts';
import { channels, contextSize, outputSize, quantileLevels, windowMinutes } from './network.ts';
import { batchSize, emptyBatch, type Batch } from './trainer.ts';
import { channelAt, contextAt, type Window } from './window-builder.ts';

/** A window with what came after it, in the same units; NaN where nothing was measured. */
export interface Lesson {
  window: Window;
  came: Float32Array;
}

/** What came is cut off this many scales away, so that a single burst does not decide a step. */
const largestTarget = 15;

/** Keeps windows until the ten minutes after them have come. */
export class LessonCollector {
  readonly lessons: Lesson[] = [];
  readonly #open: { window: Window; came: Float32Array; minutes: number }[] = [];

  /** Takes in what the next minute brought, then the window (if it is to be learned from) that ends with it. */
  observe(requests: number | null, window: Window | undefined): void {
    for (const lesson of this.#open) {
      const { last, scale } = lesson.window;
      const moved = requests === null ? Number.NaN : (requests - last) / scale;
      lesson.came[lesson.minutes] = Math.min(largestTarget, Math.max(-largestTarget, moved));
      lesson.minutes += 1;
    }
    while (this.#open[0]?.minutes === horizonMinutes) {
      const { window: closed, came } = this.#open.shift()!;
      if (came.some((value) => !Number.isNaN(value))) this.lessons.push({ window: closed, came });
    }
    if (window) this.#open.push({ window, came: new Float32Array(horizonMinutes).fill(Number.NaN), minutes: 0 });
  }
}

/** Shares of the windows from which something is hidden, so that the network can do without it. */
export interface Hiding {
  time: number;
  season: number;
  autoregressive: number;
  /** CPU and memory that are made up where a window has none: a noisy shadow of its requests. */
  companions: number;
  /** All but the last minutes, as of a workload that has only begun. */
  past: number;
}

const nothingHidden: Hiding = { time: 0, season: 0, autoregressive: 0, companions: 0, past: 0 };

/** Fills `batch` with the lessons that `pick` names, hiding parts of them at random. */
export function fillBatch(
  batch: Batch,
  pick: (index: number) => Lesson,
  random: () => number = () => 1,
  hiding: Hiding = nothingHidden,
): Batch {
  for (let b = 0; b < batchSize; b += 1) {
    const { window, came } = pick(b);
    const sequence = window.sequence.slice();
    const context = window.context.slice();
    hide(sequence, context, random, hiding);
    for (let t = 0; t < windowMinutes; t += 1) {
      const from = t * channels;
      batch.sequence.set(sequence.subarray(from, from + channels), (t * batchSize + b) * channels);
    }
    batch.context.set(context, b * contextSize);
    fillTarget(batch, b, came);
  }
  return batch;
}

/** Batches that draw from `sources` in equal parts, so that a long series does not count more than a short one. */
export function drawBatches(
  sources: readonly (readonly Lesson[])[],
  random: () => number,
  hiding: Hiding,
): () => Batch {
  const filled = sources.filter((lessons) => lessons.length > 0);
  const batch = emptyBatch();
  const pick = (): Lesson => {
    const lessons = filled[Math.floor(random() * filled.length)]!;
    return lessons[Math.floor(random() * lessons.length)]!;
  };
  return () => fillBatch(batch, pick, random, hiding);
}

function fillTarget(batch: Batch, b: number, came: Float32Array): void {
  for (const level of quantileLevels.keys()) {
    const at = b * outputSize + level * horizonMinutes;
    for (let h = 0; h < horizonMinutes; h += 1) {
      const isKnown = !Number.isNaN(came[h]!);
      batch.target[at + h] = isKnown ? came[h]! : 0;
      batch.weight[at + h] = isKnown ? 1 : 0;
    }
  }
}

function hide(sequence: Float32Array, context: Float32Array, random: () => number, hiding: Hiding): void {
  const isYoung = random() < hiding.past;
  if (isYoung) sequence.fill(0, 0, channels * (10 + Math.floor(random() * (windowMinutes - 20))));
  if (random() < hiding.time) context.fill(0, contextAt.time, contextAt.hasTime + 1);
  if (isYoung || random() < hiding.season) {
    context.fill(0, contextAt.season, contextAt.seasonLevel + 1);
    context[contextAt.skill + 1] = 0;
    for (let at = channelAt.season; at < sequence.length; at += channels) sequence.fill(0, at, at + 2);
  }
  if (isYoung || random() < hiding.autoregressive) {
    context.fill(0, contextAt.autoregressive, contextAt.hasAutoregressive + 1);
    context[contextAt.skill] = 0;
    context[contextAt.skill + 3] = 0;
  }
  if (random() < hiding.companions) {
    shadow(sequence, channelAt.cpu, random);
    if (random() < 0.8) shadow(sequence, channelAt.memory, random);
  }
}

/** A companion of the requests where the window has none: how closely it follows them is drawn for each window. */
function shadow(sequence: Float32Array, channel: number, random: () => number): void {
  const last = (windowMinutes - 1) * channels;
  if (sequence[last + channel + 1] !== 0) return;
  const closeness = random();
  const noise = 0.2 + random();
  for (let at = 0; at < sequence.length; at += channels) {
    const requests = sequence[at + channelAt.requests]!;
    const drawn = random() + random() + random() - 1.5;
    sequence[at + channel] = Math.max(-3, Math.min(3, closeness * requests + noise * drawn));
    sequence[at + channel + 1] = 1;
  }
}
