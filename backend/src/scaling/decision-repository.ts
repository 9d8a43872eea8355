import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { ReplayMinute } from './settings-replay.ts';

export interface DecisionRow {
  tenant: string;
  region: string;
  cluster: string;
  workload: string;
  at: number;
  mode: string;
  replicas: number;
  readyReplicas: number;
  wantedReplicas: number;
  wantedReady: number;
  requests: number | null;
  latencySeconds: number | null;
  latencyLimitSeconds: number | null;
  perPod: number | null;
  direction: string;
  deciding: string;
  held: string;
  reason: string;
  changeId: number | null;
  hourCost: string | null;
  currency: string;
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

export async function insertDecisions(warehouse: Warehouse, rows: readonly DecisionRow[]): Promise<void> {
  if (rows.length === 0) return;
  await warehouse.insert(
    'fact_scaling_decision',
    rows.map((row) => ({
      Tenant: row.tenant,
      Region: row.region,
      Cluster: row.cluster,
      Workload: row.workload,
      At: seconds(row.at),
      Mode: row.mode,
      Replicas: row.replicas,
      ReadyReplicas: row.readyReplicas,
      WantedReplicas: row.wantedReplicas,
      WantedReady: row.wantedReady,
      Requests: row.requests,
      LatencySeconds: row.latencySeconds,
      LatencyLimitSeconds: row.latencyLimitSeconds,
      PerPod: row.perPod,
      Direction: row.direction,
      Deciding: row.deciding,
      Held: row.held,
      Reason: row.reason,
      ChangeId: row.changeId,
      HourCost: row.hourCost,
      Currency: row.currency,
    })),
  );
}

interface Span {
  workload?: string;
  from: Date;
  to: Date;
}

const params = ({ workload, from, to }: Span) => ({
  workload: workload ?? '',
  from: seconds(from.getTime()),
  to: seconds(to.getTime()),
});
const where = `At >= toDateTime({from:UInt32}, 'UTC') AND At < toDateTime({to:UInt32}, 'UTC')
  AND ({workload:String} = '' OR Workload = {workload:String})`;

/** Requests a minute that the ready pods of a workload could serve, by minute (epoch milliseconds). */
export async function selectCapacity(
  warehouse: Warehouse,
  span: Span & { workload: string },
  scope: Scope,
): Promise<{ minute: number; requestsPerMinute: number }[]> {
  const { rows } = await warehouse.query<{ minute: number; requestsPerMinute: number }>(
    `SELECT toUnixTimestamp(toStartOfMinute(At)) AS minute, argMax(ReadyReplicas * PerPod, At) AS requestsPerMinute
     FROM fact_scaling_decision WHERE ${where} AND PerPod IS NOT NULL GROUP BY minute ORDER BY minute`,
    { params: params(span), scope },
  );
  return rows.map((row) => ({ ...row, minute: row.minute * 1000 }));
}

export interface MarkRow {
  at: number;
  workload: string;
  mode: string;
  direction: string;
  replicas: number;
  wanted: number;
  reason: string;
  changeId: string | null;
}

/** Moments at which replicas were changed, or would have been; oldest first. */
export async function selectMarks(warehouse: Warehouse, span: Span, scope: Scope, limit: number): Promise<MarkRow[]> {
  const { rows } = await warehouse.query<MarkRow>(
    `SELECT toUnixTimestamp(At) AS at, Workload AS workload, Mode AS mode, Direction AS direction, Replicas AS replicas,
            WantedReplicas AS wanted, Reason AS reason, ChangeId AS changeId
     FROM fact_scaling_decision FINAL WHERE ${where} AND Direction != 'stay'
     ORDER BY at LIMIT {limit:UInt32}`,
    { params: { ...params(span), limit }, scope },
  );
  return rows;
}

export interface ReportRow {
  workload: string;
  cluster: string;
  region: string;
  minutes: number;
  replicaHours: number;
  wantedHours: number;
  /** Minutes over the limit of latency, or without a limit over what the pods can serve. */
  slowMinutes: number;
  /** Minutes in which the wanted pods could not have served what came. */
  wantedSlowMinutes: number;
  acts: number;
  currency: string;
  cost: string | null;
  wantedCost: string | null;
}

/**
 * What each workload had and what decisions wanted for it, by minutes. A minute is too slow where its p95 was above its
 * limit, or where more came than the ready pods could serve; for the wanted pods only the latter can be known.
 */
export async function selectReport(warehouse: Warehouse, span: Span, scope: Scope): Promise<ReportRow[]> {
  const { rows } = await warehouse.query<ReportRow>(
    `SELECT workload, cluster, region, count() AS minutes, sum(replicas) / 60 AS replicaHours, sum(wanted) / 60 AS wantedHours,
            countIf(coalesce(latency > latencyLimit, false) OR coalesce(load > perPod * ready, false)) AS slowMinutes,
            countIf(coalesce(load > perPod * wantedReady, false)) AS wantedSlowMinutes, sum(acts) AS acts,
            anyLast(currency) AS currency,
            toString(sum(replicas * hourCost) / 60) AS cost, toString(sum(wanted * hourCost) / 60) AS wantedCost
     FROM (
       SELECT Workload AS workload, Cluster AS cluster, Region AS region, toStartOfMinute(At) AS minute,
              argMax(Replicas, At) AS replicas, argMax(ReadyReplicas, At) AS ready, argMax(WantedReplicas, At) AS wanted,
              argMax(WantedReady, At) AS wantedReady, argMax(Requests, At) AS load, max(LatencySeconds) AS latency,
              argMax(LatencyLimitSeconds, At) AS latencyLimit, argMax(PerPod, At) AS perPod,
              countIf(Direction != 'stay') AS acts, argMax(Currency, At) AS currency, argMax(HourCost, At) AS hourCost
       FROM fact_scaling_decision FINAL WHERE ${where} GROUP BY workload, cluster, region, minute
     )
     GROUP BY workload, cluster, region ORDER BY workload, cluster LIMIT 5000`,
    { params: params(span), scope },
  );
  return rows;
}

export interface AheadRow {
  region: string;
  workload: string;
  forecaster: string;
  horizon: number;
  /** Epoch seconds. */
  issued: number;
  predicted: number;
  lower: number;
  upper: number;
}

/** The newest forecasts of all workloads and forecasters of a tenant, in order of their minutes. */
export async function selectAhead(warehouse: Warehouse, tenant: string, since: Date): Promise<AheadRow[]> {
  const { rows } = await warehouse.query<AheadRow>(
    `SELECT Region AS region, Workload AS workload, Forecaster AS forecaster, HorizonMinutes AS horizon,
            toUnixTimestamp(IssuedAt) AS issued, Predicted AS predicted, Lower AS lower, Upper AS upper
     FROM forecast_ahead FINAL
     WHERE Tenant = {tenant:String} AND IssuedAt >= toDateTime({since:UInt32}, 'UTC')
     ORDER BY region, workload, forecaster, issued, horizon`,
    { params: { tenant, since: seconds(since.getTime()) }, maxResultRows: 200_000 },
  );
  return rows;
}

/** The minutes of a workload as they were, oldest first. */
export async function selectReplayMinutes(
  warehouse: Warehouse,
  span: Span & { workload: string; cluster: string },
  scope: Scope,
): Promise<ReplayMinute[]> {
  const { rows } = await warehouse.query<ReplayMinute>(
    `SELECT toUnixTimestamp(toStartOfMinute(At)) * 1000 AS at, argMax(Requests, At) AS requests, argMax(PerPod, At) AS perPod,
            argMax(Replicas, At) AS replicas
     FROM fact_scaling_decision FINAL WHERE ${where} AND Cluster = {cluster:String} GROUP BY at ORDER BY at`,
    { params: { ...params(span), cluster: span.cluster }, scope },
  );
  return rows.map(({ at, ...row }) => ({ at: Number(at), ...row }));
}

/** Forecasts of a workload as they were issued, in order of their minutes. */
export async function selectIssued(
  warehouse: Warehouse,
  span: Span & { workload: string; region: string; forecaster: string },
  scope: Scope,
): Promise<Omit<AheadRow, 'region' | 'workload'>[]> {
  const { rows } = await warehouse.query<Omit<AheadRow, 'region' | 'workload'>>(
    `SELECT Forecaster AS forecaster, HorizonMinutes AS horizon, toUnixTimestamp(IssuedAt) AS issued, Predicted AS predicted,
            Lower AS lower, Upper AS upper
     FROM fact_forecast
     WHERE Workload = {workload:String} AND Region = {region:String} AND Forecaster = {forecaster:String}
       AND IssuedAt >= toDateTime({from:UInt32}, 'UTC') AND IssuedAt < toDateTime({to:UInt32}, 'UTC')
     ORDER BY issued, horizon, ComputedAt DESC LIMIT 1 BY issued, horizon`,
    { params: { ...params(span), region: span.region, forecaster: span.forecaster }, scope, maxResultRows: 100_000 },
  );
  return rows;
}
