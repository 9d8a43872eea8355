import { filteredPlaces, type Frame } from './frame-sql.ts';
import {
  billRows,
  filterColumns,
  hasOwn,
  list,
  namesOf,
  spreadFilterDims,
  usageRows,
  wantedSql,
  wholesOf,
  withNamed,
  zero,
  type ModelKey,
  type Shape,
} from './model-rows-sql.ts';
import type { SharedDimension } from './selection.ts';

/**
 * The cost of language models by provider, model and day and the values of each of the keys: what bills say counts, usage times
 * the price book (`estimate`) where no bill has that provider, model and day, and usage tells whose a billed amount is where the
 * bill does not:
 *
 *  - A line of a bill that names a value of every dimension counts as it is.
 *  - One that lacks some is spread over the usage of its provider, model and day that agrees with the values it does name, by
 *    estimate (by tokens where the estimate of that day is 0). Usage whose values a bill names in full takes no part, unless
 *    there is no other.
 *  - Without such usage it stays as it is, and is told as `unspread`.
 *
 * A line for several days is spread evenly over them first. Parts are cut where the running sum of weights ends, so that they
 * add up to the billed amount to the last digit.
 *
 * Columns: key (place in the list of keys), place (of the model), Day, k (empty for the key x_Model), billed, estimated, unspread,
 * requests, tokens, sessions, estimate, isBilled. Bills and usage are read once, whatever the number of keys.
 */
export function modelCostSql(frame: Frame, keys: readonly ModelKey[]): string {
  return costOfShape({ frame, keys, filtered: spreadFilterDims(frame) });
}

/** The same by the values of `told`, too (column f0): what a filter on any of its values leaves. */
export function modelCostByFilterSql(frame: Frame, keys: readonly ModelKey[], told: SharedDimension): string {
  return costOfShape({ frame: { ...frame, filters: [] }, keys, filtered: [told], tellsAll: true });
}

function costOfShape(shape: Shape): string {
  const base = baseSql(shape);
  const masks = masksOf(shape);
  return `${masks.length === 0 ? asBilled(shape, base) : spreadSql(shape, base, masks)}${outerFilters(shape)}`;
}

const plainSums = ['bill', 'billLines', 'estimate', 'requests', 'tokens', 'sessions'];

/**
 * Bills and usage side by side. With filters also the part of estimate and tokens whose values a bill names in full
 * (`namedEstimate`, `namedTokens`): that shows before the filtered dimensions are told only as far as they are asked for.
 */
function baseSql(shape: Shape): string {
  const { filtered, frame } = shape;
  const sums = [...plainSums, ...(frame.hasComputed ? ['computed'] : [])].map((name) => `sum(t.${name}) AS ${name}`);
  const own = ['key', 'place', 'Day', ...filterColumns(shape), 'k'];
  const rows = `(${billRows(shape)}\nUNION ALL\n${usageRows(shape)}) AS t`;
  if (!withNamed(shape)) return `SELECT ${list([...own, ...sums])}\nFROM ${rows}\nGROUP BY ${list(own)}`;
  const named = [ownIsNamed(shape), ...filtered.map((_, at) => `r${at} != ''`), 'sum(t.billLines) > 0'].join(' AND ');
  const told = ['key', 'place', 'Day', ...namesOf(shape)];
  return `SELECT ${list([...told, ...sums])}, sumIf(t.estimate, t.isNamed) AS namedEstimate, sumIf(t.tokens, t.isNamed) AS namedTokens
FROM (SELECT ${list([...own, ...sums])}, ${named} AS isNamed FROM ${rows}
      GROUP BY ${list(own)}) AS t
GROUP BY ${list(told)}`;
}

/** SQL condition: the row names a value of its key, or the key asks for none. */
function ownIsNamed(shape: Shape): string {
  const wholes = wholesOf(shape);
  return wholes.length > 0 ? `(k != '' OR key IN (${wholes.join(', ')}))` : "k != ''";
}

/** Each mask is a set of dimensions that lines name while they lack the others. */
function masksOf(shape: Shape): number[] {
  const { frame, keys, filtered } = shape;
  const isLacking = keys.some((key) => key !== 'x_Model' && frame.lacking.has(key));
  const bits = filtered.length + (hasOwn(shape) ? 1 : 0);
  const needsAll = isLacking || !hasOwn(shape) || (filtered.length > 0 && wholesOf(shape).length > 0);
  const named = needsAll ? 0 : 1 << filtered.length;
  return Array.from({ length: 2 ** bits - 1 }, (_, mask) => mask).filter((mask) => (mask & named) === named);
}

const day = 'PARTITION BY key, place, Day';
const isBilled = `sum(billLines) OVER (${day}) > 0 AS isBilled`;
const isUsed = `sum(requests) OVER (${day}) > 0 AS isUsed`;
const counted = ['requests', 'tokens', 'sessions', 'estimate', 'isBilled'];

/** Every line names what is asked for. */
function asBilled(shape: Shape, base: string): string {
  return `SELECT key, place, Day, ${list([...namesOf(shape), ...counted])}, if(isBilled, bill, ${zero}) AS billed,
       ${estimatedSql(shape.frame)} AS estimated, ${wholeSql(shape, zero)} AS unspread
FROM (SELECT *, ${isBilled}, ${isUsed} FROM (${base}))`;
}

/** What of a model's bill nobody can be found for, where the model alone is asked for. */
function wholeSql(shape: Shape, other: string): string {
  const wholes = wholesOf(shape);
  if (wholes.length === 0 || shape.filtered.length > 0) return other;
  return `if(key IN (${wholes.join(', ')}), if(isBilled AND NOT isUsed, bill, ${zero}), ${other})`;
}

function spreadSql(shape: Shape, base: string, masks: readonly number[]): string {
  const names = namesOf(shape);
  const free = withNamed(shape)
    ? `if(priced, estimate - namedEstimate, toDecimal256(tokens - namedTokens, 30))`
    : `if(${isFull(shape)} AND billLines > 0, ${zero}, weight)`;
  const seen = `SELECT *, ${isBilled}, ${isUsed}, sum(estimate) OVER (${day}) > 0 AS priced,
       if(priced, estimate, toDecimal256(tokens, 30)) AS weight, ${free} AS freeWeight
FROM (${base})`;
  const windows = masks.flatMap((mask) => {
    const over = `PARTITION BY ${list(['key', 'place', 'Day', ...names.filter((_, place) => (mask >> place) & 1)])}`;
    const running = `${over} ORDER BY ${list(names)} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`;
    return [
      `sum(if(${isMask(shape, mask)}, bill, ${zero})) OVER (${over}) AS due${mask}`,
      `sum(freeWeight) OVER (${over}) AS free${mask}`,
      `sum(weight) OVER (${over}) AS all${mask}`,
      `sum(freeWeight) OVER (${running}) AS freeTo${mask}`,
      `sum(weight) OVER (${running}) AS allTo${mask}`,
    ];
  });
  // A division that is not wanted is computed all the same: its divisor is kept above 0.
  const taken = masks.flatMap((mask) => [
    `greatest(if(free${mask} > 0, free${mask}, all${mask}), toDecimal256('0.000000000000000000000000000001', 30)) AS whole${mask}`,
    `if(free${mask} > 0, freeTo${mask}, allTo${mask}) AS to${mask}`,
    `to${mask} - if(free${mask} > 0, freeWeight, weight) AS from${mask}`,
  ]);
  const cut = (mask: number, end: string) => `CAST(due${mask} * (${end}${mask} / whole${mask}) AS Decimal(76, 30))`;
  const parts = masks.map((mask) => `if(due${mask} = 0, ${zero}, ${cut(mask, 'to')} - ${cut(mask, 'from')})`);
  const kept = masks.map((mask) => `(${isMask(shape, mask)} AND all${mask} = 0)`).join(' OR ');
  return `SELECT key, place, Day, ${list([...names, ...counted])},
       if(isBilled, if(${isFull(shape)} OR ${kept}, bill, ${zero}) + ${parts.join(' + ')}, ${zero}) AS billed,
       ${estimatedSql(shape.frame)} AS estimated, ${wholeSql(shape, `if(isBilled AND (${kept}), bill, ${zero})`)} AS unspread
FROM (SELECT *, ${list(taken)} FROM (SELECT *, ${windows.join(',\n       ')} FROM (${seen})))`;
}

function estimatedSql({ hasComputed }: Frame): string {
  return hasComputed ? `multiIf(isBilled, ${zero}, isUsed, estimate, computed)` : `if(isBilled, ${zero}, estimate)`;
}

/** SQL condition: the row names every dimension that its key asks for. */
function isFull(shape: Shape): string {
  const wholes = wholesOf(shape);
  const own = [
    ...(hasOwn(shape) ? ["k != ''"] : []),
    ...(hasOwn(shape) && wholes.length > 0 ? [`key IN (${list(wholes.map(String))})`] : []),
  ];
  const all = [...shape.filtered.map((_, at) => `f${at} != ''`), ...(own.length > 0 ? [`(${own.join(' OR ')})`] : [])];
  return all.length === 0 ? '1' : all.join(' AND ');
}

/** SQL condition: the row names exactly the dimensions whose bits are set, and not all that its key asks for. */
function isMask(shape: Shape, mask: number): string {
  const { filtered } = shape;
  const bits = filtered.map((_, place) => `f${place} ${(mask >> place) & 1 ? '!=' : '='} ''`);
  const wholes = wholesOf(shape);
  if (hasOwn(shape)) bits.push(`k ${(mask >> filtered.length) & 1 ? '!=' : '='} ''`);
  const namesFiltered = mask === 2 ** filtered.length - 1;
  if (hasOwn(shape) && wholes.length > 0 && namesFiltered) bits.push(`key NOT IN (${list(wholes.map(String))})`);
  return bits.join(' AND ');
}

/** The other filters hold for what has been spread. */
function outerFilters({ frame, filtered }: Shape): string {
  const conditions = frame.filters.flatMap(({ dim, values }) => {
    const at = (filtered as readonly string[]).indexOf(dim);
    return at < 0 ? [] : [`f${at} IN (${wantedSql(dim, values)})`];
  });
  const places = filteredPlaces(frame);
  if (places) conditions.push(`place IN (${places.length === 0 ? 0 : places.join(', ')})`);
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join(' AND ')}`;
}
