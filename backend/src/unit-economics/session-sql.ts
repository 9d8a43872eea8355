import { dayMs } from '../cost/index.ts';
import { exactText } from '../platform/amounts/index.ts';
import { daysSql, idsSql, placeSql, type Frame } from './frame-sql.ts';
import { modelCostSql } from './model-cost-sql.ts';
import { factorOf, type ModelFactor } from './session-factors.ts';
import { estimateSql, presentSql, usageFilterSql } from './unit-sql.ts';

/** Numbers that one statement holds; a longer span of many models is joined. */
const maxFactors = 4_000;

/** SQL by the rate at which each call of a model was billed on its day, read from a list by day and place of the model. */
export interface FactorSql {
  /** Cost of a row, exact: columns estimate, place, Day. */
  cost: string;
  /** The same in billionths, whole numbers: what sessions are sorted by. */
  rank: string;
  isBilled: string;
}

/** @returns undefined where the list would be too long for a statement */
export function factorSql(frame: Frame, factors: readonly ModelFactor[]): FactorSql | undefined {
  const { span, models } = frame;
  const columns = models.models.length + 1;
  const days = (span.to - span.from) / dayMs;
  if (columns * days > maxFactors) return undefined;
  const found = new Map(factors.map((one) => [`${one.day} ${one.place}`, factorOf(one)]));
  const list = Array.from({ length: days * columns }, (_, at) => {
    const day = new Date(span.from + Math.floor(at / columns) * dayMs).toISOString().slice(0, 10);
    return found.get(`${day} ${at % columns}`);
  });
  const place = `(toUInt32(Day) - ${span.from / dayMs}) * ${columns} + place + 1`;
  const one = 10n ** 30n;
  const texts = list.map((factor) => `'${exactText(factor ?? one)}'`).join(', ');
  const numbers = list.map((factor) => Number(factor ?? one) / 1e30).join(', ');
  return {
    cost: `CAST(estimate * arrayElement(CAST([${texts}] AS Array(Decimal(76, 30))), ${place}) AS Decimal(76, 30))`,
    rank: `toInt64(round(toFloat64(estimate) * arrayElement(CAST([${numbers}] AS Array(Float64)), ${place}) * 1000000000))`,
    isBilled: `arrayElement(CAST([${list.map((factor) => (factor === undefined ? 0 : 1)).join(', ')}] AS Array(UInt8)), ${place})`,
  };
}

/** A number of a session; two of a million sessions share one in a case of thirty million. */
export const sessionNumber = 'sipHash64(Session)';

/** Usage of sessions with its estimated cost. `within` is a condition on the day. */
export function sessionLines(frame: Frame, columns: string, within = presentSql(frame)): string {
  return `SELECT ${columns}, Day, ${placeSql(frame.models.used, 'Provider', 'Model')} AS place, ${estimateSql(frame)} AS estimate
        FROM llm_session_daily
        WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${within}${usageFilterSql(frame)}`;
}

/** The numbers of the costliest sessions; there are as many sessions as the statement has rows before its limit. */
export function costliestSessionsSql(frame: Frame, factor: FactorSql, { limit, offset }: SessionPage): string {
  return `
SELECT toString(number) AS id
FROM (SELECT number, sum(${factor.rank}) AS rank
      FROM (${sessionLines(frame, `${sessionNumber} AS number`)})
      GROUP BY number)
ORDER BY rank DESC, number LIMIT ${limit} OFFSET ${offset}`;
}

export interface SessionPage {
  limit: number;
  offset: number;
}

/** Those sessions, exact. */
export function sessionsSql(frame: Frame, factor: FactorSql, numbers: readonly bigint[]): string {
  return `
SELECT key, toString(sum(r.cost)) AS cost, toString(sumIf(r.cost, r.isBilled = 1)) AS billed,
       toString(sum(r.Requests)) AS requests, toString(sum(r.Tokens)) AS tokens
FROM (SELECT Session AS key, Requests, Tokens, ${factor.isBilled} AS isBilled, ${factor.cost} AS cost
      FROM (${sessionLines(frame, 'Session, Requests, Tokens')} AND ${sessionNumber} IN (${numbers.join(', ')}))) AS r
GROUP BY key
ORDER BY sum(r.cost) DESC, key`;
}

/** Sums of all sessions by model and day, of both periods. */
export function sessionSumsSql(frame: Frame, seesAll: boolean): string {
  const table = seesAll && frame.filters.length === 0 ? 'llm_session_model_daily' : 'llm_session_daily';
  return `
SELECT toString(Day) AS day, place, toString(CAST(sum(r.estimate) AS Decimal(76, 30))) AS estimate, toString(sum(r.Requests)) AS requests,
       toString(sum(r.Tokens)) AS tokens
FROM (SELECT Day, ${placeSql(frame.models.used, 'Provider', 'Model')} AS place, ${estimateSql(frame)} AS estimate, Requests, Tokens
      FROM ${table}
      WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(frame)}${usageFilterSql(frame)}) AS r
GROUP BY Day, place
ORDER BY Day, place`;
}

export const shares = '0.1, 0.5, 0.9, 0.95, 0.99';

/** Estimated cost of each session on each day. */
export function sessionCostsSql(frame: Frame, within: string): string {
  return `SELECT Day, sum(${estimateSql(frame)}) AS cost FROM llm_session_daily
      WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${within}${usageFilterSql(frame)}
      GROUP BY Day, ${sessionNumber}`;
}

/** Quantiles of the estimated cost of a session, exact. */
export function sessionSpreadSql(frame: Frame): string {
  return `
SELECT count() AS n, arrayMap(x -> toString(x), quantilesExactInclusive(${shares})(toFloat64(cost))) AS quantiles,
       toString(max(cost)) AS largest
FROM (${sessionCostsSql(frame, presentSql(frame))})`;
}

/** What a provider's model was billed on a day over what was estimated for it, where a bill has it. */
function factorsSql(frame: Frame): string {
  return `SELECT place, Day, billed / if(estimate = 0, toDecimal256(1, 30), estimate) AS factor, toUInt8(isBilled AND estimate > 0) AS factored
FROM (${modelCostSql({ ...frame, filters: [] }, ['x_Model'])})`;
}

/** Sessions with their cost, the costliest first, for spans whose factors fill no statement. */
export function joinedSessionsSql(frame: Frame): string {
  return `
SELECT key, toString(sum(r.cost)) AS cost, toString(sumIf(r.cost, r.factored = 1)) AS billed,
       toString(sum(r.requests)) AS requests, toString(sum(r.tokens)) AS tokens, toString(count() OVER ()) AS groups
FROM (SELECT Session AS key, f.factored AS factored, Requests AS requests, Tokens AS tokens,
             if(f.factored = 1, CAST(estimate * f.factor AS Decimal(76, 30)), CAST(estimate AS Decimal(76, 30))) AS cost
      FROM (SELECT Session, Requests, Tokens, Day, ${placeSql(frame.models.used, 'Provider', 'Model')} AS place,
                   ${estimateSql(frame)} AS estimate
            FROM llm_session_daily
            WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${presentSql(frame)}${usageFilterSql(frame)}) AS s
      LEFT JOIN (${factorsSql({ ...frame, previous: frame.span })}) AS f ON f.place = s.place AND f.Day = s.Day) AS r
GROUP BY key
ORDER BY sum(r.cost) DESC, key
LIMIT {limit:UInt32} OFFSET {offset:UInt32}`;
}

/** Sums of the language models by day, without filters. */
export function modelFactorsSql(frame: Frame): string {
  return `
SELECT toString(Day) AS day, place, toString(r.billed) AS billed, toString(r.estimate) AS estimate, toUInt8(r.isBilled) AS isBilled
FROM (${modelCostSql({ ...frame, filters: [] }, ['x_Model'])}) AS r`;
}
