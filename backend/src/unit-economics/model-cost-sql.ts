import { amountSql, currencySql, textSql, type Exchange } from '../allocation/index.ts';
import { dayMs, dropList, type Filter, type Metric, type Span } from '../cost/index.ts';
import { modelKey, providerKey, stageOf, stageSql, type ModelIndex } from './model-keys.ts';
import { isShared, sharedDimensions } from './selection.ts';

/** A column that bills and usage both may tell. */
export type ModelDimension = keyof typeof sharedDimensions | 'ModelVersion';

/** What the statements of an answer have in common. */
export interface Frame {
  span: Span;
  previous: Span;
  metric: Metric;
  filters: readonly Filter[];
  /** Bills that count, and those of them and of before whose charges reach into the span. */
  drops: readonly string[];
  reaching: readonly string[];
  /** Newest roll-up of each day of usage. */
  sealed: readonly string[];
  exchange: Exchange;
  models: ModelIndex;
  /** Days of the longest charge period of a language model's line. */
  longestDays: number;
  /** Some line of a language model's bill is an estimate itself. */
  hasComputed: boolean;
  /** Dimensions that some line of a language model's bill does not name; no other has to be spread. */
  lacking: ReadonlySet<ModelDimension>;
}

/** SQL list for x_DropId IN; nothing is in the empty one. */
export function idsSql(ids: readonly string[]): string {
  return ids.length === 0 ? "(toUUID('00000000-0000-0000-0000-000000000000'))" : dropList(ids);
}

/** SQL of 0 for the present span, 1 for the one before, on a column `Day`; and the condition that it is one of them. */
export function periodSql({ span }: Frame): string {
  return `if(Day >= toDate(${span.from / dayMs}), 0, 1)`;
}
export function daysSql({ span, previous }: Frame): string {
  const within = ({ from, to }: Span) => `(Day >= toDate(${from / dayMs}) AND Day < toDate(${to / dayMs}))`;
  return `(${within(span)} OR ${within(previous)})`;
}

/** SQL condition: the line of a bill is the cost of a language model. */
export function modelLineSql({ models }: Frame): string {
  const lines = models.billed.filter(({ isLanguage }) => isLanguage);
  if (lines.length === 0) return '0';
  const { column, codeOf } = codes(lines, 'ProviderName', 'x_Model');
  const known = lines.map((line) => codeOf(line) * 2 + (line.tokenUnit ? 1 : 0));
  return `(x_Model != '' AND ${column} * 2 + TokenUnit IN (${known.join(', ')}))`;
}

/** SQL of the place of a provider's model, 0 for one that is not known. */
export function placeSql(
  known: readonly { provider: string; model: string; place: number }[],
  provider: string,
  model: string,
): string {
  const { column, codeOf } = codes(known, provider, model);
  const unique = new Map(known.map((one) => [codeOf(one), one.place]));
  if (unique.size === 0) return 'toUInt16(0)';
  return `transform(${column}, [${[...unique.keys()].map((code) => `toUInt64(${code})`).join(', ')}], [${[...unique.values()].map((place) => `toUInt16(${place})`).join(', ')}], toUInt16(0))`;
}

/** A number for each pair of names. One column at a time, names are looked up once a dictionary and not once a row. */
function codes(known: readonly { provider: string; model: string }[], provider: string, model: string) {
  const numbered = (names: readonly string[]) => new Map([...new Set(names)].map((name, at) => [name, at + 1]));
  const providers = numbered(known.map((one) => one.provider));
  const models = numbered(known.map((one) => one.model));
  const number = (column: string, places: Map<string, number>) =>
    places.size === 0
      ? 'toUInt64(0)'
      : `toUInt64(transform(${column}, [${[...places.keys()].map(textSql).join(', ')}], [${[...places.values()].map((at) => `toUInt16(${at})`).join(', ')}], toUInt16(0)))`;
  return {
    column: `(${number(provider, providers)} * 65536 + ${number(model, models)})`,
    codeOf: (one: { provider: string; model: string }) =>
      (providers.get(one.provider) ?? 0) * 65_536 + (models.get(one.model) ?? 0),
  };
}

/** SQL conditions of filters on the columns of a bill. Values enter as hexadecimal digits. */
export function billFilterSql({ filters, models }: Pick<Frame, 'filters' | 'models'>): string {
  return filters
    .map(({ dim, values }) => {
      if (dim === 'x_Environment')
        return ` AND ${stageSql(dim)} IN (${values.map((value) => stageSql(textSql(value))).join(', ')})`;
      // A model is meant under all of its names.
      const wanted = new Set(values.map(modelKey));
      const names = models.billed.map(({ model }) => model).filter((model) => wanted.has(modelKey(model)));
      const all = dim === 'x_Model' ? [...new Set([...values, ...names])] : values;
      return ` AND ${dim} IN (${all.map(textSql).join(', ')})`;
    })
    .join('');
}

/** Places of the models that the filters on provider and model leave; undefined without such filters. */
export function filteredPlaces({ filters, models }: Pick<Frame, 'filters' | 'models'>): number[] | undefined {
  const wanted = filters.filter(({ dim }) => dim === 'x_Model' || dim === 'ProviderName');
  if (wanted.length === 0) return undefined;
  return models.models.flatMap((known, at) => {
    const isLeft = wanted.every(({ dim, values }) =>
      values.some((value) =>
        dim === 'x_Model' ? modelKey(value) === known.model : providerKey(value) === known.provider,
      ),
    );
    return isLeft ? [at + 1] : [];
  });
}

/** By what the cost of language models is told: a dimension, or the models alone. */
export type ModelKey = ModelDimension | 'x_Model';

/** What a statement is made of: its keys, and the dimensions that have to be there because they are filtered after spreading. */
interface Shape {
  frame: Frame;
  keys: readonly ModelKey[];
  filtered: readonly (keyof typeof sharedDimensions)[];
}

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
  const shape: Shape = { frame, keys, filtered: spreadFilterDims(frame) };
  const names = namesOf(shape);
  const sums = [...plainSums, ...(frame.hasComputed ? ['computed'] : []), ...(withNamed(shape) ? namedSums : [])];
  const base = `SELECT key, place, Day, ${list([...names, ...sums.map((name) => `sum(t.${name}) AS ${name}`)])}
FROM (${billRows(shape)}
UNION ALL
${usageRows(shape)}) AS t
GROUP BY ${list(['key', 'place', 'Day', ...names])}`;
  const masks = masksOf(shape);
  return `${masks.length === 0 ? asBilled(shape, base) : spreadSql(shape, base, masks)}${outerFilters(shape)}`;
}

const plainSums = ['bill', 'billLines', 'estimate', 'requests', 'tokens', 'sessions'];
/** The part of estimate and tokens whose values a bill names in full. */
const namedSums = ['namedEstimate', 'namedTokens'];

/** Places of the keys that are no dimension. */
function wholesOf({ keys }: Shape): number[] {
  return keys.flatMap((key, at) => (key === 'x_Model' ? [at] : []));
}

function hasOwn(shape: Shape): boolean {
  return wholesOf(shape).length < shape.keys.length;
}

/** Columns of the values, those of the filtered dimensions first. */
function namesOf(shape: Shape): string[] {
  return [...shape.filtered.map((_, at) => `f${at}`), 'k'];
}

/** Filtered dimensions are told as far as they are asked for; what else they hold is one value, and what of it is named is summed. */
function withNamed({ filtered }: Shape): boolean {
  return filtered.length > 0;
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

const zero = 'toDecimal256(0, 30)';

function estimatedSql({ hasComputed }: Frame): string {
  return hasComputed ? `multiIf(isBilled, ${zero}, isUsed, estimate, computed)` : `if(isBilled, ${zero}, estimate)`;
}

function list(parts: readonly string[]): string {
  return parts.join(', ');
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

/** Columns of bills and of usage. */
const billColumn = (dim: ModelDimension) => (dim === 'ModelVersion' ? 'x_ModelVersion' : dim);
const usageColumn = (dim: ModelDimension) => (dim === 'ModelVersion' ? 'ModelVersion' : sharedDimensions[dim]);

const valueSql = (dim: ModelDimension, column: string) =>
  dim === 'x_Environment' ? stageSql(column) : `toString(${column})`;

/**
 * SQL of a value of a filtered dimension as far as it is asked for. All values between two that are asked for are one: as only
 * their sums count, where parts are cut stays the same.
 */
function toldSql(column: string, wanted: readonly string[], isBill: boolean): string {
  const sorted = [...new Set(wanted)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const steps = sorted.flatMap((value, at) => [`${column} < ${textSql(value)}`, textSql(`${sorted[at - 1] ?? ''}\0`)]);
  const between = `multiIf(${list([...steps, textSql(`${sorted.at(-1) ?? ''}\0`)])})`;
  return `if(${isBill ? `${column} = '' OR ` : ''}${column} IN (${sorted.map(textSql).join(', ')}), ${column}, ${between})`;
}

type ColumnOf = (dim: ModelDimension) => string;

/** Columns of a row before it is summed: r0.. of the filtered dimensions as they are, f0.. as they are told, c0.. of the keys. */
function rowColumns({ frame, keys, filtered }: Shape, columnOf: ColumnOf, isBill: boolean): string[] {
  const raw = filtered.map((dim, at) => `${valueSql(dim, columnOf(dim))} AS r${at}`);
  const told = filtered.map((dim, at) => {
    const values = frame.filters.find((filter) => filter.dim === dim)?.values ?? [];
    return `${toldSql(`r${at}`, wantedOf(dim, values), isBill)} AS f${at}`;
  });
  return [...raw, ...told, ...keys.flatMap((key, at) => (key === 'x_Model' ? [] : [`${columnOf(key)} AS c${at}`]))];
}

/**
 * GROUP BY of the columns `more` and each key's own column, undefined for a key without one; the SQL of the place of a group's key,
 * and of what is told of it.
 */
export function groupedByKeys(columns: readonly (string | undefined)[], more: readonly string[]) {
  const sets = columns.map((column) => list([...more, ...(column === undefined ? [] : [column])]));
  if (sets.length === 1) return { groupBy: sets[0]!, key: 'toUInt8(0)', each: (of: (at: number) => string) => of(0) };
  const own = columns.flatMap((column, at) => (column === undefined ? [] : [{ column, at }]));
  const whole = columns.indexOf(undefined);
  const last = whole < 0 ? own.pop()!.at : whole;
  const each = (of: (at: number) => string) =>
    `multiIf(${list([...own.flatMap(({ column, at }) => [`grouping(${column}) = 0`, of(at)]), of(last)])})`;
  return {
    groupBy: `GROUPING SETS (${sets.map((set) => `(${set})`).join(', ')})`,
    key: each((at) => `toUInt8(${at})`),
    each,
  };
}

function keyColumns(keys: readonly ModelKey[]): (string | undefined)[] {
  return keys.map((key, at) => (key === 'x_Model' ? undefined : `c${at}`));
}

function ownValue(keys: readonly ModelKey[]): (at: number) => string {
  return (at) => {
    const key = keys[at];
    return key === undefined || key === 'x_Model' ? "''" : valueSql(key, `c${at}`);
  };
}

/** Bills by key; `f` tells the filtered dimensions as they are asked for, `r` as they are. */
function billSums(shape: Shape, prefix: 'f' | 'r'): string {
  const { frame, keys, filtered } = shape;
  const names = filtered.map((_, at) => `${prefix}${at}`);
  const { groupBy, key, each } = groupedByKeys(keyColumns(keys), ['place', 'Day', ...names]);
  const computed = frame.hasComputed ? ', sum(computedAmount) AS computed' : '';
  return `SELECT ${list([`${key} AS key`, 'place', 'Day', ...names, `${each(ownValue(keys))} AS k`])},
       sum(amount) AS bill, sum(lines) AS billLines${computed}
FROM (${billLines(shape)})
GROUP BY ${groupBy}`;
}

function billRows(shape: Shape): string {
  const { frame } = shape;
  return `SELECT ${list(['key', 'place', 'Day', ...namesOf(shape)])}, bill, billLines, ${zero} AS estimate, toUInt64(0) AS requests,
       toUInt64(0) AS tokens, toUInt64(0) AS sessions${frame.hasComputed ? ', computed' : ''}${withNamed(shape) ? `, ${zero} AS namedEstimate, toUInt64(0) AS namedTokens` : ''}
FROM (${billSums(shape, 'f')})`;
}

/** Lines of bills about language models, a row for each day of a charge period. */
function billLines(shape: Shape): string {
  const { frame } = shape;
  const { metric, reaching, exchange, previous, span } = frame;
  const first = Math.min(previous.from, span.from) / dayMs;
  const columns = rowColumns(shape, billColumn, true);
  // Each day of the charge period gets the same, and the last one what division leaves.
  const share = `if(offset + 1 = PeriodDays, ${metric} - (${metric} / PeriodDays) * (PeriodDays - 1), ${metric} / PeriodDays)`;
  const amount = amountSql('raw', exchange);
  const isLong = frame.longestDays > 1;
  const bounds = isLong ? `Day < toDate(${span.to / dayMs}) AND Day + PeriodDays > toDate(${first})` : daysSql(frame);
  const named = list([`${placeSql(frame.models.billed, 'ProviderName', 'x_Model')} AS place`, ...columns]);
  const told = list(['place', ...columns.map((column) => column.replace(/^.* AS /s, ''))]);
  const lines = `cost_unit_daily
      WHERE x_DropId IN ${idsSql(reaching)} AND ${bounds} AND ${modelLineSql(frame)} AND ${currencySql(exchange)}${earlyFilters(frame, billColumn)}`;
  const rows = isLong
    ? `SELECT ${told}, BillingCurrency, x_CostBasis, LineCount, CAST(${share} AS Decimal(76, 30)) AS raw, Day0 + offset AS Day
      FROM (SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, ${metric}, PeriodDays, Day AS Day0,
                   arrayJoin(range(PeriodDays)) AS offset FROM ${lines})`
    : `SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, ${metric} AS raw, Day FROM ${lines}`;
  const isComputed = "x_CostBasis = 'estimated'";
  const money = frame.hasComputed
    ? `if(${isComputed}, ${zero}, ${amount}) AS amount, if(${isComputed}, 0, LineCount) AS lines,
       if(${isComputed}, ${amount}, ${zero}) AS computedAmount`
    : `${amount} AS amount, LineCount AS lines`;
  return `SELECT ${told}, Day, ${money}
FROM (${rows})${isLong ? `\nWHERE ${daysSql(frame)}` : ''}`;
}

function usageRows(shape: Shape): string {
  const { frame, keys, filtered } = shape;
  const names = filtered.map((_, at) => `f${at}`);
  const { groupBy, key, each } = groupedByKeys(keyColumns(keys), ['place', 'Day', ...names]);
  const named = withNamed(shape);
  const told = named
    ? `, CAST(${each((at) => `sumIf(cost, isNamed${at})`)} AS Decimal(76, 30)) AS namedEstimate,
       ${each((at) => `sumIf(words, isNamed${at})`)} AS namedTokens`
    : '';
  return `SELECT ${list([`${key} AS key`, 'place', 'Day', ...names, `${each(ownValue(keys))} AS k`])},
       ${zero} AS bill, toUInt64(0) AS billLines, CAST(sum(cost) AS Decimal(76, 30)) AS estimate, sum(calls) AS requests,
       sum(words) AS tokens, sum(visits) AS sessions${frame.hasComputed ? `, ${zero} AS computed` : ''}${told}
FROM (${named ? namedUsage(shape) : usageLines(shape)})
GROUP BY ${groupBy}`;
}

function usageLines(shape: Shape): string {
  const { frame } = shape;
  const { exchange } = frame;
  const shown = currencySql(exchange, 'Currency');
  const cost =
    exchange.rates.size === 0
      ? `if(${shown}, Cost, toDecimal128(0, 18))`
      : `if(${shown}, ${amountSql('Cost', exchange, 'Currency')}, ${zero})`;
  const columns = [`${placeSql(frame.models.used, 'Provider', 'Model')} AS place`, 'Day'];
  return `SELECT ${list([...columns, ...rowColumns(shape, usageColumn, false)])},
       ${cost} AS cost, Requests AS calls, InputTokens + OutputTokens AS words, Sessions AS visits
FROM llm_daily
WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(frame)}${earlyFilters(frame, usageColumn)}`;
}

/** Usage with whether a bill names its values in full, for each key. */
function namedUsage(shape: Shape): string {
  const { keys, filtered } = shape;
  const raw = filtered.map((_, at) => `r${at}`);
  const full = [...raw.map((name) => `${name} != ''`), 'billLines > 0'];
  const wholes = wholesOf(shape);
  const own = wholes.length > 0 ? `(k != '' OR key IN (${wholes.join(', ')}))` : "k != ''";
  const set = `SELECT cityHash64(${list(['key', 'place', 'Day', ...raw, 'k'])}) FROM (${billSums(shape, 'r')})
    WHERE ${[own, ...full].join(' AND ')}`;
  const flags = keys.map((_, at) => {
    return `cityHash64(${list([`toUInt8(${at})`, 'place', 'Day', ...raw, ownValue(keys)(at)])}) IN (${set}) AS isNamed${at}`;
  });
  return `SELECT *, ${list(flags)} FROM (${usageLines(shape)})`;
}

/** Dimensions that have to be there when what is spread is filtered. */
export function spreadFilterDims({ filters, lacking }: Frame): (keyof typeof sharedDimensions)[] {
  return filters
    .map(({ dim }) => dim)
    .filter((dim) => isShared(dim) && lacking.has(dim)) as (keyof typeof sharedDimensions)[];
}

/** A filter on what every line of a bill names can come first: nothing is spread from one of its values to another. */
function earlyFilters(frame: Frame, columnOf: ColumnOf): string {
  return frame.filters
    .filter(({ dim }) => isShared(dim) && !frame.lacking.has(dim))
    .map(({ dim, values }) => {
      const column = valueSql(dim as ModelDimension, columnOf(dim as ModelDimension));
      return ` AND ${column} IN (${wantedSql(dim, values)})`;
    })
    .join('');
}

function wantedOf(dim: string, values: readonly string[]): readonly string[] {
  return dim === 'x_Environment' ? values.map(stageOf) : values;
}

function wantedSql(dim: string, values: readonly string[]): string {
  return wantedOf(dim, values).map(textSql).join(', ');
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
