import { daysSql, idsSql, type Frame } from './frame-sql.ts';
import {
  sessionCostsSql,
  sessionLines,
  sessionNumber,
  shares,
  type FactorSql,
  type SessionPage,
} from './session-sql.ts';
import { presentSql } from './unit-sql.ts';

/** The costliest sessions that are kept of a day: a page that opens has fifty. */
export const topSessions = 250;

const columns = 'Tenant, Region, x_DropId, Day, Session, Kind, Rank, Billed, Estimated, Requests, Tokens';
/** Id of a day in the parameters. */
const idSql = '{ids:Array(UUID)}[indexOf({days:Array(Date)}, r.Day)]';
const sums = `sumIf(r.cost, r.isBilled = 1), sumIf(r.cost, r.isBilled = 0), sum(r.Requests), sum(r.Tokens)`;

/**
 * Writes how the cost of a session spreads on the days of a frame, and with which kept days it was looked for sessions that both
 * have. Its parameters are tenant, region, the days with their ids, and `linked`; it must be asked where the rows of that region are.
 */
export function keepSessionDaysSql(frame: Frame): string {
  return `
INSERT INTO unit_session_daily (Tenant, Region, x_DropId, Day, Sessions, MaxCost, Spread, Linked)
SELECT {tenant:String}, {region:String}, ${idSql}, r.Day, count(), CAST(max(r.cost) AS Decimal(76, 30)),
       quantilesTDigestState(${shares})(toFloat64(r.cost)), {linked:Array(UInt32)}
FROM (${sessionCostsSql(frame, daysSql(frame))}) AS r
GROUP BY r.Day`;
}

/** Writes the costliest sessions of each day of a frame. Parameters as above. */
export function keepTopSessionsSql(frame: Frame, factor: FactorSql): string {
  const ranks = `SELECT Day, number, sum(${factor.rank}) AS rank
        FROM (${sessionLines(frame, `${sessionNumber} AS number`, daysSql(frame))})
        GROUP BY Day, number
        ORDER BY Day, rank DESC, number LIMIT ${topSessions + 1} BY Day`;
  const top = `SELECT Day, number, rank, if(place = ${topSessions} AND n > ${topSessions}, 2, 1) AS kind
      FROM (SELECT Day, number, rank, row_number() OVER (PARTITION BY Day ORDER BY rank DESC, number) AS place,
                   count() OVER (PARTITION BY Day) AS n
            FROM (${ranks}))
      WHERE place <= ${topSessions}`;
  return `
INSERT INTO unit_top_session (${columns})
SELECT {tenant:String}, {region:String}, ${idSql}, r.Day, min(r.Session), any(t.kind), any(t.rank), ${sums}
FROM (${ownLines(frame, factor)}) AS r
INNER JOIN (${top}) AS t ON t.Day = r.Day AND t.number = r.number
GROUP BY r.Day, r.number`;
}

/** Numbers of the sessions of the days of `frame` that other days of `all` have as well, and on how many days. */
export function sharedSessionsSql(frame: Frame, all: Frame, limit: number): string {
  const of = (days: Frame) => `FROM llm_session_daily WHERE x_DropId IN ${idsSql(days.sealed)} AND ${daysSql(days)}`;
  return `
SELECT toString(number) AS number, toUInt32(days) AS days
FROM (SELECT ${sessionNumber} AS number, uniqExact(Day) AS days ${of(all)}
        AND ${sessionNumber} IN (SELECT ${sessionNumber} ${of(frame)})
      GROUP BY number)
WHERE days > 1
LIMIT ${limit}`;
}

/** Writes these sessions on each day of a frame on which they are not kept yet. Parameters as above. */
export function keepSharedSessionsSql(frame: Frame, factor: FactorSql, numbers: readonly string[]): string {
  return `
INSERT INTO unit_top_session (${columns})
SELECT {tenant:String}, {region:String}, ${idSql} AS id, r.Day, min(r.Session) AS session, 0, sum(r.rank), ${sums}
FROM (${ownLines(frame, factor, ` AND ${sessionNumber} IN (${numbers.join(', ')})`)}) AS r
GROUP BY r.Day, r.number
HAVING (id, session) NOT IN (SELECT x_DropId, Session FROM unit_top_session WHERE x_DropId IN {ids:Array(UUID)})`;
}

function ownLines(frame: Frame, { cost, rank, isBilled }: FactorSql, condition = ''): string {
  const lines = sessionLines(frame, `Session, ${sessionNumber} AS number, Requests, Tokens`, daysSql(frame));
  return `SELECT Day, Session, number, Requests, Tokens, ${cost} AS cost, ${rank} AS rank, ${isBilled} AS isBilled
      FROM (${lines}${condition})`;
}

/** Days of the span that are not kept, as a frame, and the rates of the whole span. */
export interface WorkedDays {
  rest: Frame;
  factor: FactorSql;
}

/**
 * The costliest sessions, exact, by what is kept of each day; those of days that are not kept are all worked out. `bound` is the
 * rank above which no session is missing (null: none is), `repeated` how often sessions were seen on a further day; rows at the
 * end that say `isWorked` are no sessions of their own. Holds where the kept days are linked with each other.
 */
export function keptSessionPageSql(
  frame: Frame,
  ids: readonly string[],
  { limit, offset }: SessionPage,
  worked: WorkedDays | undefined,
): string {
  const days = `SELECT x_DropId, ${sessionNumber} AS number, any(Session) AS session, any(Rank) AS own, max(Kind) AS kind,
                   any(Billed) AS billed, any(Estimated) AS estimated, any(Requests) AS requests, any(Tokens) AS tokens
            FROM unit_top_session WHERE x_DropId IN ${idsSql(ids)} AND ${presentSql(frame)}
            GROUP BY x_DropId, number`;
  const ofRest =
    worked &&
    `(SELECT ${sessionNumber} FROM llm_session_daily WHERE x_DropId IN ${idsSql(frame.sealed)} AND ${daysSql(worked.rest)})`;
  const kept = `SELECT d.number AS number, min(d.session) AS key, sum(d.billed) AS billed, sum(d.estimated) AS estimated,
             sum(d.requests) AS requests, sum(d.tokens) AS tokens, sum(d.own) AS rank, maxOrNullIf(d.own, d.kind = 2) AS last,
             count() AS days, ${ofRest ? `toUInt8(number IN ${ofRest})` : 'toUInt8(0)'} AS isWorked
      FROM (${days}) AS d
      GROUP BY number`;
  const all = worked ? `${kept}\nUNION ALL\n${restSessions(frame, worked, ofRest!)}` : kept;
  const page = `SELECT key, billed, billed + estimated AS cost, requests, tokens, rank, isWorked, max(last) OVER () AS bound,
             sum(if(isWorked = 1, 0, days - 1)) OVER () AS repeated
      FROM (${all})
      ORDER BY isWorked, rank DESC, number LIMIT ${limit} OFFSET ${offset}`;
  return `
SELECT key, cost, billed, requests, tokens, rank, isWorked, bound, repeated
FROM (${page})
ORDER BY cost DESC, key`;
}

/** Every session of the days that are not kept, with what it cost on all days of the span. */
function restSessions(frame: Frame, { rest, factor }: WorkedDays, ofRest: string): string {
  const lines = sessionLines(frame, `Session, ${sessionNumber} AS number, Requests, Tokens`);
  return `SELECT r.number AS number, min(r.Session) AS key, sumIf(r.cost, r.isBilled = 1) AS billed, sumIf(r.cost, r.isBilled = 0) AS estimated,
             sum(r.Requests) AS requests, sum(r.Tokens) AS tokens, sum(r.rank) AS rank, CAST(NULL AS Nullable(Int64)) AS last,
             uniqExact(r.Day) AS days, toUInt8(0) AS isWorked
      FROM (SELECT Day, Session, number, Requests, Tokens, ${factor.cost} AS cost, ${factor.rank} AS rank, ${factor.isBilled} AS isBilled
            FROM (${lines} AND (${daysSql(rest)} OR ${sessionNumber} IN ${ofRest}))) AS r
      GROUP BY r.number`;
}

/** Quantiles of the estimated cost of a session within 1 % of rank, of kept days and, with `rest`, days that are not kept. */
export function keptSessionSpreadSql(frame: Frame, ids: readonly string[], rest: Frame | undefined): string {
  const kept = `SELECT x_DropId AS id, Sessions, MaxCost, Spread, Linked FROM unit_session_daily WHERE x_DropId IN ${idsSql(ids)} AND ${presentSql(frame)}`;
  const worked =
    rest === undefined
      ? ''
      : ` UNION ALL SELECT toUUID('00000000-0000-0000-0000-000000000000') AS id, count() AS Sessions, CAST(max(cost) AS Decimal(76, 30)) AS MaxCost,
        quantilesTDigestState(${shares})(toFloat64(cost)) AS Spread, CAST([] AS Array(UInt32)) AS Linked
      FROM (${sessionCostsSql(rest, `${presentSql(rest)} AND ${daysSql(rest)}`)})`;
  return `
SELECT sum(Sessions) AS n, arrayMap(x -> toString(x), quantilesTDigestMerge(${shares})(Spread)) AS quantiles,
       toString(max(MaxCost)) AS largest, groupArray((toString(id), Linked)) AS links
FROM (${kept}${worked})`;
}
