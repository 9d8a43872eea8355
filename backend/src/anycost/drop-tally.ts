import type { LoadableRow } from './charge-row.ts';

/** What is known of the rows of one month that go into the warehouse. */
export interface DropTally {
  id: string;
  period: string;
  version: bigint;
  rows: number;
  quarantined: number;
  currencies: Set<string>;
  /** The drop is visible already and gets back rows that the warehouse lost. */
  isRestored: boolean;
  /** Unix seconds. */
  chargeFrom: number;
  chargeLast: number;
  chargeTo: number;
}

export function newTally(id: string, period: string, version: bigint, isRestored = false): DropTally {
  return {
    id,
    period,
    version,
    rows: 0,
    quarantined: 0,
    currencies: new Set(),
    isRestored,
    chargeFrom: Infinity,
    chargeLast: 0,
    chargeTo: 0,
  };
}

export function count(
  tally: DropTally,
  { currency, chargeStart, chargeEnd }: Pick<LoadableRow, 'currency' | 'chargeStart' | 'chargeEnd'>,
): void {
  tally.rows += 1;
  tally.currencies.add(currency);
  tally.chargeFrom = Math.min(tally.chargeFrom, chargeStart);
  tally.chargeLast = Math.max(tally.chargeLast, chargeStart);
  tally.chargeTo = Math.max(tally.chargeTo, chargeEnd);
}
