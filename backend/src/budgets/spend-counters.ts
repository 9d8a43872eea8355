import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import { covers, type Budget } from './budget.ts';
import { listEnforced, lockBudgets } from './budget-repository.ts';
import { windowOf } from './budget-window.ts';
import * as counters from './counter-repository.ts';
import type { NoRoom, Reserved, ReserveRequest, Settled } from './doors.ts';
import { Money } from './money.ts';
import type { BudgetPorts } from './ports.ts';
import { countedOf, noRoomFor, type Counted } from './room-left.ts';
import { addDays, dayOf } from './zoned-day.ts';

const longestTtlMs = 86_400_000;
const decimal = /^\d{1,15}(\.\d{1,18})?$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const maxKeys = 50;
const batch = 200;
const maxBatches = 50;
const reservationsKeptDays = 35;
const countersKeptDays = 800;
const places = 18;
const countsKnownMs = 1000;
const mostTenantsKnown = 10_000;

interface Parts {
  store: Store;
  clock: Clock;
  prices?: BudgetPorts['prices'];
}

/**
 * Counters by which budgets are enforced: reserve before a call, settle after it, expire what nobody settled. Each step is one
 * transaction under the locks of the budgets that it touches, so that whatever dies in between, the counters are the sum of
 * the reservations, and nothing is granted that does not fit.
 */
export class SpendCounters {
  readonly #parts: Parts;
  readonly #counted = new Map<string, { at: number; answer: Promise<boolean> }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether any budget of the tenant is counted; asked of the store at most once a second for each tenant. */
  async counts(tenant: string): Promise<boolean> {
    const { store, clock } = this.#parts;
    const now = clock.now().getTime();
    const known = this.#counted.get(tenant);
    if (known && now - known.at < countsKnownMs && now >= known.at) return known.answer;
    const answer = listEnforced(store, tenant).then((budgets) => budgets.length > 0);
    if (this.#counted.size >= mostTenantsKnown) this.#counted.clear();
    this.#counted.set(tenant, { at: now, answer });
    answer.catch(() => this.#counted.delete(tenant));
    return answer;
  }

  async reserve(request: ReserveRequest): Promise<Reserved> {
    checkRequest(request);
    const { store, clock } = this.#parts;
    const at = clock.now();
    const id = request.id?.toLowerCase() ?? randomUUID();
    const expiresAt = new Date(at.getTime() + request.ttlMs);
    const candidates = (await listEnforced(store, request.tenant)).filter(({ settings }) =>
      covers(settings, request.keys),
    );
    const rates = await this.#ratesOf(request, candidates, at);
    return store.transaction(async (tx) => {
      const budgets = (
        await lockBudgets(
          tx,
          request.tenant,
          candidates.map((budget) => budget.id),
        )
      ).filter(
        (budget) => !budget.deleted && budget.settings.enforcement !== 'none' && covers(budget.settings, request.keys),
      );
      const known = request.id === undefined ? undefined : await counters.findReservation(tx, id);
      if (known) return knownAnswer(known, request);
      const parts: counters.Part[] = [];
      const refused: { enforced: boolean; room: NoRoom }[] = [];
      for (const budget of budgets) {
        const rate = rates.get(budget.settings.currency);
        if (rate === undefined) throw new AppError('CONFLICT', `Budget ${budget.id} was changed meanwhile; try again.`);
        const amount = new Money(request.amount).times(rate).toDecimalPlaces(places, Money.ROUND_UP);
        const room = await this.#noRoom(tx, budget, amount, at);
        if (room) refused.push({ enforced: budget.settings.enforcement === 'enforce', room });
        parts.push({
          budgetId: budget.id,
          day: dayOf(at.getTime(), budget.settings.timeZone),
          amount: amount.toFixed(),
          rate,
        });
      }
      const refusedBy = refused.filter(({ enforced }) => enforced).map(({ room }) => room);
      if (refusedBy.length > 0) return { ok: false, refusedBy };
      const { tenant, amount, currency } = request;
      if (!(await counters.insertReservation(tx, { id, tenant, amount, currency, at, expiresAt }, parts))) {
        // No budget had to be locked, and the same request came twice at once.
        const twin = await counters.findReservation(tx, id);
        if (twin) return knownAnswer(twin, request);
      }
      for (const part of parts) await counters.addToCounter(tx, tenant, part, { reserved: part.amount, settled: '0' });
      return {
        ok: true,
        reservationId: id,
        expiresAt: expiresAt.toISOString(),
        wouldRefuse: refused.map(({ room }) => room),
      };
    });
  }

  async settle(reservationId: string, actual: string): Promise<Settled> {
    if (!uuid.test(reservationId)) throw noReservation(reservationId);
    if (!decimal.test(actual)) throw new AppError('VALIDATION_FAILED', '`actual` must be an exact decimal, 0 or more.');
    const { store, clock } = this.#parts;
    const id = reservationId.toLowerCase();
    return store.transaction(async (tx) => {
      const { reservation, parts } = await this.#locked(tx, id);
      if (reservation.state === 'settled') {
        if (!new Money(reservation.actual ?? 0).eq(actual))
          throw new AppError('CONFLICT', `Reservation ${id} was settled with ${reservation.actual}.`);
        return { reservationId: id, actual: reservation.actual ?? actual, late: reservation.late };
      }
      const late = reservation.state === 'expired';
      await counters.moveReservation(tx, id, reservation.state, { state: 'settled', actual, late, at: clock.now() });
      for (const part of parts) {
        const settled = new Money(actual).times(part.rate).toDecimalPlaces(places, Money.ROUND_UP).toFixed();
        await counters.addToCounter(tx, reservation.tenant, part, {
          reserved: late ? '0' : `-${part.amount}`,
          settled,
        });
      }
      return { reservationId: id, actual, late };
    });
  }

  async expire(signal?: AbortSignal): Promise<number> {
    const { store, clock } = this.#parts;
    let expired = 0;
    for (let turn = 0; turn < maxBatches && !signal?.aborted; turn++) {
      const overdue = await counters.listOverdue(store, clock.now(), batch);
      for (const { id } of overdue) if (await store.transaction((tx) => this.#expireOne(tx, id))) expired += 1;
      if (overdue.length < batch) break;
    }
    const now = clock.now().getTime();
    await counters.pruneCounters(
      store,
      new Date(now - reservationsKeptDays * 86_400_000),
      addDays(dayOf(now, 'UTC'), -countersKeptDays),
    );
    return expired;
  }

  /** What the counters of a budget say of its present window. */
  async counted(budget: Budget): Promise<Counted> {
    return countedOf(budget, await this.#days(this.#parts.store, budget, this.#parts.clock.now()));
  }

  #days(store: Store, budget: Budget, at: Date): Promise<counters.CounterDay[]> {
    const today = dayOf(at.getTime(), budget.settings.timeZone);
    const { from } = windowOf(budget.settings.window, today);
    return counters.listCounterDays(store, budget.tenant, budget.id, from, today);
  }

  /** Reservations whose time is over hold nothing, also where nobody has swept them yet. */
  async #noRoom(tx: Store, budget: Budget, amount: Money, at: Date): Promise<NoRoom | undefined> {
    const today = dayOf(at.getTime(), budget.settings.timeZone);
    const days = await this.#days(tx, budget, at);
    const room = noRoomFor(amount, budget, days, today);
    if (room === undefined) return undefined;
    const overdue = await counters.overdueAmounts(tx, budget, at);
    if (overdue.size === 0) return room;
    const held = days.map((day) => ({
      ...day,
      reserved: new Money(day.reserved).minus(overdue.get(day.day) ?? 0).toFixed(),
    }));
    return noRoomFor(amount, budget, held, today);
  }

  /** The reservation and its parts, under the locks of its budgets. */
  async #locked(tx: Store, id: string) {
    const seen = await counters.findReservation(tx, id);
    if (!seen) throw noReservation(id);
    const parts = await counters.listParts(tx, id);
    await lockBudgets(
      tx,
      seen.tenant,
      parts.map(({ budgetId }) => budgetId),
    );
    const reservation = await counters.lockReservation(tx, id);
    if (!reservation) throw noReservation(id);
    return { reservation, parts };
  }

  async #expireOne(tx: Store, id: string): Promise<boolean> {
    const { reservation, parts } = await this.#locked(tx, id);
    if (!(await counters.moveReservation(tx, id, 'open', { state: 'expired' }))) return false;
    for (const part of parts)
      await counters.addToCounter(tx, reservation.tenant, part, { reserved: `-${part.amount}`, settled: '0' });
    return true;
  }

  /** What one unit of the request is worth in each currency of the budgets. */
  async #ratesOf(request: ReserveRequest, budgets: readonly Budget[], at: Date): Promise<Map<string, string>> {
    const rates = new Map([[request.currency, '1']]);
    const day = at.toISOString().slice(0, 10);
    for (const { settings } of budgets) {
      if (rates.has(settings.currency)) continue;
      const found = await this.#parts.prices?.rates(request.currency, settings.currency, day, day, request.tenant);
      const rate = found?.get(day)?.rate;
      if (rate === undefined)
        throw new AppError('UNPROCESSABLE', `There is no rate from ${request.currency} to ${settings.currency}.`, {
          help: 'Add one under prices, or make the budget in the currency of the calls.',
        });
      rates.set(settings.currency, rate);
    }
    return rates;
  }
}

function checkRequest({ amount, currency, ttlMs, keys, id }: ReserveRequest): void {
  const problems = [
    ...(decimal.test(amount) ? [] : ['`amount` must be an exact decimal, 0 or more']),
    ...(/^[A-Z]{3}$/.test(currency) ? [] : ['`currency` must be a code of ISO 4217']),
    ...(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= longestTtlMs ? [] : ['`ttlMs` must be 1 to 86400000']),
    ...(Object.keys(keys).length <= maxKeys ? [] : [`\`keys\` must be at most ${maxKeys}`]),
    ...(id === undefined || uuid.test(id) ? [] : ['`id` must be a UUID']),
  ];
  if (problems.length > 0) throw new AppError('VALIDATION_FAILED', `Correct: ${problems.join('; ')}.`);
}

/** The answer to a request that came before. */
function knownAnswer(known: counters.ReservationRow, request: ReserveRequest): Reserved {
  const isSame =
    known.tenant === request.tenant &&
    known.currency === request.currency &&
    new Money(known.amount).eq(request.amount);
  if (!isSame) throw new AppError('CONFLICT', 'This id was used for another reservation; choose a new one.');
  return { ok: true, reservationId: known.id, expiresAt: known.expiresAt.toISOString(), wouldRefuse: [] };
}

function noReservation(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no reservation ${id.slice(0, 64)}.`, {
    help: 'Reservations are kept for 35 days.',
  });
}
