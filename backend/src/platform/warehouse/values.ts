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
  return `${JSON.stringify(row, exact)}\n`;
}

function exact(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  const before = (this as Record<string, unknown>)[key]; // JSON has called Decimal's toJSON already
  return Decimal.isDecimal(before) ? before.toFixed() : value;
}
