import { amountSql, currencySql, textSql, type Exchange } from '../allocation/index.ts';
import { dayMs, dropList, type Filter, type Metric, type Span } from '../cost/index.ts';
import { modelKeySql, providerKeySql, stageSql } from './model-keys.ts';
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
  /** Keys of provider and model of which there is usage. */
  models: readonly (readonly [string, string])[];
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

/** SQL condition: the line of a bill is the cost of a language model, by its unit or because its model has usage. */
export function modelLineSql({ models }: Frame): string {
  const used = models.map(([provider, model]) => `(${textSql(provider)}, ${textSql(model)})`).join(', ');
  const isUsed = used === '' ? '' : ` OR (${providerKeySql('ProviderName')}, ${modelKeySql('x_Model')}) IN (${used})`;
  return `(x_Model != '' AND (TokenUnit = 1${isUsed}))`;
}

/** SQL conditions of filters on the columns of a bill. Values enter as hexadecimal digits. */
export function billFilterSql(filters: readonly Filter[]): string {
  const keyed = (dim: string, sql: string) =>
    dim === 'x_Model' ? modelKeySql(sql) : dim === 'x_Environment' ? stageSql(sql) : sql;
  return filters
    .map(
      ({ dim, values }) =>
        ` AND ${keyed(dim, dim)} IN (${values.map((value) => keyed(dim, textSql(value))).join(', ')})`,
    )
    .join('');
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
 * Columns: p, m (keys), Day, model, k0.., billed, estimated, unspread, requests, tokens, sessions.
 */
export function modelCostSql(frame: Frame, dims: readonly ModelDimension[]): string {
  const keys = dims.map((_, place) => `k${place}`);
  const base = `SELECT p, m, Day, ${list([...keys, 'any(name) AS model', sums])}
FROM (${billRows(frame, dims)}
UNION ALL
${usageRows(frame, dims)})
GROUP BY ${['p', 'm', 'Day', ...keys].join(', ')}`;
  const day = 'PARTITION BY p, m, Day';
  const seen = `SELECT *, sum(billLines) OVER (${day}) > 0 AS isBilled, sum(requests) OVER (${day}) > 0 AS isUsed,
       if(sum(estimate) OVER (${day}) > 0, estimate, toDecimal256(tokens, 30)) AS weight,
       ${isFull(keys)} AND billLines > 0 AS isNamed
FROM (${base})`;
  const masks = Array.from({ length: 2 ** dims.length - 1 }, (_, mask) => mask);
  const filtered = outerFilters(frame, dims);
  if (masks.length === 0)
    return `SELECT *, if(isBilled, bill, toDecimal256(0, 30)) AS billed, ${estimatedSql} AS estimated,
       if(isBilled AND NOT isUsed, bill, toDecimal256(0, 30)) AS unspread FROM (${seen})${filtered}`;
  const windows = masks.flatMap((mask) => {
    const over = `PARTITION BY ${['p', 'm', 'Day', ...keys.filter((_, place) => (mask >> place) & 1)].join(', ')}`;
    const running = `${over} ORDER BY ${keys.join(', ')} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`;
    const free = 'if(isNamed, toDecimal256(0, 30), weight)';
    return [
      `sum(if(${isMask(keys, mask)}, bill, toDecimal256(0, 30))) OVER (${over}) AS due${mask}`,
      `sum(${free}) OVER (${over}) AS free${mask}`,
      `sum(weight) OVER (${over}) AS all${mask}`,
      `sum(${free}) OVER (${running}) AS freeTo${mask}`,
      `sum(weight) OVER (${running}) AS allTo${mask}`,
    ];
  });
  const parts = masks.map((mask) => {
    const cut = (end: string, whole: string) => `CAST(due${mask} * ((${end}) / ${whole}) AS Decimal(76, 30))`;
    const part = (end: string, weight: string, whole: string) =>
      `${cut(end, whole)} - ${cut(`${end} - ${weight}`, whole)}`;
    const free = part(`freeTo${mask}`, 'if(isNamed, toDecimal256(0, 30), weight)', `free${mask}`);
    return `multiIf(due${mask} = 0, toDecimal256(0, 30), free${mask} > 0, ${guarded(free, `free${mask}`)}, all${mask} > 0, ${guarded(part(`allTo${mask}`, 'weight', `all${mask}`), `all${mask}`)}, toDecimal256(0, 30))`;
  });
  const kept = masks.map((mask) => `(${isMask(keys, mask)} AND all${mask} = 0)`).join(' OR ');
  return `SELECT p, m, Day, model, ${list([...keys, 'requests', 'tokens', 'sessions'])},
       if(isBilled, if(${isFull(keys)} OR ${kept}, bill, toDecimal256(0, 30)) + ${parts.join(' + ')}, toDecimal256(0, 30)) AS billed,
       ${estimatedSql} AS estimated, if(isBilled AND (${kept}), bill, toDecimal256(0, 30)) AS unspread
FROM (SELECT *, ${windows.join(',\n       ')} FROM (${seen}))${filtered}`;
}

/** A division whose other branch is never taken must still not divide by 0: both are computed. */
function guarded(sql: string, whole: string): string {
  return sql.replaceAll(`/ ${whole})`, `/ if(${whole} = 0, toDecimal256(1, 30), ${whole}))`);
}

const estimatedSql = 'multiIf(isBilled, toDecimal256(0, 30), isUsed, estimate, CAST(computed AS Decimal(76, 30)))';
const sums = `sum(amount) AS bill, sum(lines) AS billLines, sum(computedAmount) AS computed, sum(cost) AS estimate,
       sum(calls) AS requests, sum(words) AS tokens, sum(visits) AS sessions`;

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
  return `SELECT ${list(['p', 'm', 'Day', ...dims.map((_, place) => `k${place}`), 'name'])},
       if(isComputed, toDecimal256(0, 30), ${amount}) AS amount, if(isComputed, 0, lineCount) AS lines,
       if(isComputed, ${amount}, toDecimal256(0, 30)) AS computedAmount, toDecimal256(0, 30) AS cost, toUInt64(0) AS calls,
       toUInt64(0) AS words, toUInt64(0) AS visits
FROM (SELECT ${list([`${providerKeySql('ProviderName')} AS p`, `${modelKeySql('x_Model')} AS m`, ...columns])}, toString(x_Model) AS name,
             BillingCurrency, x_CostBasis = 'estimated' AS isComputed, LineCount AS lineCount, arrayJoin(range(PeriodDays)) AS offset,
             CAST(${share} AS Decimal(76, 30)) AS raw, ${'Day0'} + offset AS Day
      FROM (SELECT *, Day AS Day0 FROM cost_unit_daily
            WHERE x_DropId IN ${idsSql(reaching)} AND x_Model != '' AND Day < toDate(${span.to / dayMs})
              AND Day + PeriodDays > toDate(${first}) AND ${modelLineSql(frame)} AND ${currencySql(exchange)}))
WHERE ${daysSql(frame)}`;
}

function usageRows(frame: Frame, dims: readonly ModelDimension[]): string {
  const columns = dims.map((dim, place) => `${usageColumn(dim)} AS k${place}`);
  return `SELECT ${list([`${providerKeySql('Provider')} AS p`, `${modelKeySql('Model')} AS m`, 'Day', ...columns])}, toString(Model) AS name,
       toDecimal256(0, 30) AS amount, toUInt64(0) AS lines, toDecimal256(0, 30) AS computedAmount,
       if(${currencySql(frame.exchange, 'Currency')}, ${amountSql('Cost', frame.exchange, 'Currency')}, toDecimal256(0, 30)) AS cost, Requests AS calls, InputTokens + OutputTokens AS words,
       Sessions AS visits
FROM llm_daily
WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(frame)}`;
}

/** Filters hold for what has been spread. */
function outerFilters(frame: Frame, dims: readonly ModelDimension[]): string {
  const conditions = frame.filters.flatMap(({ dim, values }) => {
    if (dim === 'x_Model') return [`m IN (${values.map((value) => modelKeySql(textSql(value))).join(', ')})`];
    if (dim === 'ProviderName') return [`p IN (${values.map((value) => providerKeySql(textSql(value))).join(', ')})`];
    if (!isShared(dim)) return [];
    const wanted = values.map((value) => (dim === 'x_Environment' ? stageSql(textSql(value)) : textSql(value)));
    return [`k${dims.indexOf(dim)} IN (${wanted.join(', ')})`];
  });
  return conditions.length === 0 ? '' : `\nWHERE ${conditions.join(' AND ')}`;
}
