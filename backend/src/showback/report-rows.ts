import { exact, exactQuotient, exactText, roundedTo } from '../platform/amounts/index.ts';
import type { ReportRow } from './contract.ts';
import type { AllocationReport } from './ports.ts';
import type { KeyedCost } from './showback-repository.ts';

/** The rows of one level, which add up to the bills, and the part of the amounts without a value of the level. */
export interface LevelRows {
  rows: ReportRow[];
  missingShare?: string;
}

interface Sum {
  keys: readonly string[];
  cost: bigint;
  gross: bigint;
  lines: number;
}

const shareDigits = 6;

/** Part of a whole with six digits; undefined where the whole is 0. */
export function shareText(part: bigint, whole: bigint): string | undefined {
  return whole === 0n ? undefined : exactText(roundedTo(exactQuotient(part, whole), shareDigits));
}

/** Costs by the first `depth` keys, the largest first and below it by names. */
function sumsTo(depth: number, costs: readonly KeyedCost[]): Sum[] {
  const sums = new Map<string, Sum>();
  for (const { keys, cost, gross, lines } of costs) {
    const own = keys.slice(0, depth);
    const id = JSON.stringify(own);
    const sum = sums.get(id) ?? { keys: own, cost: 0n, gross: 0n, lines: 0 };
    sum.cost += exact(cost);
    sum.gross += exact(gross);
    sum.lines += lines;
    sums.set(id, sum);
  }
  return [...sums.values()];
}

function missing(depth: number, sums: readonly Sum[]): string | undefined {
  const all = sums.reduce((sum, { gross }) => sum + gross, 0n);
  const without = sums.reduce((sum, { keys, gross }) => (keys[depth - 1] === '' ? sum + gross : sum), 0n);
  return shareText(without, all);
}

function withMissing(rows: ReportRow[], depth: number, sums: readonly Sum[]): LevelRows {
  const missingShare = missing(depth, sums);
  return { rows, ...(missingShare === undefined ? {} : { missingShare }) };
}

/** Rows of each level where every line bears its own cost. */
export function directLevels(levels: readonly string[], costs: readonly KeyedCost[], bills: bigint): LevelRows[] {
  return levels.map((_, index) => {
    const sums = sumsTo(index + 1, costs);
    const rows = sums.map(({ keys, cost, lines }) => rowOf({ keys, kind: 'direct', direct: cost, lines }, bills));
    return withMissing(inOrder(rows), index + 1, sums);
  });
}

/**
 * Rows of each level with shared costs: on the outermost, what each owner bears by rule; on inner ones, its own lines and, in
 * one row, what shared costs put on it and took off it. Each level adds up to the bills.
 */
export function sharedLevels(
  levels: readonly string[],
  costs: readonly KeyedCost[],
  allocation: AllocationReport,
): LevelRows[] {
  const bills = exact(allocation.bills);
  const totals = new Map(allocation.rows.map(({ owner, total }) => [owner, exact(total)]));
  totals.set('', (totals.get('') ?? 0n) + exact(allocation.unallocated));
  return levels.map((_, index) => {
    const sums = sumsTo(index + 1, costs);
    if (index === 0) return withMissing(inOrder(outermost(allocation, sums, bills)), 1, sums);
    const rows = sums.map(({ keys, cost, lines }) => rowOf({ keys, kind: 'direct', direct: cost, lines }, bills));
    return withMissing(inOrder([...rows, ...adjustments(index + 1, sums, totals, bills)]), index + 1, sums);
  });
}

function outermost(allocation: AllocationReport, sums: readonly Sum[], bills: bigint): ReportRow[] {
  const rows = allocation.rows.map(({ owner, direct, shared, lines }) =>
    rowOf({ keys: [owner], kind: 'direct', direct: exact(direct), shared: [...shared], lines }, bills),
  );
  const unallocated = exact(allocation.unallocated);
  const lines = sums.find(({ keys }) => keys[0] === '')?.lines ?? 0;
  if (unallocated !== 0n || lines > 0)
    rows.push(rowOf({ keys: [''], kind: 'unallocated', direct: unallocated, lines }, bills));
  return rows;
}

function adjustments(
  depth: number,
  sums: readonly Sum[],
  totals: ReadonlyMap<string, bigint>,
  bills: bigint,
): ReportRow[] {
  const own = new Map<string, bigint>();
  for (const { keys, cost } of sums) own.set(keys[0] ?? '', (own.get(keys[0] ?? '') ?? 0n) + cost);
  return [...new Set([...totals.keys(), ...own.keys()])].flatMap((owner) => {
    const difference = (totals.get(owner) ?? 0n) - (own.get(owner) ?? 0n);
    if (difference === 0n) return [];
    const keys = [owner, ...Array.from({ length: depth - 1 }, () => '')];
    return [rowOf({ keys, kind: 'shared', direct: difference, lines: 0 }, bills)];
  });
}

function rowOf(
  row: {
    keys: readonly string[];
    kind: ReportRow['kind'];
    direct: bigint;
    shared?: ReportRow['shared'];
    lines: number;
  },
  bills: bigint,
): ReportRow {
  const { keys, kind, direct, shared = [], lines } = row;
  // What shared costs put on a row of an inner level is no cost of its own.
  const own = kind === 'shared' ? 0n : direct;
  const total = shared.reduce((sum, { amount }) => sum + exact(amount), direct);
  const share = shareText(total, bills);
  return {
    keys: [...keys],
    kind,
    direct: exactText(own),
    shared,
    total: exactText(total),
    ...(share === undefined ? {} : { share }),
    lines,
  };
}

/** Inner levels stay together by their outer values, which come by size; what nobody owns comes last. */
function inOrder(rows: readonly ReportRow[]): ReportRow[] {
  const outer = new Map<string, bigint>();
  for (const { keys, total } of rows) outer.set(keys[0] ?? '', (outer.get(keys[0] ?? '') ?? 0n) + exact(total));
  const sized = rows.map((row) => ({ row, size: exact(row.total), outer: outer.get(row.keys[0] ?? '') ?? 0n }));
  sized.sort(
    (one, other) =>
      Number(one.row.kind === 'unallocated') - Number(other.row.kind === 'unallocated') ||
      descending(one.outer, other.outer) ||
      compare(one.row.keys[0] ?? '', other.row.keys[0] ?? '') ||
      Number(one.row.kind === 'shared') - Number(other.row.kind === 'shared') ||
      descending(one.size, other.size) ||
      compare(JSON.stringify(one.row.keys), JSON.stringify(other.row.keys)),
  );
  return sized.map(({ row }) => row);
}

const descending = (one: bigint, other: bigint): number => (one === other ? 0 : one > other ? -1 : 1);
const compare = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);
