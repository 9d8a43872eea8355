import type { Store } from '../platform/store/index.ts';
import type { AllotmentNews, AllotmentTerms } from './allotment.ts';
import {
  insertAllotments,
  lockAllotments,
  updateAllotments,
  type AllotmentRow,
  type AllotmentUpdate,
} from './allotment-repository.ts';
import { lockBudgets, type LockedBudget } from './budget-repository.ts';
import { addToCounters, insertReservations, listPartsOf, type CounterChange, type Part } from './counter-repository.ts';
import { Money, zero } from './money.ts';
import { Standing } from './standing.ts';

const places = 18;
/** Share of what is left that may be held for calls to come. */
const share = 8;

/** What a process asks for one of its allotments. */
export interface AllotmentAsk {
  terms: AllotmentTerms;
  /** Versions of the budgets as the process knows them. */
  versions: ReadonlyMap<string, number>;
  news: AllotmentNews;
  /** Calls that wait, in their order; as many of the first as fit are allowed for. */
  waiting: readonly Money[];
  /** What calls to come will need, and the largest of them: less than that is not worth holding. */
  ahead: Money;
  largest: Money;
  /** So much more than was held have its calls under way come to need. */
  owed: Money;
  /** It is to hold only what its calls need: the rest was recalled. */
  lean: boolean;
  /** All its calls are over, and no more will come. */
  close: boolean;
}

export interface AllotmentAnswer {
  held: Money;
  /** So many of those that wait are allowed for. */
  granted: number;
  /** Nothing more may be given out: a budget was changed, or the allotment expired. */
  over: boolean;
  /** Little is left, or it was called back: calls are better reserved one by one. */
  scarce: boolean;
  recalledUntil?: Date | undefined;
}

interface Turn {
  tx: Store;
  tenant: string;
  holder: string;
  at: Date;
  /** Until then it holds what it holds, if nothing more is heard of it. */
  expiresAt: Date;
}

/** Takes in what became of allotments of one process and holds more or less for them, in one transaction. */
export async function allot(turn: Turn, asks: readonly AllotmentAsk[]): Promise<AllotmentAnswer[]> {
  const { tx, tenant, at } = turn;
  const ids = new Set(asks.flatMap(({ terms }) => terms.parts.map(({ budgetId }) => budgetId)));
  const locked = new Map((await lockBudgets(tx, tenant, [...ids])).map((budget) => [budget.id, budget]));
  const standings = new Map([...locked.values()].map((budget) => [budget.id, new Standing(tx, budget, at)]));
  const rows = await lockAllotments(
    tx,
    asks.map(({ terms }) => terms.id),
    at,
  );
  const fresh = asks.filter(({ terms, news }) => !rows.has(terms.id) && news.settled === 0);
  await create(turn, fresh);
  const parts = await listPartsOf(
    tx,
    asks.map(({ terms }) => terms.id),
  );
  const updates: AllotmentUpdate[] = [];
  const changes: CounterChange[] = [];
  const answers: AllotmentAnswer[] = [];
  for (const ask of asks) {
    const row = rows.get(ask.terms.id) ?? (fresh.includes(ask) ? newRow(turn, ask) : undefined);
    const own = parts.get(ask.terms.id) ?? [];
    if (!row?.open) {
      answers.push({ held: zero, granted: 0, over: true, scarce: false });
      continue;
    }
    const { answer, update, counters } = await one(ask, { row, parts: own, locked, standings, at });
    answers.push(answer);
    updates.push(update);
    changes.push(...counters);
  }
  await updateAllotments(tx, updates, turn);
  await addToCounters(tx, tenant, changes);
  return answers;
}

async function create({ tx, tenant, holder, at, expiresAt }: Turn, asks: readonly AllotmentAsk[]): Promise<void> {
  if (asks.length === 0) return;
  await insertReservations(
    tx,
    asks.map(({ terms: { id, currency, parts } }) => ({
      ...{ id, tenant, amount: '0', currency, at, expiresAt },
      parts: parts.map((part) => ({ ...part, amount: '0' })),
    })),
  );
  await insertAllotments(
    tx,
    asks.map(({ terms: { id } }) => ({ id, tenant, holder, at })),
  );
}

function newRow({ tenant, holder }: Turn, { terms }: AllotmentAsk): AllotmentRow {
  return {
    id: terms.id,
    tenant,
    holder,
    state: 'open',
    held: '0',
    spent: '0',
    settled: '0',
    open: true,
    overdue: false,
  };
}

interface Known {
  row: AllotmentRow;
  parts: readonly Part[];
  locked: ReadonlyMap<string, LockedBudget>;
  standings: ReadonlyMap<string, Standing>;
  at: Date;
}

async function one(
  ask: AllotmentAsk,
  known: Known,
): Promise<{ answer: AllotmentAnswer; update: AllotmentUpdate; counters: CounterChange[] }> {
  const { news, close, lean, terms } = ask;
  const { row, parts } = known;
  const isExpired = row.state === 'expired';
  const isEmpty = close || isExpired || row.overdue;
  const spent = news.spent.minus(row.spent);
  const kept = isEmpty ? zero : Money.max(0, Money.min(news.keep, new Money(row.held).minus(spent)));
  const settled = parts.map(({ rate }) => inBudget(spent, rate));
  const before = parts.map(({ amount }) => (isExpired ? zero : new Money(amount)));
  const left = parts.map(({ rate }) => inBudget(kept, rate));
  await move(known, before, left, settled);
  const isOver = isEmpty || isStale(ask, known);
  const grant = isOver ? { granted: 0, more: zero, scarce: false } : await grantOf(ask, known);
  const held = kept.plus(grant.more);
  const after = parts.map(({ rate }) => inBudget(held, rate));
  await move(known, left, after);
  return {
    answer: { held, granted: grant.granted, over: isOver, scarce: grant.scarce, recalledUntil: recalledUntil(known) },
    update: {
      ...{ id: terms.id, held: held.toFixed(), spent: news.spent.toFixed(), settled: news.settled },
      ...{ close, lean, late: isExpired || row.overdue },
      parts: parts.map(({ budgetId, day }, index) => ({ budgetId, day, amount: after[index]!.toFixed() })),
    },
    counters: parts.map(({ budgetId, day }, index) => ({
      budgetId,
      day,
      reserved: after[index]!.minus(before[index]!).toFixed(),
      settled: settled[index]!.toFixed(),
    })),
  };
}

function inBudget(amount: Money, rate: string): Money {
  return amount.times(rate).toDecimalPlaces(places, Money.ROUND_UP);
}

async function move(
  { parts, standings }: Known,
  from: readonly Money[],
  to: readonly Money[],
  settled?: readonly Money[],
): Promise<void> {
  for (const [index, { budgetId, day }] of parts.entries())
    await standings.get(budgetId)?.move(day, to[index]!.minus(from[index]!), settled?.[index]);
}

/** Whether a budget is another one than the process knows. */
function isStale({ versions }: AllotmentAsk, { parts, locked }: Known): boolean {
  return parts.some(({ budgetId }) => {
    const budget = locked.get(budgetId);
    return !budget || budget.deleted || budget.version !== versions.get(budgetId);
  });
}

function recalledUntil({ parts, locked }: Known): Date | undefined {
  const times = parts.flatMap(({ budgetId }) => locked.get(budgetId)?.recalledUntil ?? []);
  return times.sort((one, other) => other.getTime() - one.getTime())[0];
}

/** How many of the calls that wait fit, and how much more is held for them and for calls to come. */
async function grantOf(ask: AllotmentAsk, known: Known): Promise<{ granted: number; more: Money; scarce: boolean }> {
  const { waiting, lean } = ask;
  const left = await leftFor(ask, known);
  let needed = Money.max(0, ask.owed);
  let granted = 0;
  for (const amount of waiting) {
    if (left && needed.plus(amount).gt(left)) break;
    needed = needed.plus(amount);
    granted += 1;
  }
  if (left && needed.gt(left)) return { granted: 0, more: zero, scarce: true };
  const recalled = recalledUntil(known);
  const spare = left ? left.minus(needed).div(share).toDecimalPlaces(places) : ask.ahead;
  const scarce =
    lean || granted < waiting.length || (recalled !== undefined && recalled > known.at) || spare.lt(ask.largest);
  return { granted, more: scarce ? needed : needed.plus(Money.min(ask.ahead, spare)), scarce };
}

/** What may still be held, in the currency of the allotment; undefined where no budget bounds it. */
async function leftFor(
  { waiting, ahead }: AllotmentAsk,
  { parts, locked, standings }: Known,
): Promise<Money | undefined> {
  const wanted = waiting.reduce((sum, amount) => sum.plus(amount), ahead);
  let least: Money | undefined;
  for (const { budgetId, rate } of parts) {
    if (locked.get(budgetId)?.settings.enforcement !== 'enforce') continue;
    const left = (await standings.get(budgetId)!.left(inBudget(wanted, rate))).div(rate);
    // Rounding up may take one unit of the last place for what is kept, and one for what is added.
    const own = new Money(rate).eq(1) ? left : left.minus(new Money(2).div(rate).div(1e18));
    const rounded = Money.max(0, own.toDecimalPlaces(places, Money.ROUND_DOWN));
    least = least ? Money.min(least, rounded) : rounded;
  }
  return least;
}
