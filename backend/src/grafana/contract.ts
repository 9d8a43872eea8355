import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;

/** Fields that Grafana adds to every query; unknown ones are let through, for Grafana adds more with each version. */
const common = {
  refId: Type.String({ minLength: 1, maxLength: 64 }),
  from: Type.Integer({ description: 'Epoch milliseconds' }),
  to: Type.Integer({ description: 'Epoch milliseconds' }),
  intervalMs: Type.Optional(Type.Number()),
  maxDataPoints: Type.Optional(Type.Number()),
  number: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Tables: the only field of numbers to answer, beside what its rows are called; for alert rules',
    }),
  ),
};

const filtersField = Type.Optional(
  Type.Array(
    Type.Object({
      dim: Type.String({ maxLength: 64 }),
      values: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 200 }),
    }),
    { maxItems: 20 },
  ),
);
const currencyField = Type.Optional(Type.String({ maxLength: 8 }));
const formatField = (usual: 'timeseries' | 'table') =>
  Type.Optional(Type.Union([Type.Literal('timeseries'), Type.Literal('table')], { default: usual }));
const oneOf = <const T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))));

export const TrafficQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('traffic'),
  workload: Type.String({ maxLength: 512, default: '', description: 'Empty: the busiest workload of the last hour' }),
  series: Type.Optional(
    Type.Array(
      Type.Union([
        Type.Literal('actual'),
        Type.Literal('predicted'),
        Type.Literal('band'),
        Type.Literal('replicas'),
        Type.Literal('capacity'),
      ]),
      {
        maxItems: 5,
        description: 'capacity: requests a minute that the ready pods could serve, where scaling has learned it',
      },
    ),
  ),
  horizonMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, default: 10 })),
  forecaster: Type.Optional(Type.String({ maxLength: 64 })),
});
export type TrafficQuery = Static<typeof TrafficQuerySchema>;

export const CostPanelQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('cost'),
  metric: Type.Optional(Type.String({ maxLength: 64, default: 'EffectiveCost' })),
  groupBy: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 3, default: [] })),
  granularity: Type.Optional(
    Type.Union([Type.Literal('auto'), Type.Literal('hour'), Type.Literal('day'), Type.Literal('total')], {
      default: 'auto',
    }),
  ),
  filters: filtersField,
  currency: currencyField,
  format: formatField('timeseries'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10 })),
});
export type CostPanelQuery = Static<typeof CostPanelQuerySchema>;

export const AnnotationQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('annotations'),
  kind: Type.Union(
    [
      Type.Literal('forecasts'),
      Type.Literal('changes'),
      Type.Literal('scaling'),
      Type.Literal('events'),
      Type.Literal('healing'),
    ],
    {
      description:
        'forecasts: what was not foreseen; scaling: replicas that were changed; events: those known ahead; healing: what was wrong with pods, and what was done',
    },
  ),
  workload: Type.Optional(Type.String({ maxLength: 512 })),
});
export type AnnotationQuery = Static<typeof AnnotationQuerySchema>;

export const units = [
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
export const breakdowns = [
  'x_Team',
  'x_Product',
  'x_Customer',
  'x_Feature',
  'x_Environment',
  'x_Model',
  'ModelVersion',
] as const;

/** What one unit costs: along time for each day, or as a table by a dimension, with margin where revenue is known. */
export const UnitQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('unit'),
  unit: Type.Optional(oneOf(units)),
  by: Type.Optional(oneOf(breakdowns)),
  filters: filtersField,
  currency: currencyField,
  format: formatField('timeseries'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
});
export type UnitQuery = Static<typeof UnitQuerySchema>;

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

/** Calls of language models: tokens, requests, cost by the price book, latency. */
export const UsageQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('usage'),
  measure: Type.Optional(oneOf(usageMeasures)),
  groupBy: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 3, default: [] })),
  granularity: Type.Optional(
    Type.Union([Type.Literal('auto'), Type.Literal('hour'), Type.Literal('day'), Type.Literal('total')], {
      default: 'auto',
    }),
  ),
  filters: filtersField,
  currency: currencyField,
  format: formatField('timeseries'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10 })),
});
export type UsageQuery = Static<typeof UsageQuerySchema>;

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

/** Calls through the LLM gateway: requests, errors, latency, cost and cache hits, by policy, route, model, team or feature. */
export const RoutingQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('routing'),
  measure: Type.Optional(oneOf(routingMeasures)),
  groupBy: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 3, default: [] })),
  filters: filtersField,
  format: formatField('timeseries'),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 10 })),
});
export type RoutingQuery = Static<typeof RoutingQuerySchema>;

/** Experiments of the LLM gateway: which version is better, by how much, and how sure that is; one row each. */
export const ExperimentsQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('experiments'),
  by: Type.Optional(oneOf(['all', 'running', 'ended'])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
});
export type ExperimentsQuery = Static<typeof ExperimentsQuerySchema>;

/** Budgets: all with their state as a table, or one along the days of its window. */
export const BudgetQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('budget'),
  budget: Type.Optional(Type.String({ maxLength: 64, description: 'Id; empty: all of them, as a table' })),
  format: formatField('table'),
});
export type BudgetQuery = Static<typeof BudgetQuerySchema>;

/** Who owes what: direct and shared cost of each owner; closes to the bills. */
export const ShowbackQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('showback'),
  by: Type.Optional(oneOf(['x_Team', 'x_Product', 'x_Customer'])),
  currency: currencyField,
});
export type ShowbackQuery = Static<typeof ShowbackQuerySchema>;

/** What made the cost change against the period before, split into price, volume and mix. */
export const DriversQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('drivers'),
  groupBy: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 3, default: [] })),
  filters: filtersField,
  currency: currencyField,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 20 })),
});
export type DriversQuery = Static<typeof DriversQuerySchema>;

/** GPU-hours of the clusters: allocated, used, idle, held idle, with their cost. */
export const GpuQuerySchema = Type.Object({ ...common, queryType: Type.Literal('gpu') });
export type GpuQuery = Static<typeof GpuQuerySchema>;

/** Part of the cost without a required tag, by team or by source. */
export const QualityQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('quality'),
  by: Type.Optional(oneOf(['team', 'source'])),
  currency: currencyField,
});
export type QualityQuery = Static<typeof QualityQuerySchema>;

/** Sources of bills, usage and traffic: how old what they sent is, what was left out of it. */
export const SourcesQuerySchema = Type.Object({ ...common, queryType: Type.Literal('sources') });

/** Bills of providers of language models beside the estimate. */
export const ReconciliationQuerySchema = Type.Object({ ...common, queryType: Type.Literal('reconciliation') });

/** The service itself: how it is, or its routes, loops and jobs. */
export const ServiceQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('service'),
  by: Type.Optional(oneOf(['vitals', 'routes', 'loops', 'jobs'])),
});
export type ServiceQuery = Static<typeof ServiceQuerySchema>;

/** One query is checked when its turn comes, so that a wrong panel does not take the others with it. */
export const QueryRequestSchema = Type.Object({
  queries: Type.Array(
    Type.Unsafe<{ refId: string; queryType?: string }>(
      Type.Object({ refId: Type.String(), queryType: Type.Optional(Type.String()) }),
    ),
    {
      minItems: 1,
      maxItems: 50,
    },
  ),
  context: Type.Optional(Type.Object({}, { additionalProperties: true })),
});

export const QueryResponseSchema = Type.Object({
  results: Type.Record(Type.String(), Type.Unsafe<QueryResult>(Type.Object({}, { additionalProperties: true }))),
});

export interface QueryResult {
  status: number;
  frames?: readonly object[];
  error?: string;
  errorSource?: 'plugin' | 'downstream';
}

export const HealthSchema = Type.Object(
  {
    status: Type.Union([Type.Literal('ok'), Type.Literal('error')]),
    message: Type.String(),
    details: Type.Record(Type.String(), Type.String()),
  },
  strict,
);

export const VariablesQuerySchema = Type.Object(
  {
    type: Type.Union([
      Type.Literal('workloads'),
      Type.Literal('dimensions'),
      Type.Literal('values'),
      Type.Literal('budgets'),
      Type.Literal('usage-dimensions'),
      Type.Literal('routing-dimensions'),
    ]),
    dim: Type.Optional(Type.String({ maxLength: 64 })),
    search: Type.Optional(Type.String({ maxLength: 200 })),
  },
  strict,
);

export const VariablesSchema = Type.Object(
  { values: Type.Array(Type.Object({ text: Type.String(), value: Type.String() }, strict)) },
  strict,
);
