import { setTimeout as delay } from 'node:timers/promises';
import { millisecondsOf, type Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Allotment } from './allotment.ts';
import { listHolding, listOpenAllotments, type DeadAllotment } from './allotment-repository.ts';
import { AllotmentSlot, type Waiter } from './allotment-slot.ts';
import { allot } from './allotting.ts';
import type { Budget } from './budget.ts';
import { lockBudgets, markRecalled } from './budget-repository.ts';
import type { BudgetLedger, Held, LedgerRemains, ReserveRequest } from './doors.ts';
import { KnownBudgets, type CountedBudgets } from './known-budgets.ts';
import { Money, zero } from './money.ts';
import type { BudgetPorts } from './ports.ts';
import { ratesOf } from './rates.ts';
import { checkRequest } from './reserve-request.ts';
import type { SpendCounters } from './spend-counters.ts';
import { unitsOf } from './money-units.ts';

const everyMs = 100;
/** Where no call waits and nothing is short, the store hears of what was spent so often only. */
const calmMs = 500;
/** As long as a call of a gateway may take, and as the store may be away in between. */
const ttlMs = 16 * 60_000;
/** Sets of budgets that money is held for at a time; calls under further ones are reserved one by one. */
const mostSlots = 1_000;
/** Allotments that one transaction looks at. */
const mostAtATime = 100;
const recallMs = 3_000;
const recallWaitMs = 2_000;
const recallLookMs = 30;
/** A holder that said nothing for so long is not waited for. */
const aliveMs = 5_000;
const patienceMs = 5_000;

interface Parts {
  store: Store;
  clock: Clock;
  counters: SpendCounters;
  prices?: BudgetPorts['prices'];
  /** Names the journal of the process. */
  holder: string;
}

interface Desk {
  tenant: string;
  slots: Map<string, AllotmentSlot>;
  turn: Promise<void> | undefined;
  again: boolean;
  /** On the clock of `performance`. */
  turnedAt: number;
}

/** The budgets of one process: see docs/adr/0009. */
export class AllotmentLedger implements BudgetLedger {
  readonly #parts: Parts;
  readonly #known: KnownBudgets;
  readonly #desks = new Map<string, Desk>();
  readonly #byId = new Map<string, { allotment: Allotment; slot: AllotmentSlot; desk: Desk }>();
  readonly #slots = new Map<readonly Budget[], Map<string, AllotmentSlot>>();
  readonly #recalls = new Map<string, Promise<boolean>>();
  readonly #timer: NodeJS.Timeout;
  readonly #now: () => number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#now = millisecondsOf(parts.clock);
    this.#known = new KnownBudgets(parts);
    this.#timer = setInterval(() => this.#tick(), everyMs);
    this.#timer.unref();
  }

  dimensions(tenant: string): ReadonlySet<string> | Promise<ReadonlySet<string>> {
    const known = this.#known.of(tenant);
    return known instanceof Promise ? known.then(({ dimensions }) => dimensions) : known.dimensions;
  }

  reserve(request: ReserveRequest): Held | Promise<Held> {
    checkRequest(request);
    const known = this.#known.of(request.tenant);
    return known instanceof Promise
      ? known.then((budgets) => this.#reserve(request, budgets))
      : this.#reserve(request, known);
  }

  #reserve(request: ReserveRequest, known: CountedBudgets): Held | Promise<Held> {
    const covering = known.covering(request.keys);
    if (covering.length === 0) return { ok: true };
    const slot = this.#slotOf(request.tenant, covering, request.currency);
    if (!slot || request.ttlMs > ttlMs - 60_000) return this.#alone(request);
    const amount = unitsOf(request.amount);
    slot.note(amount);
    const desk = this.#desks.get(request.tenant)!;
    const given = slot.waiting.length === 0 ? slot.give(amount, this.#now(), request.ttlMs) : undefined;
    if (given !== undefined) {
      if (slot.runsLow) this.#wake(desk);
      return { ok: true, reservationId: given };
    }
    if (slot.isScarce) return this.#alone(request);
    return new Promise<Held>((resolve, reject) => {
      slot.waiting.push({ request, amount, resolve, reject });
      this.#wake(desk);
    });
  }

  orderOf(reservationId: string): number | undefined {
    const { id, number } = readName(reservationId);
    return number === undefined ? undefined : this.#byId.get(id)?.allotment.nextOrder();
  }

  settle(reservationId: string, actual: string, order?: number): Promise<void> | undefined {
    const { id, number } = readName(reservationId);
    if (number === undefined) return this.#parts.counters.settle(reservationId, actual).then(() => undefined);
    const found = this.#byId.get(id);
    if (order === undefined || !found) return undefined;
    found.allotment.settle(number, unitsOf(actual), order);
    for (const { waiter, name } of found.slot.serveFreed(this.#now()))
      waiter.resolve({ ok: true, reservationId: name });
    return undefined;
  }

  async told(calls: Iterable<{ reservationId: string; order: number }>): Promise<void> {
    // The store counts what an allotment has settled without gaps: knowing of the last call, it knows of all before it.
    const last = new Map<string, number>();
    for (const { reservationId, order } of calls) {
      const { id } = readName(reservationId);
      if (order > (last.get(id) ?? 0)) last.set(id, order);
    }
    for (const [id, order] of last) await this.#toldUntil(id, order);
  }

  async #toldUntil(id: string, order: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = this.#byId.get(id);
      if (!found || found.allotment.toldSettled >= order) return;
      if (performance.now() > deadline)
        throw new AppError('UNAVAILABLE', 'The store has not heard of all calls yet; try again.');
      await this.#turn(found.desk);
      if (found.allotment.toldSettled < order) await delay(everyMs);
    }
  }

  async recover({ holder, settled, lost }: LedgerRemains): Promise<void> {
    const calls = new Map<string, { cost: Money; order?: number }[]>();
    const alone: { reservationId: string; actual: string }[] = [];
    for (const call of [...settled, ...lost]) {
      const { id, number } = readName(call.reservationId);
      const order = 'order' in call && typeof call.order === 'number' ? call.order : undefined;
      if (number === undefined) alone.push(call);
      else listed(calls, id).push({ cost: new Money(call.actual), ...(order === undefined ? {} : { order }) });
    }
    for (const { reservationId, actual } of alone) await this.#settleOnce(reservationId, actual);
    for (const dead of await listOpenAllotments(this.#parts.store, holder))
      await this.#closeDead(dead, holder, calls.get(dead.id) ?? []);
  }

  /** Tells the store what there is to tell and looks what it says, for everybody. @throws where the store is away */
  async turn(): Promise<void> {
    await Promise.all([...this.#desks.values()].map((desk) => this.#turn(desk)));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (let turn = 0; turn < 10; turn++) {
      for (const { slots } of this.#desks.values()) for (const slot of slots.values()) slot.retire();
      await this.turn();
    }
  }

  #tick(): void {
    const now = this.#now();
    for (const desk of this.#desks.values()) {
      const isCalm = ![...desk.slots.values()].some((slot) => slot.isPressed(now));
      if (!isCalm || performance.now() - desk.turnedAt >= calmMs) this.#wake(desk);
    }
  }

  #slotOf(tenant: string, covering: readonly Budget[], currency: string): AllotmentSlot | undefined {
    const known = this.#slots.get(covering)?.get(currency);
    if (known) return known;
    const desk = this.#desks.get(tenant) ?? {
      tenant,
      slots: new Map<string, AllotmentSlot>(),
      turn: undefined,
      again: false,
      turnedAt: 0,
    };
    this.#desks.set(tenant, desk);
    const name = JSON.stringify([currency, ...covering.map(({ id, version }) => [id, version])]);
    let slot = desk.slots.get(name);
    if (!slot) {
      if (this.#slots.size >= mostSlots) this.#sweep();
      if (this.#slots.size >= mostSlots) return undefined;
      slot = new AllotmentSlot(tenant, covering, currency);
      desk.slots.set(name, slot);
    }
    const byCurrency = this.#slots.get(covering) ?? new Map<string, AllotmentSlot>();
    this.#slots.set(covering, byCurrency.set(currency, slot));
    return slot;
  }

  /** Forgets what nobody uses. */
  #sweep(): void {
    this.#slots.clear();
    for (const { slots } of this.#desks.values())
      for (const [name, slot] of slots) if (slot.isEmpty) slots.delete(name);
  }

  #wake(desk: Desk): void {
    this.#turn(desk).catch(() => undefined);
  }

  /** One turn at a time; whoever asks during one gets another. */
  #turn(desk: Desk): Promise<void> {
    if (desk.turn) {
      desk.again = true;
      return desk.turn;
    }
    desk.turn = this.#turns(desk).finally(() => {
      desk.turn = undefined;
    });
    return desk.turn;
  }

  async #turns(desk: Desk): Promise<void> {
    do {
      desk.again = false;
      desk.turnedAt = performance.now();
      const now = this.#now();
      const due = [...desk.slots.values()].filter((slot) => slot.needsTurn(now));
      for (let from = 0; from < due.length; from += mostAtATime)
        await this.#turnOf(desk, due.slice(from, from + mostAtATime));
    } while (desk.again || [...desk.slots.values()].some((slot) => slot.waiting.length > 0));
  }

  async #turnOf(desk: Desk, slots: readonly AllotmentSlot[]): Promise<void> {
    const { store, holder, clock } = this.#parts;
    const at = clock.now();
    const now = at.getTime();
    const expiresAt = new Date(now + ttlMs);
    try {
      for (const slot of slots) await this.#prepare(desk, slot, at);
      const asked = slots.flatMap((slot) => slot.asks(now).map((one) => ({ slot, one })));
      if (asked.length === 0) return;
      const answers = await store.transaction((tx) =>
        allot(
          { tx, tenant: desk.tenant, holder, at, expiresAt },
          asked.map(({ one }) => one.ask),
        ),
      );
      for (const [index, { slot, one }] of asked.entries()) {
        const answer = answers[index]!;
        if (answer.over) this.#known.forget(desk.tenant);
        const { served, alone, again, closed } = slot.answered(one, answer, {
          now: this.#now(),
          expiresAt: expiresAt.getTime(),
        });
        for (const { waiter, name } of served) waiter.resolve({ ok: true, reservationId: name });
        for (const waiter of alone) this.#alone(waiter.request).then(waiter.resolve, waiter.reject);
        for (const { terms } of closed) this.#byId.delete(terms.id);
        if (again) desk.again = true;
      }
    } catch (error) {
      for (const slot of slots) rejectAll(slot.waiting.splice(0), error);
      throw error;
    }
  }

  async #prepare(desk: Desk, slot: AllotmentSlot, at: Date): Promise<void> {
    slot.sweep(at.getTime());
    if (slot.waiting.length === 0) return;
    try {
      const { prices } = this.#parts;
      const opened = slot.open(at.getTime(), await ratesOf(slot, slot.budgets, { at, prices }));
      if (opened) this.#byId.set(opened.terms.id, { allotment: opened, slot, desk });
    } catch (error) {
      rejectAll(slot.waiting.splice(0), error);
    }
  }

  /** Reserves one call by itself. Before it is refused, what processes hold for calls to come is called back. */
  async #alone(request: ReserveRequest): Promise<Held> {
    const { counters } = this.#parts;
    const first = await counters.reserve(request);
    if (first.ok) return { ok: true, reservationId: first.reservationId };
    const ids = first.refusedBy.map(({ budgetId }) => budgetId).sort();
    if (!(await this.#recall(request.tenant, ids))) return first;
    const second = await counters.reserve(request);
    return second.ok ? { ok: true, reservationId: second.reservationId } : second;
  }

  /** @returns whether any allotment held more of these budgets than its calls needed; it was given back, or its holder is silent */
  #recall(tenant: string, budgetIds: readonly string[]): Promise<boolean> {
    const name = JSON.stringify([tenant, budgetIds]);
    const running = this.#recalls.get(name);
    if (running) return running;
    const recall = this.#recallNow(tenant, budgetIds).finally(() => this.#recalls.delete(name));
    this.#recalls.set(name, recall);
    return recall;
  }

  async #recallNow(tenant: string, budgetIds: readonly string[]): Promise<boolean> {
    const { store } = this.#parts;
    const holding = await listHolding(store, tenant, budgetIds);
    if (holding.length === 0) return false;
    const ids = new Set(holding.map(({ id }) => id));
    await store.transaction(async (tx) => {
      await lockBudgets(tx, tenant, budgetIds);
      await markRecalled(tx, tenant, budgetIds, new Date(this.#now() + recallMs));
    });
    const deadline = performance.now() + recallWaitMs;
    while (performance.now() < deadline) {
      const desk = this.#desks.get(tenant);
      if (desk) await this.#turn(desk).catch(() => undefined);
      const silentSince = this.#now() - aliveMs;
      const left = await listHolding(store, tenant, budgetIds);
      if (!left.some(({ id, renewedAt }) => ids.has(id) && renewedAt.getTime() > silentSince)) break;
      await delay(recallLookMs);
    }
    return true;
  }

  async #settleOnce(reservationId: string, actual: string): Promise<void> {
    try {
      await this.#parts.counters.settle(reservationId, actual);
    } catch (error) {
      // It was settled, or is so old that it was swept: there is nothing left to count.
      if (!(error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT'))) throw error;
    }
  }

  async #closeDead(
    dead: DeadAllotment,
    holder: string,
    calls: readonly { cost: Money; order?: number }[],
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const beyond = calls.filter(({ order }) => order === undefined || order > dead.settled);
    const spent = beyond.reduce((sum, { cost }) => sum.plus(cost), new Money(dead.spent));
    const settled = calls.reduce((most, { order = 0 }) => Math.max(most, order), dead.settled);
    const parts = dead.budgetIds.map((budgetId) => ({ budgetId, day: '', rate: '1' }));
    const terms = { id: dead.id, tenant: dead.tenant, currency: '', parts, from: 0, until: 0 };
    const nothing = { waiting: [], ahead: zero, largest: zero, owed: zero };
    const at = clock.now();
    await store.transaction((tx) =>
      allot({ tx, tenant: dead.tenant, holder, at, expiresAt: at }, [
        { ...nothing, terms, versions: new Map(), news: { spent, settled, keep: zero }, lean: true, close: true },
      ]),
    );
  }
}

/** `<allotment>.<number of the call>`, or a reservation of its own. */
function readName(reservationId: string): { id: string; number?: number } {
  const dot = reservationId.indexOf('.');
  if (dot < 0) return { id: reservationId };
  return { id: reservationId.slice(0, dot), number: Number(reservationId.slice(dot + 1)) };
}

function rejectAll(waiters: readonly Waiter[], error: unknown): void {
  for (const { reject } of waiters) reject(error);
}

function listed<T>(map: Map<string, T[]>, name: string): T[] {
  const found = map.get(name) ?? [];
  map.set(name, found);
  return found;
}
