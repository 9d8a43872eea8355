import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { UsagePlace } from './request-row.ts';
import {
  activate,
  countFacts,
  countRolledUp,
  coveredRule,
  daysOfLosers,
  mayHaveLosers,
  movedRule,
  removeRollUps,
  rollUp,
  visibleDrops,
  voidLosers,
} from './usage-repository.ts';
import * as writes from './write-repository.ts';

/** A day waits until nothing came for so long, but never longer than `longestWaitMs`. */
const quietMs = 2_000;
const longestWaitMs = 15_000;
/** A day rests for so many times what its last roll-up took, so that sealing takes the 26th part of an engine at most. */
const pauseFactor = 25;
const longestPauseMs = 5 * 60_000;
const maxPauses = 10_000;
/** No write is under way for longer: the warehouse gives an insert up after ten minutes. */
const deadAfterMs = 15 * 60_000;
/** Days and facts of one statement; a day with more facts takes as many threads as there are. */
const maxDays = 40;
const maxFacts = 1_500_000;
const daysOfTurn = 400;
const dayMs = 86_400_000;
/** Longer than any query may run that still reads a roll-up which was replaced meanwhile. */
const graceMs = 15 * 60_000;
const maxRemoved = 500;

type Parts = Pick<Platform, 'store' | 'warehouse' | 'clock' | 'telemetry'>;

/** Rolls up the days that got requests, and removes the roll-ups that were replaced. */
export class Sealing {
  readonly #platform: Parts;
  readonly #onSealed: (place: UsagePlace, days: readonly string[]) => Promise<void>;
  /** When a day may be rolled up again; lost with the process, which only means a roll-up too many. */
  #notBefore = new Map<string, number>();

  constructor(platform: Parts, onSealed: (place: UsagePlace, days: readonly string[]) => Promise<void>) {
    this.#platform = platform;
    this.#onSealed = onSealed;
  }

  /** Rolls up the days whose time has come. */
  async turn(signal: AbortSignal): Promise<number> {
    const now = this.#platform.clock.now().getTime();
    const due = (await this.#waiting()).filter(
      (day) =>
        (now - day.lastNotedAt.getTime() >= quietMs || now - day.firstNotedAt.getTime() >= longestWaitMs) &&
        now >= (this.#notBefore.get(keyOf(day)) ?? 0),
    );
    return this.#seal(due, signal);
  }

  /** Rolls up every day that waits, of one source where `place` is given. @returns how many days were rolled up */
  async sealAll(signal?: AbortSignal, place?: UsagePlace): Promise<number> {
    let sealed = 0;
    for (;;) {
      const days = await this.#waiting(place);
      if (days.length === 0) return sealed;
      sealed += await this.#seal(days, signal);
    }
  }

  /** Removes roll-ups that nobody reads any more. */
  async keepHouse(): Promise<void> {
    const { store, warehouse, clock } = this.#platform;
    const now = clock.now();
    await writes.forgetIngests(store, new Date(now.getTime() - 400 * dayMs));
    const candidates = await writes.listRemovable(store, new Date(now.getTime() - graceMs), maxRemoved);
    if (candidates.length === 0) return;
    // The warehouse has the last word: a crash may have come between becoming visible and being written down as such.
    const visible = await visibleDrops(warehouse, candidates);
    if (visible.length > 0) await writes.keepVisible(store, visible, now);
    const removed = candidates.filter((id) => !visible.includes(id));
    if (removed.length === 0) return;
    for (const home of warehouse.homes) await removeRollUps(home, removed);
    await writes.forgetDrops(store, removed);
  }

  #waiting(place?: UsagePlace): Promise<writes.WaitingDay[]> {
    return writes.waitingDays(this.#platform.store, {
      deadBefore: this.#deadBefore(),
      limit: daysOfTurn,
      ...(place ? { place } : {}),
    });
  }

  #deadBefore(): Date {
    return new Date(this.#platform.clock.now().getTime() - deadAfterMs);
  }

  async #seal(waiting: readonly writes.SourceDay[], signal: AbortSignal | undefined): Promise<number> {
    let sealed = 0;
    for (const { place, days } of bySource(waiting)) {
      const facts = await countFacts(this.#home(place), place, days);
      for (const part of inParts(days, facts)) {
        if (signal?.aborted) return sealed;
        await this.#sealDays(place, part, sumOf(part, facts) > maxFacts);
        sealed += part.length;
      }
    }
    return sealed;
  }

  /**
   * One roll-up of some days of a source. What it covers is fixed before the facts are read; what lands later waits for the
   * next one. Killed anywhere, the days still wait, and what was written is not visible or is complete.
   */
  async #sealDays(place: UsagePlace, days: readonly string[], isLarge: boolean): Promise<void> {
    const { store, clock, telemetry } = this.#platform;
    const warehouse = this.#home(place);
    const started = performance.now();
    const seal = await writes.beginSeal(store, place, days, { now: clock.now(), deadBefore: this.#deadBefore() });
    await this.#settle(place, days);
    await rollUp(warehouse, place, seal.days, { now: clock.now(), isLarge });
    const counted = await this.#counted(place, seal.days);
    await activate(warehouse, place, counted, clock.now());
    await writes.endSeal(store, place, seal, clock.now());
    const took = performance.now() - started;
    this.#pause(place, days, took);
    telemetry.log.debug({ ...place, days: days.length, milliseconds: Math.round(took) }, 'Usage is rolled up');
    await this.#onSealed(place, days);
  }

  /** Facts that no longer count are voided first. Days beside these that lose some wait from then on. */
  async #settle(place: UsagePlace, days: readonly string[]): Promise<void> {
    const { store, clock } = this.#platform;
    const warehouse = this.#home(place);
    const window = withNeighbours(days);
    for (const rule of [movedRule, coveredRule]) {
      if (!(await mayHaveLosers(warehouse, place, days, window, rule))) continue;
      const touched = await daysOfLosers(warehouse, place, window, rule);
      if (touched.length === 0) continue;
      const others = touched.filter((day) => !days.includes(day));
      // They wait from before the facts change: whoever rolls them up meanwhile settles them, too.
      if (others.length > 0) await writes.noteChanged(store, place, others, clock.now());
      await voidLosers(warehouse, place, window, rule);
    }
  }

  async #counted(
    place: UsagePlace,
    days: readonly writes.BegunDay[],
  ): Promise<(writes.BegunDay & { requests: number })[]> {
    const ids = days.map(({ dropId }) => dropId);
    const counts = await countRolledUp(this.#home(place), place, ids);
    return days.map((day) => {
      const { hourly, daily } = counts.get(day.dropId) ?? { hourly: 0, daily: 0 };
      if (hourly !== daily)
        throw new AppError(
          'INTERNAL',
          `The roll-ups of ${day.day} differ: ${hourly} requests by hour, ${daily} by day.`,
        );
      return { ...day, requests: hourly };
    });
  }

  /** The facts of a place and their roll-ups are in one database. */
  #home({ region }: UsagePlace): Parts['warehouse'] {
    return this.#platform.warehouse.in(region);
  }

  #pause(place: UsagePlace, days: readonly string[], took: number): void {
    const until = this.#platform.clock.now().getTime() + Math.min(longestPauseMs, took * pauseFactor);
    if (this.#notBefore.size > maxPauses) this.#notBefore = new Map();
    for (const day of days) this.#notBefore.set(keyOf({ ...place, day }), until);
  }
}

function keyOf({ tenant, region, source, day }: writes.SourceDay): string {
  return JSON.stringify([tenant, region, source, day]);
}

function bySource(waiting: readonly writes.SourceDay[]): { place: UsagePlace; days: string[] }[] {
  const found = new Map<string, { place: UsagePlace; days: string[] }>();
  for (const { tenant, region, source, day } of waiting) {
    const key = JSON.stringify([tenant, region, source]);
    const entry = found.get(key) ?? { place: { tenant, region, source }, days: [] };
    entry.days.push(day);
    found.set(key, entry);
  }
  return [...found.values()];
}

/** Days in parts that one statement rolls up in bounded memory; a day larger than the bound is a part of its own. */
function inParts(days: readonly string[], facts: ReadonlyMap<string, number>): string[][] {
  const parts: string[][] = [];
  let size = 0;
  for (const day of [...days].sort()) {
    const count = facts.get(day) ?? 0;
    const last = parts.at(-1);
    if (last && last.length < maxDays && size + count <= maxFacts) {
      last.push(day);
      size += count;
    } else {
      parts.push([day]);
      size = count;
    }
  }
  return parts;
}

function sumOf(days: readonly string[], facts: ReadonlyMap<string, number>): number {
  return days.reduce((sum, day) => sum + (facts.get(day) ?? 0), 0);
}

/** The days with the one before and the one after each, where a request may have stood before it was corrected. */
function withNeighbours(days: readonly string[]): string[] {
  const around = days.flatMap((day) => [-1, 0, 1].map((step) => Date.parse(day) + step * dayMs));
  return [...new Set(around)].sort((a, b) => a - b).map((at) => new Date(at).toISOString().slice(0, 10));
}
