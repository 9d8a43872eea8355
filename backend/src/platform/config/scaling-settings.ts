import Type, { type Static, type TLiteral } from 'typebox';

const strict = { additionalProperties: false } as const;
const words = <const T extends readonly string[]>(...values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([Type.Null(), schema]);
const Replicas = (description: string) => Type.Integer({ minimum: 0, maximum: 10_000, description });

const ReplicaWindowSchema = Type.Object(
  {
    days: Type.Array(Type.Union(words('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')), {
      maxItems: 7,
      description: 'On which it begins; none: every day',
    }),
    from: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', examples: ['09:00'] }),
    to: Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'Before `from`: past midnight' }),
    timeZone: Type.String({ maxLength: 60, examples: ['Asia/Seoul'] }),
    minReplicas: Replicas('At least so many while it holds'),
  },
  strict,
);
export type ReplicaWindow = Static<typeof ReplicaWindowSchema>;

/** How a workload is scaled. */
export const scalingFields = {
  mode: Type.Union(words('observe', 'approve', 'auto'), {
    description: 'Only say what would be done; ask a person first; act',
  }),
  minReplicas: Replicas('Never fewer'),
  maxReplicas: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Never more' }),
  targetShare: Type.Number({ minimum: 0.2, maximum: 0.95, description: 'Share of what a pod can serve that is used' }),
  quantile: Type.Number({ minimum: 0.5, maximum: 0.99, description: 'Of the forecast, by which pods are reckoned' }),
  latencyLimitMs: Nullable(
    Type.Number({ exclusiveMinimum: 0, maximum: 600_000, description: 'p95 that is to be kept; null: none' }),
  ),
  requestsPerPod: Nullable(
    Type.Number({ exclusiveMinimum: 0, description: 'Requests per minute that saturate a pod; null: it is learned' }),
  ),
  stabilisationMinutes: Type.Integer({
    minimum: 0,
    maximum: 120,
    description: 'Pods go when so long none needed them',
  }),
  stepUpShare: Type.Number({ minimum: 0, maximum: 10, description: 'Most that one act adds, as a share' }),
  stepUpReplicas: Type.Integer({ minimum: 1, maximum: 1_000, description: 'One act may add so many in any case' }),
  stepDownShare: Type.Number({ minimum: 0.01, maximum: 1, description: 'Most that one act removes, as a share' }),
  actsPerHour: Type.Integer({ minimum: 1, maximum: 240, description: 'Beyond it only observed load adds pods' }),
  earlyMinutes: Type.Integer({
    minimum: 0,
    maximum: 8,
    description: 'So much earlier than the start of a pod demands',
  }),
  road: Type.Union(words('auto', 'metric'), {
    description:
      'auto: the scale subresource, or the minimum of the autoscaler that holds it; metric: only tell an HPA',
  }),
  whenGitOps: Type.Union(words('propose', 'act'), {
    description: 'For workloads that are kept in Git; act: the number of replicas is not kept there',
  }),
  windows: Type.Array(ReplicaWindowSchema, { maxItems: 20, description: 'Times with a minimum of their own' }),
};

const someFields = Type.Partial(Type.Object(scalingFields, strict)).properties;

/** Settings of one workload, as far as they differ from the defaults. */
export const ScalingWorkloadSettingsSchema = Type.Object(
  {
    tenant: Type.Optional(Type.String({ maxLength: 100, description: 'Whose it is; `default` where absent' })),
    workload: Type.String({ minLength: 1, maxLength: 300, examples: ['shop/frontend'] }),
    ...someFields,
  },
  strict,
);
export type ScalingWorkloadSettings = Static<typeof ScalingWorkloadSettingsSchema>;

const Path = (description: string) => Type.String({ minLength: 1, maxLength: 1000, description });

const MetricsApiSchema = Type.Object(
  {
    host: Type.String({ default: '0.0.0.0', description: 'Address that it listens on' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 6443, description: 'Port of it; 0: any' }),
    certFile: Path('Certificate that kube-apiserver knows us by; read again when it changes'),
    keyFile: Path('Its key'),
    clientCaFile: Path("Certificates that sign the aggregator's: requestheader-client-ca-file of kube-apiserver"),
    clientNames: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      default: ['front-proxy-client'],
      maxItems: 20,
      description: 'Common names that are accepted; none: every one that is signed so',
    }),
    tenant: Type.String({ default: 'default', minLength: 1, description: 'Whose workloads are told of' }),
  },
  { ...strict, description: 'The external metrics API of Kubernetes, over TLS, for HPAs; absent: not served so' },
);

export const ScalingConfigSchema = Type.Object(
  {
    metricsApi: Type.Optional(MetricsApiSchema),
    language: Type.Union(words('en', 'ko'), { default: 'en', description: 'Of the messages about what was done' }),
    everySeconds: Type.Integer({
      minimum: 5,
      maximum: 300,
      default: 15,
      description: 'Seconds between two decisions about a workload',
    }),
    defaults: Type.Object(someFields, {
      ...strict,
      default: {},
      description: 'For workloads that nothing else is said of',
    }),
    workloads: Type.Array(ScalingWorkloadSettingsSchema, {
      default: [],
      maxItems: 2_000,
      description: 'Settings that are kept in this file; by the API they can be read and not changed',
    }),
  },
  { ...strict, default: {} },
);
