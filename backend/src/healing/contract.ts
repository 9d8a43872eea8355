import Type, { type Static, type TLiteral } from 'typebox';
import { troubles } from './trouble.ts';

const strict = { additionalProperties: false } as const;
const words = <const T extends readonly string[]>(values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });
const Verdict = Type.Union(words(['waiting', 'observed', 'proposed', 'acted', 'advised', 'leak', 'held'] as const), {
  description:
    'waiting: may still become an act; observed: only told what would be done; proposed: a person is asked; acted; advised: an act of ours would be wrong; leak: more memory did not help; held: something keeps it from being acted on',
});

export const ObjectRefSchema = Type.Object(
  {
    apiVersion: Type.String({ maxLength: 253, examples: ['apps/v1'] }),
    kind: Type.String({ maxLength: 63, examples: ['Deployment'] }),
    namespace: Type.String({ maxLength: 63 }),
    name: Type.String({ maxLength: 253 }),
  },
  strict,
);

export const ModeSchema = Type.Union(words(['observe', 'approve', 'auto'] as const), {
  description: 'Only say what would be done; ask a person first; act',
});

const ActSchema = Type.Object({
  act: Type.Union(words(['memory', 'rollback'] as const)),
  at: Instant,
  mode: ModeSchema,
  changeId: Nullable(Type.Integer()),
  state: Nullable(Type.String({ description: 'Of the Change', examples: ['verified'] })),
  summary: Nullable(
    Type.String({ examples: ['Raise the memory limit of main in seoul/shop/web from 256Mi to 356Mi'] }),
  ),
  before: Nullable(Type.String({ description: 'Limit or images that it was to leave', examples: ['256Mi'] })),
  after: Nullable(Type.String({ description: 'Limit or images that it was to bring', examples: ['356Mi'] })),
});

export const IncidentSchema = Type.Object({
  id: Type.Integer(),
  cluster: Type.String(),
  region: Type.String(),
  kind: Type.String(),
  namespace: Type.String(),
  workload: Type.String({ description: 'Its name in the namespace' }),
  container: Type.String(),
  revision: Type.String({ description: 'ReplicaSet, or hash of the template' }),
  trouble: Type.Union(words(troubles)),
  cause: Type.String({ examples: ['dependency'] }),
  evidence: Nullable(Type.String({ description: 'The line that told the cause, without secrets' })),
  crashes: Type.Integer({ description: 'Restarts of all its pods' }),
  pods: Type.Integer({ description: 'That show it' }),
  verdict: Verdict,
  why: Type.String(),
  advice: Type.String({ description: 'What a person can do, in the language asked for' }),
  firstAt: Instant,
  lastAt: Instant,
  closedAt: Nullable(Instant),
  acts: Type.Array(ActSchema),
});
export type IncidentView = Static<typeof IncidentSchema>;

export const TimelineQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Default: a day before `to`' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Default: now' })),
    cluster: Type.Optional(Type.String({ maxLength: 100 })),
    workload: Type.Optional(Type.String({ maxLength: 320, examples: ['shop/cart'], description: 'namespace/name' })),
    trouble: Type.Optional(Type.Union(words(troubles), { description: 'Only this kind of trouble' })),
    verdict: Type.Optional(Verdict),
    state: Type.Optional(
      Type.Union(words(['open', 'closed'] as const), { description: 'Only what goes on, or is over' }),
    ),
    language: Type.Union(words(['en', 'ko'] as const), { default: 'en', description: 'Of the advice' }),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
  },
  strict,
);
export const TimelineSchema = Type.Object({
  incidents: Type.Array(IncidentSchema),
  more: Type.Boolean({ description: 'There are further ones beyond `limit`: narrow the range or the filters' }),
});
export type Timeline = Static<typeof TimelineSchema>;

const ClusterStateSchema = Type.Object({
  cluster: Type.String(),
  region: Type.String(),
  state: Type.Union(words(['watched', 'stale', 'unknown'] as const), {
    description: 'stale: nothing is done to it until it is heard of again',
  }),
  freshAt: Nullable(Instant),
  leads: Type.Boolean({ description: 'Whether the lease in the cluster is ours: else only watched' }),
  pods: Type.Integer(),
  trouble: Nullable(Type.String({ description: 'What keeps it from being looked at' })),
});

export const WorkloadsQuerySchema = Type.Object(
  {
    cluster: Type.Optional(Type.String({ maxLength: 100 })),
    namespace: Type.Optional(Type.String({ maxLength: 63 })),
    limit: Type.Integer({ minimum: 1, maximum: 2_000, default: 500 }),
  },
  strict,
);
export const WorkloadsSchema = Type.Object({
  clusters: Type.Array(ClusterStateSchema),
  workloads: Type.Array(
    Type.Object({
      cluster: Type.String(),
      region: Type.String(),
      kind: Type.String(),
      namespace: Type.String(),
      name: Type.String(),
      mode: ModeSchema,
      replicas: Type.Integer(),
      readyReplicas: Type.Integer(),
      managedBy: Nullable(
        Type.String({ description: 'Who would undo a patch: it is proposed there', examples: ['argo-cd/shop'] }),
      ),
      openIncidents: Type.Integer(),
    }),
  ),
  notices: Type.Array(Type.String()),
});
export type HealingWorkloads = Static<typeof WorkloadsSchema>;

const Target = Type.String({
  minLength: 1,
  maxLength: 300,
  pattern: '^[A-Za-z0-9*._/-]+$',
  description: 'Pattern of cluster/namespace/name; `*` stands for anything',
  examples: ['seoul/shop/*'],
});
export const SettingsSchema = Type.Object({
  mode: ModeSchema,
  rules: Type.Array(
    Type.Object({
      target: Target,
      mode: ModeSchema,
      origin: Type.Union(words(['file', 'api'] as const), { description: 'Those of the file are changed there' }),
      setBy: Nullable(Type.String()),
      setAt: Nullable(Instant),
    }),
  ),
  memory: Type.Object({}, { additionalProperties: true }),
  rollback: Type.Object({}, { additionalProperties: true }),
});
export type HealingSettings = Static<typeof SettingsSchema>;
export const SaveModeSchema = Type.Object({ target: Target, mode: ModeSchema }, strict);
export const DropModeSchema = Type.Object({ target: Target }, strict);
export const SavedModeSchema = Type.Object({ target: Type.String(), mode: Nullable(ModeSchema) });
