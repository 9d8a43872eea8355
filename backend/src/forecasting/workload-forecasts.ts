import { Baselines, type Step } from './baselines.ts';
import { ChampionContest, type Evidence } from './champion-contest.ts';
import { DriftWatch, type Drift } from './drift-watch.ts';
import { EventStrength, type ExpectedEffect } from './event-strength.ts';
import { horizonMinutes, type Forecast } from './forecaster.ts';
import { firstChampion, forecasterIds } from './forecasters.ts';
import { LearnedForecasters, type Outputs } from './learned-forecasters.ts';
import type { Sample } from './lstm/window-builder.ts';
import { SampleWatch, type SampleNotice } from './sample-watch.ts';

/** A longer silence than a day is not bridged minute by minute; the models then go on as if it had been a day. */
const longestGap = 1440;
/** Minutes that come again (late scrapes are read twice) up to this far back say nothing about a clock. */
const usualRepeats = 60;
const nothingExpected: ExpectedEffect = () => 1;

/**
 * Everything that is believed about one workload: all forecasters with their bands, and which of them speaks for it. A pure
 * function of the minutes and of the network's answers that it was given, so that any process can rebuild it from the
 * samples that are kept. A minute is taken in twice: `prepare` gives what the network is to be asked, `conclude` takes its
 * answers. Many minutes may be prepared before the first is concluded; the order must be the same.
 */
export class WorkloadForecasts {
  readonly #baselines: Baselines;
  readonly #learned = new LearnedForecasters();
  readonly #contest: ChampionContest;
  readonly #samples = new SampleWatch();
  readonly #drift = new DriftWatch();
  readonly #events = new EventStrength();
  /** Medians, by forecaster, of the last ten minutes. */
  readonly #pending: (Float64Array | undefined)[][];
  #said: ReadonlyMap<string, Forecast> = new Map();
  #prepared: number | undefined;
  #lastMinute: number | undefined;

  /** `champion`: who speaks until the evidence says otherwise. */
  constructor(seasonMinutes: number, champion: string = firstChampion) {
    this.#baselines = new Baselines(seasonMinutes);
    const known = (forecasterIds as readonly string[]).includes(champion);
    this.#contest = new ChampionContest(forecasterIds, known ? champion : firstChampion);
    this.#pending = Array.from({ length: horizonMinutes + 1 }, () => []);
  }

  /** Number of the last minute that was concluded. */
  get lastMinute(): number | undefined {
    return this.#lastMinute;
  }

  get champion(): string {
    return this.#contest.champion;
  }

  get evidence(): Evidence | undefined {
    return this.#contest.evidence;
  }

  get drift(): Drift | undefined {
    return this.#drift.drift;
  }

  /** What is to be said about the samples of the last day. */
  get notices(): SampleNotice[] {
    return this.#samples.notices(this.#lastMinute ?? 0);
  }

  /**
   * Takes in a minute; those missing since the last one are gaps. Minutes that are not newer are ignored (no steps).
   * `expected`: what known events do to the workload.
   */
  prepare(sample: Sample, expected: ExpectedEffect = nothingExpected): Step[] {
    const { minute } = sample;
    const last = this.#prepared ?? minute - 1;
    if (minute < last - usualRepeats) this.#samples.clockJumped(last, minute - last);
    if (minute <= last) return [];
    if (minute > last + longestGap) this.#samples.clockJumped(minute, minute - last);
    const steps: Step[] = [];
    for (let gap = Math.max(last + 1, minute - longestGap); gap < minute; gap += 1) {
      steps.push(this.#step({ minute: gap, requests: null, cpuCores: null, memoryBytes: null }, expected));
    }
    steps.push(this.#step(sample, expected));
    this.#prepared = minute;
    return steps;
  }

  /** Takes in what the network answered to a step's window. */
  conclude(step: Step, outputs: Outputs = {}): void {
    const { minute, requests } = step;
    const slots = this.#pending.length;
    const errorsAhead = (minutes: number): (number | undefined)[] =>
      this.#pending[(((minute - minutes) % slots) + slots) % slots]!.map((medians) =>
        requests === null || medians === undefined ? undefined : Math.abs(medians[minutes - 1]! - requests),
      );
    const errors = errorsAhead(horizonMinutes);
    if (requests !== null && errors.length > 0) {
      const own = errors[forecasterIds.findIndex((id) => id === this.champion)];
      if (own !== undefined) this.#drift.add(minute, own);
      this.#contest.add(errors, errorsAhead(1));
    }
    const said = this.#learned.conclude(step, outputs);
    const { ahead } = step;
    this.#said = ahead ? new Map([...said].map(([id, forecast]) => [id, scaled(forecast, ahead)])) : said;
    this.#pending[((minute % slots) + slots) % slots] =
      requests === null
        ? []
        : forecasterIds.map((id) => {
            const forecast = said.get(id);
            return forecast && forecast.fallback === undefined ? forecast.median : undefined;
          });
    this.#lastMinute = minute;
  }

  /** What each forecaster says after the last minute; those that cannot say anything yet are left out. */
  forecasts(): ReadonlyMap<string, Forecast> {
    return this.#said;
  }

  #step(sample: Sample, expected: ExpectedEffect): Step {
    const mended = this.#samples.observe(sample);
    const usual = this.#events.observe(mended.minute, mended.requests, expected);
    const step = this.#baselines.observe({ ...mended, requests: usual });
    const ahead = this.#events.ahead(mended.minute, expected);
    return ahead ? { ...step, ahead } : step;
  }
}

/** A forecast with every minute multiplied. */
function scaled({ median, lower, upper, fallback }: Forecast, ratios: Float64Array): Forecast {
  const times = (values: Float64Array): Float64Array => values.map((value, at) => value * ratios[at]!);
  const forecast = { median: times(median), lower: times(lower), upper: times(upper) };
  return fallback === undefined ? forecast : { ...forecast, fallback };
}
