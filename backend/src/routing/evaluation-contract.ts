import Type, { type Static } from 'typebox';
import { PolicyContentSchema } from './contract.ts';

const strict = { additionalProperties: false } as const;
const Label = Type.String({ minLength: 1, maxLength: 200 });
const Labels = Type.Array(Label, { minItems: 1, maxItems: 50 });
const Money = Type.String({ description: 'Exact decimal' });
const Ms = Type.Object({ p50: Type.Number(), p95: Type.Number() });

const RequestSchema = Type.Object(
  {
    model: Type.String({ minLength: 1, maxLength: 200, description: 'As the caller would ask for it' }),
    team: Type.Optional(Label),
    product: Type.Optional(Label),
    customer: Type.Optional(Label),
    feature: Type.Optional(Label),
    environment: Type.Optional(Label),
    session: Type.Optional(Label),
    region: Type.Optional(Label),
    regions: Type.Optional(Labels),
    piiClasses: Type.Optional(Labels),
    tags: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Label)),
    promptTokens: Type.Integer({ minimum: 0, maximum: 10_000_000, default: 1000 }),
    maxOutputTokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000_000 })),
  },
  strict,
);
export type AskedRequest = Static<typeof RequestSchema>;

const ChosenPolicySchema = Type.Object(
  {
    content: Type.Optional(PolicyContentSchema),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    version: Type.Optional(
      Type.String({ minLength: 1, maxLength: 40, description: 'Or draft; the one that serves where absent' }),
    ),
  },
  { ...strict, description: 'A policy as it stands here, or one that is known by its name' },
);
export type ChosenPolicy = Static<typeof ChosenPolicySchema>;

const ReplaySchema = Type.Object(
  {
    days: Type.Integer({ minimum: 1, maximum: 90, default: 7, description: 'So many days until now' }),
    sample: Type.Integer({
      minimum: 100,
      maximum: 100_000,
      default: 5000,
      description: 'At most so many calls are replayed: where there were more, a sample that is the same each time',
    }),
    askAs: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'Replay the calls as if they had asked for this model; else for what they asked for',
      }),
    ),
    models: Type.Optional(Labels),
    teams: Type.Optional(Labels),
    features: Type.Optional(Labels),
    products: Type.Optional(Labels),
    escalationShare: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.3,
      description: 'With a cascade: the assumed share of calls whose cheap answer does not suffice',
    }),
    background: Type.Boolean({ default: false, description: 'Answer at once with an id, and replay as a job' }),
  },
  strict,
);
export type AskedReplay = Static<typeof ReplaySchema>;

export const EvaluateSchema = Type.Object(
  {
    request: Type.Optional(RequestSchema),
    policy: Type.Optional(ChosenPolicySchema),
    replay: Type.Optional(ReplaySchema),
    draw: Type.Optional(
      Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'Where chance decides; 0.5 where absent' }),
    ),
  },
  strict,
);
export type Evaluate = Static<typeof EvaluateSchema>;

const CandidateSchema = Type.Object({
  route: Type.String(),
  provider: Type.String(),
  model: Type.String(),
  excluded: Type.Array(Type.String(), { description: 'Why it cannot be chosen; empty where it can' }),
  expectedCost: Type.Optional(Money),
  latencyMs: Type.Optional(Type.Number({ description: 'Learned p95 of the time that the policy looks at' })),
  errorRate: Type.Number(),
  quality: Type.Optional(Type.Number()),
  score: Type.Optional(Type.Number({ description: 'Smaller is better' })),
  terms: Type.Optional(Type.Record(Type.String(), Type.Number(), { description: 'What the score is the sum of' })),
});

export const ExplanationSchema = Type.Object({
  policies: Type.Array(
    Type.Object({
      policy: Type.String(),
      version: Type.Optional(Type.String()),
      unmet: Type.Array(Type.String(), { description: 'Conditions that the request does not meet; empty: it decides' }),
    }),
    { description: 'Policies as they were looked at, up to the one that decides' },
  ),
  choice: Type.Optional(
    Type.Object({
      policy: Type.String(),
      version: Type.Optional(Type.String()),
      strategy: Type.String(),
      order: Type.Array(Type.String(), { description: 'Routes in the order in which they would be tried' }),
      reason: Type.String(),
      candidates: Type.Array(CandidateSchema),
    }),
  ),
});
export type Explanation = Static<typeof ExplanationSchema>;

const OutcomeSchema = Type.Object({
  calls: Type.Integer(),
  cost: Money,
  unpriced: Type.Integer({ description: 'Calls whose cost is not known, and not part of the sum' }),
  firstTokenMs: Type.Optional(Ms),
  totalMs: Type.Optional(Ms),
  quality: Type.Optional(Type.Number({ description: 'Mean of what the policy expects of its routes' })),
  qualityKnown: Type.Number({ description: 'Share of the answered calls over routes of which a quality is known' }),
  refused: Type.Integer({ description: 'Calls that no route would have served' }),
  failed: Type.Number({ description: 'Calls that failed, or would be expected to' }),
  routes: Type.Record(Type.String(), Type.Integer(), { description: 'Calls by route' }),
});
export type Outcome = Static<typeof OutcomeSchema>;

const GroupSchema = Type.Object({
  name: Type.String(),
  calls: Type.Integer(),
  happened: Money,
  present: Money,
  replayed: Money,
});

export const ReplayResultSchema = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  currency: Type.String(),
  total: Type.Integer({ description: 'Calls in that time within what the caller sees' }),
  replayed: Type.Integer({ description: 'Calls that were looked at' }),
  matched: Type.Integer({ description: 'Those of them that the policy would decide about; the figures are of these' }),
  happened: Type.Intersect([OutcomeSchema], { description: 'What happened' }),
  present: Type.Intersect([OutcomeSchema], { description: 'What the policies that serve now would do' }),
  policy: Type.Intersect([OutcomeSchema], { description: 'What the policy in question would do' }),
  byModel: Type.Array(GroupSchema),
  byFeature: Type.Array(GroupSchema),
  assumed: Type.Array(Type.String(), { description: 'What was assumed, one sentence each' }),
});
export type ReplayResult = Static<typeof ReplayResultSchema>;

export const ReplayIdSchema = Type.Object({ id: Type.String({ pattern: '^rp_[a-z0-9]{16}$' }) }, strict);
export const KeptReplaySchema = Type.Object({
  id: Type.String(),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('running'), Type.Literal('done'), Type.Literal('failed')]),
  failure: Type.Optional(Type.String()),
  result: Type.Optional(ReplayResultSchema),
});

export const EvaluationSchema = Type.Object({
  explanation: Type.Optional(ExplanationSchema),
  replay: Type.Optional(ReplayResultSchema),
  replayId: Type.Optional(Type.String({ description: 'Of the job: GET /api/routing/replays/{id}' })),
});

export const RoutesSchema = Type.Object({
  routes: Type.Array(
    Type.Object({
      route: Type.String(),
      provider: Type.String(),
      model: Type.String(),
      region: Type.Optional(Type.String()),
      policies: Type.Array(Type.String()),
      gateways: Type.Integer({ description: 'Gateways that told of it within the last minutes' }),
      weight: Type.Number({ description: 'Calls that count, each by how recent it is' }),
      errorRate: Type.Optional(Type.Number()),
      firstTokenMs: Type.Optional(Ms),
      totalMs: Type.Optional(Ms),
      outputTokens: Type.Optional(Type.Number({ description: 'Mean length of an answer' })),
      inputTokens: Type.Optional(Type.Number({ description: 'Mean length of a prompt' })),
      costPerCall: Type.Optional(Money),
      currency: Type.Optional(Type.String()),
      breaker: Type.Optional(
        Type.Union([Type.Literal('closed'), Type.Literal('half-open'), Type.Literal('open')], {
          description: 'open: it rests after failures; the worst of the gateways',
        }),
      ),
      restsUntil: Type.Optional(Type.String({ format: 'date-time' })),
      toldAt: Type.Optional(Type.String({ format: 'date-time' })),
    }),
  ),
});
