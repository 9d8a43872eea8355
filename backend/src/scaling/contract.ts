import Type, { type Static } from 'typebox';
import { scalingFields, type ReplicaWindow } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([Type.Null(), schema]);
const Instant = Type.String({ format: 'date-time' });
const Count = Type.Integer({ minimum: 0 });

export type { ReplicaWindow };

const ScalingSettingsSchema = Type.Object(scalingFields, strict);
export type ScalingSettings = Static<typeof ScalingSettingsSchema>;
export type ScalingMode = ScalingSettings['mode'];

export const ScalingParamsSchema = Type.Object({
  workload: Type.String({ minLength: 1, maxLength: 300, description: 'URL-encoded', examples: ['shop/frontend'] }),
});
/** The same with an id of two parts that a proxy has decoded on its way. */
export const ScalingTwoPartParamsSchema = Type.Object({
  namespace: ScalingParamsSchema.properties.workload,
  workload: ScalingParamsSchema.properties.workload,
});

const CostSchema = Nullable(
  Type.Object({ amount: Type.String({ description: 'Exact decimal' }), currency: Type.String() }),
);

const ScalingWorkloadSchema = Type.Object({
  workload: Type.String(),
  cluster: Type.String(),
  region: Type.String(),
  decidedAt: Instant,
  isStale: Type.Boolean({ description: 'The decision is older than five minutes: nobody decides at present' }),
  mode: scalingFields.mode,
  holdUntil: Nullable(Instant),
  holdReason: Nullable(Type.Object({ en: Type.String(), ko: Type.String() })),
  replicas: Count,
  readyReplicas: Count,
  wanted: Type.Integer({ description: 'Replicas decided; in the mode observe, had every decision been followed' }),
  needed: Count,
  direction: Type.Union([Type.Literal('out'), Type.Literal('in'), Type.Literal('stay')]),
  held: Type.String({ description: 'Why nothing could be decided; `none`' }),
  reason: Type.Object({ en: Type.String(), ko: Type.String() }),
  requestsPerMinute: Nullable(Type.Number()),
  latencyMs: Nullable(Type.Number({ description: 'p95' })),
  perPod: Nullable(Type.Number({ description: 'Requests per minute that saturate one pod' })),
  capacitySource: Type.String({ examples: ['latency'] }),
  hourCost: CostSchema,
  changeId: Nullable(Type.Integer({ description: 'Of the Change that the newest act is' })),
});
export type ScalingWorkload = Static<typeof ScalingWorkloadSchema>;

export const ScalingWorkloadsSchema = Type.Object({ workloads: Type.Array(ScalingWorkloadSchema) });

const TermSchema = Type.Object({
  term: Type.String({ examples: ['forecast'] }),
  replicas: Type.Integer(),
  load: Nullable(Type.Number({ description: 'Requests per minute' })),
  text: Type.Object({ en: Type.String(), ko: Type.String() }),
});

export const ScalingDetailSchema = Type.Object({
  ...ScalingWorkloadSchema.properties,
  terms: Type.Array(TermSchema, { description: 'What asked for how many, and what bounded it' }),
  notices: Type.Array(Type.String()),
  leadSeconds: Type.Number({ description: 'How far ahead it is decided' }),
  startUpSeconds: Type.Number({ description: 'Learned: nine of ten pods are ready after it' }),
  capacity: Type.Object({
    perPod: Nullable(Type.Number()),
    low: Nullable(Type.Number()),
    high: Nullable(Type.Number()),
    usable: Nullable(Type.Number({ description: 'Requests per minute that a pod is given' })),
    source: Type.String(),
  }),
  road: Type.String({ examples: ['scale'] }),
  does: Type.Object(
    { en: Type.String(), ko: Type.String() },
    { description: 'What is written, and what is left alone' },
  ),
  costFormula: Nullable(Type.String()),
  settings: ScalingSettingsSchema,
  settingsOrigin: Type.Union([Type.Literal('default'), Type.Literal('api'), Type.Literal('file')]),
  settingsVersion: Type.Integer({ description: 'To be sent with a change; 0: never set' }),
});
export type ScalingDetail = Static<typeof ScalingDetailSchema>;

export const ScalingUpdateSchema = Type.Object(
  {
    ...Type.Partial(ScalingSettingsSchema).properties,
    version: Type.Integer({ minimum: 0, description: 'That was read; 0 where there were none' }),
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why' }),
  },
  { ...strict, examples: [{ mode: 'approve', minReplicas: 2, version: 0, reason: 'A week of observing went well' }] },
);
export type ScalingUpdate = Static<typeof ScalingUpdateSchema>;

export const SettingsViewSchema = Type.Object({
  workload: Type.String(),
  settings: ScalingSettingsSchema,
  origin: Type.Union([Type.Literal('default'), Type.Literal('api'), Type.Literal('file')]),
  version: Type.Integer(),
});
export type SettingsView = Static<typeof SettingsViewSchema>;

export const SettingsPreviewSchema = Type.Object(
  {
    settings: Type.Partial(ScalingSettingsSchema, { ...strict, description: 'What is not sent stays as it is' }),
    hours: Type.Integer({ minimum: 1, maximum: 48, default: 24, description: 'Until now' }),
  },
  { ...strict, examples: [{ settings: { minReplicas: 4, quantile: 0.95 }, hours: 24 }] },
);
export type SettingsPreview = Static<typeof SettingsPreviewSchema>;

const ReplayedSchema = Type.Object({
  replicaHours: Type.Number(),
  mostReplicas: Count,
  slowMinutes: Type.Integer({ description: 'In which more came than the ready pods could have served' }),
  acts: Count,
  cost: CostSchema,
});
export const SettingsPreviewedSchema = Type.Object({
  from: Instant,
  to: Instant,
  minutes: Type.Integer({ description: 'Of which something is known' }),
  forecaster: Nullable(Type.String({ description: 'Whose forecasts stood then; null: there were none' })),
  present: ReplayedSchema,
  proposed: ReplayedSchema,
});
export type SettingsPreviewed = Static<typeof SettingsPreviewedSchema>;

export const ReleaseHoldSchema = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why' }) },
  strict,
);

export const ScalingReportQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Default: a day before `to`' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Default: now' })),
    workload: Type.Optional(Type.String({ maxLength: 300 })),
  },
  strict,
);

const ScalingReportRowSchema = Type.Object({
  workload: Type.String(),
  cluster: Type.String(),
  region: Type.String(),
  minutes: Type.Integer({ description: 'Minutes that were decided on' }),
  acts: Type.Integer({ description: 'Times at which replicas were changed, or would have been' }),
  replicaHours: Type.Number(),
  wantedReplicaHours: Type.Number({ description: 'Had every decision been followed' }),
  slowMinutes: Type.Integer({ description: 'Over the limit of latency, or over what the ready pods can serve' }),
  wantedSlowMinutes: Type.Integer({ description: 'In which the wanted pods could not have served what came' }),
  cost: CostSchema,
  wantedCost: CostSchema,
});
export const ScalingReportSchema = Type.Object({
  from: Instant,
  to: Instant,
  rows: Type.Array(ScalingReportRowSchema),
});
export type ScalingReport = Static<typeof ScalingReportSchema>;

/** As kube-apiserver hands it on to whoever serves the external metrics API. */
export const MetricParamsSchema = Type.Object({
  namespace: Type.String({ maxLength: 63 }),
  metric: Type.String({ maxLength: 300, description: '`amadeus-required-replicas`' }),
});
export const MetricQuerySchema = Type.Object({
  labelSelector: Type.Optional(
    Type.String({ maxLength: 1000, description: '`workload=NAME`', examples: ['workload=frontend'] }),
  ),
});
