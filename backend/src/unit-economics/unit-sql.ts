import { amountSql, currencySql } from '../allocation/index.ts';
import { textSql } from '../platform/sql/index.ts';
import {
  billFilterSql,
  daysSql,
  filteredPlaces,
  idsSql,
  modelLineSql,
  periodSql,
  placeSql,
  type Frame,
} from './frame-sql.ts';
import { modelCostSql } from './model-cost-sql.ts';
import { groupedByKeys, zero } from './model-rows-sql.ts';
import { stageSql } from './model-keys.ts';
import { isShared, sharedDimensions, type SharedDimension } from './selection.ts';

/** What a table of unit costs can be made by, besides sessions and jobs. */
export type UnitKey = SharedDimension | 'x_Model' | 'ModelVersion';

/** Values of the cards' statement are told by day for the models alone; the two are told apart by this. */
export const dayMark = '|';

/**
 * Cost and usage by the values of each key, with `days` also by day (rows whose `isDay` is 1; they count what has a value). The
 * key x_Model is then told by day and place of the model. `withUsage` false: filters that usage cannot follow; bills count as
 * they are.
 */
export function unitRowsSql(frame: Frame, keys: readonly UnitKey[], withUsage: boolean, days: boolean): string {
  const rows = [
    ...(days && keys.length === 1 && keys[0] === 'x_Model' ? [] : [otherRows(frame, keys, withUsage, !days)]),
    ...(withUsage ? [modelRows(frame, keys, days)] : []),
  ].join('\nUNION ALL\n');
  const told = days
    ? `toUInt8(grouping(k)) AS isDay, k AS value, if(grouping(k) = 1, toString(day), '') AS at,
       toString(uniqExactIf(k, k != '')) AS values, toString(sumIf(r.billed + r.estimated, k != '')) AS valued`
    : "toUInt8(0) AS isDay, k AS value, '' AS at";
  return `
SELECT period, key, ${[told, ...sumNames.map((name) => `toString(sum(r.${name})) AS ${name}`)].join(', ')}
FROM (SELECT ${periodSql(frame)} AS period, Day AS day, * FROM (${rows})) AS r
GROUP BY ${days ? 'GROUPING SETS ((period, key, k), (period, key, day))' : 'period, key, k'}
ORDER BY period, key, isDay, value, at`;
}

const sumNames = [
  'billed',
  'estimated',
  'unspread',
  'modelCost',
  'requests',
  'tokens',
  'sessions',
  'gpuHours',
] as const;

function modelRows(frame: Frame, keys: readonly UnitKey[], days: boolean): string {
  const values = keys.flatMap((key, at) => {
    if (key === 'x_Model')
      return [`key = ${at}`, days ? `concat(toString(Day), '${dayMark}', toString(place))` : 'toString(place)'];
    return key === 'ModelVersion' ? [`key = ${at}`, "if(k = '', '', concat(toString(place), '@', k))"] : [];
  });
  const value = values.length === 0 ? 'k' : `multiIf(${[...values, 'k'].join(', ')})`;
  return `SELECT key, Day, ${value} AS k, billed, estimated, unspread, billed + estimated AS modelCost, requests, tokens, sessions,
       ${zero} AS gpuHours
FROM (${modelCostSql(frame, keys)})`;
}

/**
 * Lines of bills that are not the cost of a language model; of those, with `withHours`, GPU-hours only. With `told` also by the
 * values of that dimension, as column f.
 */
export function otherRows(
  frame: Frame,
  keys: readonly UnitKey[],
  withUsage: boolean,
  withHours: boolean,
  told?: SharedDimension,
): string {
  const { metric, exchange, drops } = frame;
  const isModel = withUsage ? modelLineSql(frame) : '0';
  const amount = withHours ? `if(isModel, ${zero}, ${amountSql(metric, exchange)})` : amountSql(metric, exchange);
  const kept = withHours ? `(NOT ${isModel} OR GpuHours != 0)` : `NOT ${isModel}`;
  const columns = keys.map((key, at) => `${lineValue(frame, key)} AS c${at}`);
  const { groupBy, key, each } = groupedByKeys(
    keys.map((_, at) => `c${at}`),
    ['Day', 'isEstimate', ...(told === undefined ? [] : ['f'])],
  );
  const f = told === undefined ? '' : ', f';
  const toldColumn =
    told === undefined ? '' : `, ${told === 'x_Environment' ? stageSql(told) : `toString(${told})`} AS f`;
  const value = each((at) => (keys[at] === 'x_Environment' ? stageSql(`c${at}`) : `toString(c${at})`));
  return `SELECT key, Day${f}, k, if(isEstimate, ${zero}, amount) AS billed, if(isEstimate, amount, ${zero}) AS estimated,
       ${zero} AS unspread, ${zero} AS modelCost, toUInt64(0) AS requests, toUInt64(0) AS tokens, toUInt64(0) AS sessions, gpuHours
FROM (SELECT ${key} AS key, Day${f}, isEstimate, ${value} AS k, sum(own) AS amount, sum(hours) AS gpuHours
      FROM (SELECT Day, x_CostBasis = 'estimated' AS isEstimate, ${withHours ? `${isModel} AS isModel, ` : ''}${amount} AS own,
                   ${withHours ? 'GpuHours' : zero} AS hours, ${columns.join(', ')}${toldColumn}
            FROM cost_unit_daily
            WHERE x_DropId IN ${idsSql(drops)} AND ${daysSql(frame)} AND ${kept} AND ${currencySql(exchange)}${billFilterSql(frame)})
      GROUP BY ${groupBy})
WHERE k != ${noModel}`;
}

/** Lines without a model are in no table by model or version. */
const noModel = "unhex('00')";

function lineValue({ models }: Frame, key: UnitKey): string {
  if (key !== 'x_Model' && key !== 'ModelVersion') return key;
  const place = `toString(${placeSql(models.billed, 'ProviderName', 'x_Model')})`;
  if (key === 'x_Model') return `if(x_Model = '', ${noModel}, ${place})`;
  return `multiIf(x_Model = '', ${noModel}, x_ModelVersion = '', '', concat(${place}, '@', toString(x_ModelVersion)))`;
}

/** Lines of bills with their kind of GPU, empty for everything else, and whether anybody used it. */
function spendLines(frame: Frame, onlyGpus: boolean): string {
  const { metric, exchange, drops } = frame;
  return `SELECT Day, IsGpu, multiIf(IsGpu = 0, '', SkuId = '', toString(ServiceName), toString(SkuId)) AS gpuKind,
             toUInt8(IsGpu = 1 AND Idle = 'idle') AS gpuIdle, ${amountSql(metric, exchange)} AS amount,
             x_CostBasis = 'estimated' AS isEstimate, x_Team = '' AS noTeam, GpuHours
      FROM cost_unit_daily
      WHERE x_DropId IN ${idsSql(drops)} AND ${daysSql(frame)} AND ${currencySql(exchange)}${onlyGpus ? ' AND IsGpu = 1' : ''}${billFilterSql(frame)}`;
}

/** `gross`: amounts without their signs, so that credits hide nothing. */
const spendSums = `sum(amount) AS cost, sumIf(amount, isEstimate) AS estimated, sum(GpuHours) AS gpuHours, sum(abs(amount)) AS gross,
       sumIf(abs(amount), noTeam) AS grossWithoutTeam`;

/** Cost of each day, apart for each kind of GPU and whether anybody used it: what is kept as unit_spend_daily. */
export function billDaysSql(frame: Frame): string {
  return `
SELECT toString(Day) AS day, gpuKind AS kind, gpuIdle AS isIdle, IsGpu AS isGpu, ${spendSums}
FROM (${spendLines(frame, false)})
GROUP BY Day, IsGpu, gpuKind, gpuIdle
ORDER BY day, isGpu, kind, isIdle`;
}

/** Cost by kind of GPU and, where isDay is 1, by day, GPUs apart from everything else; with the part that names no team. */
export function spendSumsSql(frame: Frame, onlyGpus: boolean): string {
  return spendBySql(frame, spendLines(frame, onlyGpus), spendSums);
}

/** The same of lines that have Day, IsGpu, gpuKind and gpuIdle. */
export function spendBySql(frame: Frame, lines: string, sums: string): string {
  return `
SELECT period, toUInt8(grouping(gpuKind)) AS isDay, if(grouping(gpuKind) = 1, toString(day), '') AS at, gpuKind AS kind,
       gpuIdle AS isIdle, IsGpu AS isGpu, ${sums}
FROM (SELECT ${periodSql(frame)} AS period, Day AS day, * FROM (${lines}))
GROUP BY GROUPING SETS ((period, IsGpu, gpuKind, gpuIdle), (period, day, IsGpu))
ORDER BY period, isDay, at, isGpu, kind, isIdle`;
}

/** Cost and number of jobs by service and, where isDay is 1, by day. A job counts on each day on which it cost something. */
export function jobSumsSql(frame: Frame): string {
  const { metric, exchange, drops } = frame;
  return `
SELECT period, toUInt8(grouping(service)) AS isDay, service, if(grouping(service) = 1, toString(day), '') AS at,
       toString(sum(amount)) AS cost, toString(uniqExact(job)) AS jobs, toString(sum(GpuHours)) AS gpuHours
FROM (SELECT ${periodSql(frame)} AS period, Day AS day, toString(ServiceName) AS service, (x_Source, JobId) AS job,
             ${amountSql(metric, exchange)} AS amount, GpuHours
      FROM cost_job_daily
      WHERE x_DropId IN ${idsSql(drops)} AND ${daysSql(frame)} AND ${currencySql(exchange)}${billFilterSql(frame)})
GROUP BY GROUPING SETS ((period, service), (period, day))
ORDER BY period, isDay, service, at`;
}

/** Jobs with their cost, of both periods. */
export function jobRowsSql(frame: Frame): string {
  const { metric, exchange, drops } = frame;
  return `
SELECT key, any(name) AS label, toString(sumIf(amount, period = 0)) AS cost, toString(sumIf(amount, period = 1)) AS previousCost,
       toString(sumIf(hours, period = 0)) AS gpuHours, count() OVER () AS groups,
       toString(sum(sumIf(amount, period = 0)) OVER ()) AS totalCost,
       toString(sum(sumIf(amount, period = 1)) OVER ()) AS totalPrevious,
       toString(sum(sumIf(hours, period = 0)) OVER ()) AS totalHours
FROM (SELECT ${periodSql(frame)} AS period, JobId AS key, toString(JobName) AS name,
             ${amountSql(metric, exchange)} AS amount, GpuHours AS hours
      FROM cost_job_daily
      WHERE x_DropId IN ${idsSql(drops)} AND ${daysSql(frame)} AND ${currencySql(exchange)}${billFilterSql(frame)})
GROUP BY key
HAVING sumIf(amount, period = 0) != 0 OR sumIf(hours, period = 0) != 0
ORDER BY {byChange:UInt8} = 1 ? abs(sumIf(amount, period = 0) - sumIf(amount, period = 1)) : sumIf(amount, period = 0) DESC, key
LIMIT {limit:UInt32} OFFSET {offset:UInt32}`;
}

/** Conditions of the filters on the columns of usage. */
export function usageFilterSql(frame: Frame): string {
  const conditions = frame.filters.flatMap(({ dim, values }) => {
    const list = values.map(textSql);
    if (dim === 'x_Environment') return [`${stageSql('Environment')} IN (${list.map(stageSql).join(', ')})`];
    return isShared(dim) ? [`${sharedDimensions[dim]} IN (${list.join(', ')})`] : [];
  });
  const places = filteredPlaces(frame);
  const left = frame.models.used.filter(({ place }) => places?.includes(place));
  const names = left.map(({ provider, model }) => `(${textSql(provider)}, ${textSql(model)})`);
  if (places) conditions.push(names.length === 0 ? '0' : `(Provider, Model) IN (${names.join(', ')})`);
  return conditions.map((condition) => ` AND ${condition}`).join('');
}

/** Present span only. */
export function presentSql({ span }: Frame): string {
  return `Day >= toDate(${span.from / 86_400_000}) AND Day < toDate(${span.to / 86_400_000})`;
}

export function estimateSql({ exchange }: Frame): string {
  const shown = currencySql(exchange, 'Currency');
  if (exchange.rates.size === 0) return `if(${shown}, Cost, toDecimal128(0, 18))`;
  return `if(${shown}, ${amountSql('Cost', exchange, 'Currency')}, ${zero})`;
}

/** Quantiles of the estimated cost of a request; undefined where a filter asks for a customer, whom the roll-up does not tell. */
export function requestSpreadSql(frame: Frame, seesAll: boolean): string | undefined {
  const { exchange, filters } = frame;
  if (filters.some(({ dim }) => dim === 'x_Customer') || exchange.rates.size > 0) return undefined;
  return `
SELECT sum(Requests) AS n, arrayMap(x -> toString(x), quantilesTDigestWeightedMerge(0.1, 0.5, 0.9, 0.95, 0.99)(Spread)) AS quantiles,
       toString(max(MaxCost)) AS largest
FROM ${seesAll && filters.length === 0 ? 'llm_request_spread_daily' : 'llm_request_cost_daily'}
WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${presentSql(frame)} AND ${currencySql(exchange, 'Currency')}${usageFilterSql(frame)}`;
}

/** The parts of a change: by the dimensions, service, SKU and unit, both periods side by side. */
export function driverLeavesSql(frame: Frame, dims: readonly string[]): string {
  const { metric, exchange, drops } = frame;
  const keys = dims.map((_, place) => `k${place}`);
  return `
SELECT ${[...keys, 'market', 'Unit AS unit'].join(', ')}, toString(sumIf(amount, period = 0)) AS cost,
       toString(sumIf(amount, period = 1)) AS previousCost, toString(sumIf(Quantity, period = 0)) AS quantity,
       toString(sumIf(Quantity, period = 1)) AS previousQuantity
FROM (SELECT ${periodSql(frame)} AS period, ${dims.map((dim, place) => `toString(${dim}) AS k${place}, `).join('')}
             toString(ServiceName) AS market, SkuId, Unit, ${amountSql(metric, exchange)} AS amount, Quantity
      FROM cost_unit_daily
      WHERE x_DropId IN ${idsSql(drops)} AND ${daysSql(frame)} AND ${currencySql(exchange)}${billFilterSql(frame)})
GROUP BY ${[...keys, 'market', 'SkuId', 'Unit'].join(', ')}
ORDER BY ${[...keys, 'market', 'SkuId', 'Unit'].join(', ')}`;
}
