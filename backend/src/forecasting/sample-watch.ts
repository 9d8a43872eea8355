import type { Sample } from './lstm/window-builder.ts';

const day = 1440;
const flags = { gap: 1, zero: 2, implausible: 4, noCpu: 8, noMemory: 16 } as const;
/** A run of zeros this long in a workload that has traffic is said; shorter ones are ordinary. */
const zerosWorthSaying = 10;

/** Something about the samples of a workload that its forecasts had to get over. Counted within the last day. */
export interface SampleNotice {
  kind: 'gaps' | 'zeros' | 'implausible' | 'no-cpu' | 'no-memory' | 'clock';
  minutes: number;
  text: string;
}

/** Looks at every sample before the forecasters do: mends what is impossible, and keeps count of what was missing. */
export class SampleWatch {
  readonly #ring = new Uint8Array(day);
  #count = 0;
  #clock: { minute: number; steps: number } | undefined;

  /** The sample as it is to be learned from: what no counter can give (negative, not finite) counts as not measured. */
  observe(sample: Sample): Sample {
    const mended = {
      minute: sample.minute,
      requests: possible(sample.requests),
      cpuCores: possible(sample.cpuCores),
      memoryBytes: possible(sample.memoryBytes),
    };
    const isImplausible =
      mended.requests !== sample.requests ||
      mended.cpuCores !== sample.cpuCores ||
      mended.memoryBytes !== sample.memoryBytes;
    this.#ring[this.#count % day] =
      (mended.requests === null ? flags.gap : 0) |
      (mended.requests === 0 ? flags.zero : 0) |
      (isImplausible ? flags.implausible : 0) |
      (mended.cpuCores === null ? flags.noCpu : 0) |
      (mended.memoryBytes === null ? flags.noMemory : 0);
    this.#count += 1;
    return mended;
  }

  /** The clock of the samples stood still, went back, or leapt by more than a day. `steps`: minutes it was off by. */
  clockJumped(minute: number, steps: number): void {
    this.#clock = { minute, steps };
  }

  /** What is worth saying of the last day, up to `minute`. */
  notices(minute: number): SampleNotice[] {
    const seen = Math.min(this.#count, day);
    const of = (flag: number): number =>
      this.#ring.subarray(0, seen).reduce((sum, one) => sum + (one & flag ? 1 : 0), 0);
    const [gaps, zeros, implausible] = [of(flags.gap), of(flags.zero), of(flags.implausible)];
    const [noCpu, noMemory] = [of(flags.noCpu) - gaps, of(flags.noMemory) - gaps];
    const notices: SampleNotice[] = [];
    const say = (kind: SampleNotice['kind'], minutes: number, text: string): void =>
      void notices.push({ kind, minutes, text });
    if (gaps > 0)
      say('gaps', gaps, `${gaps} of the last ${seen} minutes were not measured; they are bridged, not learned from.`);
    if (zeros >= zerosWorthSaying && zeros < seen) {
      say(
        'zeros',
        zeros,
        `${zeros} of the last ${seen} minutes had no request at all. If that was an outage, expect the forecast of the same time tomorrow to be low.`,
      );
    }
    if (implausible > 0) {
      say(
        'implausible',
        implausible,
        `${implausible} minutes held a negative or endless value, as a counter gives that was reset; they count as not measured.`,
      );
    }
    if (seen > gaps && noCpu >= seen - gaps) say('no-cpu', noCpu, 'No CPU is measured; the network does without it.');
    if (seen > gaps && noMemory >= seen - gaps)
      say('no-memory', noMemory, 'No memory is measured; the network does without it.');
    if (this.#clock && minute - this.#clock.minute < day) {
      const { steps } = this.#clock;
      const how = steps > 0 ? `leapt ahead by ${steps} minutes` : `went back by ${-steps} minutes`;
      say(
        'clock',
        Math.abs(steps),
        `The clock of the samples ${how}; what came twice was left out. Set the clocks by NTP.`,
      );
    }
    return notices;
  }
}

function possible(value: number | null): number | null {
  return value !== null && Number.isFinite(value) && value >= 0 ? value : null;
}
