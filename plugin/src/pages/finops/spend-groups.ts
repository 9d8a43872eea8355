import { exactSum } from '../../format/exact-sum';
import type { CostRow } from '../../service/contract';
import { noValue } from './spend-story';

/** A value of the second dimension within one of the first. */
export interface SpendCell {
  name: string;
  /** Exact decimal. */
  cost: string;
  /** Part of the whole. */
  share: number;
  /** What opening it narrows to; undefined for what stands for several. */
  keys?: Record<string, string>;
}

/** A value of the first dimension with those of the second in it, the largest first. */
export interface SpendGroup extends SpendCell {
  cells: SpendCell[];
}

export interface SpendGroups {
  groups: SpendGroup[];
  /** Values of the second dimension over all groups, the largest first; those beyond the limit are one, named `rest`. */
  series: string[];
  /** Sum of what cannot be drawn because it is less than nothing: credits. Undefined where there is none. */
  credits?: string;
}

interface Limits {
  groups: number;
  cells: number;
  /** Name of what is beyond the limits. */
  rest: string;
  /** True: every group shows the values of the second dimension that are largest over all groups; else its own largest. */
  sameCells?: boolean;
}

/**
 * The rows of a summary by their first two dimensions: further ones are added up. What is beyond the limits is one group or
 * cell. Costs below zero have no area; they are told apart.
 */
export function spendGroups(rows: readonly CostRow[], dims: readonly string[], limits: Limits): SpendGroups {
  const [first = '', second] = dims;
  const whole = Number(exactSum(rows.map(({ cost }) => cost).filter((cost) => Number(cost) > 0)));
  const share = (cost: string) => (whole > 0 ? Number(cost) / whole : 0);
  const pairs = addedUp(rows, [first, ...(second === undefined ? [] : [second])]);
  const drawn = pairs.filter(({ cost }) => Number(cost) > 0);
  const credits = exactSum(pairs.map(({ cost }) => cost).filter((cost) => Number(cost) < 0));
  const series = second === undefined ? [] : ranked(drawn, (pair) => nameOf(pair, second, limits.rest));
  const shownSeries = series.filter((name) => name !== limits.rest).slice(0, limits.cells);
  const names = ranked(drawn, (pair) => nameOf(pair, first, limits.rest)).filter((name) => name !== limits.rest);
  const shown = names.slice(0, limits.groups);
  const groupOf = (name: string, own: readonly CostRow[], keys?: Record<string, string>): SpendGroup => {
    const cost = exactSum(own.map((pair) => pair.cost));
    const cells =
      second === undefined ? [] : cellsOf(own, { ...limits, second, share, groupKeys: keys, series: shownSeries });
    return { name, cost, share: share(cost), cells, ...(keys ? { keys } : {}) };
  };
  const groups = shown.map((name) => {
    const own = drawn.filter((pair) => nameOf(pair, first, limits.rest) === name);
    return groupOf(name, own, { [first]: own[0]?.keys[first] ?? '' });
  });
  const left = drawn.filter((pair) => !shown.includes(nameOf(pair, first, limits.rest)));
  if (left.length > 0) groups.push(groupOf(limits.rest, left));
  return {
    groups,
    series: series.length > shownSeries.length ? [...shownSeries, limits.rest] : shownSeries,
    ...(Number(credits) < 0 ? { credits } : {}),
  };
}

interface CellOptions extends Limits {
  second: string;
  share: (cost: string) => number;
  groupKeys: Record<string, string> | undefined;
  series: readonly string[];
}

function cellsOf(pairs: readonly CostRow[], options: CellOptions): SpendCell[] {
  const { second, share, groupKeys, cells, rest, sameCells, series } = options;
  const names = ranked(pairs, (pair) => nameOf(pair, second, rest)).filter((name) => name !== rest);
  const cellOf = (name: string, own: readonly CostRow[], keys?: Record<string, string>): SpendCell => {
    const cost = exactSum(own.map((pair) => pair.cost));
    return { name, cost, share: share(cost), ...(keys ? { keys } : {}) };
  };
  const shown = sameCells ? names.filter((name) => series.includes(name)) : names.slice(0, cells);
  const built = shown.map((name) => {
    const own = pairs.filter((pair) => nameOf(pair, second, rest) === name);
    const value = own[0]?.keys[second] ?? '';
    return cellOf(name, own, groupKeys && { ...groupKeys, [second]: value });
  });
  const left = pairs.filter((pair) => !shown.includes(nameOf(pair, second, rest)));
  return left.length > 0 ? [...built, cellOf(rest, left)] : built;
}

function nameOf({ keys, other }: CostRow, dim: string, rest: string): string {
  return other === true ? rest : keys[dim] || noValue;
}

/** Rows with the same values of these dimensions as one. */
function addedUp(rows: readonly CostRow[], dims: readonly string[]): CostRow[] {
  const found = new Map<string, CostRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.other === true, ...dims.map((dim) => row.keys[dim])]);
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found.values()].map((same) => ({ ...same[0]!, cost: exactSum(same.map(({ cost }) => cost)) }));
}

/** The different names, the one with the largest sum first. */
function ranked(rows: readonly CostRow[], name: (row: CostRow) => string): string[] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(name(row), (sums.get(name(row)) ?? 0) + Number(row.cost));
  return [...sums].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([text]) => text);
}
