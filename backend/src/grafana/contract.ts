import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;

/** Fields that Grafana adds to every query; unknown ones are let through, for Grafana adds more with each version. */
const common = {
  refId: Type.String({ minLength: 1, maxLength: 64 }),
  from: Type.Integer({ description: 'Epoch milliseconds' }),
  to: Type.Integer({ description: 'Epoch milliseconds' }),
  intervalMs: Type.Optional(Type.Number()),
  maxDataPoints: Type.Optional(Type.Number()),
};

export const TrafficQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('traffic'),
  workload: Type.String({ maxLength: 512, default: '', description: 'Empty: the busiest workload of the last hour' }),
  series: Type.Optional(
    Type.Array(
      Type.Union([Type.Literal('actual'), Type.Literal('predicted'), Type.Literal('band'), Type.Literal('replicas')]),
      {
        maxItems: 4,
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
  filters: Type.Optional(
    Type.Array(
      Type.Object({
        dim: Type.String({ maxLength: 64 }),
        values: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 200 }),
      }),
      {
        maxItems: 20,
      },
    ),
  ),
  currency: Type.Optional(Type.String({ maxLength: 8 })),
  format: Type.Optional(Type.Union([Type.Literal('timeseries'), Type.Literal('table')], { default: 'timeseries' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 10 })),
});
export type CostPanelQuery = Static<typeof CostPanelQuerySchema>;

export const AnnotationQuerySchema = Type.Object({
  ...common,
  queryType: Type.Literal('annotations'),
  kind: Type.Union([Type.Literal('forecasts'), Type.Literal('changes')]),
  workload: Type.Optional(Type.String({ maxLength: 512 })),
});
export type AnnotationQuery = Static<typeof AnnotationQuerySchema>;

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
    type: Type.Union([Type.Literal('workloads'), Type.Literal('dimensions'), Type.Literal('values')]),
    dim: Type.Optional(Type.String({ maxLength: 64 })),
    search: Type.Optional(Type.String({ maxLength: 200 })),
  },
  strict,
);

export const VariablesSchema = Type.Object(
  { values: Type.Array(Type.Object({ text: Type.String(), value: Type.String() }, strict)) },
  strict,
);
