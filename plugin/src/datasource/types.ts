import type { DataSourceJsonData } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';

export type QueryType =
  | 'traffic'
  | 'cost'
  | 'unit'
  | 'usage'
  | 'routing'
  | 'experiments'
  | 'budget'
  | 'showback'
  | 'drivers'
  | 'gpu'
  | 'quality'
  | 'sources'
  | 'reconciliation'
  | 'service'
  | 'annotations';

export const trafficSeries = ['actual', 'predicted', 'band', 'capacity', 'replicas'] as const;
export type TrafficSeries = (typeof trafficSeries)[number];

/** Marks on a chart, by what they are about. */
export const annotationKinds = ['changes', 'scaling', 'healing', 'events', 'forecasts'] as const;
export type AnnotationKind = (typeof annotationKinds)[number];

export const costMetrics = ['EffectiveCost', 'BilledCost', 'ListCost', 'ContractedCost'] as const;
export type CostMetric = (typeof costMetrics)[number];

export const costUnits = [
  'tokens',
  'request',
  'session',
  'customer',
  'feature',
  'model',
  'version',
  'stage',
  'job',
  'gpu-hour',
] as const;
export type CostUnit = (typeof costUnits)[number];

export const usageMeasures = [
  'requests',
  'failed',
  'inputTokens',
  'cachedInputTokens',
  'outputTokens',
  'reasoningTokens',
  'sessions',
  'cost',
  'durationP50',
  'durationP99',
  'firstTokenP50',
  'firstTokenP99',
] as const;
export type UsageMeasure = (typeof usageMeasures)[number];

export const routingMeasures = [
  'requests',
  'requestRate',
  'tries',
  'failed',
  'errorShare',
  'tryErrorShare',
  'cacheShare',
  'inputTokens',
  'outputTokens',
  'cost',
  'saved',
  'durationP50',
  'durationP95',
  'firstTokenP50',
  'firstTokenP95',
] as const;
export type RoutingMeasure = (typeof routingMeasures)[number];

export type Granularity = 'auto' | 'hour' | 'day' | 'total';

/** Keeps rows whose dimension has one of the values. */
export interface DimensionFilter {
  dim: string;
  values: string[];
}

/** What a panel, an alert rule or Explore asks. The service reads it as it is saved. */
export interface AmadeusQuery extends DataQuery {
  queryType?: QueryType;
  /** traffic, annotations: empty means the busiest workload of the last hour. */
  workload?: string;
  series?: TrafficSeries[];
  horizonMinutes?: number;
  /** Empty means the forecaster that is in use. */
  forecaster?: string;
  metric?: CostMetric;
  /** Up to three dimensions. */
  groupBy?: string[];
  granularity?: Granularity;
  filters?: DimensionFilter[];
  /** Empty means the currency of the bills. */
  currency?: string;
  format?: 'timeseries' | 'table';
  limit?: number;
  kind?: AnnotationKind;
  /** unit: what one of is priced. */
  unit?: CostUnit;
  /** unit as a table, showback, quality, service: what a row is. experiments: which ones. */
  by?: string;
  /** usage, routing: what the lines count. */
  measure?: UsageMeasure | RoutingMeasure;
  /** budget: id; empty means all of them. */
  budget?: string;
  /** Tables: the only field of numbers to answer, as alert rules need it; empty means all of them. */
  number?: string;
}

export interface AmadeusOptions extends DataSourceJsonData {
  url?: string;
  /** Seconds. */
  timeout?: number;
}

export interface AmadeusSecureOptions {
  token?: string;
}

export type VariableType =
  'workloads' | 'dimensions' | 'values' | 'budgets' | 'usage-dimensions' | 'routing-dimensions';

/** What a dashboard variable asks. */
export interface AmadeusVariableQuery extends Omit<DataQuery, 'queryType'> {
  type: VariableType;
  /** Only for `values`. */
  dim?: string;
}
