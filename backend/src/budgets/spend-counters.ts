import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import { Batching, type Outcome } from './batching.ts';
import { covers, type Budget } from './budget.ts';
import { listEnforced, lockBudgets } from './budget-repository.ts';
import * as counters from './counter-repository.ts';
import type { NoRoom, Reserved, ReserveRequest, Settled } from './doors.ts';
import { Money } from './money.ts';
import type { BudgetPorts } from './ports.ts';
import { ratesOf } from './rates.ts';
import { checkRequest, decimal, uuid } from './reserve-request.ts';
import { countedOf, type Counted } from './room-left.ts';
import { daysOf, Standing } from './standing.ts';
import { addDays, dayOf } from './zoned-day.ts';

const batch = 200;
const maxBatches = 50;
const reservationsKeptDays = 35;
const countersKeptDays = 800;
const places = 18;
/** Requests that one transaction may hold: more would keep the budgets locked for long. */
const mostAtATime = 200;
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
  readonly #reserving = new Batching<ReserveRequest, Reserved>(mostAtATime, (requests) => this.#reserveAll(requests));
  readonly #settling = new Batching<{ id: string; actual: string }, Settled>(mostAtATime, (asked) =>
    this.#settleAll(asked),
  );

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
    return this.#reserving.add(request);
  }

  async settle(reservationId: string, actual: string): Promise<Settled> {
    if (!uuid.test(reservationId)) throw noReservation(reservationId);
    if (!decimal.test(actual)) throw new AppError('VALIDATION_FAILED', '`actual` must be an exact decimal, 0 or more.');
    return this.#settling.add({ id: reservationId.toLowerCase(), actual });
  }

  /** Requests of one tenant in one transaction, in their order, each by itself: one that is refused stops no other. */
  async #reserveAll(requests: readonly ReserveRequest[]): Promise<Outcome<Reserved>[]> {
    const outcomes = new Map<ReserveRequest, Outcome<Reserved>>();
    for (const tenant of new Set(requests.map((request) => request.tenant))) {
      const own = requests.filter((request) => request.tenant === tenant);
      await this.#reserveOf(tenant, own, outcomes);
    }
    return requests.map((request) => outcomes.get(request)!);
  }

  async #reserveOf(
    tenant: string,
    requests: readonly ReserveRequest[],
    outcomes: Map<ReserveRequest, Outcome<Reserved>>,
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const at = clock.now();
    const enforced = await listEnforced(store, tenant);
    const asked: Asked[] = [];
    for (const request of requests) {
      const candidates = enforced.filter(({ settings }) => covers(settings, request.keys));
      try {
        const rates = await ratesOf(request, candidates, { at, prices: this.#parts.prices });
        const id = request.id?.toLowerCase() ?? randomUUID();
        asked.push({ request, id, candidates: candidates.map((budget) => budget.id), rates });
      } catch (error) {
        outcomes.set(request, { error });
      }
    }
    if (asked.length === 0) return;
    const answers = await store.transaction((tx) => this.#grant(tx, tenant, asked, at));
    for (const [request, outcome] of answers) outcomes.set(request, outcome);
  }

  async #grant(
    tx: Store,
    tenant: string,
    asked: readonly Asked[],
    at: Date,
  ): Promise<Map<ReserveRequest, Outcome<Reserved>>> {
    const outcomes = new Map<ReserveRequest, Outcome<Reserved>>();
    const ids = [...new Set(asked.flatMap(({ candidates }) => candidates))];
    const locked = ids.length === 0 ? [] : await lockBudgets(tx, tenant, ids);
    const standings = locked
      .filter(({ deleted, settings }) => !deleted && settings.enforcement !== 'none')
      .map((budget) => new Standing(tx, budget, at));
    const named = asked.filter(({ request }) => request.id !== undefined).map(({ id }) => id);
    const known = named.length === 0 ? new Map<string, never>() : await counters.findReservations(tx, named);
    const granted = new Map<string, Granted>();
    for (const { request, id, rates } of asked) {
      const before = known.get(id);
      const twin = granted.get(id);
      try {
        if (before) outcomes.set(request, { answer: knownAnswer(before, request) });
        else if (twin) outcomes.set(request, { answer: knownAnswer(twin.row, request) });
        else {
          const own = standings.filter(({ budget }) => covers(budget.settings, request.keys));
          const answer = await grantOne(request, { id, rates, standings: own, at });
          if ('row' in answer) granted.set(id, answer);
          outcomes.set(request, { answer: 'row' in answer ? answer.reserved : answer });
        }
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        outcomes.set(request, { error });
      }
    }
    await this.#write(tx, tenant, [...granted.values()], asked, outcomes);
    return outcomes;
  }

  async #write(
    tx: Store,
    tenant: string,
    granted: readonly Granted[],
    asked: readonly Asked[],
    outcomes: Map<ReserveRequest, Outcome<Reserved>>,
  ): Promise<void> {
    if (granted.length === 0) return;
    const written = await counters.insertReservations(
      tx,
      granted.map(({ reservation }) => reservation),
    );
    const lost = granted.filter(({ row }) => !written.has(row.id)).map(({ row }) => row.id);
    if (lost.length > 0) {
      // No budget had to be locked, and the same request came twice at once.
      const twins = await counters.findReservations(tx, lost);
      for (const { request, id } of asked) {
        const twin = twins.get(id);
        if (twin) outcomes.set(request, { answer: knownAnswer(twin, request) });
      }
    }
    const parts = granted.filter(({ row }) => written.has(row.id)).flatMap(({ reservation }) => reservation.parts);
    await counters.addToCounters(
      tx,
      tenant,
      parts.map((part) => ({ ...part, reserved: part.amount, settled: '0' })),
    );
  }

  async #settleAll(asked: readonly { id: string; actual: string }[]): Promise<Outcome<Settled>[]> {
    const { store, clock } = this.#parts;
    return store.transaction(async (tx) => {
      const ids = [...new Set(asked.map(({ id }) => id))];
      const seen = await counters.findReservations(tx, ids);
      const parts = await counters.listPartsOf(tx, ids);
      for (const tenant of [...new Set([...seen.values()].map((row) => row.tenant))].sort()) {
        const own = [...seen.values()].filter((row) => row.tenant === tenant);
        const budgets = new Set(own.flatMap(({ id }) => (parts.get(id) ?? []).map(({ budgetId }) => budgetId)));
        await lockBudgets(tx, tenant, [...budgets]);
      }
      const rows = await counters.lockReservations(tx, ids);
      const settled = new Map<string, { id: string; actual: string; late: boolean; tenant: string }>();
      const outcomes = asked.map(({ id, actual }): Outcome<Settled> => {
        const row = rows.get(id);
        if (!row) return { error: noReservation(id) };
        const told = settled.get(id)?.actual ?? (row.state === 'settled' ? (row.actual ?? '0') : undefined);
        if (told !== undefined && !new Money(told).eq(actual))
          return { error: new AppError('CONFLICT', `Reservation ${id} was settled with ${told}.`) };
        const late = row.state === 'settled' ? row.late : row.state === 'expired';
        if (told === undefined) settled.set(id, { id, actual, late, tenant: row.tenant });
        return { answer: { reservationId: id, actual: told ?? actual, late } };
      });
      if (settled.size > 0) await counters.settleReservations(tx, [...settled.values()], clock.now());
      for (const tenant of new Set([...settled.values()].map((one) => one.tenant)))
        await counters.addToCounters(
          tx,
          tenant,
          [...settled.values()]
            .filter((one) => one.tenant === tenant)
            .flatMap(({ id, actual, late }) =>
              (parts.get(id) ?? []).map((part) => ({
                ...part,
                reserved: late ? '0' : `-${part.amount}`,
                settled: new Money(actual).times(part.rate).toDecimalPlaces(places, Money.ROUND_UP).toFixed(),
              })),
            ),
        );
      return outcomes;
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
    return countedOf(budget, await daysOf(this.#parts.store, budget, this.#parts.clock.now()));
  }

  /** The reservation and its parts, under the locks of its budgets: what an allotment holds changes until then. */
  async #locked(tx: Store, id: string) {
    const seen = await counters.findReservation(tx, id);
    if (!seen) throw noReservation(id);
    const budgets = (await counters.listParts(tx, id)).map(({ budgetId }) => budgetId);
    await lockBudgets(tx, seen.tenant, budgets);
    const reservation = await counters.lockReservation(tx, id);
    if (!reservation) throw noReservation(id);
    return { reservation, parts: await counters.listParts(tx, id) };
  }

  async #expireOne(tx: Store, id: string): Promise<boolean> {
    const { reservation, parts } = await this.#locked(tx, id);
    if (reservation.expiresAt > this.#parts.clock.now()) return false;
    if (!(await counters.moveReservation(tx, id, 'open', { state: 'expired' }))) return false;
    for (const part of parts)
      await counters.addToCounter(tx, reservation.tenant, part, { reserved: `-${part.amount}`, settled: '0' });
    return true;
  }
}

/** A request with what was found out before its budgets are locked. */
interface Asked {
  request: ReserveRequest;
  id: string;
  candidates: readonly string[];
  /** What one unit of the request is worth, by currency of a budget. */
  rates: ReadonlyMap<string, string>;
}

interface Granted {
  row: counters.ReservationRow;
  reservation: counters.NewReservation;
  reserved: Reserved;
}

/** Holds the amount in all of the budgets or in none. @throws AppError CONFLICT where a budget changed its currency meanwhile */
async function grantOne(
  request: ReserveRequest,
  found: { id: string; rates: ReadonlyMap<string, string>; standings: readonly Standing[]; at: Date },
): Promise<Granted | Extract<Reserved, { ok: false }>> {
  const { id, rates, standings, at } = found;
  const refused: { enforced: boolean; room: NoRoom }[] = [];
  const held: { standing: Standing; amount: Money; part: counters.Part }[] = [];
  for (const standing of standings) {
    const { budget } = standing;
    const rate = rates.get(budget.settings.currency);
    if (rate === undefined) throw new AppError('CONFLICT', `Budget ${budget.id} was changed meanwhile; try again.`);
    const amount = new Money(request.amount).times(rate).toDecimalPlaces(places, Money.ROUND_UP);
    const room = await standing.noRoom(amount);
    if (room) refused.push({ enforced: budget.settings.enforcement === 'enforce', room });
    held.push({ standing, amount, part: { budgetId: budget.id, day: standing.today, amount: amount.toFixed(), rate } });
  }
  const refusedBy = refused.filter(({ enforced }) => enforced).map(({ room }) => room);
  if (refusedBy.length > 0) return { ok: false, refusedBy };
  for (const { standing, amount } of held) await standing.move(standing.today, amount);
  const { tenant, amount, currency } = request;
  const expiresAt = new Date(at.getTime() + request.ttlMs);
  const parts = held.map(({ part }) => part);
  const wouldRefuse = refused.map(({ room }) => room);
  return {
    row: { id, tenant, amount, currency, state: 'open', expiresAt, actual: null, late: false },
    reservation: { id, tenant, amount, currency, at, expiresAt, parts },
    reserved: { ok: true, reservationId: id, expiresAt: expiresAt.toISOString(), wouldRefuse },
  };
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
