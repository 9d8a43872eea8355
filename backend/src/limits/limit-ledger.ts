import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import { LimitBucket, type Bucket, type BucketAnswer, type BucketAsk } from './limit-bucket.ts';
import { countersOf, countsTokens, type LimitCounter, type LimitedCall, type LimitSettings } from './limit.ts';
import { listAllLimits, lockUse, writeUse } from './limit-repository.ts';
import { RollingBucket } from './rolling-bucket.ts';
import { takeRolling } from './rolling-repository.ts';

const everyMs = 100;
const lookEveryMs = 1_000;
/** A portion is at most this part of what is left, so that the last of it is shared one by one. */
const share = 8;
const mostBuckets = 20_000;
const idleMs = 120_000;

interface Waiter {
  bucket: Bucket;
  count: number;
  resolve(isGranted: boolean): void;
}

/** What a call took. */
export interface Taken {
  counts: readonly { bucket: Bucket; count: number; start: number }[];
}

/** A limit that has no room for a call. */
export interface Exceeded {
  counter: LimitCounter;
  left: number;
  /** When there is room again, milliseconds since the epoch; undefined where the call is larger than the whole limit. */
  roomAt: number | undefined;
}

interface Parts {
  store: Store;
  clock: Clock;
  /** Limits of the configuration, for every tenant. */
  fixed: readonly LimitSettings[];
  onFault(error: unknown): void;
}

/**
 * Counts requests and tokens for one process of several: portions are taken from the store and given out in memory, the smaller
 * the less is left. While the store is away each process counts for itself, and says afterwards what it used.
 */
export class LimitLedger {
  readonly #parts: Parts;
  readonly #fixed: readonly { id: string; settings: LimitSettings }[];
  readonly #buckets = new Map<string, Bucket>();
  #limits = new Map<string, { id: string; settings: LimitSettings }[]>();
  #waiting: Waiter[] = [];
  #turning: Promise<void> | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#fixed = parts.fixed.map((settings) => ({ id: `file:${settings.name}`, settings }));
  }

  /** Begins to look for changed limits and to keep portions in step. */
  async start(): Promise<void> {
    await this.look().catch(this.#parts.onFault);
    this.#timers = [
      setInterval(() => void this.look().catch(this.#parts.onFault), lookEveryMs),
      setInterval(() => void this.turn(), everyMs),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Gives back what is not used. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.turn();
  }

  /** Reads the limits anew. @throws where the store is away; those that are known stay */
  async look(): Promise<void> {
    const limits = new Map<string, { id: string; settings: LimitSettings }[]>();
    for (const { tenant, id, settings } of await listAllLimits(this.#parts.store)) {
      const own = limits.get(tenant) ?? [];
      own.push({ id, settings });
      limits.set(tenant, own);
    }
    this.#limits = limits;
  }

  /**
   * Takes one request and its tokens, from all counters that the call counts in or from none. At once where nothing is limited.
   * @param tokens the most that the call is expected to use; corrected by `settle`
   */
  take(call: LimitedCall, tokens: number): Taken | Promise<Taken | Exceeded> {
    const limits = [...this.#fixed, ...(this.#limits.get(call.tenant) ?? [])];
    return limits.length === 0 ? { counts: [] } : this.#take(countersOf(call, limits), tokens);
  }

  async #take(counters: ReturnType<typeof countersOf>, tokens: number): Promise<Taken | Exceeded> {
    const counts: { bucket: Bucket; count: number; start: number }[] = [];
    for (const counter of counters) {
      const bucket = this.#bucketOf(counter);
      const count = countsTokens(counter.kind) ? tokens : 1;
      const isTaken = bucket.take(count, this.#now()) || (await this.#wait(bucket, count));
      const now = this.#now();
      if (!isTaken) {
        for (const one of counts) one.bucket.correct(-one.count, one.start, now);
        return { counter, left: bucket.left(now), roomAt: bucket.roomAt(count, now) };
      }
      counts.push({ bucket, count, start: bucket.start(now) });
    }
    return { counts };
  }

  /** What the call really used; `tokens` 0 where it was not sent. */
  settle({ counts }: Taken, tokens: number): void {
    const now = this.#now();
    for (const { bucket, count, start } of counts)
      if (countsTokens(bucket.counter.kind)) bucket.correct(tokens - count, start, now);
  }

  /** Takes what calls wait for and will need, and gives the rest back. One turn at a time. */
  async turn(): Promise<void> {
    while (this.#turning) await this.#turning;
    this.#turning = this.#turn().finally(() => {
      this.#turning = undefined;
      // Calls that came while it went on.
      if (this.#waiting.length > 0) void this.turn();
    });
    await this.#turning;
  }

  #now(): number {
    return this.#parts.clock.now().getTime();
  }

  #bucketOf(counter: LimitCounter): Bucket {
    const name = `${counter.tenant}\u0000${counter.name}`;
    const known = this.#buckets.get(name);
    if (known?.counter.most === counter.most && known.counter.timeZone === counter.timeZone) return known;
    if (this.#buckets.size >= mostBuckets) this.#sweep();
    const bucket = counter.isRolling ? new RollingBucket(counter) : new LimitBucket(counter);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #sweep(): void {
    const before = this.#now() - idleMs;
    for (const [name, bucket] of this.#buckets) if (bucket.usedAt < before) this.#buckets.delete(name);
    if (this.#buckets.size >= mostBuckets) this.#buckets.clear();
  }

  #wait(bucket: Bucket, count: number): Promise<boolean> {
    if (count > bucket.counter.most) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push({ bucket, count, resolve });
      if (!this.#turning) void this.turn();
    });
  }

  async #turn(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const now = this.#now();
    const needs = new Map<Bucket, number>();
    for (const { bucket, count } of waiting) needs.set(bucket, (needs.get(bucket) ?? 0) + count);
    for (const bucket of this.#buckets.values()) if (!needs.has(bucket) && bucket.hasNews(now)) needs.set(bucket, 0);
    const asks = [...needs].map(([bucket, need]) => ({ bucket, ask: bucket.ask(need, now) }));
    const due = asks.filter(({ ask }) => isDue(ask));
    const answers = due.length > 0 ? await this.#ask(due.map(({ ask }) => ask)) : [];
    for (const [index, { bucket, ask }] of due.entries()) {
      if (typeof answers === 'string') bucket.alone(this.#now(), ask, answers === 'in doubt');
      else bucket.answered(ask, answers[index]!, this.#now());
    }
    this.#serve(waiting, new Map(asks.map(({ bucket, ask }) => [bucket, ask])));
  }

  /** Calls whose window ended while they waited are asked for again, in the new one. */
  #serve(waiting: readonly Waiter[], asks: ReadonlyMap<Bucket, BucketAsk>): void {
    const again = waiting.filter(({ bucket, count, resolve }) => {
      const now = this.#now();
      const isTaken = bucket.take(count, now);
      if (!isTaken && bucket.isOver(asks.get(bucket)!, now)) return true;
      resolve(isTaken);
      return false;
    });
    this.#waiting.unshift(...again);
  }

  /** @returns the answers; where the store is away, whether it may have heard what was asked all the same */
  async #ask(asks: readonly BucketAsk[]): Promise<BucketAnswer[] | 'unheard' | 'in doubt'> {
    let isWritten = false;
    try {
      return await this.#parts.store.transaction(async (tx) => {
        const ofCalendar = asks.filter(({ counter }) => !counter.isRolling);
        const rolling = asks.filter(({ counter }) => counter.isRolling);
        const answers = new Map<BucketAsk, BucketAnswer>();
        if (ofCalendar.length > 0) await takeOfCalendar(tx, ofCalendar, answers);
        if (rolling.length > 0) await takeRolling(tx, rolling, this.#now(), answers);
        isWritten = true;
        return asks.map((ask) => answers.get(ask)!);
      });
    } catch (error) {
      this.#parts.onFault(error);
      // Nothing is committed before all is written; afterwards the answer to the commit may be all that was lost.
      return isWritten ? 'in doubt' : 'unheard';
    }
  }
}

function isDue({ need, ahead, surplus, beyond, isAlone, returns }: BucketAsk): boolean {
  return need + ahead + surplus + beyond > 0 || isAlone || returns !== undefined;
}

async function takeOfCalendar(
  tx: Store,
  asks: readonly BucketAsk[],
  answers: Map<BucketAsk, BucketAnswer>,
): Promise<void> {
  const rows = asks.map(({ counter, start }) => ({
    ...{ tenant: counter.tenant, counter: counter.name, start: new Date(start) },
  }));
  const used = await lockUse(tx, rows);
  for (const [index, ask] of asks.entries()) {
    const { counter, need, ahead, surplus, beyond } = ask;
    const before = Math.max(0, used[index]! - surplus) + beyond;
    const left = Math.max(0, counter.most - before);
    const must = Math.min(need, left);
    const granted = must + Math.min(ahead, Math.floor((left - must) / share));
    answers.set(ask, { granted, used: before + granted });
  }
  await writeUse(
    tx,
    rows.map((row, index) => ({ ...row, used: answers.get(asks[index]!)!.used })),
  );
}
