import { exact, exactText } from '../platform/amounts/index.ts';
import { shareText, valueOf } from './cards.ts';
import type { BreakdownRow, Quantiles } from './contract.ts';
import type { SessionTotal } from './session-factors.ts';
import type { JobRow, SessionRow, Spread, UnitRow } from './unit-repository.ts';

/** Sums of one value of both periods. */
export interface UnitSums {
  key: string;
  billed: bigint;
  estimated: bigint;
  modelCost: bigint;
  requests: bigint;
  tokens: bigint;
  sessions: bigint;
  gpuHours: bigint;
  previousCost: bigint;
  shared?: bigint;
  revenue?: bigint;
}

const none = {
  ...{ billed: 0n, estimated: 0n, modelCost: 0n, requests: 0n, tokens: 0n, sessions: 0n },
  ...{ gpuHours: 0n, previousCost: 0n },
};

/** Values with something in either period. */
export function sumsByKey(rows: readonly UnitRow[]): Map<string, UnitSums> {
  const sums = new Map<string, UnitSums>();
  for (const row of rows) {
    const known = sums.get(row.key) ?? { ...none, key: row.key };
    sums.set(row.key, known);
    if (row.period === 1) {
      known.previousCost += row.billed + row.estimated;
      continue;
    }
    for (const name of ['billed', 'estimated', 'modelCost', 'requests', 'tokens', 'sessions', 'gpuHours'] as const)
      known[name] += row[name];
  }
  return sums;
}

export function addSums(sums: Iterable<UnitSums>): UnitSums {
  const total: UnitSums = { ...none, key: '' };
  for (const row of sums) {
    for (const name of Object.keys(none) as (keyof typeof none)[]) total[name] += row[name];
    if (row.shared !== undefined) total.shared = (total.shared ?? 0n) + row.shared;
    if (row.revenue !== undefined) total.revenue = (total.revenue ?? 0n) + row.revenue;
  }
  return total;
}

const costOf = (row: UnitSums) => row.billed + row.estimated;

/** Revenue less cost and shared cost; undefined where no revenue is known. */
export function marginOf(row: UnitSums): bigint | undefined {
  return row.revenue === undefined ? undefined : row.revenue - costOf(row) - (row.shared ?? 0n);
}

/** The largest first; of equals by name. A change counts by its size; the smallest margin comes first, unknown ones last. */
export function sortSums(rows: UnitSums[], by: 'cost' | 'change' | 'margin'): UnitSums[] {
  const rank = (row: UnitSums): bigint | undefined => {
    if (by === 'cost') return costOf(row);
    if (by === 'change') return size(costOf(row) - row.previousCost);
    const margin = marginOf(row);
    return margin === undefined ? undefined : -margin;
  };
  return rows.sort((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    if (one === other) return a.key < b.key ? -1 : 1;
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
    return one > other ? -1 : 1;
  });
}

/** A row as it is answered. */
export function breakdownRow(row: UnitSums, hasPrevious: boolean, withUsage: boolean): BreakdownRow {
  const cost = costOf(row);
  const change = cost - row.previousCost;
  const margin = marginOf(row);
  const per = (quantity: bigint, times = 1) =>
    withUsage ? valueOf(row.modelCost, quantity * 10n ** 30n, times) : undefined;
  return {
    key: row.key,
    cost: exactText(cost),
    billed: exactText(row.billed),
    estimated: exactText(row.estimated),
    modelCost: exactText(row.modelCost),
    requests: Number(row.requests),
    tokens: Number(row.tokens),
    sessions: Number(row.sessions),
    ...(row.shared === undefined ? {} : { shared: exactText(row.shared) }),
    ...(row.gpuHours === 0n ? {} : { gpuHours: exactText(row.gpuHours) }),
    ...optional('costPerRequest', per(row.requests)),
    ...optional('costPer1000Tokens', per(row.tokens, 1000)),
    ...optional('costPerSession', per(row.sessions)),
    ...(hasPrevious ? { previousCost: exactText(row.previousCost), change: exactText(change) } : {}),
    ...(hasPrevious && row.previousCost !== 0n ? { changeShare: shareText(change, row.previousCost) } : {}),
    ...(row.revenue === undefined ? {} : { revenue: exactText(row.revenue) }),
    ...(margin === undefined ? {} : { margin: exactText(margin) }),
    ...(margin === undefined || !row.revenue ? {} : { marginShare: shareText(margin, row.revenue) }),
  };
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>);
}

export function jobSums(row: JobRow): UnitSums {
  return {
    ...none,
    key: row.key,
    billed: exact(row.cost),
    gpuHours: exact(row.gpuHours),
    previousCost: exact(row.previousCost),
  };
}

export function sessionSums(row: SessionRow): UnitSums {
  const [cost, billed] = [exact(row.cost), exact(row.billed)];
  const [requests, tokens] = [BigInt(row.requests), BigInt(row.tokens)];
  return { ...none, key: row.key, billed, estimated: cost - billed, modelCost: cost, requests, tokens, sessions: 1n };
}

/** All sessions in one row. */
export function sessionTotalSums(total: SessionTotal | undefined, sessions: number): UnitSums {
  if (total === undefined) return { ...none, key: '', sessions: BigInt(sessions) };
  const { cost, billed, requests, tokens } = total;
  const sums = { ...none, key: '', billed, estimated: cost - billed, modelCost: cost };
  return { ...sums, requests, tokens, sessions: BigInt(sessions) };
}

/** Undefined where there is nothing to be spread. */
export function quantilesOf(spread: Spread | undefined): Quantiles | undefined {
  if (spread === undefined || spread.n === '0') return undefined;
  const [p10, p50, p90, p95, p99] = spread.quantiles.map((value) => shortText(value));
  return {
    count: Number(spread.n),
    p10: p10 ?? '0',
    p50: p50 ?? '0',
    p90: p90 ?? '0',
    p95: p95 ?? '0',
    p99: p99 ?? '0',
    max: spread.largest,
  };
}

/** A statistic, not a sum: ten digits of a number that may be written with an exponent. */
function shortText(value: string): string {
  const number = Number(value);
  return Number.isFinite(number) ? number.toFixed(10).replace(/\.?0+$/, '') : '0';
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}
