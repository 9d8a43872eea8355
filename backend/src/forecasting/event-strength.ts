import { horizonMinutes } from './forecaster.ts';
import { RunningMean } from './lstm/running-mean.ts';

/** The multiple of the usual traffic that is expected for a minute, by what was known at another; 1: nothing special. */
export type ExpectedEffect = (knownAt: number, minute: number) => number;

/** Smaller effects than this are not worth adjusting for. */
const noticeable = 0.05;
/** Only from effects of this size can be told how strong an event has become. */
const telling = 0.2;
/** Minutes of an event in which its strength is learned; later the hour itself has changed what is usual. */
const learningMinutes = 60;
const follow = 1 - 0.5 ** (1 / 5);
const strongest = 2;
const smallestDivisor = 0.05;

/**
 * Takes known events out of what the forecasters see, and puts them into what they say. So every forecaster learns the usual
 * traffic, and tomorrow's season does not repeat today's sale. How strong an event really is, is learned as it goes: one that
 * does not come is given up within minutes.
 */
export class EventStrength {
  readonly #usual = new RunningMean(15);
  #strength = 1;
  #running = 0;

  /** What the minute would have brought without the events. */
  observe(minute: number, requests: number | null, expected: ExpectedEffect): number | null {
    const ratio = expected(minute, minute);
    if (Math.abs(ratio - 1) < noticeable) {
      this.#running = 0;
      this.#strength = 1;
      if (requests !== null) this.#usual.add(requests);
      return requests;
    }
    this.#running += 1;
    if (requests === null) return null;
    const usual = this.#usual.value;
    if (usual > 0 && Math.abs(ratio - 1) > telling && this.#running <= learningMinutes) {
      const seen = (requests / usual - 1) / (ratio - 1);
      this.#strength += (Math.min(strongest, Math.max(0, seen)) - this.#strength) * follow;
    }
    return requests / Math.max(smallestDivisor, 1 + this.#strength * (ratio - 1));
  }

  /** What the usual forecasts of the next ten minutes are to be multiplied by; undefined where by nothing. */
  ahead(minute: number, expected: ExpectedEffect): Float64Array | undefined {
    const ratios = Float64Array.from(
      { length: horizonMinutes },
      (_, index) => 1 + this.#strength * (expected(minute, minute + index + 1) - 1),
    );
    return ratios.some((ratio) => Math.abs(ratio - 1) >= noticeable / 2) ? ratios : undefined;
  }
}
