import type { MappedRow } from './focus-row.ts';

type LoadedRow = Extract<MappedRow, { ok: true }>;

/** What is known of the rows of one month that go into the warehouse. */
export interface DropTally {
  id: string;
  period: string;
  version: bigint;
  rows: number;
  quarantined: number;
  currencies: Set<string>;
  /** Unix seconds. */
  chargeFrom: number;
  chargeLast: number;
  chargeTo: number;
}

export function newTally(id: string, period: string, version: bigint): DropTally {
  return {
    id,
    period,
    version,
    rows: 0,
    quarantined: 0,
    currencies: new Set(),
    chargeFrom: Infinity,
    chargeLast: 0,
    chargeTo: 0,
  };
}

export function count(tally: DropTally, { currency, chargeStart, chargeEnd }: LoadedRow): void {
  tally.rows += 1;
  tally.currencies.add(currency);
  tally.chargeFrom = Math.min(tally.chargeFrom, chargeStart);
  tally.chargeLast = Math.max(tally.chargeLast, chargeStart);
  tally.chargeTo = Math.max(tally.chargeTo, chargeEnd);
}
