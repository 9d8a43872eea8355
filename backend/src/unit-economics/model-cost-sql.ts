import { amountSql, currencySql, textSql, type Exchange } from '../allocation/index.ts';
import { dayMs, dropList, type Filter, type Metric, type Span } from '../cost/index.ts';
import { modelKey, providerKey, stageSql, type ModelIndex } from './model-keys.ts';
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
  const names = lines.map(
    ({ provider, model, tokenUnit }) => `(${textSql(provider)}, ${textSql(model)}, ${tokenUnit ? 1 : 0})`,
  );
  return `(x_Model != '' AND (ProviderName, x_Model, TokenUnit) IN (${names.join(', ')}))`;
}

/** SQL of the place of a provider's model, 0 for one that is not known. */
export function placeSql(
  known: readonly { provider: string; model: string; place: number }[],
  provider: string,
  model: string,
): string {
  const unique = new Map(known.map((one) => [`${one.provider}\n${one.model}`, one.place]));
  if (unique.size === 0) return 'toUInt16(0)';
  const names = [...unique.keys()].map(textSql).join(', ');
  return `transform(concat(toString(${provider}), '\\n', toString(${model})), [${names}], [${[...unique.values()].map((place) => `toUInt16(${place})`).join(', ')}], toUInt16(0))`;
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

/**
 * The cost of language models by provider, model, day and the dimensions: what bills say counts, usage times the price book
 * (`estimate`) where no bill has that provider, model and day, and usage tells whose a billed amount is where the bill does not:
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
 * Columns: place (of the model), Day, k0.., billed, estimated, unspread, requests, tokens, sessions.
 */
export function modelCostSql(frame: Frame, dims: readonly ModelDimension[]): string {
  const keys = dims.map((_, place) => `k${place}`);
  const base = `SELECT place, Day, ${list([...keys, sumsOf(frame)])}
FROM (${billRows(frame, dims)}
UNION ALL
${usageRows(frame, dims)})
GROUP BY ${['place', 'Day', ...keys].join(', ')}`;
  const named = dims.reduce((bits, dim, place) => (frame.lacking.has(dim) ? bits : bits | (1 << place)), 0);
  const masks = Array.from({ length: 2 ** dims.length - 1 }, (_, mask) => mask).filter(
    (mask) => (mask & named) === named,
  );
  return `${masks.length === 0 ? asBilled(frame, keys, base) : spreadSql(frame, keys, base, masks)}${outerFilters(frame, dims)}`;
}

const day = 'PARTITION BY place, Day';
const isBilled = `sum(billLines) OVER (${day}) > 0 AS isBilled`;
const isUsed = `sum(requests) OVER (${day}) > 0 AS isUsed`;

/** Every line names what is asked for. */
function asBilled(frame: Frame, keys: readonly string[], base: string): string {
  const isWhole = keys.length === 0;
  return `SELECT *, if(isBilled, bill, ${zero}) AS billed, ${estimatedSql(frame)} AS estimated,
       ${isWhole ? `if(isBilled AND NOT isUsed, bill, ${zero})` : zero} AS unspread
FROM (SELECT *, ${isBilled}${isWhole || frame.hasComputed ? `, ${isUsed}` : ''} FROM (${base}))`;
}

/** Each mask is a set of dimensions that lines name while they lack the others. */
function spreadSql(frame: Frame, keys: readonly string[], base: string, masks: readonly number[]): string {
  const seen = `SELECT *, ${isBilled}${frame.hasComputed ? `, ${isUsed}` : ''},
       if(sum(estimate) OVER (${day}) > 0, estimate, toDecimal256(tokens, 30)) AS weight,
       if(${isFull(keys)} AND billLines > 0, ${zero}, weight) AS freeWeight
FROM (${base})`;
  const windows = masks.flatMap((mask) => {
    const over = `PARTITION BY ${['place', 'Day', ...keys.filter((_, place) => (mask >> place) & 1)].join(', ')}`;
    const running = `${over} ORDER BY ${keys.join(', ')} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`;
    return [
      `sum(if(${isMask(keys, mask)}, bill, ${zero})) OVER (${over}) AS due${mask}`,
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
  const parts = masks.map((mask) => `${cut(mask, 'to')} - ${cut(mask, 'from')}`);
  const kept = masks.map((mask) => `(${isMask(keys, mask)} AND all${mask} = 0)`).join(' OR ');
  return `SELECT place, Day, ${list([...keys, 'requests', 'tokens', 'sessions'])},
       if(isBilled, if(${isFull(keys)} OR ${kept}, bill, ${zero}) + ${parts.join(' + ')}, ${zero}) AS billed,
       ${estimatedSql(frame)} AS estimated, if(isBilled AND (${kept}), bill, ${zero}) AS unspread
FROM (SELECT *, ${taken.join(', ')} FROM (SELECT *, ${windows.join(',\n       ')} FROM (${seen})))`;
}

const zero = 'toDecimal256(0, 30)';

function estimatedSql({ hasComputed }: Frame): string {
  return hasComputed ? `multiIf(isBilled, ${zero}, isUsed, estimate, computed)` : `if(isBilled, ${zero}, estimate)`;
}

function sumsOf({ hasComputed }: Frame): string {
  return `sum(amount) AS bill, sum(lines) AS billLines${hasComputed ? ', sum(computedAmount) AS computed' : ''}, sum(cost) AS estimate,
       sum(calls) AS requests, sum(words) AS tokens, sum(visits) AS sessions`;
}

function list(parts: readonly string[]): string {
  return parts.join(', ');
}

function isFull(keys: readonly string[]): string {
  return keys.length === 0 ? '1' : keys.map((key) => `${key} != ''`).join(' AND ');
}

/** SQL condition: the row names exactly the dimensions whose bits are set. */
function isMask(keys: readonly string[], mask: number): string {
  return keys.map((key, place) => `${key} ${(mask >> place) & 1 ? '!=' : '='} ''`).join(' AND ');
}

const billColumn = (dim: ModelDimension) =>
  dim === 'ModelVersion' ? 'toString(x_ModelVersion)' : dim === 'x_Environment' ? stageSql(dim) : `toString(${dim})`;
const usageColumn = (dim: ModelDimension) =>
  dim === 'ModelVersion'
    ? 'toString(ModelVersion)'
    : dim === 'x_Environment'
      ? stageSql('Environment')
      : `toString(${sharedDimensions[dim]})`;

function billRows(frame: Frame, dims: readonly ModelDimension[]): string {
  const { metric, reaching, exchange, previous, span } = frame;
  const first = Math.min(previous.from, span.from) / dayMs;
  const columns = dims.map((dim, place) => `${billColumn(dim)} AS k${place}`);
  // Each day of the charge period gets the same, and the last one what division leaves.
  const share = `if(offset + 1 = PeriodDays, ${metric} - (${metric} / PeriodDays) * (PeriodDays - 1), ${metric} / PeriodDays)`;
  const amount = amountSql('raw', exchange);
  const isLong = frame.longestDays > 1;
  const bounds = isLong ? `Day < toDate(${span.to / dayMs}) AND Day + PeriodDays > toDate(${first})` : daysSql(frame);
  const named = [`${placeSql(frame.models.billed, 'ProviderName', 'x_Model')} AS place`, ...columns].join(', ');
  const lines = `cost_unit_daily
      WHERE x_DropId IN ${idsSql(reaching)} AND ${bounds} AND ${modelLineSql(frame)} AND ${currencySql(exchange)}${earlyFilters(frame, billColumn)}`;
  const rows = isLong
    ? `SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, arrayJoin(range(PeriodDays)) AS offset,
             CAST(${share} AS Decimal(76, 30)) AS raw, Day0 + offset AS Day
      FROM (SELECT *, Day AS Day0 FROM ${lines})`
    : `SELECT ${named}, BillingCurrency, x_CostBasis, LineCount, ${metric} AS raw, Day FROM ${lines}`;
  const isComputed = "x_CostBasis = 'estimated'";
  const money = frame.hasComputed
    ? `if(${isComputed}, ${zero}, ${amount}) AS amount, if(${isComputed}, 0, LineCount) AS lines,
       if(${isComputed}, ${amount}, ${zero}) AS computedAmount`
    : `${amount} AS amount, LineCount AS lines`;
  return `SELECT ${list(['place', 'Day', ...dims.map((_, at) => `k${at}`)])}, ${money}, ${zero} AS cost, toUInt64(0) AS calls,
       toUInt64(0) AS words, toUInt64(0) AS visits
FROM (${rows})${isLong ? `\nWHERE ${daysSql(frame)}` : ''}`;
}

function usageRows(frame: Frame, dims: readonly ModelDimension[]): string {
  const columns = dims.map((dim, place) => `${usageColumn(dim)} AS k${place}`);
  return `SELECT ${list([`${placeSql(frame.models.used, 'Provider', 'Model')} AS place`, 'Day', ...columns])},
       ${zero} AS amount, toUInt64(0) AS lines,${frame.hasComputed ? ` ${zero} AS computedAmount,` : ''}
       if(${currencySql(frame.exchange, 'Currency')}, ${amountSql('Cost', frame.exchange, 'Currency')}, toDecimal256(0, 30)) AS cost, Requests AS calls, InputTokens + OutputTokens AS words,
       Sessions AS visits
FROM llm_daily
WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(frame)}${earlyFilters(frame, usageColumn)}`;
}

/** Dimensions that have to be there when what is spread is filtered. */
export function spreadFilterDims({ filters, lacking }: Frame): (keyof typeof sharedDimensions)[] {
  return filters
    .map(({ dim }) => dim)
    .filter((dim) => isShared(dim) && lacking.has(dim)) as (keyof typeof sharedDimensions)[];
}

/** A filter on what every line of a bill names can come first: nothing is spread from one of its values to another. */
function earlyFilters(frame: Frame, column: (dim: ModelDimension) => string): string {
  return frame.filters
    .filter(({ dim }) => isShared(dim) && !frame.lacking.has(dim))
    .map(({ dim, values }) => ` AND ${column(dim as ModelDimension)} IN (${wantedSql(dim, values).join(', ')})`)
    .join('');
}

function wantedSql(dim: string, values: readonly string[]): string[] {
  return values.map((value) => (dim === 'x_Environment' ? stageSql(textSql(value)) : textSql(value)));
}

/** The other filters hold for what has been spread. */
function outerFilters(frame: Frame, dims: readonly ModelDimension[]): string {
  const conditions = frame.filters.flatMap(({ dim, values }) => {
    if (!isShared(dim) || !frame.lacking.has(dim)) return [];
    return [`k${dims.indexOf(dim)} IN (${wantedSql(dim, values).join(', ')})`];
  });
  const places = filteredPlaces(frame);
  if (places) conditions.push(`place IN (${places.length === 0 ? 0 : places.join(', ')})`);
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join(' AND ')}`;
}
