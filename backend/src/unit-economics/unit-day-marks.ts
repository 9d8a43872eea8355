import { createHash } from 'node:crypto';
import { dayMs, type ActiveDrop } from '../cost/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Frame } from './frame-sql.ts';
import type { SharedDimension } from './selection.ts';

/** To be counted up with every change of how a day is worked out: what was kept before is then not found any more. */
const formula = 3;

/** Roll-up of a day of usage. */
export interface SealedDay {
  /** Days since 1970. */
  day: number;
  id: string;
}

/** What the days of a frame are made of. */
export interface DayInputs {
  bills: readonly ActiveDrop[];
  sealed: readonly SealedDay[];
}

export interface DayMarks {
  /** Of everything that is asked the same way of each day. */
  selection: string;
  /** Mark of each day of both spans, in days since 1970. */
  marks: ReadonlyMap<number, string>;
}

/**
 * The marks of the days of a frame: two days have the same one only where they were made of the same drops of bills and of usage
 * with the same rates and names, told by the same filtered dimension. Drops are whole and do not change, so that a day that stands under its mark is right.
 */
export function dayMarks(frame: Frame, inputs: DayInputs, scope: Scope, told: SharedDimension | undefined): DayMarks {
  const { exchange, metric } = frame;
  const currencies = [...exchange.rates.keys()].sort();
  // A line that is not measured in tokens is the cost of a language model only where its model has usage in the span.
  const named = frame.models.billed
    .filter(({ tokenUnit, isLanguage }) => isLanguage && !tokenUnit)
    .map(({ provider, model }) => `${provider}\n${model}`)
    .sort();
  const regions = scope.regions === 'all' ? 'all' : [...scope.regions].sort();
  const selection = idOf([formula, scope.tenant, regions, metric, exchange.currency, currencies, named, told ?? '']);
  const reaching = new Set([...frame.reaching, ...frame.drops]);
  const bills = inputs.bills.filter(({ dropId }) => reaching.has(dropId));
  const sealed = Map.groupBy(inputs.sealed, ({ day }) => day);
  const marks = daysOf(frame).map((day): [number, string] => {
    const [from, to] = [day * dayMs, (day + 1) * dayMs];
    const own = bills.filter(
      (drop) => drop.chargeFrom * 1000 < to && Math.max(drop.chargeTo, drop.chargeLast) * 1000 >= from,
    );
    const rates = currencies.map((currency) => exchange.rates.get(currency)![(from - exchange.firstDay) / dayMs] ?? '');
    const drops = own.map(({ dropId }) => dropId).sort();
    const usage = (sealed.get(day) ?? []).map(({ id }) => id).sort();
    return [day, idOf([selection, day, drops, usage, rates])];
  });
  return { selection, marks: new Map(marks) };
}

/** The days of both spans, in days since 1970. */
export function daysOf({ span, previous }: Pick<Frame, 'span' | 'previous'>): number[] {
  const days = [previous, span].flatMap(({ from, to }) =>
    Array.from({ length: (to - from) / dayMs }, (_, place) => from / dayMs + place),
  );
  return [...new Set(days)].sort((a, b) => a - b);
}

/** Days since 1970 as text. */
export function dayName(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** A hash as a UUID. */
function idOf(parts: unknown): string {
  const digits = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
