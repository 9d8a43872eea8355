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

const unitDefaults = {
  unit: 'request',
  by: 'x_Customer',
  filters: [],
  format: 'timeseries',
  currency: '',
} satisfies Partial<AmadeusQuery>;

const usageDefaults = {
  measure: 'requests',
  groupBy: ['Model'],
  granularity: 'auto',
  filters: [],
  format: 'timeseries',
  currency: '',
  limit: 10,
} satisfies Partial<AmadeusQuery>;

const routingDefaults = {
  measure: 'requests',
  groupBy: ['policy'],
  filters: [],
  format: 'timeseries',
  limit: 10,
} satisfies Partial<AmadeusQuery>;

const defaults: Record<QueryType, Partial<AmadeusQuery>> = {
  traffic: trafficDefaults,
  cost: costDefaults,
  unit: unitDefaults,
  usage: usageDefaults,
  routing: routingDefaults,
  experiments: { by: 'all' },
  budget: { budget: '', format: 'table' },
  showback: { by: 'x_Team', currency: '' },
  drivers: { groupBy: ['x_Team', 'ServiceName'], filters: [], currency: '' },
  gpu: {},
  quality: { by: 'team', currency: '' },
  sources: {},
  reconciliation: {},
  service: { by: 'vitals' },
  annotations: annotationDefaults,
};

/** The query with everything said that it leaves open, so that a new panel draws at once. */
export function withDefaults<T extends Partial<AmadeusQuery>>(query: T): T & { queryType: QueryType } {
  const queryType = query.queryType ?? 'traffic';
  const said = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;
  return { ...defaults[queryType], ...said, queryType };
}

/** Whether there is enough in the query to send it. */
export function isComplete(query: AmadeusQuery): boolean {
  const { queryType, series, format, budget } = withDefaults(query);
  if (queryType === 'budget') return format === 'table' || (budget ?? '') !== '';
  return queryType !== 'traffic' || (series?.length ?? 0) > 0;
}
