import { textSql } from '../platform/sql/index.ts';

import { idsSql, periodSql, type Frame } from './frame-sql.ts';
import { modelCostByFilterSql, modelCostSql } from './model-cost-sql.ts';
import { zero } from './model-rows-sql.ts';
import type { SharedDimension } from './selection.ts';
import { otherRows, spendBySql, type UnitKey } from './unit-sql.ts';

/** Sums of a row of unit_daily with its columns. */
export const daySums = [
  ['billed', 'Billed'],
  ['estimated', 'Estimated'],
  ['unspread', 'Unspread'],
  ['modelCost', 'ModelCost'],
  ['gpuHours', 'GpuHours'],
  ['requests', 'Requests'],
  ['tokens', 'Tokens'],
  ['sessions', 'Sessions'],
] as const;

/**
 * Cost and usage of each day by the values of each key, with `told` also by the values of that dimension: what is kept as
 * unit_daily. Models are told by their places, versions as place@version.
 */
export function unitDaySql(frame: Frame, keys: readonly UnitKey[], told: SharedDimension | undefined): string {
  const f = told === undefined ? '' : ', f';
  const sums = daySums.map(([name]) => `toString(sum(r.${name})) AS ${name}`).join(', ');
  return `
SELECT toUInt16(Day) AS day, key${f}, k AS value, isLanguage, ${sums}, toString(sum(r.billed + r.estimated - r.modelCost)) AS other,
       toString(sum(r.estimate)) AS estimate, max(r.isBilled) AS isBilled
FROM (SELECT *, ${zero} AS estimate, toUInt8(0) AS isBilled, toUInt8(0) AS isLanguage FROM (${otherRows(frame, keys, true, true, told)})
      UNION ALL ${languageRows(frame, keys, told)}) AS r
GROUP BY Day, key${f}, k, isLanguage
ORDER BY Day, key${f}, k, isLanguage`;
}

/** Columns in the order of those of otherRows. */
function languageRows(frame: Frame, keys: readonly UnitKey[], told: SharedDimension | undefined): string {
  const values = keys.flatMap((key, at) => {
    if (key === 'x_Model') return [`key = ${at}`, 'toString(place)'];
    return key === 'ModelVersion' ? [`key = ${at}`, "if(k = '', '', concat(toString(place), '@', k))"] : [];
  });
  const value = values.length === 0 ? 'k' : `multiIf(${[...values, 'k'].join(', ')})`;
  const models = keys.flatMap((key, at) => (key === 'x_Model' ? [at] : []));
  const isLanguage = models.length === 0 ? '0' : `key IN (${models.join(', ')})`;
  const cost = told === undefined ? modelCostSql(frame, keys) : modelCostByFilterSql(frame, keys, told);
  return `SELECT key, Day${told === undefined ? '' : ', f0 AS f'}, ${value} AS k, billed, estimated, unspread,
       billed + estimated AS modelCost, requests, tokens, sessions, ${zero} AS gpuHours, estimate, toUInt8(isBilled) AS isBilled,
       toUInt8(${isLanguage}) AS isLanguage
FROM (${cost})`;
}

/** A day that is kept, under its mark. */
export interface KeptDay {
  mark: string;
  id: string;
}

/** What is kept under these marks: SQL that answers a KeptDay a day. */
export function keptDaysSql(region: string, selection: string, marks: readonly string[]): string {
  return `SELECT toString(Mark) AS mark, toString(x_DropId) AS id FROM unit_day FINAL
WHERE Region = ${textSql(region)} AND Selection = toUUID('${selection}')
  AND Mark IN ${idsSql(marks)}`;
}

/** Which kept days are asked: their ids, and the values of the dimension that is filtered. */
export interface KeptDays {
  ids: readonly string[];
  filter?: { dim: SharedDimension; values: readonly string[] };
}

/**
 * What unitRowsSql answers, of kept days; models and versions with their provider and model. With `days` also the sums of the
 * language models by day, with `x_Model` as their key; days of versions are told by model.
 * Decimals and long numbers are texts as the warehouse answers them: each function of a statement takes time to plan.
 */
export function keptRowsSql(frame: Frame, kept: KeptDays, keys: readonly UnitKey[], days: boolean): string {
  const asked = days ? daySums.filter(([name]) => name !== 'modelCost' && name !== 'gpuHours') : daySums;
  const sums = asked.map(([name, column]) => `sum(${column}) AS ${name}`).join(', ');
  const told = days
    ? `toUInt8(grouping(UnitValue)) AS isDay, UnitValue AS value, if(grouping(UnitValue) = 1, toString(Day), '') AS at,
       uniqExactIf((Provider, Model, UnitValue), UnitValue != '') AS values, sumIf(Billed + Estimated, UnitValue != '') AS valued`
    : "toUInt8(0) AS isDay, UnitValue AS value, '' AS at";
  const value = 'period, UnitKey, Provider, Model, UnitValue';
  const names = [...keys, ...(days ? ['x_Model'] : [])].map(textSql).join(', ');
  return `
SELECT period, UnitKey AS key, Provider AS provider, Model AS model, ${told}, ${sums}
FROM (SELECT ${periodSql(frame)} AS period, *, Billed FROM unit_daily
      WHERE ${whereSql(kept)} AND UnitKey IN (${names})${days ? ` AND (UnitKey != 'x_Model' OR IsLanguage = 1)` : ''})
GROUP BY ${days ? `GROUPING SETS ((${value}), (period, UnitKey, Day, Provider, Model))` : value}
ORDER BY period, key, isDay, provider, model, value, at`;
}

/** What language models were billed and estimated at by day. */
export function keptModelsSql(kept: KeptDays): string {
  return `
SELECT toString(Day) AS day, Provider AS provider, Model AS model, sum(Billed) AS billed, sum(Estimate) AS estimate,
       max(IsBilled) AS isBilled
FROM unit_daily
WHERE ${whereSql(kept)} AND UnitKey = 'x_Model' AND IsLanguage = 1
GROUP BY Day, Provider, Model
ORDER BY Day, provider, model`;
}

/** What spendSumsSql answers, of kept days. */
export function keptSpendSql(frame: Frame, ids: readonly string[], onlyGpus: boolean): string {
  const columns = [
    ['Cost', 'cost'],
    ['Estimated', 'estimated'],
    ['GpuHours', 'gpuHours'],
    ['Gross', 'gross'],
    ['GrossWithoutTeam', 'grossWithoutTeam'],
  ];
  return spendBySql(
    frame,
    `SELECT *, GpuKind AS gpuKind, IsIdle AS gpuIdle FROM unit_spend_daily
      WHERE x_DropId IN ${idsSql(ids)}${onlyGpus ? ' AND IsGpu = 1' : ''}`,
    columns.map(([column, name]) => `sum(${column}) AS ${name}`).join(', '),
  );
}

function whereSql({ ids, filter }: KeptDays): string {
  const of =
    filter === undefined
      ? `FilterKey = ''`
      : `FilterKey = ${textSql(filter.dim)} AND FilterValue IN (${filter.values.map(textSql).join(', ')})`;
  return `x_DropId IN ${idsSql(ids)} AND ${of}`;
}
