import { Decimal } from 'decimal.js';
import { formats, type FormatName } from './formats.ts';

/** One row of a FOCUS data set as texts; null and absent are the same. */
export type FocusRecord = Readonly<Record<string, string | null>>;

/** What a rule demands of a row, as the rule model writes it. */
export type Check =
  | { kind: 'all' | 'any'; items: readonly Check[] }
  | { kind: 'rule'; id: string }
  | { kind: 'present'; column: string }
  | { kind: 'value' | 'notValue'; column: string; value: string | null }
  | { kind: 'same' | 'notSame'; column: string; other: string }
  | { kind: 'atLeast'; column: string; least: string }
  | { kind: 'later'; column: string; than: string }
  | { kind: 'product'; column: string; factor: string; result: string }
  | { kind: 'oneParent'; column: string; parent: string; count: number }
  | { kind: 'format'; column: string; format: FormatName }
  | { kind: 'unknown'; name: string };

const Exact = Decimal.clone({ precision: 160 });

/**
 * Whether a row satisfies a requirement; undefined where a null keeps it from being told, as in SQL: that a value must be
 * one of some says nothing of a row that has none, for nullability has rules of its own.
 */
export function satisfies(check: Check, row: FocusRecord): boolean | undefined {
  switch (check.kind) {
    case 'all':
      return check.items.reduce<boolean | undefined>((so, item) => and(so, satisfies(item, row)), true);
    case 'any':
      return check.items.reduce<boolean | undefined>((so, item) => or(so, satisfies(item, row)), false);
    case 'value':
    case 'notValue':
      return equality(check, row);
    case 'same':
    case 'notSame': {
      const [one, other] = [row[check.column] ?? null, row[check.other] ?? null];
      return one === null || other === null ? undefined : (one === other) === (check.kind === 'same');
    }
    case 'product':
      return product(check, row);
    case 'rule':
    case 'present':
    case 'oneParent':
    case 'unknown':
      return undefined;
    default:
      return ofOneValue(check, row[check.column] ?? null, row);
  }
}

function ofOneValue(
  check: Extract<Check, { kind: 'atLeast' | 'later' | 'format' }>,
  value: string | null,
  row: FocusRecord,
): boolean | undefined {
  if (value === null) return undefined;
  if (check.kind === 'format') return formats[check.format](value);
  if (check.kind === 'atLeast') return formats.numeric(value) && new Exact(value).gte(check.least);
  const than = row[check.than] ?? null;
  return than === null ? undefined : Date.parse(value) > Date.parse(than);
}

function equality(check: { kind: 'value' | 'notValue'; column: string; value: string | null }, row: FocusRecord) {
  const value = row[check.column] ?? null;
  if (check.value === null) return (value === null) === (check.kind === 'value');
  if (value === null) return undefined;
  return equal(value, check.value) === (check.kind === 'value');
}

/** Numbers are compared by their value: 0.00 is 0. */
function equal(value: string, wanted: string): boolean {
  if (value === wanted) return true;
  return formats.numeric(value) && formats.numeric(wanted) && new Exact(value).eq(wanted);
}

/** A quotient need not end: a unit price of 2/3 has no exact product, so that a trillionth of the amount is no difference. */
const tolerance = '1e-12';

function product(check: { column: string; factor: string; result: string }, row: FocusRecord): boolean | undefined {
  const values = [check.column, check.factor, check.result].map((name) => row[name] ?? null);
  if (values.some((value) => value === null || !formats.numeric(value))) return undefined;
  const [one, other, result] = values as [string, string, string];
  return new Exact(one).times(other).minus(result).abs().lte(new Exact(result).abs().times(tolerance));
}

/**
 * Whether a condition holds for a row. A row without a value has not the value: a charge whose class is null is not a
 * correction.
 */
export function holds(check: Check, row: FocusRecord): boolean {
  if (check.kind === 'all') return check.items.every((item) => holds(item, row));
  if (check.kind === 'any') return check.items.some((item) => holds(item, row));
  const known = satisfies(check, row);
  return known ?? (check.kind === 'notValue' || check.kind === 'notSame');
}

/** Every column that a check reads. */
export function columnsOf(check: Check): string[] {
  switch (check.kind) {
    case 'all':
    case 'any':
      return check.items.flatMap(columnsOf);
    case 'same':
    case 'notSame':
      return [check.column, check.other];
    case 'product':
      return [check.column, check.factor, check.result];
    case 'oneParent':
      return [check.column, check.parent];
    case 'later':
      return [check.column, check.than];
    case 'rule':
    case 'unknown':
      return [];
    default:
      return [check.column];
  }
}

function and(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === false || other === false) return false;
  return one === undefined || other === undefined ? undefined : true;
}

function or(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === true || other === true) return true;
  return one === undefined || other === undefined ? undefined : false;
}
