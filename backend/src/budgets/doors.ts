import type { Scope } from '../platform/identity/index.ts';
import type { BudgetStatus, BurnDown } from './contract.ts';

/** A call that will cost something, before it is made. */
export interface ReserveRequest {
  tenant: string;
  /** What the call belongs to, e.g. { x_Team: 'search', x_Model: 'gpt-4.1', 'tag:stage': 'ci' }. Absent counts as none. */
  keys: Readonly<Record<string, string>>;
  /** The most that the call can cost, as an exact decimal. */
  amount: string;
  currency: string;
  /** After this the reservation ends by itself, milliseconds; at most a day. */
  ttlMs: number;
  /** UUID of the caller's own: the same request again, e.g. after a lost connection, is answered as the first time. */
  id?: string;
}

/** A budget that has no room for a call. Amounts are in the currency of the budget. */
export interface NoRoom {
  budgetId: string;
  name: string;
  amount: string;
  currency: string;
  /** What could still be reserved. */
  left: string;
  /** When there is room again, at the latest: the window ends, or enough days have left it. Absent: never, it is too much. */
  windowEnds?: string;
}

export type Reserved =
  | {
      ok: true;
      reservationId: string;
      expiresAt: string;
      /** Budgets that only observe and would have refused. */
      wouldRefuse: NoRoom[];
    }
  | { ok: false; refusedBy: NoRoom[] };

/** How a reservation was settled. `late`: it had expired before, and its cost counts all the same. */
export interface Settled {
  reservationId: string;
  actual: string;
  late: boolean;
}

/** A call under budgets. Without `reservationId` no budget counts it, and nothing need be settled. */
export type Held = { ok: true; reservationId?: string } | { ok: false; refusedBy: NoRoom[] };

/** What the journal of a dead process says of money. */
export interface LedgerRemains {
  /** Names the journal, as the ledger of the process was opened with. */
  holder: string;
  /** Calls that were settled; `order` as the ledger told it. */
  settled: Iterable<{ reservationId: string; actual: string; order?: number }>;
  /** Calls that were not, and what they may have cost. */
  lost: Iterable<{ reservationId: string; actual: string }>;
}

/**
 * The budgets of one process that serves many calls: money is held for many at once and given out in memory, so that a call
 * rarely waits for the store. As exact as single reservations, on one condition: what a call cost and its `order` are on disk
 * before `settle`, and whoever finds the disk of a process that died calls `recover`.
 */
export interface BudgetLedger {
  /**
   * Names of the keys that budgets of the tenant are narrowed by: calls that differ in none of them are counted alike. At once
   * where they are known. @throws (by the promise) where the store is away
   */
  dimensions(tenant: string): ReadonlySet<string> | Promise<ReadonlySet<string>>;
  /**
   * Holds the amount in every budget that the keys belong to, or in none; at once where the process has the money.
   * @throws AppError as `Budgets.reserve` does
   */
  reserve(request: ReserveRequest): Held | Promise<Held>;
  /** The place of a call among those that settle, to be written down with its cost; undefined where none is needed. */
  orderOf(reservationId: string): number | undefined;
  /** What the call really cost; the store hears of it a moment later. Once for each order. At once where it was held here. */
  settle(reservationId: string, actual: string, order?: number): Promise<void> | undefined;
  /** Resolves when the store knows what was settled; only then may the disk forget it. @throws where the store is away */
  told(calls: Iterable<{ reservationId: string; order: number }>): Promise<void>;
  /** Settles what a dead process left behind, once, however often it is called. @throws where the store is away */
  recover(remains: LedgerRemains): Promise<void>;
  /** Tells the store everything and gives back what is not used. */
  close(): Promise<void>;
}

/** What other rooms use of budgets. */
export interface Budgets {
  /** Where the budgets that the caller may see stand, by name. */
  status(scope: Scope, query?: { ids?: readonly string[] }): Promise<BudgetStatus[]>;
  /** A budget along the days of its present window. @throws AppError NOT_FOUND where the caller sees no such budget */
  burnDown(id: string, scope: Scope): Promise<BurnDown>;
  /** Whether gateways count any budget of the tenant: where not, nothing need be reserved. Known for a second. */
  counts(tenant: string): Promise<boolean>;
  /**
   * Holds the amount in every budget with enforcement that the keys belong to, in all of them or in none.
   * @throws AppError VALIDATION_FAILED; UNPROCESSABLE where a budget has another currency and there is no rate
   */
  reserve(request: ReserveRequest): Promise<Reserved>;
  /**
   * Counts what the call really cost and gives the rest of the reservation back. Settling again changes nothing.
   * @throws AppError NOT_FOUND; CONFLICT where it was settled with another amount
   */
  settle(reservationId: string, actual: string): Promise<Settled>;
  /** Opens the ledger of this process. @param holder names the journal that its calls are written down in */
  openLedger(holder: string): BudgetLedger;
  /** Gives back what reservations hold whose time is over; resolves with how many there were. */
  expire(): Promise<number>;
  /** Looks at every budget now: spend, forecast, thresholds; tells people what is to be told. */
  evaluate(signal?: AbortSignal): Promise<void>;
}
