import type { AmadeusQuery, QueryType } from './types';

const costDefaults = {
  metric: 'EffectiveCost',
  groupBy: ['ServiceName'],
  granularity: 'auto',
  filters: [],
  format: 'timeseries',
  currency: '',
  limit: 10,
} satisfies Partial<AmadeusQuery>;

const trafficDefaults = {
  workload: '',
  series: ['actual', 'predicted', 'band'],
  horizonMinutes: 10,
} satisfies Partial<AmadeusQuery>;

const annotationDefaults = { kind: 'changes', workload: '' } satisfies Partial<AmadeusQuery>;

const defaults: Record<QueryType, Partial<AmadeusQuery>> = {
  traffic: trafficDefaults,
  cost: costDefaults,
  annotations: annotationDefaults,
};

/** The query with everything said that it leaves open, so that a new panel draws at once. */
export function withDefaults<T extends Partial<AmadeusQuery>>(query: T): T & { queryType: QueryType } {
  const queryType = query.queryType ?? 'traffic';
  return { ...defaults[queryType], ...query, queryType };
}

/** Whether there is enough in the query to send it. */
export function isComplete(query: AmadeusQuery): boolean {
  const { queryType, series } = withDefaults(query);
  return queryType !== 'traffic' || (series?.length ?? 0) > 0;
}
