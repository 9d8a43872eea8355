import type { Bucket, BucketAnswer, BucketAsk } from './limit-bucket.ts';
import { rollingParts, type LimitCounter } from './limit.ts';

/**
 * What one process has of a counter of a rolling window. Nothing is held ahead: each call takes what it needs from the store, and
 * what it used less goes back to the part of the window in which it was taken. Pure.
 */
export class RollingBucket implements Bucket {
  readonly counter: LimitCounter;
  usedAt = 0;
  /** Used by all processes, as far as is known, by part. */
  #parts = new Map<number, number>();
  #returns = new Map<number, number>();
  /** Granted and not yet taken. */
  #ready = 0;
  #readyOf = 0;
  #isAlone = false;

  constructor(counter: LimitCounter) {
    this.counter = counter;
  }

  endsAt(now: number): number {
    const last = Math.max(...this.#counting(now).map(([start]) => start));
    return Number.isFinite(last) ? this.#leavesAt(last, now) : now;
  }

  roomAt(count: number, now: number): number | undefined {
    if (count > this.counter.most) return undefined;
    let left = this.left(now);
    if (left >= count) return now;
    for (const [start, used] of this.#counting(now).sort(([one], [other]) => one - other)) {
      left += used;
      if (left >= count) return this.#leavesAt(start, now);
    }
    return this.endsAt(now);
  }

  left(now: number): number {
    const used = this.#counting(now).reduce((sum, [, count]) => sum + count, 0);
    return Math.max(0, this.counter.most - used + this.#ready);
  }

  hasNews(): boolean {
    return this.#returns.size > 0 || this.#ready > 0 || this.#isAlone;
  }

  take(count: number, now: number): boolean {
    this.usedAt = now;
    if (this.#isAlone) {
      if (this.left(now) < count) return false;
      this.#note(this.start(now), count);
      add(this.#returns, this.start(now), -count);
      return true;
    }
    if (this.#ready < count) return false;
    this.#ready -= count;
    return true;
  }

  correct(count: number, start: number, now: number): void {
    if (start < this.#since(now) || count === 0) return;
    this.#note(start, count);
    add(this.#returns, start, -count);
  }

  start(now: number): number {
    return Math.floor(now / this.#partMs(now)) * this.#partMs(now);
  }

  ask(need: number, now: number): BucketAsk {
    if (this.#ready > need) {
      add(this.#returns, this.#readyOf, this.#ready - need);
      this.#ready = need;
    }
    const since = this.#since(now);
    const returns = new Map([...this.#returns].filter(([start, count]) => start >= since && count !== 0));
    this.#returns = new Map();
    const asked = {
      ...{ counter: this.counter, start: this.start(now), need: need - this.#ready, isAlone: this.#isAlone },
      ...{ ahead: 0, surplus: 0, beyond: 0 },
    };
    return returns.size === 0 ? asked : { ...asked, returns };
  }

  isOver(): boolean {
    return false;
  }

  answered({ start }: BucketAsk, { granted, parts }: BucketAnswer): void {
    this.#isAlone = false;
    this.#parts = new Map(parts);
    // What was corrected meanwhile is not in it yet.
    for (const [part, count] of this.#returns) this.#note(part, -count);
    this.#ready += granted;
    this.#readyOf = start;
  }

  alone(now: number, { returns }: BucketAsk, isInDoubt: boolean): void {
    for (const [start, count] of returns ?? []) if (count < 0 || !isInDoubt) add(this.#returns, start, count);
    this.correct(-this.#ready, this.#readyOf, now);
    this.#ready = 0;
    this.#isAlone = true;
  }

  #note(start: number, count: number): void {
    this.#parts.set(start, Math.max(0, (this.#parts.get(start) ?? 0) + count));
  }

  #counting(now: number): [number, number][] {
    const since = this.#since(now);
    for (const start of this.#parts.keys()) if (start < since) this.#parts.delete(start);
    return [...this.#parts].filter(([, used]) => used > 0);
  }

  #leavesAt(start: number, now: number): number {
    return start + this.counter.windowMs + this.#partMs(now);
  }

  #since(now: number): number {
    return rollingParts(this.counter.kind, now).since;
  }

  #partMs(now: number): number {
    return rollingParts(this.counter.kind, now).partMs;
  }
}

function add(map: Map<number, number>, key: number, count: number): void {
  map.set(key, (map.get(key) ?? 0) + count);
}
