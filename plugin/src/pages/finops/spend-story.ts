import type { CostRow, CostSummary } from '../../service/contract';
import { changePercent } from '../../format/money';

/** What the sentence above the cost explorer says, before it is put into words. */
export interface SpendStory {
  total: string;
  /** Against the previous period of the same length; undefined where there was none. */
  changePercent?: number;
  /** Group with the largest part of the total. */
  largest?: { names: string[]; share: number };
  /** Group that moved most in the direction of the total, and its part of the movement of all that moved that way. */
  driver?: { names: string[]; share: number; direction: 'growth' | 'decline' };
}

/** Cost that has no value in a dimension. */
export const noValue = '(none)';

/** The group of a row as charts name it too: `gpt-4.1 / search`. */
export function groupName(row: CostRow, dims: readonly string[]): string {
  return groupNames(row, dims).join(' / ');
}

function groupNames(row: CostRow, dims: readonly string[]): string[] {
  return dims.map((dim) => row.keys[dim] || noValue);
}

/**
 * Finds the largest group and the one that drove the change. A driver's share is its movement over the sum of all movements
 * in the same direction, so it never passes 1 even when groups cancel each other out.
 */
export function spendStory(summary: CostSummary): SpendStory {
  const { rows, total, dims } = summary;
  const story: SpendStory = { total: total.cost };
  const change = changePercent(total.cost, total.previousCost);
  if (change !== undefined) story.changePercent = change;
  const sum = Number(total.cost);
  const [largest] = [...rows].sort((a, b) => Number(b.cost) - Number(a.cost));
  if (largest && sum > 0 && dims.length > 0) {
    story.largest = { names: groupNames(largest, dims), share: Number(largest.cost) / sum };
  }
  const driver = change === undefined || dims.length === 0 ? undefined : findDriver(rows, dims, change >= 0);
  if (driver) story.driver = driver;
  return story;
}

function findDriver(rows: readonly CostRow[], dims: readonly string[], up: boolean): SpendStory['driver'] {
  const moved = rows
    .filter(({ previousCost }) => previousCost !== undefined)
    .map((row) => ({ row, by: (Number(row.cost) - Number(row.previousCost)) * (up ? 1 : -1) }))
    .filter(({ by }) => by > 0)
    .sort((a, b) => b.by - a.by);
  const all = moved.reduce((sum, { by }) => sum + by, 0);
  const first = moved[0];
  if (first === undefined || all <= 0) return undefined;
  return { names: groupNames(first.row, dims), share: first.by / all, direction: up ? 'growth' : 'decline' };
}
