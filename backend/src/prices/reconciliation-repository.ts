import type { Scope } from '../platform/identity/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';

interface Span {
  from: Date;
  to: Date;
}

const params = ({ from, to }: Span) => ({ from: from.getTime() / 1000, to: to.getTime() / 1000 });

/** Recorded calls of a day and model that cost alike: same tier, same side of every context threshold, same outcome. */
export interface UsageRow {
  day: string;
  /** Hour of the day, UTC. */
  hour: number;
  provider: string;
  model: string;
  currency: string;
  tier: 'standard' | 'batch' | 'flex' | 'priority';
  failed: number;
  withoutUsage: number;
  requests: string;
  inputTokens: string;
  cachedInputTokens: string;
  cacheWrite5mTokens: string;
  cacheWrite1hTokens: string;
  outputTokens: string;
  reasoningTokens: string;
  inputAudioTokens: string;
  outputAudioTokens: string;
  inputImages: string;
  outputImages: string;
  webSearches: string;
  cost: string;
  /** Sum of the squared costs of the calls. */
  costSquares: number;
}

/** Lengths of prompts at which providers change their prices. */
const thresholds = [32_000, 128_000, 200_000, 256_000, 272_000, 512_000];

/** Deduplicated records of whole days, summed as far as prices are linear. */
export async function recordedUsage(warehouse: Warehouse, span: Span, scope: Scope): Promise<UsageRow[]> {
  const sums = [
    'InputTokens',
    'CachedInputTokens',
    'CacheWrite5mTokens',
    'CacheWrite1hTokens',
    'OutputTokens',
    'ReasoningTokens',
    'InputAudioTokens',
    'OutputAudioTokens',
    'InputImages',
    'OutputImages',
    'WebSearches',
  ].map((name) => `toString(sum(${name})) AS ${name[0]!.toLowerCase()}${name.slice(1)}`);
  const { rows } = await warehouse.query<UsageRow & { context: number }>(
    `SELECT toString(toDate(StartedAt, 'UTC')) AS day, toHour(StartedAt, 'UTC') AS hour, toString(Provider) AS provider, toString(Model) AS model,
       toString(Currency) AS currency, toString(ServiceTier) AS tier,
       arrayCount(t -> InputTokens / greatest(Requests, 1) > t, [${thresholds.join(', ')}]) AS context,
       toUInt8(Status NOT IN ('ok', '')) AS failed,
       toUInt8(InputTokens = 0 AND OutputTokens = 0) AS withoutUsage,
       toString(sum(Requests)) AS requests, ${sums.join(', ')}, toString(sum(Cost)) AS cost,
       sum(pow(toFloat64(Cost), 2) / greatest(Requests, 1)) AS costSquares
     FROM fact_llm_request FINAL
     WHERE StartedAt >= {from:DateTime} AND StartedAt < {to:DateTime}
     GROUP BY day, hour, provider, model, currency, tier, context, failed, withoutUsage`,
    { params: params(span), scope, cacheSeconds: 60 },
  );
  return rows;
}

export interface BillRow {
  day: string;
  /** Hour of the day, UTC; null where the line is about more than an hour. */
  hour: number | null;
  provider: string;
  model: string;
  currency: string;
  cost: string;
  lines: number;
  requests: string | null;
  inputTokens: string | null;
  cachedTokens: string | null;
  writtenTokens: string | null;
  outputTokens: string | null;
  totalTokens: string | null;
}

const quantity = 'coalesce(PricingQuantity, ConsumedQuantity)';
const unit = "lower(if(PricingUnit != '', PricingUnit, ConsumedUnit))";
const text = "lower(concat(SkuMeter, ' ', SkuId, ' ', ChargeDescription))";
/** The quantity in tokens: bills count them by one, by the thousand or by the million. */
const tokens = `if(match(${unit}, 'token'), ${quantity} * multiIf(match(${unit}, '1 ?m|million'), 1000000, match(${unit}, '1 ?k|thousand|1,?000'), 1000, 1), NULL)`;
const kind = `multiIf(x_InputTokens IS NOT NULL, 'columns',
  match(${text}, 'cache.{0,12}(write|creat|stor)'), 'written', match(${text}, 'cache.{0,12}(read|hit)|cached'), 'cached',
  match(${text}, 'output|completion|response|generated'), 'output', match(${text}, 'input|prompt'), 'input', 'total')`;

/** What providers billed for models by day, with the tokens that the lines tell. Estimates and GPU-hours are no bills. */
export async function billedUsage(warehouse: Warehouse, span: Span, scope: Scope): Promise<BillRow[]> {
  const { rows } = await warehouse.query<BillRow>(
    `SELECT day, hour, provider, model, currency, toString(sum(amount)) AS cost, toUInt32(count()) AS lines,
       toString(sumOrNull(calls)) AS requests,
       if(countIf(kind_ IN ('columns', 'input', 'cached', 'written')) = 0, NULL,
         toString(sumIf(ifNull(columnInput, 0), kind_ = 'columns')
           + sumIf(ifNull(tokens_, 0), kind_ IN ('input', 'cached', 'written')))) AS inputTokens,
       toString(sumIf(ifNull(columnCached, 0), kind_ = 'columns') + sumIf(ifNull(tokens_, 0), kind_ = 'cached')) AS cachedTokens,
       toString(sumIf(ifNull(columnWritten, 0), kind_ = 'columns') + sumIf(ifNull(tokens_, 0), kind_ = 'written')) AS writtenTokens,
       if(countIf(kind_ IN ('columns', 'output')) = 0, NULL,
         toString(sumIf(ifNull(columnOutput, 0), kind_ = 'columns') + sumIf(ifNull(tokens_, 0), kind_ = 'output'))) AS outputTokens,
       if(countIf(kind_ = 'total' AND tokens_ IS NOT NULL) = 0, NULL,
         toString(sumIf(ifNull(tokens_, 0), kind_ = 'total'))) AS totalTokens
     FROM (
       SELECT toString(toDate(ChargePeriodStart, 'UTC')) AS day,
         if(dateDiff('second', ChargePeriodStart, ChargePeriodEnd) <= 3600, toHour(ChargePeriodStart, 'UTC'), NULL) AS hour,
         toString(coalesce(nullIf(ServiceProviderName, ''), nullIf(ProviderName, ''), InvoiceIssuerName)) AS provider,
         toString(x_Model) AS model, toString(BillingCurrency) AS currency, BilledCost AS amount,
         toDecimal256(x_InputTokens, 30) AS columnInput, toDecimal256(x_CachedInputTokens, 30) AS columnCached,
         toDecimal256(x_CacheWriteTokens, 30) AS columnWritten, toDecimal256(x_OutputTokens, 30) AS columnOutput,
         x_Requests AS calls, ${tokens} AS tokens_, ${kind} AS kind_
       FROM fact_cost_usage
       WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE RowCount > 0)
         AND ChargePeriodStart >= {from:DateTime} AND ChargePeriodStart < {to:DateTime}
         AND x_Model != '' AND x_CostBasis IN ('', 'billed') AND ChargeCategory IN ('Usage', '')
         AND x_GpuHours IS NULL AND NOT match(${unit}, 'gpu'))
     GROUP BY day, hour, provider, model, currency`,
    { params: params(span), scope, cacheSeconds: 60 },
  );
  return rows;
}

/** Tenants with recorded calls. */
export async function tenantsWithUsage(warehouse: Warehouse): Promise<string[]> {
  const { rows } = await warehouse.query<{ tenant: string }>(
    'SELECT DISTINCT toString(Tenant) AS tenant FROM llm_day ORDER BY tenant LIMIT 1000',
  );
  return rows.map(({ tenant }) => tenant);
}

export interface AlertRow {
  provider: string;
  toldAt: Date;
  resolvedAt: Date | null;
}

export async function listAlerts(store: Store, tenant: string): Promise<AlertRow[]> {
  return store.query<AlertRow>(
    `SELECT provider, told_at AS "toldAt", resolved_at AS "resolvedAt" FROM reconciliation_alert WHERE tenant = $1`,
    [tenant],
  );
}

export async function saveTold(store: Store, tenant: string, provider: string, at: Date): Promise<void> {
  await store.query(
    `INSERT INTO reconciliation_alert (tenant, provider, opened_at, told_at) VALUES ($1, $2, $3, $3)
     ON CONFLICT (tenant, provider) DO UPDATE SET told_at = $3, resolved_at = NULL,
       opened_at = CASE WHEN reconciliation_alert.resolved_at IS NULL THEN reconciliation_alert.opened_at ELSE $3 END`,
    [tenant, provider, at],
  );
}

export async function saveResolved(store: Store, tenant: string, provider: string, at: Date): Promise<void> {
  await store.query(`UPDATE reconciliation_alert SET resolved_at = $3 WHERE tenant = $1 AND provider = $2`, [
    tenant,
    provider,
    at,
  ]);
}
