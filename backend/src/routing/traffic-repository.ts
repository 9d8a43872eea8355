import { callId, isJudge } from '../llm-usage/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { AskedReplay } from './evaluation-contract.ts';

/** A call as it was kept, with all tries that were made for it. */
export interface KeptCall {
  id: string;
  at: string;
  /** What was asked for; the model that answered where nobody knows. */
  asked: string;
  provider: string;
  model: string;
  /** Name of the route among policies; empty where it came through no gateway. */
  route: string;
  team: string;
  product: string;
  customer: string;
  feature: string;
  environment: string;
  session: string;
  region: string;
  tags: Record<string, string>;
  inputTokens: number;
  outputTokens: number;
  /** What a cascade had to do with the answer: `cheap`, `escalated`, `instead`; empty where there was none. */
  cascade: string;
  /** Routes that it asked first, and for a mark; empty: none. */
  cascadeFirst: string;
  cascadeJudge: string;
  /** Until the caller had the first of the answer, and all of it, whatever was tried before. */
  firstTokenMs: number | null;
  totalMs: number | null;
  /** The same of the try that answered, alone. */
  answerFirstTokenMs: number | null;
  answerTotalMs: number | null;
  status: string;
  /** Of all tries, and of what a judge was asked, as an exact decimal. */
  cost: string;
  /** Of the try that answered. */
  answerCost: string;
  currency: string;
  /** 1 where all of it has a price, and where the answer has. */
  priced: number;
  answerPriced: number;
}

/** How a model at a provider behaved: quantiles at 5, 15, ... 95 per cent. */
export interface ModelBehaviour {
  route: string;
  provider: string;
  model: string;
  /** 1 where it marked answers of cascades. */
  judge: number;
  calls: number;
  errorRate: number;
  outputTokens: number;
  inputTokens: number;
  firstTokenMs: number[];
  totalMs: number[];
}

export interface Period {
  from: Date;
  to: Date;
}

type Narrowed = Pick<AskedReplay, 'models' | 'teams' | 'features' | 'products'>;

const asked = `if(Tags['gateway.asked'] = '', Model, Tags['gateway.asked'])`;
/** Left out are copies for experiments, hits of caches, and calls for which no route was asked. */
const own = `Requests = 1 AND Tags['gateway.shadow'] = '' AND Tags['gateway.cache'] = ''
  AND Tags['gateway.refused'] = '' AND Operation IN ('', 'chat')
  AND StartedAt >= fromUnixTimestamp64Milli({from:Int64}) AND StartedAt < fromUnixTimestamp64Milli({to:Int64})`;
const within = `${own}
  AND (empty({models:Array(String)}) OR has({models:Array(String)}, ${asked}))
  AND (empty({teams:Array(String)}) OR has({teams:Array(String)}, Team))
  AND (empty({features:Array(String)}) OR has({features:Array(String)}, Feature))
  AND (empty({products:Array(String)}) OR has({products:Array(String)}, Product))`;
const route = `Tags['gateway.route']`;
/**
 * By this the try stands last that answered: of two beside each other the one that was not stopped; of a cascade one after the
 * cheap answer, which did not suffice then.
 */
const answers = `(Tags['gateway.cascade'] != 'cheap', Status IN ('', 'ok'), StartedAt)`;
const levels = '0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95';
const mostModels = 500;

function paramsOf({ from, to }: Period, { models = [], teams = [], features = [], products = [] }: Narrowed = {}) {
  return { from: from.getTime(), to: to.getTime(), models, teams, features, products };
}

/** How many calls there were. */
export async function countCalls(warehouse: Warehouse, period: Period, of: Narrowed, scope: Scope): Promise<number> {
  const { rows } = await warehouse.query<{ calls: string }>(
    `SELECT uniqCombined64(17)(x_Source, ${callId}) AS calls FROM fact_llm_request WHERE ${within} AND NOT ${isJudge}`,
    { params: paramsOf(period, of), scope },
  );
  return Number(rows[0]?.calls ?? 0);
}

/**
 * Calls of the period, newest last; of more than `limit` a sample by the hash of their ids, so that it is the same each time.
 * @param total how many there are, to know how thin the sample must be
 */
export async function sampledCalls(
  warehouse: Warehouse,
  period: Period,
  of: Narrowed,
  { total, limit }: { total: number; limit: number },
  scope: Scope,
): Promise<KeptCall[]> {
  const last = (what: string): string => `tupleElement(argMaxIf(tuple(${what}), ${answers}, NOT ${isJudge}), 1)`;
  const any = (what: string): string => `anyIf(${what}, NOT ${isJudge})`;
  const thin = Math.max(1, Math.floor(total / limit));
  const { rows } = await warehouse.query<KeptCall>(
    `SELECT ${callId} AS id, toString(min(StartedAt)) AS at, ${any(asked)} AS asked,
       ${last('Provider')} AS provider, ${last('Model')} AS model,
       ${last(route)} AS route, ${any('Team')} AS team, ${any('Product')} AS product,
       ${any('Customer')} AS customer, ${any('Feature')} AS feature, ${any('Environment')} AS environment,
       ${any('Session')} AS session, ${any('Region')} AS region, ${last('Tags')} AS tags,
       ${last(`Tags['gateway.cascade']`)} AS cascade,
       argMinIf(${route}, StartedAt, Tags['gateway.cascade'] = 'cheap') AS cascadeFirst, anyIf(${route}, ${isJudge}) AS cascadeJudge,
       toUInt32(maxIf(InputTokens, NOT ${isJudge})) AS inputTokens, toUInt32(${last('OutputTokens')}) AS outputTokens,
       ${last('FirstTokenMs')} AS answerFirstTokenMs, ${last('DurationMs')} AS answerTotalMs, sum(DurationMs) AS totalMs,
       if(cascade = 'cheap', totalMs, date_diff('millisecond', min(StartedAt), ${last('StartedAt')}) +
         answerFirstTokenMs) AS firstTokenMs,
       ${last('Status')} AS status, toString(sum(Cost)) AS cost, toString(${last('Cost')}) AS answerCost,
       ${any('Currency')} AS currency, min(PriceId != '') AS priced, ${last(`PriceId != ''`)} AS answerPriced
     FROM fact_llm_request FINAL
     WHERE ${within} AND cityHash64(${callId}) % {thin:UInt64} = 0
     GROUP BY x_Source, id HAVING countIf(NOT ${isJudge}) > 0 ORDER BY cityHash64(id) LIMIT {limit:UInt32}`,
    { params: { ...paramsOf(period, of), thin, limit }, scope, maxResultRows: limit },
  );
  return rows.sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** How each model behaved in the period, the busiest ones; as a judge apart. */
export async function behaviours(warehouse: Warehouse, period: Period, scope: Scope): Promise<ModelBehaviour[]> {
  const { rows } = await warehouse.query<ModelBehaviour>(
    `SELECT Tags['gateway.route'] AS route, Provider AS provider, Model AS model, toUInt8(${isJudge}) AS judge, toUInt32(count()) AS calls,
       countIf(Status IN ('error', 'timeout')) / count() AS errorRate,
       avg(OutputTokens) AS outputTokens, avg(InputTokens) AS inputTokens,
       arrayFilter(one -> NOT isNaN(one), quantilesTDigestIf(${levels})(assumeNotNull(FirstTokenMs), FirstTokenMs IS NOT NULL)) AS firstTokenMs,
       arrayFilter(one -> NOT isNaN(one), quantilesTDigestIf(${levels})(assumeNotNull(DurationMs), DurationMs IS NOT NULL)) AS totalMs
     FROM fact_llm_request WHERE ${own}
     GROUP BY route, provider, model, judge ORDER BY calls DESC LIMIT ${mostModels}`,
    { params: paramsOf(period), scope },
  );
  return rows;
}
