import { dayMs } from '../cost/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import { countedSql, gatheredSql, latencyHorizon, noLatencySql } from './latency-sql.ts';
import type { RequestRow, UsagePlace } from './request-row.ts';
import { gatewaySource, routeRollUpSql } from './route-rollup.ts';
import { summingOperations } from './usage-request.ts';
import type { BegunDay } from './write-repository.ts';

const dimensions = [
  ...['x_Source', 'Provider', 'Model', 'ModelVersion', 'Operation', 'Team', 'Product', 'Customer', 'Feature'],
  ...['Environment', 'Currency'],
];
const counts = [
  ...['Requests', 'Failed', 'Unpriced', 'InputTokens', 'CachedInputTokens', 'CacheWriteTokens', 'OutputTokens'],
  ...['ReasoningTokens', 'InputAudioTokens', 'OutputAudioTokens', 'Images', 'WebSearches', 'Cost', 'ReportedCost'],
  'Sessions',
];
const latencies = ['DurationMs', 'FirstTokenMs'];

/** Measures of a fact; a row that no longer counts has none of them. */
const zeroed = [
  ...['Requests', 'InputTokens', 'CachedInputTokens', 'CacheWrite5mTokens', 'CacheWrite1hTokens', 'OutputTokens'],
  ...['ReasoningTokens', 'InputAudioTokens', 'OutputAudioTokens', 'InputImages', 'OutputImages', 'InputCharacters'],
  ...['InputSeconds', 'OutputSeconds', 'WebSearches', 'Cost'],
];

/** Longest that a roll-up of one statement may take. */
const rollUpMs = 600_000;

/** With one thread a roll-up leaves the other cores to whoever waits for an answer; a large one takes what there is. */
const rollUpSettings = (isLarge: boolean): Record<string, number> => ({
  ...(isLarge ? {} : { max_threads: 1 }),
  max_execution_time: rollUpMs / 1000,
});

/** Writes facts; a request that is there already is replaced by the record that was received later. */
export async function insertRequests(
  warehouse: Warehouse,
  rows: readonly RequestRow[],
  spreadMs: number,
): Promise<void> {
  await warehouse.insert('fact_llm_request', rows, { spreadMs });
}

/** Condition of the facts of some days of a place, with the parameters that it needs. */
const ofDays = (days: string): string =>
  `Tenant = {tenant:String} AND Region = {region:String} AND x_Source = {source:String}
   AND toDate(StartedAt) IN {${days}:Array(Date)}`;

/** Rows of facts on each day, repeated ones included: how large a roll-up will be. */
export async function countFacts(
  warehouse: Warehouse,
  place: UsagePlace,
  days: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await warehouse.query<{ day: string; facts: string }>(
    `SELECT toString(toDate(StartedAt)) AS day, count() AS facts FROM fact_llm_request WHERE ${ofDays('days')} GROUP BY day`,
    { params: { ...place, days: [...days] }, timeoutMs: rollUpMs },
  );
  return new Map(rows.map(({ day, facts }) => [day, Number(facts)]));
}

/**
 * Rolls days up from their deduplicated facts, by hour and by day, under the ids of their drops. Nobody sees them before
 * `activate`. A session counts in the row of its first request of the day. Hours of days that are older than those which the
 * engine keeps the latencies of have none.
 */
export async function rollUp(
  warehouse: Warehouse,
  place: UsagePlace,
  days: readonly BegunDay[],
  { now, isLarge }: { now: Date; isLarge: boolean },
): Promise<void> {
  const latencyFrom = new Date(latencyHorizon(now) - dayMs).toISOString().slice(0, 10);
  const of = (some: readonly BegunDay[]) => ({
    params: { ...place, latencyFrom, days: some.map(({ day }) => day), ids: some.map(({ dropId }) => dropId) },
    settings: rollUpSettings(isLarge),
  });
  const { params, settings } = of(days);
  const old = days.filter(({ day }) => day < latencyFrom);
  const recent = days.filter(({ day }) => day >= latencyFrom);
  await warehouse.command(hourlySql, { params, settings });
  if (recent.length > 0) await warehouse.command(dailySql, of(recent));
  if (old.length > 0) await warehouse.command(oldDailySql, of(old));
  if (place.source === gatewaySource) await warehouse.command(routeRollUpSql(ofDays('days')), { params, settings });
}

const hourlySums = [
  'sum(toUInt64(Requests))',
  `sumIf(toUInt64(Requests), Status NOT IN ('', 'ok'))`,
  `sumIf(toUInt64(Requests), PriceId = '')`,
  'sum(InputTokens)',
  'sum(CachedInputTokens)',
  'sum(CacheWrite5mTokens + CacheWrite1hTokens)',
  'sum(OutputTokens)',
  'sum(ReasoningTokens)',
  'sum(InputAudioTokens)',
  'sum(OutputAudioTokens)',
  'sum(toUInt64(InputImages) + OutputImages)',
  'sum(toUInt64(WebSearches))',
  'sum(Cost)',
  'sum(ifNull(ReportedCost, 0))',
  `countIf(Session != '' AND (toDate(StartedAt), RequestId) IN (
     SELECT toDate(StartedAt), argMin(RequestId, (StartedAt, RequestId)) FROM fact_llm_request FINAL
     WHERE ${ofDays('days')} AND Session != '' AND Status != 'void' GROUP BY toDate(StartedAt), Session))`,
];

const isOld = 'toDate(StartedAt) < {latencyFrom:Date}';

/** Sums of the facts by hour or by day. `measured` tells of which rows the latencies are written. */
function fromFactsSql(table: 'llm_hourly' | 'llm_daily', time: string, measured: string): string {
  const latency = (list: string) => `if(measured, ${countedSql(list)}, ${noLatencySql})`;
  return `
INSERT INTO ${table} (Tenant, Region, x_DropId, ${table === 'llm_hourly' ? 'Hour' : 'Day'}, ${dimensions.join(', ')}, ${counts.join(', ')}, ${latencies.join(', ')})
SELECT * EXCEPT (measured, durations, firsts), ${latency('durations')}, ${latency('firsts')} FROM (
  SELECT {tenant:String} AS tenant, {region:String} AS region,
         {ids:Array(UUID)}[indexOf({days:Array(Date)}, toDate(StartedAt))] AS drop, ${time} AS time,
         ${dimensions.join(', ')},
         ${hourlySums.map((sum, index) => `${sum} AS sum${index}`).join(', ')},
         any(${measured}) AS measured, ${gatheredSql('DurationMs')} AS durations, ${gatheredSql('FirstTokenMs')} AS firsts
  FROM fact_llm_request FINAL
  WHERE ${ofDays('days')} AND Status != 'void'
  GROUP BY drop, time, ${dimensions.join(', ')})`;
}

const hourlySql = fromFactsSql('llm_hourly', 'toStartOfHour(StartedAt)', `NOT (${isOld})`);

/** Of days whose hours tell no latencies. */
const oldDailySql = fromFactsSql('llm_daily', 'toDate(StartedAt)', '1');

const dailySql = `
INSERT INTO llm_daily (Tenant, Region, x_DropId, Day, ${dimensions.join(', ')}, ${counts.join(', ')}, ${latencies.join(', ')})
SELECT {tenant:String}, {region:String}, x_DropId, toDate(Hour) AS day, ${dimensions.join(', ')},
       ${counts.map((name) => `sum(${name})`).join(', ')}, ${latencies.map((name) => `sumMap(${name})`).join(', ')}
FROM llm_hourly
WHERE Tenant = {tenant:String} AND Region = {region:String} AND x_DropId IN {ids:Array(UUID)}
GROUP BY x_DropId, day, ${dimensions.join(', ')}`;

/** Requests of each drop by the hour and by the day; what has no requests is not there. */
export async function countRolledUp(
  warehouse: Warehouse,
  place: UsagePlace,
  ids: readonly string[],
): Promise<Map<string, { hourly: number; daily: number }>> {
  const part = (table: string, hourly: number): string =>
    `SELECT x_DropId, Requests * ${hourly} AS byHour, Requests * ${1 - hourly} AS byDay FROM ${table}
     WHERE Tenant = {tenant:String} AND Region = {region:String} AND x_DropId IN {ids:Array(UUID)}`;
  const { rows } = await warehouse.query<{ id: string; hourly: string; daily: string }>(
    `SELECT toString(x_DropId) AS id, sum(byHour) AS hourly, sum(byDay) AS daily
     FROM (${part('llm_hourly', 1)} UNION ALL ${part('llm_daily', 0)}) GROUP BY x_DropId`,
    { params: { ...place, ids: [...ids] }, timeoutMs: 120_000 },
  );
  return new Map(rows.map(({ id, hourly, daily }) => [id, { hourly: Number(hourly), daily: Number(daily) }]));
}

/** Makes the roll-ups of these days visible, all in one block. */
export async function activate(
  warehouse: Warehouse,
  place: UsagePlace,
  days: readonly (BegunDay & { requests: number })[],
  at: Date,
): Promise<void> {
  await warehouse.insert(
    'llm_day',
    days.map((day) => ({
      Tenant: place.tenant,
      Region: place.region,
      x_Source: place.source,
      Day: day.day,
      x_DropId: day.dropId,
      Version: day.version,
      Requests: day.requests,
      SealedAt: at.toISOString(),
    })),
  );
}

/** Which of these drops are visible. */
export async function visibleDrops(warehouse: Warehouse, ids: readonly string[]): Promise<string[]> {
  const { rows } = await warehouse.query<{ id: string }>(
    'SELECT toString(x_DropId) AS id FROM llm_day FINAL WHERE x_DropId IN {ids:Array(UUID)}',
    { params: { ids: [...ids] } },
  );
  return rows.map(({ id }) => id);
}

const rollUpTables = [
  ...['llm_hourly', 'llm_daily', 'llm_model_daily', 'llm_session_daily', 'llm_session_model_daily'],
  ...['llm_request_cost_daily', 'llm_request_spread_daily', 'llm_route_hourly'],
];

/** Removes the rows of drops that are not visible. The engine does it in the background. */
export async function removeRollUps(warehouse: Warehouse, ids: readonly string[]): Promise<void> {
  for (const table of rollUpTables)
    await warehouse.command(`ALTER TABLE ${table} DELETE WHERE x_DropId IN {ids:Array(UUID)}`, {
      params: { ids: [...ids] },
    });
}

/** A reason for which facts no longer count, as a condition over the facts of the days and their neighbours. */
export interface VoidRule {
  /** Answers a row where it is worth the search; reads little. */
  check: string;
  /** Condition of the rows that no longer count. */
  losers: string;
}

const inWindow = ofDays('window');

/** A request that moved to another day (its start was corrected): the record that was received later, or in one file stands later, counts. */
export const movedRule: VoidRule = {
  check: `
    SELECT 1 AS found FROM fact_llm_request
    WHERE ${inWindow} AND sipHash64(RequestId) IN (SELECT sipHash64(RequestId) FROM fact_llm_request WHERE ${ofDays('days')})
    GROUP BY sipHash64(RequestId) HAVING min(toDate(StartedAt)) != max(toDate(StartedAt)) LIMIT 1`,
  losers: `(RequestId, toDate(StartedAt)) IN (
    SELECT RequestId, arrayJoin(arrayFilter(d -> d != last, days_)) FROM (
      SELECT RequestId, argMax(toDate(StartedAt), (ReceivedAt, SourceLine, toDate(StartedAt))) AS last,
             groupArray(toDate(StartedAt)) AS days_
      FROM fact_llm_request FINAL WHERE ${inWindow} AND Status != 'void' GROUP BY RequestId HAVING count() > 1))`,
};

const agents = `Operation IN (${summingOperations.map((name) => `'${name}'`).join(', ')})`;
const used = `(Status = 'void' OR InputTokens + OutputTokens > 0)`;

/**
 * Spans above calls: a span whose child is a call with usage of its own repeats it, an agent's sums up what the calls of its
 * trace used, and of agents within agents the outermost has all of it where no call is told.
 */
export const coveredRule: VoidRule = {
  check: `SELECT 1 AS found FROM fact_llm_request WHERE ${ofDays('days')} AND SpanId != '' LIMIT 1`,
  losers: `SpanId != '' AND (
      (TraceId, SpanId) IN (SELECT TraceId, ParentSpanId FROM fact_llm_request FINAL
                            WHERE ${inWindow} AND ParentSpanId != '' AND ${used} AND NOT (${agents}))
      OR ${agents} AND TraceId IN (SELECT TraceId FROM fact_llm_request FINAL
                                   WHERE ${inWindow} AND TraceId != '' AND ${used} AND NOT (${agents}))
      OR ${agents} AND (TraceId, RequestId) NOT IN (
           SELECT TraceId, argMin(RequestId, (StartedAt, RequestId)) FROM fact_llm_request FINAL
           WHERE ${inWindow} AND Status != 'void' AND ${agents} GROUP BY TraceId))`,
};

export async function mayHaveLosers(
  warehouse: Warehouse,
  place: UsagePlace,
  days: readonly string[],
  window: readonly string[],
  rule: VoidRule,
): Promise<boolean> {
  const params = { ...place, days: [...days], window: [...window] };
  return (await warehouse.query(rule.check, { params, timeoutMs: rollUpMs })).rows.length > 0;
}

/** Days on which facts no longer count by the rule. */
export async function daysOfLosers(
  warehouse: Warehouse,
  place: UsagePlace,
  window: readonly string[],
  rule: VoidRule,
): Promise<string[]> {
  const { rows } = await warehouse.query<{ day: string }>(
    `SELECT DISTINCT toString(toDate(StartedAt)) AS day FROM fact_llm_request FINAL
     WHERE ${inWindow} AND Status != 'void' AND (${rule.losers}) ORDER BY day`,
    { params: { ...place, window: [...window] }, timeoutMs: rollUpMs },
  );
  return rows.map(({ day }) => day);
}

/**
 * Replaces the facts that no longer count by the rule with rows of the same identity that count nothing. Received at the same
 * instant and written later, they stand until the request is sent again.
 */
export async function voidLosers(
  warehouse: Warehouse,
  place: UsagePlace,
  window: readonly string[],
  rule: VoidRule,
): Promise<void> {
  const replaced = [
    ...zeroed.map((name) => `CAST(0 AS ${typeOf(name)}) AS ${name}`),
    'NULL AS FirstTokenMs',
    'NULL AS DurationMs',
    'NULL AS ReportedCost',
    `'void' AS Status`,
  ];
  await warehouse.command(
    `INSERT INTO fact_llm_request SELECT * REPLACE (${replaced.join(', ')}) FROM (
       SELECT * FROM fact_llm_request FINAL WHERE ${inWindow} AND Status != 'void' AND (${rule.losers}))`,
    { params: { ...place, window: [...window] }, settings: { max_execution_time: rollUpMs / 1000 } },
  );
}

function typeOf(name: string): string {
  if (name === 'Cost') return 'Decimal(38, 18)';
  if (name.endsWith('Seconds')) return 'Decimal(18, 6)';
  return 'UInt64';
}
