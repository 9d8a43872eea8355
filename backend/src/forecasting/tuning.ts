import { Baselines } from './baselines.ts';
import { LessonCollector, type Lesson, type Sample } from './lstm/index.ts';
import { SampleWatch } from './sample-watch.ts';

/** Windows that one fine-tuning draws from at most: about 12 MB. */
const lessonsKept = 6000;
/** Tuned weights have to be better by this share on minutes that they have not seen. */
const shareBetter = 0.01;

/** Whether tuned weights are worth being tried beside the shared ones. */
export function isAccepted({ lossBefore, lossAfter }: { lossBefore: number; lossAfter: number }): boolean {
  return Number.isFinite(lossAfter) && lossAfter < (1 - shareBetter) * lossBefore;
}

/** What one workload's minutes, `minutes` of them at most, teach the network; and the first and last minute. */
export async function readLessons(
  samples: AsyncIterable<Sample>,
  seasonMinutes: number,
  minutes: number,
): Promise<{ lessons: Lesson[]; first: number; last: number } | undefined> {
  const baselines = new Baselines(seasonMinutes);
  const watch = new SampleWatch();
  const collector = new LessonCollector();
  const stride = Math.max(1, Math.ceil(minutes / lessonsKept));
  let [first, last]: [number | undefined, number] = [undefined, 0];
  for await (const sample of samples) {
    const { minute } = sample;
    // A gap is filled minute by minute, up to the hour that a window holds; beyond it the window is empty anyway.
    for (let gap = Math.max(last + 1, minute - 70); first !== undefined && gap < minute; gap += 1) {
      baselines.observe({ minute: gap, requests: null, cpuCores: null, memoryBytes: null });
      collector.observe(null, undefined);
    }
    first ??= minute;
    last = minute;
    const { requests, window } = baselines.observe(watch.observe(sample));
    collector.observe(requests, minute % stride === 0 ? window : undefined);
  }
  return first === undefined ? undefined : { lessons: collector.lessons, first, last };
}
