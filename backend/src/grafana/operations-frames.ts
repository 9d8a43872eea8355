import { Decimal } from 'decimal.js';
import type { FrameJson } from './frame.ts';
import type { ReconciliationAnswer, SourceState } from './ports.ts';
import { money, number, numbers, share, table, texts } from './table-columns.ts';

const HOUR_MS = 3_600_000;

/** What feeds the numbers: how old each is, and 1 in `late` where something is wrong, for alert rules. */
export function sourcesTable(refId: string, sources: readonly SourceState[], now: Date): FrameJson {
  const age = ({ lastAt }: SourceState): number | null =>
    lastAt === null ? null : (now.getTime() - Date.parse(lastAt)) / HOUR_MS;
  return table(
    'sources',
    refId,
    [
      texts('source', 'Source', sources, ({ source }) => source),
      texts('kind', 'Kind', sources, ({ kind }) => kind),
      texts('state', 'State', sources, ({ state }) => state),
      numbers('ageHours', 'Last arrival', sources, age, { unit: 'h', decimals: 1 }),
      numbers('rows', 'Rows', sources, ({ rows }) => rows, { unit: 'short', decimals: 0 }),
      numbers('quarantined', 'Left out of the last file', sources, ({ quarantined }) => quarantined, { decimals: 0 }),
      numbers('late', 'Late', sources, ({ state }) => (state === 'stale' ? 1 : 0), { decimals: 0 }),
    ],
    [],
  );
}

/** Bills beside estimates by provider; `share` is the size of the difference as a part of the bill. */
export function reconciliationTable(refId: string, { from, to, providers }: ReconciliationAnswer): FrameJson {
  const currencies = new Set(providers.map(({ currency }) => currency));
  const [only = ''] = currencies;
  const amount = money(currencies.size === 1 ? only : '');
  return table(
    'reconciliation',
    refId,
    [
      texts('provider', 'Provider', providers, ({ provider }) => provider),
      numbers('share', 'Difference, share', providers, ({ percent }) => sizeOf(percent), share),
      numbers('difference', 'Difference', providers, (row) => number(row.difference), amount),
      numbers('billed', 'Billed', providers, (row) => number(row.billed), amount),
      numbers('estimated', 'Estimated', providers, (row) => number(row.estimated), amount),
      numbers('days', 'Days with a bill', providers, ({ days }) => days, { decimals: 0 }),
      texts('cause', 'Largest cause', providers, ({ causes }) => largest(causes)),
      texts('currency', 'Currency', providers, ({ currency }) => currency),
    ],
    [{ severity: 'info', text: `Whole UTC days from ${from} to ${to}, the last one not counted.` }],
  );
}

const sizeOf = (percent: string | null): number | null =>
  percent === null ? null : new Decimal(percent).abs().div(100).toNumber();

function largest(causes: readonly { cause: string; amount: string }[]): string {
  const [first] = [...causes].sort((a, b) => new Decimal(b.amount).abs().comparedTo(new Decimal(a.amount).abs()));
  return first?.cause ?? '';
}
