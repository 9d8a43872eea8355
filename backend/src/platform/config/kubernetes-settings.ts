import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;

const LabelNames = (description: string, preset: string[]) =>
  Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems: 20, default: preset, description });

const ClusterSettingsSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
      description: 'Unique; it stands before every workload: cluster/namespace/name',
      examples: ['seoul'],
    }),
    tenant: Type.String({ default: 'default', minLength: 1 }),
    region: Type.String({
      default: 'default',
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
      description: 'Region of the installation that its workloads belong to',
    }),
    inCluster: Type.Boolean({
      default: false,
      description: 'By the service account of the pod in which the service runs',
    }),
    kubeconfig: Type.Optional(Type.String({ description: 'Path of a kubeconfig file' })),
    context: Type.Optional(Type.String({ description: 'Context in it; its current one where absent' })),
    url: Type.Optional(Type.String({ pattern: '^https?://', description: 'Address of the API server' })),
    token: Type.Optional(Type.String({ description: 'Bearer token for `url`', 'x-secret': true })),
    tokenFile: Type.Optional(Type.String({ description: 'File with the token; read again when it changes' })),
    caFile: Type.Optional(Type.String({ description: 'Certificates that the API server is known by' })),
    namespaces: Type.Array(Type.String({ pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }), {
      default: [],
      maxItems: 200,
      description: 'Only these are looked at, each by its own watch; empty: all',
    }),
    resources: Type.Array(
      Type.Object(
        {
          apiVersion: Type.String({ pattern: '^[a-z0-9.-]+/[a-z0-9]+$', examples: ['argoproj.io/v1alpha1'] }),
          kind: Type.String({ pattern: '^[A-Z][A-Za-z0-9]*$', examples: ['Rollout'] }),
        },
        strict,
      ),
      {
        default: [],
        maxItems: 20,
        description: 'Further kinds with a scale subresource, besides Deployment and StatefulSet',
      },
    ),
    labels: Type.Object(
      {
        team: LabelNames('Labels of workloads that name the team, the first that is there counts', ['team']),
        product: LabelNames('Labels that name the product', ['product', 'app.kubernetes.io/part-of']),
      },
      { ...strict, default: {}, description: 'Which labels say to whom a workload, and so a Change of it, belongs' },
    ),
    teams: Type.Record(Type.String(), Type.String({ minLength: 1, maxLength: 200 }), {
      default: {},
      description: 'Namespace to team, where no label names one',
    }),
    lease: Type.Object(
      {
        namespace: Type.String({ default: 'amadeus', description: 'Namespace of the leader lease' }),
        name: Type.String({ default: 'amadeus', description: 'With `-` and the duty behind it, e.g. amadeus-healing' }),
      },
      { ...strict, default: {} },
    ),
    timeoutMs: Type.Integer({ minimum: 100, default: 15_000, description: 'Longest that one call may take' }),
  },
  strict,
);
export type ClusterSettings = Static<typeof ClusterSettingsSchema>;

export const KubernetesSettingsSchema = Type.Object(
  {
    clusters: Type.Array(ClusterSettingsSchema, {
      default: [],
      maxItems: 50,
      description: 'Clusters whose workloads are scaled and healed; without any, neither is started',
    }),
    watchAgeSeconds: Type.Integer({
      minimum: 5,
      default: 120,
      description: 'Nothing is done to a cluster that has not been heard of for so long: what is known may be stale',
    }),
  },
  { ...strict, default: {} },
);
