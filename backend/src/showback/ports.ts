import type { Filter } from '../cost/index.ts';
import type { ExportFiles } from '../focus-export/index.ts';
import type { Scope } from '../platform/identity/index.ts';

/** Shared costs split by the rules of the tenant: bills = the totals of the rows + unallocated, exactly. */
export interface AllocationReport {
  currency: string;
  bills: string;
  rows: readonly {
    owner: string;
    direct: string;
    shared: readonly { rule: string; amount: string }[];
    total: string;
    lines: number;
  }[];
  unallocated: string;
  rules: readonly { name: string }[];
  notices: readonly { severity: 'info' | 'warning'; text: string; ko?: string }[];
}

export interface AllocationPort {
  report(
    query: {
      from: Date;
      to: Date;
      by: 'x_Team' | 'x_Product' | 'x_Customer';
      /** The span is whole days of it. */
      timeZone: string;
      /** Those on other dimensions leave lines, those on `by` leave owners with their parts of shared costs. */
      filters: readonly Filter[];
      /** Rates of each day from the first one. */
      exchange: { currency: string; rates: ReadonlyMap<string, readonly string[]>; firstDay: string };
      metric?: 'BilledCost' | 'EffectiveCost' | 'ListCost' | 'ContractedCost';
    },
    scope: Scope,
  ): Promise<AllocationReport>;
}

export interface PricesPort {
  /** Rates for many days at once: day → rate. @throws AppError UNPROCESSABLE naming the rate that is missing */
  rates(
    from: string,
    to: string,
    firstDay: string,
    lastDay: string,
    tenant: string,
  ): Promise<ReadonlyMap<string, { rate: string; rateDay: string; source: string }>>;
}

export interface ShowbackPorts {
  /** Keeps files that are too large to answer at once, and those that schedules send. */
  files: ExportFiles;
  /** Absent: reports without shared cost rules only. */
  allocation?: AllocationPort;
  /** Absent: reports in the currency of the bills only. */
  prices?: PricesPort;
}
