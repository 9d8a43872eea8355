import { horizonMinutes } from '../forecaster.ts';
import { History } from '../history.ts';
import { channels, contextSize, windowMinutes } from './network.ts';
import { RunningMean } from './running-mean.ts';

/** What one minute brought; `null`: not measured. */
export interface Sample {
  /** Number of the minute since the epoch. */
  minute: number;
  requests: number | null;
  cpuCores: number | null;
  memoryBytes: number | null;
}

/** What the network is shown, and how its answer is turned into requests per minute: `last + scale * answer`. */
export interface Window {
  /** Minute after minute, `channels` each. */
  sequence: Float32Array;
  context: Float32Array;
  last: number;
  scale: number;
  /** No answer goes beyond this. */
  ceiling: number;
}

/** What the simpler forecasters say after the same minute, for the next ten; absent where they say nothing of their own. */
export interface Said {
  autoregressive?: Float64Array | undefined;
  seasonal?: Float64Array | undefined;
}

/** Places in the context. */
export const contextAt = {
  autoregressive: 0,
  hasAutoregressive: 10,
  season: 11,
  hasSeason: 21,
  seasonLevel: 22,
  mean: 23,
  smoothness: 24,
  time: 25,
  hasTime: 29,
  skill: 30,
  gaps: 35,
} as const;
/** Channels of each minute. */
export const channelAt = {
  requests: 0,
  measured: 1,
  cpu: 2,
  hasCpu: 3,
  memory: 4,
  hasMemory: 5,
  season: 6,
  hasSeason: 7,
} as const;

/** Anything further away than this many scales is shown as this. */
const largestShown = 8;
const minutesBeforeFirst = horizonMinutes + 2;
const day = 1440;

/**
 * Turns the minutes of one workload into what the network is shown. Everything is measured from the last value and in units
 * of how much the series usually moves in ten minutes, known from the past alone, so that one network fits all workloads.
 * Gaps are carried forward and marked; CPU and memory are marked where they are missing.
 */
export class WindowBuilder {
  readonly #season: number;
  readonly #requests: History;
  readonly #cpu = new History(windowMinutes);
  readonly #memory = new History(windowMinutes);
  /** Mean size of a change within ten minutes, of late and in the last day. */
  readonly #lately = new RunningMean(60);
  readonly #usually = new RunningMean(day);
  readonly #level = new RunningMean(day);
  readonly #misses = {
    last1: new RunningMean(120),
    last10: new RunningMean(120),
    own1: new RunningMean(120),
    own10: new RunningMean(120),
    season10: new RunningMean(120),
  };
  readonly #said: Said[] = Array.from({ length: horizonMinutes + 1 }, () => ({}));
  #minute = 0;

  /** `seasonMinutes`: length of the season (a day); below 30 the season is left out. */
  constructor(seasonMinutes: number) {
    this.#season = seasonMinutes >= 30 ? seasonMinutes : 0;
    this.#requests = new History(Math.max(this.#season, windowMinutes) + windowMinutes + 1);
  }

  /** Takes in a minute, and what the simpler forecasters say after it. */
  observe(sample: Sample, said: Said): void {
    const requests = this.#requests;
    requests.push(sample.requests);
    this.#cpu.push(sample.cpuCores);
    this.#memory.push(sample.memoryBytes);
    this.#minute = sample.minute;
    if (sample.requests !== null) this.#learn(sample.requests);
    this.#said[requests.count % this.#said.length] = said;
  }

  /** What the network is shown now; undefined where too little has come, the last minute is missing or nothing ever moved. */
  window(): Window | undefined {
    const requests = this.#requests;
    if (requests.count < minutesBeforeFirst || !requests.measured(0)) return undefined;
    const scale = 0.5 * (this.#lately.value + this.#usually.value) + 1e-3 * this.#level.value;
    if (!(scale > 0)) return undefined;
    const window: Window = {
      sequence: new Float32Array(windowMinutes * channels),
      context: new Float32Array(contextSize),
      last: requests.at(0),
      scale,
      ceiling: 5 * this.#highest(),
    };
    const gaps = this.#fillSequence(window);
    this.#fillCompanion(window.sequence, this.#cpu, channelAt.cpu);
    this.#fillCompanion(window.sequence, this.#memory, channelAt.memory);
    this.#fillContext(window, gaps);
    return window;
  }

  #learn(value: number): void {
    const requests = this.#requests;
    this.#level.add(Math.abs(value));
    const before = (minutes: number): number | undefined =>
      requests.has(minutes) && requests.measured(minutes) ? requests.at(minutes) : undefined;
    const [one, ten] = [before(1), before(horizonMinutes)];
    if (one !== undefined) this.#misses.last1.add(Math.abs(value - one));
    if (ten !== undefined) {
      const change = Math.abs(value - ten);
      this.#lately.add(change);
      this.#usually.add(change);
      this.#misses.last10.add(change);
    }
    const slots = this.#said.length;
    const oneAgo = this.#said[(requests.count - 1 + slots) % slots]!;
    const tenAgo = requests.count > horizonMinutes ? this.#said[(requests.count - horizonMinutes) % slots]! : {};
    if (oneAgo.autoregressive) this.#misses.own1.add(Math.abs(value - oneAgo.autoregressive[0]!));
    if (tenAgo.autoregressive) this.#misses.own10.add(Math.abs(value - tenAgo.autoregressive[horizonMinutes - 1]!));
    if (tenAgo.seasonal) this.#misses.season10.add(Math.abs(value - tenAgo.seasonal[horizonMinutes - 1]!));
  }

  /** Requests and the season; the share of the hour that was not measured is returned. */
  #fillSequence({ sequence, last, scale }: Window): number {
    const requests = this.#requests;
    const then = this.#season > 0 && requests.has(this.#season) ? requests.at(this.#season) : undefined;
    let missing = 0;
    for (let age = 0; age < windowMinutes; age += 1) {
      const at = (windowMinutes - 1 - age) * channels;
      const isMeasured = requests.has(age) && requests.measured(age);
      if (!isMeasured) missing += 1;
      if (requests.has(age)) sequence[at + channelAt.requests] = shown((requests.at(age) - last) / scale);
      sequence[at + channelAt.measured] = isMeasured ? 1 : 0;
      // One season ago, and ten minutes further on than this minute: the hour's end shows what followed then.
      const past = this.#season + age - horizonMinutes;
      if (then === undefined || !requests.has(past)) continue;
      sequence[at + channelAt.season] = shown((requests.at(past) - then) / scale);
      sequence[at + channelAt.hasSeason] = 1;
    }
    return missing / windowMinutes;
  }

  /** CPU or memory, from their mean of the hour in units of their spread. */
  #fillCompanion(sequence: Float32Array, history: History, channel: number): void {
    const ages = Array.from({ length: windowMinutes }, (_, age) => age).filter(
      (age) => history.has(age) && history.measured(age),
    );
    if (ages.length < 2) return;
    const mean = ages.reduce((sum, age) => sum + history.at(age), 0) / ages.length;
    const spread = Math.sqrt(ages.reduce((sum, age) => sum + (history.at(age) - mean) ** 2, 0) / ages.length);
    const unit = spread + 0.02 * Math.abs(mean);
    if (!(unit > 0)) return;
    for (const age of ages) {
      const at = (windowMinutes - 1 - age) * channels + channel;
      sequence[at] = shown((history.at(age) - mean) / unit);
      sequence[at + 1] = 1;
    }
  }

  #fillContext({ context, last, scale }: Window, gaps: number): void {
    const requests = this.#requests;
    const { autoregressive } = this.#said[requests.count % this.#said.length]!;
    for (let h = 0; autoregressive && h < horizonMinutes; h += 1) {
      context[contextAt.autoregressive + h] = shown((autoregressive[h]! - last) / scale);
    }
    context[contextAt.hasAutoregressive] = autoregressive ? 1 : 0;
    if (this.#season > 0 && requests.has(this.#season)) {
      const then = requests.at(this.#season);
      for (let h = 1; h <= horizonMinutes; h += 1) {
        context[contextAt.season + h - 1] = shown((requests.at(this.#season - h) - then) / scale);
      }
      context[contextAt.hasSeason] = 1;
      context[contextAt.seasonLevel] = shown((then - last) / scale);
    }
    let mean = 0;
    const known = Math.min(windowMinutes, requests.count);
    for (let age = 0; age < known; age += 1) mean += requests.at(age) / known;
    context[contextAt.mean] = shown((mean - last) / scale);
    context[contextAt.smoothness] = 0.25 * logOf(scale, this.#level.value);
    for (const [index, period] of [this.#season, 7 * this.#season].entries()) {
      const phase = period > 0 ? (2 * Math.PI * (this.#minute % period)) / period : 0;
      context[contextAt.time + 2 * index] = Math.sin(phase);
      context[contextAt.time + 2 * index + 1] = Math.cos(phase);
    }
    context[contextAt.hasTime] = 1;
    const { last1, last10, own1, own10, season10 } = this.#misses;
    const skills = [
      logOf(own10.value, last10.value),
      logOf(season10.value, last10.value),
      logOf(this.#lately.value, scale),
      logOf(own1.value, last1.value),
      logOf(last1.value, last10.value),
    ];
    context.set(skills, contextAt.skill);
    context[contextAt.gaps] = gaps;
  }

  /** Highest value of the last hour, and of the hour around this time one season ago. */
  #highest(): number {
    const requests = this.#requests;
    let highest = 0;
    for (let age = 0; age < windowMinutes; age += 1) {
      if (requests.has(age)) highest = Math.max(highest, requests.at(age));
      const past = this.#season + 30 - age;
      if (this.#season > 0 && requests.has(past)) highest = Math.max(highest, requests.at(past));
    }
    return highest;
  }
}

const shown = (value: number): number => Math.min(largestShown, Math.max(-largestShown, value));

/** log(a / b) within +-3; 0 where either is nothing. */
function logOf(a: number, b: number): number {
  return a > 0 && b > 0 ? Math.min(3, Math.max(-3, Math.log(a / b))) : 0;
}
