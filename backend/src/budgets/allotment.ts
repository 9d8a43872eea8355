import { PassingMap } from '../platform/collections/index.ts';
import type { Part } from './counter-repository.ts';
import type { Money } from './money.ts';
import { largerOf, moneyOf, smallerOf, unitsOf } from './money-units.ts';

export type AllotmentPart = Pick<Part, 'budgetId' | 'day' | 'rate'>;

/** What an allotment is for. */
export interface AllotmentTerms {
  id: string;
  tenant: string;
  currency: string;
  parts: readonly AllotmentPart[];
  /** Milliseconds since the epoch between which it may be given from: the days of its budgets, and of its rates. */
  from: number;
  until: number;
}

/** What a turn tells the store of an allotment. */
export interface AllotmentNews {
  /** What settled calls cost in all, and how many they are. */
  spent: Money;
  settled: number;
  /** Must stay held: calls under way, what is not yet told, and what may be given out while the turn runs. */
  keep: Money;
}

/**
 * Money that one process holds in a set of budgets and gives out to calls. Pure arithmetic: what the store holds for it is
 * `held`, and at any time held >= calls under way + settled cost that was not told yet + free, unless calls cost more than was
 * held for them.
 *
 * Calls are numbered as they are given out, and once more, from 1 on, in the order in which they settle.
 */
export class Allotment {
  readonly terms: AllotmentTerms;
  readonly #calls = new PassingMap<number, bigint>();
  /** Cost of calls that were settled before one that comes ahead of them in the order. */
  readonly #early = new PassingMap<number, bigint>();
  #number = 0;
  #order = 0;
  #held = 0n;
  #underWay = 0n;
  #spent = 0n;
  #settled = 0;
  #earlyCost = 0n;
  #toldSpent = 0n;
  #toldSettled = 0;
  #withheld = 0n;
  /** `free` while it is known: each call asks for it several times. */
  #free: bigint | undefined;

  constructor(terms: AllotmentTerms) {
    this.terms = terms;
  }

  /** What can be given out now; negative where calls cost more than was held for them. */
  get free(): bigint {
    this.#free ??= this.#held - this.#underWay - this.#untold - this.#withheld;
    return this.#free;
  }

  /** Calls that are not settled yet. */
  get underWay(): number {
    return this.#calls.size;
  }

  /** Whether the store does not know everything yet. */
  get hasNews(): boolean {
    return this.#settled > this.#toldSettled;
  }

  /** Whether every call that has a place in the order has been settled. */
  get isSettled(): boolean {
    return this.#early.size === 0;
  }

  get toldSettled(): number {
    return this.#toldSettled;
  }

  /** @returns the number of the call; undefined where so much is not free */
  give(amount: bigint): number | undefined {
    const { free } = this;
    if (amount > free) return undefined;
    this.#free = free - amount;
    this.#number += 1;
    this.#calls.set(this.#number, amount);
    this.#underWay += amount;
    return this.#number;
  }

  /** @returns the next place in the order of settling */
  nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }

  /** The call cost so much, and that it did, as number `order`, is on disk. Once for each call; again changes nothing. */
  settle(number: number, actual: bigint, order: number): void {
    const amount = this.#calls.get(number);
    if (amount === undefined) return;
    this.#calls.delete(number);
    if (this.#free !== undefined) this.#free += amount - actual;
    this.#underWay -= amount;
    if (order === this.#settled + 1 && this.#early.size === 0) {
      this.#settled = order;
      this.#spent += actual;
      return;
    }
    this.#early.set(order, actual);
    this.#earlyCost += actual;
    for (let next = this.#early.get(this.#settled + 1); next !== undefined; next = this.#early.get(this.#settled + 1)) {
      this.#settled += 1;
      this.#early.delete(this.#settled);
      this.#earlyCost -= next;
      this.#spent += next;
    }
  }

  /** Takes back up to `surplus` of what is free, and says what the store is to know. Answer with `told`. */
  news(surplus: bigint): AllotmentNews {
    const release = smallerOf(largerOf(surplus, 0n), largerOf(this.free, 0n));
    this.#withheld += release;
    this.#free = undefined;
    const keep = this.#held - (this.#spent - this.#toldSpent) - this.#withheld;
    return { spent: moneyOf(this.#spent), settled: this.#settled, keep: moneyOf(largerOf(keep, 0n)) };
  }

  /** The store has taken the news in, and holds so much now. */
  told({ spent, settled }: AllotmentNews, held: Money): void {
    this.#free = undefined;
    this.#toldSpent = unitsOf(spent.toFixed());
    this.#toldSettled = settled;
    this.#held = unitsOf(held.toFixed());
    this.#withheld = 0n;
  }

  /** Cost of settled calls that the store does not have. */
  get #untold(): bigint {
    return this.#spent - this.#toldSpent + this.#earlyCost;
  }
}
