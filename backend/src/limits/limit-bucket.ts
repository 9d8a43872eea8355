import { calendarWindow, type LimitCounter } from './limit.ts';

/** Held ahead for so many seconds of use as it is now. */
const aheadSeconds = 0.3;
const paceHalfLifeMs = 300;

/** What a process asks of the store for one counter. */
export interface BucketAsk {
  counter: LimitCounter;
  start: number;
  /** Must come, or the calls that wait are refused. */
  need: number;
  /** Would be good to have for calls to come. */
  ahead: number;
  /** Given back. */
  surplus: number;
  /** Used already without having been granted: counts in any case, also beyond the limit. */
  beyond: number;
  /** The process counts alone, and wants to hear how much is used. */
  isAlone: boolean;
  /** Of a rolling window: what was used less (or, below 0, more) than was taken, by the part in which it was taken. */
  returns?: ReadonlyMap<number, number>;
}

/** What the store answers. */
export interface BucketAnswer {
  /** Of what was needed, and of what is ahead. */
  granted: number;
  /** By all processes, with what is granted and what was beyond it. */
  used: number;
  /** Of a rolling window: the same by its parts. */
  parts?: ReadonlyMap<number, number>;
}

/** What one process has of a counter. */
export interface Bucket {
  readonly counter: LimitCounter;
  usedAt: number;
  /** When nothing of what counts now counts any more, milliseconds since the epoch. */
  endsAt(now: number): number;
  /** When there is room for so much, as far as is known; undefined where there never is. */
  roomAt(count: number, now: number): number | undefined;
  /** What may still be used, by everybody, as far as is known. */
  left(now: number): number;
  /** Whether there is something to tell the store, although nobody waits. */
  hasNews(now: number): boolean;
  /** @returns whether so much was free, and is used now */
  take(count: number, now: number): boolean;
  /** Corrects what a call used (`count` may be negative) where it still counts in what began at `start`. */
  correct(count: number, start: number, now: number): void;
  start(now: number): number;
  ask(need: number, now: number): BucketAsk;
  answered(ask: BucketAsk, answer: BucketAnswer, now: number): void;
  /** Whether what was asked, and what is answered to it, counts no more. */
  isOver(ask: BucketAsk, now: number): boolean;
  /**
   * The store is away: the process counts for itself alone, until there is an answer.
   * @param isInDoubt the store may have heard what was asked: what was given back is not given back again
   */
  alone(now: number, ask: BucketAsk, isInDoubt: boolean): void;
}

/**
 * A portion of a counter that one process holds for the present window. Pure: what was taken out of the store is either used or
 * free, and goes back when it is not needed. What is used beyond it (by long answers, or while the store is away) is told to the
 * store afterwards.
 */
export class LimitBucket implements Bucket {
  readonly counter: LimitCounter;
  #start = 0;
  #end = 0;
  /** By the store, and not given back. */
  #granted = 0;
  #used = 0;
  /** Used by all processes, as the store said last. */
  #usedByAll = 0;
  #isAlone = false;
  #taken = 0;
  #pace = 0;
  #paceAt = 0;
  usedAt = 0;

  constructor(counter: LimitCounter) {
    this.counter = counter;
  }

  endsAt(now: number): number {
    this.#roll(now);
    return this.#end;
  }

  roomAt(count: number, now: number): number | undefined {
    return count > this.counter.most ? undefined : this.endsAt(now);
  }

  hasNews(now: number): boolean {
    return this.free(now) !== 0 || this.#isAlone;
  }

  /** Of what was granted; below 0: used beyond it. */
  free(now: number): number {
    this.#roll(now);
    return this.#granted - this.#used;
  }

  left(now: number): number {
    const free = this.free(now);
    return Math.max(0, this.counter.most - this.#usedByAll + free);
  }

  take(count: number, now: number): boolean {
    this.usedAt = now;
    const free = this.free(now);
    if ((this.#isAlone ? Math.max(free, this.left(now)) : free) < count) return false;
    this.#used += count;
    this.#taken += count;
    return true;
  }

  correct(count: number, start: number, now: number): void {
    this.#roll(now);
    if (start === this.#start) this.#used = Math.max(0, this.#used + count);
  }

  start(now: number): number {
    this.#roll(now);
    return this.#start;
  }

  ask(need: number, now: number): BucketAsk {
    const beyond = Math.max(0, -this.free(now));
    const free = Math.max(0, this.free(now));
    const ahead = this.#ahead(now);
    const surplus = Math.max(0, free - need - 2 * ahead);
    this.#granted -= surplus;
    return {
      counter: this.counter,
      start: this.#start,
      need: Math.max(0, need - free),
      ahead: Math.max(0, Math.ceil(ahead - Math.max(0, free - need))),
      surplus,
      beyond,
      isAlone: this.#isAlone,
    };
  }

  isOver({ start }: BucketAsk, now: number): boolean {
    return start !== this.start(now);
  }

  answered(ask: BucketAsk, { granted, used }: BucketAnswer, now: number): void {
    if (this.isOver(ask, now)) return;
    this.#granted += granted + ask.beyond;
    this.#usedByAll = used;
    this.#isAlone = false;
  }

  /** At the latest until the window ends. */
  alone(now: number, ask: BucketAsk, isInDoubt: boolean): void {
    if (!this.isOver(ask, now) && !isInDoubt) this.#granted += ask.surplus;
    this.#isAlone = true;
  }

  #ahead(now: number): number {
    const passed = now - this.#paceAt;
    if (passed >= 20) {
      const kept = 0.5 ** (passed / paceHalfLifeMs);
      this.#pace = this.#pace * kept + ((this.#taken * 1000) / passed) * (1 - kept);
      this.#taken = 0;
      this.#paceAt = now;
    }
    return this.#pace < 0.5 ? 0 : this.#pace * aheadSeconds;
  }

  #roll(now: number): void {
    if (now >= this.#start && now < this.#end) return;
    const { start, end } = calendarWindow(this.counter.kind, this.counter.timeZone, now);
    this.#start = start;
    this.#end = end;
    this.#granted = 0;
    this.#used = 0;
    this.#usedByAll = 0;
    this.#isAlone = false;
  }
}
