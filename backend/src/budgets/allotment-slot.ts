import { randomUUID } from 'node:crypto';
import { Allotment, type AllotmentNews } from './allotment.ts';
import type { AllotmentAnswer, AllotmentAsk } from './allotting.ts';
import type { Budget } from './budget.ts';
import type { Held, ReserveRequest } from './doors.ts';
import { Money, zero } from './money.ts';
import { largerOf, moneyOf, unitsOf } from './money-units.ts';
import { addDays, dayOf, startOfDay } from './zoned-day.ts';

/** Money is held ahead for so many seconds of calls as they come now. */
const aheadSeconds = 1;
/** And for so many of the largest of them at least. */
const aheadCalls = 4;
const idleMs = 1_000;
/** The pace of calls is an average that forgets by half in this time. */
const paceHalfLifeMs = 300;
/** After so long an allotment is renewed though there is nothing to tell. */
const renewMs = 30_000;
/** For so long after the store had too little, calls are reserved one by one. */
const scarceMs = 250;
/** The largest call counts for so long, and at most for twice as long. */
const largestMs = 5_000;

export interface Waiter {
  request: ReserveRequest;
  /** In units of the last place of the counters. */
  amount: bigint;
  resolve(held: Held): void;
  reject(error: unknown): void;
}

interface Served {
  waiter: Waiter;
  name: string;
}

interface Asked {
  allotment: Allotment;
  news: AllotmentNews;
  ask: AllotmentAsk;
}

/** Calls under the same budgets and in the same currency, and the allotments that they are given from. */
export class AllotmentSlot {
  readonly tenant: string;
  readonly budgets: readonly Budget[];
  readonly currency: string;
  readonly waiting: Waiter[] = [];
  readonly #versions: ReadonlyMap<string, number>;
  #current: Allotment | undefined;
  /** Give out nothing more; their calls are still to settle. */
  readonly #retired = new Set<Allotment>();
  #taken = 0n;
  #pace = zero;
  #paceAt = performance.now();
  #largestLately = 0n;
  #largestBefore = 0n;
  /** Twice the largest. */
  #lowMark = 0n;
  #largestSince = performance.now();
  #usedAt = performance.now();
  #renewedAt = 0;
  #expiresAt = 0;
  #leanUntil = 0;
  #scarceUntil = 0;
  /** Calls that waited when the turn began and were served before it ended. */
  #early = 0;

  constructor(tenant: string, budgets: readonly Budget[], currency: string) {
    this.tenant = tenant;
    this.budgets = budgets;
    this.currency = currency;
    this.#versions = new Map(budgets.map(({ id, version }) => [id, version]));
  }

  get isEmpty(): boolean {
    return this.#current === undefined && this.#retired.size === 0 && this.waiting.length === 0;
  }

  /** The store had too little a moment ago: each call is to be reserved by itself. */
  get isScarce(): boolean {
    return performance.now() < this.#scarceUntil;
  }

  /** @returns the name of the call; undefined where so much is not free for so long */
  give(amount: bigint, now: number, ttlMs: number): string | undefined {
    const current = this.#current;
    if (!current || !this.#isUsable(current, now) || now + ttlMs > this.#expiresAt) return undefined;
    const number = current.give(amount);
    if (number === undefined) return undefined;
    this.#taken += amount;
    return `${current.terms.id}.${number}`;
  }

  /** @returns calls that waited and can be given out of what others did not use, in their order */
  serveFreed(now: number): Served[] {
    const served: Served[] = [];
    for (let waiter = this.waiting[0]; waiter; waiter = this.waiting[0]) {
      const name = this.give(waiter.amount, now, waiter.request.ttlMs);
      if (name === undefined) break;
      this.waiting.shift();
      this.#early += 1;
      served.push({ waiter, name });
    }
    return served;
  }

  /** Takes note of a call, whether or not it could be given. */
  note(amount: bigint): void {
    this.#usedAt = performance.now();
    if (this.#usedAt - this.#largestSince > largestMs) {
      this.#largestBefore = this.#largestLately;
      this.#largestLately = 0n;
      this.#largestSince = this.#usedAt;
      this.#lowMark = this.#largest * 2n;
    }
    if (amount <= this.#largestLately) return;
    this.#largestLately = amount;
    this.#lowMark = this.#largest * 2n;
  }

  /** Whether the store should be spoken to soon, so that the next calls need not wait. */
  get runsLow(): boolean {
    return !this.isScarce && this.#current !== undefined && this.#current.free < this.#lowMark;
  }

  /** Whether the store should be spoken to at once: calls wait or soon will, or somebody else needs what is held here. */
  isPressed(now: number): boolean {
    return this.waiting.length > 0 || this.isScarce || now < this.#leanUntil || this.runsLow;
  }

  /** Whether there is anything to tell the store or to ask of it. */
  needsTurn(now: number): boolean {
    const current = this.#current;
    if (this.waiting.length > 0 || this.#retired.size > 0) return true;
    if (!current) return false;
    const isDue =
      performance.now() - this.#renewedAt > renewMs || this.#isIdle(current) || !this.#isUsable(current, now);
    return isDue || current.hasNews || current.free !== 0n;
  }

  /** Opens an allotment where calls wait and there is none; `rates` as of now, by currency. */
  open(now: number, rates: ReadonlyMap<string, string>): Allotment | undefined {
    if (this.waiting.length === 0 || this.#current) return undefined;
    const days = this.budgets.map(({ settings }) => dayOf(now, settings.timeZone));
    const starts = this.budgets.map(({ settings }, index) => startOfDay(days[index]!, settings.timeZone));
    const ends = this.budgets.map(({ settings }, index) => startOfDay(addDays(days[index]!, 1), settings.timeZone));
    const rateDay = dayOf(now, 'UTC');
    this.#current = new Allotment({
      id: randomUUID(),
      tenant: this.tenant,
      currency: this.currency,
      parts: this.budgets.map(({ id, settings }, index) => ({
        budgetId: id,
        day: days[index]!,
        rate: rates.get(settings.currency)!,
      })),
      from: Math.max(...starts, startOfDay(rateDay, 'UTC')),
      until: Math.min(...ends, startOfDay(addDays(rateDay, 1), 'UTC')),
    });
    this.#expiresAt = 0;
    return this.#current;
  }

  /** Retires the allotment of another day, or one that nobody uses any more. */
  sweep(now: number): void {
    const current = this.#current;
    if (current && (!this.#isUsable(current, now) || this.#isIdle(current))) this.retire();
  }

  retire(): void {
    if (this.#current) this.#retired.add(this.#current);
    this.#current = undefined;
  }

  /** What to tell and to ask of the store. Call `answered` with what it said to each. */
  asks(now: number): Asked[] {
    const lean = now < this.#leanUntil;
    this.#early = 0;
    const asked = [...this.#retired].map((allotment) =>
      this.#asked(allotment, { ahead: zero, lean: true, waiting: [] }),
    );
    if (this.#current) {
      const ahead = this.#ahead();
      asked.push(
        this.#asked(this.#current, { ahead, lean, waiting: this.waiting.map(({ amount }) => moneyOf(amount)) }),
      );
    }
    return asked;
  }

  /**
   * @returns calls that were allowed for, with their names, and those that must be reserved by themselves; `again` where the
   * store should be spoken to at once. Allotments that are over are named in `closed`.
   */
  answered(
    { allotment, news, ask }: Asked,
    answer: AllotmentAnswer,
    { now, expiresAt }: { now: number; expiresAt: number },
  ) {
    allotment.told(news, answer.held);
    const closed = ask.close ? [allotment] : [];
    if (ask.close) this.#retired.delete(allotment);
    if (allotment !== this.#current) return { served: [], alone: [], again: false, closed };
    this.#renewedAt = performance.now();
    this.#expiresAt = expiresAt;
    const told = answer.recalledUntil?.getTime() ?? 0;
    const again = told > now && told > this.#leanUntil && !ask.lean;
    this.#leanUntil = Math.max(this.#leanUntil, told);
    const early = Math.min(this.#early, ask.waiting.length);
    const waited = this.waiting.splice(0, ask.waiting.length - early);
    const served: Served[] = [];
    const alone: Waiter[] = [];
    for (const [index, waiter] of waited.entries()) {
      const name = index + early < answer.granted ? this.give(waiter.amount, now, waiter.request.ttlMs) : undefined;
      if (name === undefined) alone.push(waiter);
      else served.push({ waiter, name });
    }
    served.push(...this.serveFreed(now));
    if (answer.scarce) this.#scarceUntil = performance.now() + scarceMs;
    if (answer.over) this.retire();
    return { served, alone, again, closed };
  }

  #asked(allotment: Allotment, wish: Pick<AllotmentAsk, 'ahead' | 'lean' | 'waiting'>): Asked {
    const free = moneyOf(allotment.free);
    const isRetired = this.#retired.has(allotment);
    const surplus = wish.lean ? free : free.minus(wish.ahead.times(2));
    const news = allotment.news(unitsOf(surplus.toFixed()));
    const ask = {
      ...wish,
      terms: allotment.terms,
      versions: this.#versions,
      news,
      ahead: Money.max(0, wish.ahead.minus(Money.max(0, free))),
      largest: moneyOf(this.#largest),
      owed: Money.max(0, free.neg()),
      close: isRetired && allotment.underWay === 0 && allotment.isSettled,
    };
    return { allotment, news, ask };
  }

  /** What calls will need until the next turns, by how they came lately. */
  #ahead(): Money {
    const now = performance.now();
    const passed = now - this.#paceAt;
    if (passed >= 20) {
      const kept = 0.5 ** (passed / paceHalfLifeMs);
      const lately = moneyOf(this.#taken).times(1000).div(passed.toFixed(3));
      this.#pace = this.#pace
        .times(kept.toFixed(6))
        .plus(lately.times((1 - kept).toFixed(6)))
        .toDecimalPlaces(18);
      this.#taken = 0n;
      this.#paceAt = now;
    }
    if (now - this.#usedAt > idleMs) return zero;
    return Money.max(this.#pace.times(aheadSeconds), moneyOf(this.#largest).times(aheadCalls)).toDecimalPlaces(18);
  }

  get #largest(): bigint {
    return largerOf(this.#largestLately, this.#largestBefore);
  }

  #isIdle(current: Allotment): boolean {
    return performance.now() - this.#usedAt > idleMs && current.underWay === 0 && this.waiting.length === 0;
  }

  #isUsable({ terms }: Allotment, now: number): boolean {
    return now >= terms.from && now < terms.until;
  }
}
