import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Time = Type.String({ format: 'date-time' });
const Amount = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,12})?$', description: 'Exact decimal' });
const Route = Type.Object(
  { provider: Type.String({ minLength: 1, maxLength: 100 }), model: Type.String({ minLength: 1, maxLength: 200 }) },
  strict,
);

export const SettingsSchema = Type.Object(
  {
    sampleShare: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'shadow: share of the calls of which copies are sent; ab: share that is served by B',
    }),
    quality: Type.Object(
      {
        method: Type.Union(
          [
            Type.Literal('none'),
            Type.Literal('exact'),
            Type.Literal('similarity'),
            Type.Literal('embedding'),
            Type.Literal('judge'),
            Type.Literal('thumbs'),
          ],
          {
            description:
              'exact, similarity (of words), embedding: how far B says what A says. judge: a model marks both, blind. ' +
              'thumbs: what people say of the answers, with ab',
          },
        ),
        route: Type.Optional(
          Type.Unsafe<Static<typeof Route>>({ ...Route, description: 'Model that judges or embeds' }),
        ),
        margin: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 0.02,
          description: 'So much less of quality, of 1, still counts as no worse',
        }),
      },
      { ...strict, default: { method: 'none', margin: 0.02 } },
    ),
    confidence: Type.Number({ minimum: 0.5, maximum: 0.999, default: 0.95 }),
    minObservations: Type.Integer({ minimum: 30, maximum: 10_000, default: 100 }),
    maxObservations: Type.Integer({ minimum: 30, maximum: 20_000, default: 5000 }),
    days: Type.Integer({
      minimum: 1,
      maximum: 90,
      default: 14,
      description: 'It ends after so many days at the latest',
    }),
  },
  { ...strict, default: {} },
);
export type ExperimentSettings = Static<typeof SettingsSchema>;

export const CreateExperimentSchema = Type.Object(
  {
    name: Text(200, 'What is to be found out'),
    kind: Type.Union([Type.Literal('shadow'), Type.Literal('ab')], {
      description: 'shadow: copies of calls, off the way of the caller. ab: a share of the callers is served by B',
    }),
    policy: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Policy whose calls are looked at: A is what serves',
    }),
    b: Type.Object(
      {
        policy: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'The same where absent' })),
        version: Type.String({ minLength: 1, maxLength: 40 }),
      },
      { ...strict, description: 'Published version that is tried' },
    ),
    budget: Amount,
    currency: Type.String({ pattern: '^[A-Z]{3}$', default: 'USD' }),
    settings: SettingsSchema,
  },
  strict,
);
export type CreateExperiment = Static<typeof CreateExperimentSchema>;

const IntervalSchema = Type.Object({
  estimate: Type.Number(),
  low: Type.Number(),
  high: Type.Number(),
});

export const ComparisonSchema = Type.Object({
  observations: Type.Integer({ description: 'Pairs, or with ab units (sessions or calls) of both sides' }),
  cost: Type.Optional(
    Type.Intersect([IntervalSchema], { description: 'Cost of B against A as a share: -0.23 is 23 % less' }),
  ),
  totalMs: Type.Optional(Type.Intersect([IntervalSchema], { description: 'Milliseconds that B takes longer' })),
  firstTokenMs: Type.Optional(Type.Intersect([IntervalSchema], { description: 'The same until the first token' })),
  failures: Type.Optional(Type.Intersect([IntervalSchema], { description: 'Share of failed calls, B less A' })),
  quality: Type.Optional(Type.Intersect([IntervalSchema], { description: 'Quality of B less that of A, -1 to 1' })),
  arms: Type.Object({
    A: Type.Object({
      calls: Type.Integer(),
      failed: Type.Optional(Type.Number({ description: 'Share of them that no route answered' })),
      meanCost: Type.Optional(Type.Number()),
      meanTotalMs: Type.Optional(Type.Number()),
      quality: Type.Optional(Type.Number()),
    }),
    B: Type.Object({
      calls: Type.Integer(),
      failed: Type.Optional(Type.Number()),
      meanCost: Type.Optional(Type.Number()),
      meanTotalMs: Type.Optional(Type.Number()),
      quality: Type.Optional(Type.Number()),
    }),
  }),
  decision: Type.Union([Type.Literal('B'), Type.Literal('A'), Type.Literal('same'), Type.Literal('undecided')]),
  sentence: Type.String({ description: 'Which is better, and how sure that is' }),
});
export type Comparison = Static<typeof ComparisonSchema>;

export const ExperimentSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('shadow'), Type.Literal('ab')]),
  state: Type.Union([Type.Literal('draft'), Type.Literal('running'), Type.Literal('ended')]),
  policy: Type.String(),
  b: Type.Object({ policy: Type.String(), version: Type.String() }),
  budget: Amount,
  spent: Type.String({ description: 'Of the budget; with ab always 0: the callers pay for their own calls' }),
  currency: Type.String(),
  settings: SettingsSchema,
  observed: Type.Integer({ description: 'Observations so far' }),
  leftOut: Type.Optional(
    Type.Object(
      {
        hungUp: Type.Optional(Type.Integer({ description: 'The caller hung up before the answer was there' })),
        dropped: Type.Optional(Type.Integer({ description: 'Too many copies waited' })),
        refused: Type.Optional(Type.Integer({ description: 'A budget had no room, or could not be counted' })),
        unpriced: Type.Optional(
          Type.Integer({ description: 'Compared, but a model has no price: the budget does not see what it cost' }),
        ),
        unmarked: Type.Optional(
          Type.Integer({ description: 'Compared, but for their quality: the judge or the embedding gave none' }),
        ),
      },
      { description: 'Calls that were drawn and could not be compared' },
    ),
  ),
  verdict: Type.Optional(ComparisonSchema),
  endReason: Type.Optional(Type.String()),
  changeId: Type.Optional(Type.Integer({ description: 'The Change by which it runs' })),
  author: Type.Object({ id: Type.String(), name: Type.String() }),
  createdAt: Time,
  startedAt: Type.Optional(Time),
  endedAt: Type.Optional(Time),
});
export type ExperimentView = Static<typeof ExperimentSchema>;

export const ExperimentsSchema = Type.Object({ experiments: Type.Array(ExperimentSchema) });
export const ExperimentDetailSchema = Type.Object({ ...ExperimentSchema.properties, comparison: ComparisonSchema });
export const ExperimentIdSchema = Type.Object({ id: Type.String({ pattern: '^ex_[a-z0-9]{16}$' }) }, strict);
export const ReasonSchema = Type.Object({ reason: Text(2000, 'Why') }, strict);
export const ChangeRefSchema = Type.Object({
  changeId: Type.Integer(),
  state: Type.String(),
  approvalsNeeded: Type.Integer(),
});
