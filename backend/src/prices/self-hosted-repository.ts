import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { GpuCharge, MeasuredJob, ServedTokens } from './self-hosted.ts';

interface Span {
  from: Date;
  to: Date;
}

function params({ from, to }: Span): Record<string, number> {
  return { from: from.getTime() / 1000, to: to.getTime() / 1000 };
}

const activeDrops = `x_DropId IN (SELECT x_DropId FROM cost_drop FINAL WHERE RowCount > 0)`;
/** Tags under which clusters and people name the model that a workload serves. */
const modelTags = ['model', 'ai.model', 'llm.model', 'gen_ai.request.model', 'app.kubernetes.io/model'];
const taggedModel = modelTags.map((tag) => `nullIf(Tags['${tag}'], '')`).join(', ');
const gpuHours = `coalesce(toDecimal256(x_GpuHours, 30), if(match(PricingUnit, '(?i)^gpu[- ]?hours?$'), PricingQuantity,
  if(match(ConsumedUnit, '(?i)^gpu[- ]?hours?$'), ConsumedQuantity, NULL)))`;

/** GPU-hours that were billed, by model, workload and job. A charge that lies in the span by its start counts. */
export async function gpuCharges(warehouse: Warehouse, span: Span, scope: Scope): Promise<GpuCharge[]> {
  const { rows } = await warehouse.query<GpuCharge>(
    `SELECT coalesce(nullIf(toString(x_Model), ''), ${taggedModel}, '') AS model, toString(x_Namespace) AS namespace,
       toString(x_Workload) AS workload, if(x_JobId != '', x_JobId, ResourceId) AS job,
       if(SubAccountName != '', SubAccountName, SubAccountId) AS cluster, toString(BillingCurrency) AS currency,
       toString(sum(hours)) AS gpuHours, toString(sum(EffectiveCost)) AS cost
     FROM (SELECT *, ${gpuHours} AS hours FROM fact_cost_usage
           WHERE ${activeDrops} AND ChargePeriodStart >= {from:DateTime} AND ChargePeriodStart < {to:DateTime}
             AND ChargeCategory IN ('Usage', ''))
     WHERE hours IS NOT NULL
     GROUP BY model, namespace, workload, job, cluster, currency
     ORDER BY model, namespace, workload, job`,
    { params: params(span), scope, cacheSeconds: 30 },
  );
  return rows;
}

/** GPUs as DCGM measured them, by job. */
export async function measuredJobs(warehouse: Warehouse, span: Span, scope: Scope): Promise<MeasuredJob[]> {
  const { rows } = await warehouse.query<MeasuredJob>(
    `SELECT toString(Cluster) AS cluster, JobId AS job,
       toString(toDecimal128(sum(Seconds), 12) / 3600) AS gpuHours,
       toString(toDecimal128(sum(least(greatest(Utilisation, 0), 100) * toFloat64(Seconds)) / 360000, 9)) AS usedGpuHours
     FROM fact_gpu_sample FINAL
     WHERE Hour >= {from:DateTime} AND Hour < {to:DateTime} AND JobId != ''
     GROUP BY cluster, job`,
    { params: params(span), scope, cacheSeconds: 30 },
  );
  return rows;
}

/** Tokens by model, from the visible roll-ups. */
export async function servedTokens(warehouse: Warehouse, span: Span, scope: Scope): Promise<ServedTokens[]> {
  const { rows } = await warehouse.query<ServedTokens>(
    `SELECT toString(Model) AS model, toString(sum(Requests)) AS requests, toString(sum(InputTokens)) AS inputTokens,
       toString(sum(CachedInputTokens)) AS cachedInputTokens, toString(sum(OutputTokens)) AS outputTokens
     FROM llm_hourly
     WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE Day >= toDate({from:DateTime}) AND Day <= toDate({to:DateTime}))
       AND Hour >= {from:DateTime} AND Hour < {to:DateTime}
     GROUP BY model`,
    { params: params(span), scope, cacheSeconds: 30 },
  );
  return rows;
}
