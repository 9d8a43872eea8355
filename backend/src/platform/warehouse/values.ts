import { Decimal } from 'decimal.js';
import type { WarehouseParams } from './contract.ts';

/** Parameters as the client can bind them: exact amounts as digits, never in exponent form or as a float. */
export function bindable(params: WarehouseParams | undefined): WarehouseParams {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, plain(value)]));
}

function plain(value: unknown): unknown {
  if (Decimal.isDecimal(value)) return value.toFixed();
  return Array.isArray(value) ? value.map(plain) : value;
}

/** One row as a line of JSONEachRow: amounts and 64-bit integers as strings, instants in ISO form. */
export function insertLine(row: object): string {
  // A replacer is asked for every member, which costs more than all the rest: most rows need none.
  return `${isPlain(row) ? JSON.stringify(row) : JSON.stringify(row, exact)}\n`;
}

/** Whether JSON writes the value as it is meant: texts, numbers, and lists and objects of them. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  if (Array.isArray(value)) {
    for (const one of value) if (!isPlain(one)) return false;
    return true;
  }
  if (Decimal.isDecimal(value)) return false;
  for (const name in value) if (!isPlain((value as Record<string, unknown>)[name])) return false;
  return true;
}

function exact(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const before = (this as Record<string, unknown>)[key]; // JSON has called Decimal's toJSON already
  return Decimal.isDecimal(before) ? before.toFixed() : value;
}
