/** What of the calls through the gateway is rolled up by hour, as columns of llm_route_hourly and the expressions over facts behind them. */

/** Under this name the gateway's calls stand among the sources of usage. */
export const gatewaySource = 'gateway';

const tag = (name: string): string => `Tags['gateway.${name}']`;

export const routeDimensions = {
  Policy: tag('policy'),
  Version: tag('policy_version'),
  Route: tag('route'),
  Asked: tag('asked'),
  Provider: 'Provider',
  Model: 'Model',
  KeyId: tag('key'),
  Cache: tag('cache'),
  Kind: `if(${tag('shadow')} = '', '', 'shadow')`,
  Team: 'Team',
  Product: 'Product',
  Customer: 'Customer',
  Feature: 'Feature',
  Currency: 'Currency',
} as const;

/** Whether a record tells what a judge of a cascade was asked. */
export const isJudge = `(${tag('cascade')} = 'judge')`;
const tryId = `if(${tag('attempt')} = '', RequestId, substring(RequestId, 1, length(RequestId) - length(${tag('attempt')}) - 1))`;
/** Id of the call that a record belongs to: tries from the second on have their number behind it, what a judge was asked `-judge`. */
export const callId = `if(${isJudge}, substring(${tryId}, 1, length(${tryId}) - length('-judge')), ${tryId})`;

const saved = `toDecimal128OrZero(${tag('saved')}, 18)`;

/** A cascade asks twice and a judge beside: the first answer counts for the call, or else failures of others would not be seen. */
const answersCall = `${tag('cascade')} NOT IN ('escalated', 'judge')`;

/** A call that was tried several times has a row for each try; the first one stands for the call. What a judge is asked is none. */
export const routeSums = {
  Calls: `toUInt64(countIf(${tag('attempt')} = '' AND NOT ${isJudge}))`,
  Tries: 'toUInt64(count())',
  Answered: `toUInt64(countIf(Status IN ('', 'ok') AND ${answersCall}))`,
  Cancelled: `toUInt64(countIf(Status = 'cancelled'))`,
  FailedTries: `toUInt64(countIf(Status NOT IN ('', 'ok', 'cancelled')))`,
  Unpriced: `toUInt64(countIf(PriceId = ''))`,
  InputTokens: 'sum(InputTokens)',
  CachedInputTokens: 'sum(CachedInputTokens)',
  OutputTokens: 'sum(OutputTokens)',
  Cost: 'sum(Cost)',
  Saved: `sum(${saved})`,
} as const;

/**
 * Measured tries per bucket of latency, as llm_hourly describes it: bucket b holds what took more than 1.05^(b-1) and up to
 * 1.05^b milliseconds.
 */
export function routeBuckets(column: 'DurationMs' | 'FirstTokenMs'): string {
  const bucket = `toUInt16(greatest(0, ceil(log(greatest(assumeNotNull(${column}), 1)) / log(1.05))))`;
  return `sumMapIf(map(${bucket}, toUInt64(1)), ${column} IS NOT NULL)`;
}

const dimensionNames = Object.keys(routeDimensions);
const sumNames = Object.keys(routeSums);

/** Rolls days of the gateway up, under the ids of their drops. @param ofDays condition of the facts of the days */
export function routeRollUpSql(ofDays: string): string {
  const keys = Object.values(routeDimensions).map((column, index) => `${column} AS k${index}`);
  const named = dimensionNames.map((_, index) => `k${index}`);
  return `
INSERT INTO llm_route_hourly (Tenant, Region, x_DropId, Hour, ${dimensionNames.join(', ')}, ${sumNames.join(', ')}, DurationMs, FirstTokenMs)
SELECT {tenant:String} AS tenant, {region:String} AS region,
       {ids:Array(UUID)}[indexOf({days:Array(Date)}, toDate(StartedAt))] AS drop, toStartOfHour(StartedAt) AS hour,
       ${keys.join(', ')},
       ${Object.values(routeSums)
         .map((sum, index) => `${sum} AS s${index}`)
         .join(', ')},
       ${routeBuckets('DurationMs')}, ${routeBuckets('FirstTokenMs')}
FROM fact_llm_request FINAL
WHERE ${ofDays} AND Status != 'void'
GROUP BY tenant, region, drop, hour, ${named.join(', ')}`;
}
