import { isDimension } from '../cost/index.ts';
import { exact, exactText } from '../platform/amounts/index.ts';
import { AppError } from '../platform/errors/index.ts';
import { shareText, splitTexts } from './cards.ts';
import { addSplits, splitLeaves, type Split } from './change-split.ts';
import type { Driver, Drivers } from './contract.ts';
import type { DriverLeaf } from './unit-repository.ts';

interface Group {
  keys: string[];
  cost: bigint;
  previousCost: bigint;
  splits: Split[];
}

const defaultDriverDims = ['x_Team', 'ServiceName'];
const maxDriverDims = 3;

/** The dimensions of a parameter. @throws AppError VALIDATION_FAILED */
export function driverDims(text: string | undefined): string[] {
  const names = (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return defaultDriverDims;
  if (names.length > maxDriverDims || !names.every(isDimension))
    throw new AppError(
      'VALIDATION_FAILED',
      `\`dims\` has one to ${maxDriverDims} dimensions of GET /api/cost/dimensions.`,
    );
  return [...new Set(names)];
}

/** Groups by their part in the change, the largest first, the rest beyond the limit as one; and what all of them are. */
export function driversOf(
  leaves: readonly DriverLeaf[],
  dims: readonly string[],
  limit: number,
): Pick<Drivers, 'total' | 'rows' | 'sentence'> {
  const parsed = leaves.map((leaf) => ({
    // Quantities are compared within a service and unit; a quantity without a unit cannot be.
    market: `${leaf.market}\n${leaf.unit}`,
    hasQuantity: leaf.unit !== '',
    cost: exact(leaf.cost),
    previousCost: exact(leaf.previousCost),
    quantity: exact(leaf.quantity),
    previousQuantity: exact(leaf.previousQuantity),
  }));
  const splits = splitLeaves(parsed);
  const groups = new Map<string, Group>();
  leaves.forEach((leaf, place) => {
    const keys = dims.map((_, at) => leaf[`k${at}`] ?? '');
    const id = JSON.stringify(keys);
    const group = groups.get(id) ?? { keys, cost: 0n, previousCost: 0n, splits: [] };
    groups.set(id, group);
    group.cost += parsed[place]!.cost;
    group.previousCost += parsed[place]!.previousCost;
    group.splits.push(splits[place]!);
  });
  const total = addSplits(splits);
  const sums = { cost: sum(parsed.map(({ cost }) => cost)), previousCost: sum(parsed.map((one) => one.previousCost)) };
  const sorted = [...groups.values()]
    .map((group) => ({ ...group, split: addSplits(group.splits) }))
    .sort((a, b) => compare(size(b.split.difference), size(a.split.difference)) || (a.keys < b.keys ? -1 : 1));
  const rows = sorted.slice(0, limit).map((group) => driverOf(group, dims, total));
  const rest = sorted.slice(limit);
  if (rest.length > 0) {
    const other = {
      keys: dims.map(() => 'other'),
      cost: sum(rest.map(({ cost }) => cost)),
      previousCost: sum(rest.map(({ previousCost }) => previousCost)),
      split: addSplits(rest.map(({ split }) => split)),
    };
    rows.push({ ...driverOf(other, dims, total), other: true });
  }
  return {
    total: { cost: exactText(sums.cost), previousCost: exactText(sums.previousCost), split: splitTexts(total) },
    rows,
    sentence: sentenceOf(sorted, dims, total),
  };
}

function driverOf(
  group: { keys: string[]; cost: bigint; previousCost: bigint; split: Split },
  dims: readonly string[],
  total: Split,
): Driver {
  return {
    keys: Object.fromEntries(dims.map((dim, place) => [dim, group.keys[place] ?? ''])),
    cost: exactText(group.cost),
    previousCost: exactText(group.previousCost),
    split: splitTexts(group.split),
    ...(total.difference === 0n ? {} : { share: shareText(group.split.difference, total.difference) }),
    isNew: group.previousCost === 0n && group.cost !== 0n,
    isGone: group.cost === 0n && group.previousCost !== 0n,
  };
}

const causes = {
  price: { en: 'price', ko: '단가' },
  volume: { en: 'volume', ko: '사용량' },
  mix: { en: 'mix', ko: '구성' },
} as const;

/**
 * The group that moved most in the direction of the whole, and its part of all that moved that way: of the difference itself it
 * can be many times as much, where groups cancel each other out.
 */
function sentenceOf(
  groups: readonly { keys: readonly string[]; split: Split }[],
  dims: readonly string[],
  total: Split,
): Drivers['sentence'] {
  if (total.difference === 0n) return { en: 'Cost did not change.', ko: '비용에 변화가 없습니다.' };
  const grew = total.difference > 0n;
  const moved = groups.filter(({ split }) => split.difference !== 0n && split.difference > 0n === grew);
  const [first] = moved;
  if (first === undefined || dims.length === 0)
    return { en: 'No group explains the change.', ko: '변화를 설명하는 그룹이 없습니다.' };
  const [what = '', ...where] = dims.map((_, place) => first.keys[place] || 'unnamed');
  const all = sum(moved.map(({ split }) => split.difference));
  const share = percent(shareText(first.split.difference, all));
  const cause = (['price', 'volume', 'mix'] as const).reduce((best, name) =>
    size(first.split[name]) > size(first.split[best]) ? name : best,
  );
  const place = where.length === 0 ? '' : ` on ${where.join(', ')}`;
  return {
    en: `${share} % of the ${grew ? 'growth' : 'decline'} is ${what}${place}, mostly by ${causes[cause].en}.`,
    ko: `${grew ? '증가' : '감소'}의 ${share} %는 ${[what, ...where].join(' · ')}이며, 주된 원인은 ${causes[cause].ko}입니다.`,
  };
}

/** 0.6213 as 62. */
export function percent(share: string): string {
  return String(Math.round(Number(share) * 100));
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, value) => all + value, 0n);
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
