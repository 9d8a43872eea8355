import type { CostRow } from './contract.ts';
import type { SummedRow } from './cost-sql.ts';
import { shareOf, sumsOf, without, type Sums } from './exact-sums.ts';
import type { CostQuery } from './plan.ts';

/** The groups of an answer, the largest first, and as one row `other` what the whole has beyond them. */
export function groupRows(query: CostQuery, rows: readonly SummedRow[], total: Sums): CostRow[] {
  if (query.dims.length === 0) return rows.length === 0 ? [] : [rowOf(query, total, total, {})];
  const shown = rows.slice(0, query.limit).map((row) => ({ keys: keysOf(query, row), sums: sumsOf(row) }));
  shown.sort((one, other) => other.sums.cost.cmp(one.sums.cost));
  const built = shown.map(({ keys, sums }) => rowOf(query, sums, total, keys));
  if (rows.length <= query.limit) return built;
  const rest = without(
    total,
    shown.map(({ sums }) => sums),
  );
  return [...built, { ...rowOf(query, rest, total, otherKeys(query)), other: true }];
}

/** The rows of a series in the order of time. There may be thousands: amounts stay the texts that the warehouse wrote. */
export function bucketRows(query: CostQuery, rows: readonly SummedRow[]): CostRow[] {
  const other = otherKeys(query);
  return rows.map((row) => {
    const isOther = row.shown === 0 && query.dims.length > 0;
    return {
      keys: isOther ? other : keysOf(query, row),
      cost: row.cost,
      ...(query.compare ? { previousCost: row.previousCost } : {}),
      lines: Number(row.lines),
      at: instant(row.at * 1000),
      ...(isOther ? { other: true } : {}),
    };
  });
}

/** ISO 8601 to the second. */
export function instant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function rowOf(query: CostQuery, sums: Sums, total: Sums, keys: Record<string, string>): CostRow {
  return {
    keys,
    cost: sums.cost.toFixed(),
    ...(query.compare ? { previousCost: sums.previousCost.toFixed() } : {}),
    ...(total.cost.isZero() ? {} : { share: shareOf(sums.cost, total.cost) }),
    lines: sums.lines,
  };
}

function keysOf(query: CostQuery, row: SummedRow): Record<string, string> {
  const keys: Record<string, string> = {};
  query.dims.forEach((dim, place) => (keys[dim] = row[`d${place}`] ?? ''));
  return keys;
}

function otherKeys(query: CostQuery): Record<string, string> {
  return Object.fromEntries(query.dims.map((dim) => [dim, 'other']));
}
