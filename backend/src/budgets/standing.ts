import type { Store } from '../platform/store/index.ts';
import type { Budget } from './budget.ts';
import { windowOf } from './budget-window.ts';
import { listCounterDays, overdueAmounts, type CounterDay } from './counter-repository.ts';
import type { NoRoom } from './doors.ts';
import { Money } from './money.ts';
import { countedOf, noRoomFor } from './room-left.ts';
import { dayOf, type Day } from './zoned-day.ts';

/** Counters of a locked budget while several requests of one transaction are looked at. */
export class Standing {
  readonly budget: Budget;
  readonly today: Day;
  readonly #tx: Store;
  readonly #at: Date;
  #days: CounterDay[] | undefined;
  #withoutOverdue = false;

  constructor(tx: Store, budget: Budget, at: Date) {
    this.#tx = tx;
    this.budget = budget;
    this.#at = at;
    this.today = dayOf(at.getTime(), budget.settings.timeZone);
  }

  /** Reservations whose time is over hold nothing, also where nobody has swept them yet. */
  async noRoom(amount: Money): Promise<NoRoom | undefined> {
    const room = noRoomFor(amount, this.budget, await this.#known(), this.today);
    if (room === undefined || !(await this.#forgetOverdue())) return room;
    return noRoomFor(amount, this.budget, await this.#known(), this.today);
  }

  /** What may still be held; looks for what is overdue only where less than `wanted` seems left. */
  async left(wanted: Money): Promise<Money> {
    const { left } = countedOf(this.budget, await this.#known());
    if (left.gte(wanted) || !(await this.#forgetOverdue())) return left;
    return countedOf(this.budget, await this.#known()).left;
  }

  /** Takes in what the transaction will write: `reserved` and `settled` of a day change by so much. */
  async move(day: Day, reserved: Money, settled?: Money): Promise<void> {
    const days = await this.#known();
    if (day < windowOf(this.budget.settings.window, this.today).from) return;
    const found = days.find((one) => one.day === day) ?? { day, reserved: '0', settled: '0' };
    if (!days.includes(found)) {
      days.push(found);
      days.sort((one, other) => (one.day < other.day ? -1 : 1));
    }
    found.reserved = new Money(found.reserved).plus(reserved).toFixed();
    if (settled) found.settled = new Money(found.settled).plus(settled).toFixed();
  }

  async #known(): Promise<CounterDay[]> {
    this.#days ??= await daysOf(this.#tx, this.budget, this.#at);
    return this.#days;
  }

  /** @returns whether anything was overdue that had been counted */
  async #forgetOverdue(): Promise<boolean> {
    if (this.#withoutOverdue) return false;
    this.#withoutOverdue = true;
    const overdue = await overdueAmounts(this.#tx, this.budget, this.#at);
    for (const day of await this.#known())
      day.reserved = new Money(day.reserved).minus(overdue.get(day.day) ?? 0).toFixed();
    return overdue.size > 0;
  }
}

/** Counters of the days of the window that the budget is in at that time. */
export function daysOf(store: Store, budget: Budget, at: Date): Promise<CounterDay[]> {
  const today = dayOf(at.getTime(), budget.settings.timeZone);
  const { from } = windowOf(budget.settings.window, today);
  return listCounterDays(store, budget.tenant, budget.id, from, today);
}
