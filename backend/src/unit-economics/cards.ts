import { exactCount, exactQuotient, exactText, roundedTo } from '../platform/amounts/index.ts';
import { cardTexts } from './card-texts.ts';
import { addSplits, splitLeaves, type Leaf, type Split } from './change-split.ts';
import type { Card } from './contract.ts';
import type { GpuSum, JobSum, ModelDay, UnitRow } from './unit-repository.ts';

/** Digits of what was divided. */
const digits = 10;
const maxParts = 5;

export interface CardParts {
  id: Card['id'];
  /** What the cost and the quantity are made of, both periods side by side. */
  leaves: (Leaf & { key: string; label: string })[];
  billed: bigint;
  estimated: bigint;
  days: { day: string; cost: bigint; quantity: bigint }[];
  /** Cost that is in no unit, and all cost with it. */
  missing?: { cost: bigint; of: bigint };
  hasPrevious: boolean;
  allParts?: boolean;
}

export interface Context {
  currency: string;
  freshness: Card['freshness'];
  unavailable?: string;
}

/** A card from its parts: value, where it comes from, and why it changed. */
export function cardOf(parts: CardParts, { currency, freshness, unavailable }: Context): Card {
  const { title, unit, per, drillTo, how, missing } = cardTexts[parts.id];
  const cost = sum(parts.leaves.map((leaf) => leaf.cost));
  const quantity = sum(parts.leaves.map((leaf) => leaf.quantity));
  const value = valueOf(cost, quantity, per);
  return {
    id: parts.id,
    title,
    unit,
    ...(value === undefined ? {} : { value }),
    cost: exactText(cost),
    quantity: exactText(quantity),
    per,
    currency,
    basis: parts.estimated === 0n ? 'billed' : parts.billed === 0n ? 'estimated' : 'mixed',
    billed: exactText(parts.billed),
    estimated: exactText(parts.estimated),
    ...(parts.hasPrevious ? comparison(parts, per) : {}),
    series: parts.days.map((day) => {
      const each = valueOf(day.cost, day.quantity, per);
      return {
        day: day.day,
        ...(each === undefined ? {} : { value: each }),
        cost: exactText(day.cost),
        quantity: exactText(day.quantity),
      };
    }),
    parts: partsOf(parts, per),
    ...(parts.missing && parts.missing.of !== 0n
      ? {
          missing: {
            dimension: missing,
            share: shareText(parts.missing.cost, parts.missing.of),
            cost: exactText(parts.missing.cost),
          },
        }
      : {}),
    freshness,
    how,
    drillTo,
    ...(unavailable === undefined
      ? value === undefined
        ? { unavailable: `No ${unit} is known in this range.` }
        : {}
      : { unavailable }),
  };
}

function comparison({ leaves }: CardParts, per: number): Pick<Card, 'previous' | 'change'> {
  const previousCost = sum(leaves.map((leaf) => leaf.previousCost));
  const previousQuantity = sum(leaves.map((leaf) => leaf.previousQuantity));
  const value = valueOf(previousCost, previousQuantity, per);
  const previous = {
    ...(value === undefined ? {} : { value }),
    cost: exactText(previousCost),
    quantity: exactText(previousQuantity),
  };
  const quantity = sum(leaves.map((leaf) => leaf.quantity));
  if (quantity === 0n || previousQuantity === 0n) return { previous };
  const cost = sum(leaves.map((leaf) => leaf.cost));
  const [now, before] = [unitCost(cost, quantity, per), unitCost(previousCost, previousQuantity, per)];
  const split = addSplits(splitLeaves(leaves));
  return {
    previous,
    change: {
      ...(before === 0n ? {} : { share: shareText(now - before, before) }),
      value: splitTexts(valueSplit(now - before, split, quantity + previousQuantity, per)),
      cost: splitTexts(split),
    },
  };
}

/**
 * The change of an average c / Q. Volume does not change an average: what the split of the cost calls price and mix, per mean
 * quantity, is what the average changed by, and mix is taken as what price leaves, so that the two add up to the digit shown.
 * Where the cost has no mix, neither has the average.
 */
function valueSplit(difference: bigint, split: Split, quantities: bigint, per: number): Split {
  const price =
    split.mix === 0n ? difference : roundedTo(exactQuotient(2n * split.price * BigInt(per), quantities), digits);
  return { difference, price, volume: 0n, mix: difference - price, unknown: 0n };
}

function partsOf({ leaves, allParts }: CardParts, per: number): Card['parts'] {
  const named = leaves.filter((leaf) => leaf.cost !== 0n || leaf.quantity !== 0n);
  named.sort((a, b) => (a.cost === b.cost ? (a.key < b.key ? -1 : 1) : a.cost > b.cost ? -1 : 1));
  return named.slice(0, allParts ? 20 : maxParts).map((leaf) => {
    const value = valueOf(leaf.cost, leaf.quantity, per);
    return {
      key: leaf.label === '' ? leaf.key : leaf.label,
      cost: exactText(leaf.cost),
      quantity: exactText(leaf.quantity),
      ...(value === undefined ? {} : { value }),
    };
  });
}

/** Tokens, requests, sessions or the number of models: parts are the models. */
export function modelCard(
  id: 'tokens' | 'request' | 'session' | 'model',
  days: readonly ModelDay[],
  hasPrevious: boolean,
  missing: CardParts['missing'],
): CardParts {
  const counted = { tokens: 'tokens', request: 'requests', session: 'sessions' } as const;
  const ofRow = (row: ModelDay) => (id === 'model' ? 0n : exactCount(row[counted[id]]));
  const leaves = new Map<string, CardParts['leaves'][number]>();
  const byDay = new Map<string, { cost: bigint; quantity: bigint; models: Set<string> }>();
  let [billed, estimated] = [0n, 0n];
  for (const row of days) {
    const key = `${row.provider}/${row.model}`;
    const leaf = leaves.get(key) ?? { ...emptyLeaf, key, label: row.name };
    leaves.set(key, leaf);
    const cost = row.billed + row.estimated;
    if (row.period === 1) {
      leaf.previousCost += cost;
      leaf.previousQuantity += ofRow(row);
      if (id === 'model' && cost !== 0n) leaf.previousQuantity = exactCount(1);
      continue;
    }
    leaf.cost += cost;
    leaf.quantity += ofRow(row);
    if (id === 'model' && cost !== 0n) leaf.quantity = exactCount(1);
    billed += row.billed;
    estimated += row.estimated;
    const day = byDay.get(row.day) ?? { cost: 0n, quantity: 0n, models: new Set() };
    byDay.set(row.day, day);
    day.cost += cost;
    day.quantity += ofRow(row);
    if (cost !== 0n) day.models.add(key);
  }
  return {
    id,
    leaves: [...leaves.values()],
    billed,
    estimated,
    days: [...byDay].map(([day, { cost, quantity, models }]) => ({
      day,
      cost,
      quantity: id === 'model' ? exactCount(models.size) : quantity,
    })),
    ...(missing === undefined ? {} : { missing }),
    hasPrevious,
  };
}

/** The average of a dimension: each of its values is one unit and one part. */
export function valueCard(
  id: 'customer' | 'feature' | 'version' | 'stage',
  rows: readonly UnitRow[],
  hasPrevious: boolean,
): CardParts {
  const leaves = new Map<string, CardParts['leaves'][number]>();
  const days: CardParts['days'] = [];
  const missing = { cost: 0n, of: 0n };
  let [billed, estimated] = [0n, 0n];
  for (const row of rows) {
    const cost = row.billed + row.estimated;
    if (row.day !== undefined) {
      if (row.period === 0) days.push({ day: row.day, cost: row.valued, quantity: exactCount(row.values) });
      continue;
    }
    if (row.period === 0) missing.of += cost;
    if (row.key === '') {
      if (row.period === 0) missing.cost += cost;
      continue;
    }
    const leaf = leaves.get(row.key) ?? { ...emptyLeaf, key: row.key, label: '' };
    leaves.set(row.key, leaf);
    if (row.period === 1) {
      leaf.previousCost += cost;
      leaf.previousQuantity = exactCount(1);
    } else {
      leaf.cost += cost;
      leaf.quantity = exactCount(1);
      billed += row.billed;
      estimated += row.estimated;
    }
  }
  return { id, leaves: [...leaves.values()], billed, estimated, days, missing, hasPrevious, allParts: id === 'stage' };
}

/** GPU-hours: parts are the kinds of GPU, used and idle. */
export function gpuCard(rows: readonly GpuSum[], hasPrevious: boolean): CardParts {
  const leaves = new Map<string, CardParts['leaves'][number]>();
  const days: CardParts['days'] = [];
  let [all, estimated] = [0n, 0n];
  for (const row of rows) {
    if (row.day !== undefined) {
      if (row.period === 0) days.push({ day: row.day, cost: row.cost, quantity: row.gpuHours });
      continue;
    }
    const key = row.isIdle ? `${row.kind} idle` : row.kind;
    const leaf = leaves.get(key) ?? { ...emptyLeaf, key, label: '' };
    leaves.set(key, leaf);
    if (row.period === 1) {
      leaf.previousCost += row.cost;
      leaf.previousQuantity += row.gpuHours;
      continue;
    }
    leaf.cost += row.cost;
    leaf.quantity += row.gpuHours;
    all += row.cost;
    estimated += row.estimated;
  }
  return { id: 'gpu-hour', leaves: [...leaves.values()], billed: all - estimated, estimated, days, hasPrevious };
}

/** Jobs: parts are the services that ran them. */
export function jobCard(rows: readonly JobSum[], hasPrevious: boolean): CardParts {
  const leaves = new Map<string, CardParts['leaves'][number]>();
  const days: CardParts['days'] = [];
  let billed = 0n;
  for (const row of rows) {
    if (row.day !== undefined) {
      if (row.period === 0) days.push({ day: row.day, cost: row.cost, quantity: exactCount(row.jobs) });
      continue;
    }
    const leaf = leaves.get(row.service) ?? { ...emptyLeaf, key: row.service, label: '' };
    leaves.set(row.service, leaf);
    if (row.period === 1) {
      leaf.previousCost = row.cost;
      leaf.previousQuantity = exactCount(row.jobs);
    } else {
      leaf.cost = row.cost;
      leaf.quantity = exactCount(row.jobs);
      billed += row.cost;
    }
  }
  return { id: 'job', leaves: [...leaves.values()], billed, estimated: 0n, days, hasPrevious };
}

const emptyLeaf = {
  market: '',
  hasQuantity: true,
  cost: 0n,
  previousCost: 0n,
  quantity: 0n,
  previousQuantity: 0n,
} as const satisfies Leaf;

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, value) => all + value, 0n);
}

function unitCost(cost: bigint, quantity: bigint, per: number): bigint {
  return roundedTo(exactQuotient(cost * BigInt(per), quantity), digits);
}

/** Ten digits; undefined for a quantity of 0. */
export function valueOf(cost: bigint, quantity: bigint, per = 1): string | undefined {
  return quantity === 0n ? undefined : exactText(unitCost(cost, quantity, per));
}

/** part / whole, six places; the whole is not 0. */
export function shareText(part: bigint, whole: bigint): string {
  return exactText(roundedTo(exactQuotient(part, whole), 6));
}

export function splitTexts(split: Split): Record<keyof Split, string> {
  return {
    difference: exactText(split.difference),
    price: exactText(split.price),
    volume: exactText(split.volume),
    mix: exactText(split.mix),
    unknown: exactText(split.unknown),
  };
}
