import Type, { type Static } from 'typebox';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });
const Values = Type.Array(Nullable(Type.Number()));

const workload = Type.String({ minLength: 1, maxLength: 300, description: 'URL-encoded', examples: ['shop/frontend'] });
const region = Type.Optional(Type.String({ maxLength: 100, description: 'Absent: where it was seen last' }));

export const WorkloadParamsSchema = Type.Object({ workload });
/** The same with an id of two parts that a proxy has decoded on its way. */
export const TwoPartParamsSchema = Type.Object({ namespace: workload, workload });

export const SeriesQuerySchema = Type.Object(
  {
    from: Type.Optional(
      Type.String({ description: 'Instant, default one hour before `to`', examples: ['2026-11-21T09:00:00Z'] }),
    ),
    to: Type.Optional(Type.String({ description: 'Instant, default ten minutes from now' })),
    horizon: Type.Integer({ minimum: 1, maximum: 10, default: 10, description: 'Minutes between issue and target' }),
    forecaster: Type.Optional(Type.String({ maxLength: 100, description: 'Default: the champion' })),
    region,
  },
  { additionalProperties: false },
);

export const SeriesSchema = Type.Object({
  workload: Type.String(),
  region: Type.String(),
  forecaster: Type.String({ examples: ['autoregressive'] }),
  minutes: Type.Array(Instant),
  actual: Values,
  predicted: Values,
  lower: Values,
  upper: Values,
  replicas: Values,
  ahead: Nullable(
    Type.Object({
      issuedAt: Instant,
      minutes: Type.Array(Instant),
      predicted: Type.Array(Type.Number()),
      lower: Type.Array(Type.Number()),
      upper: Type.Array(Type.Number()),
    }),
  ),
});
export type Series = Static<typeof SeriesSchema>;

export const AccuracyQuerySchema = Type.Object(
  {
    range: Type.String({ pattern: '^[1-9][0-9]{0,3}[mhd]$', default: '24h', description: 'Until now: 90m, 24h, 7d' }),
    region,
  },
  { additionalProperties: false },
);

const AccuracyRowSchema = Type.Object({
  forecaster: Type.String(),
  horizon: Type.Integer({ description: 'Minutes' }),
  n: Type.Integer({ description: 'Forecasts that were held against what came' }),
  mae: Type.Number({ description: 'Requests per minute' }),
  rmse: Type.Number({ description: 'Requests per minute' }),
  mape: Nullable(Type.Number({ description: 'Share, over minutes with traffic' })),
  coverage: Type.Number({ description: 'Share of minutes within the 80 % band' }),
});

export const AccuracySchema = Type.Object({
  workload: Type.String(),
  region: Type.String(),
  from: Instant,
  to: Instant,
  forecasters: Type.Array(AccuracyRowSchema),
  champion: Type.String(),
  pinned: Type.Boolean({ description: 'The champion was chosen by a person' }),
  evidence: Nullable(
    Type.Object({
      minutes: Type.Number(),
      former: Type.String(),
      formerMae: Nullable(Type.Number()),
      mae: Type.Number(),
    }),
  ),
  persistence: Nullable(Type.Object(AccuracyRowSchema.properties, { description: 'The reference, ten minutes ahead' })),
});
export type Accuracy = Static<typeof AccuracySchema>;

export const ModelQuerySchema = Type.Object({ region }, { additionalProperties: false });

export const ModelSchema = Type.Object({
  workload: Type.String(),
  region: Type.String(),
  champion: Type.String({ description: 'The forecaster that speaks for the workload' }),
  pinned: Type.Boolean({ description: 'It was chosen by a person' }),
  since: Nullable(Instant),
  evidence: AccuracySchema.properties.evidence,
  drift: Nullable(
    Type.Object(
      { since: Instant, factor: Type.Number({ description: 'Error of the last hour over that of the last two days' }) },
      { description: 'Set while the workload is much harder to foresee than it was' },
    ),
  ),
  notices: Type.Array(
    Type.Object({
      kind: Type.String({ description: 'gaps, zeros, implausible, no-cpu, no-memory or clock' }),
      minutes: Type.Integer({ description: 'Minutes of the last day that it is about' }),
      text: Type.String(),
    }),
    { description: 'What the forecasts had to get over in the samples, when it was last looked at' },
  ),
  noticedAt: Nullable(Instant),
  tunings: Type.Array(
    Type.Object({
      version: Type.Integer(),
      accepted: Type.Boolean({
        description: 'False: no better than the shared weights on minutes that it had not seen',
      }),
      trainedFrom: Instant,
      trainedUntil: Instant,
      lessons: Type.Integer({ description: 'Windows it was drawn from' }),
      steps: Type.Integer(),
      seconds: Type.Number({ description: 'Of computing' }),
      lossBefore: Type.Number({ description: 'Mean pinball loss of the shared weights, in units of the usual change' }),
      lossAfter: Type.Number({ description: 'The same of the tuned weights' }),
      createdAt: Instant,
    }),
    { description: 'Trainings of the network on this workload, newest first' },
  ),
  network: Nullable(
    Type.Object(
      {
        name: Type.String({ examples: ['traffic-lstm'] }),
        weights: Type.Integer({ description: 'How many numbers it has learned' }),
        sha256: Type.String({ description: 'Of its file, as the model card and `npm run train` give it' }),
        windowMinutes: Type.Integer({ description: 'That it reads' }),
        horizonMinutes: Type.Integer({ description: 'That it foresees' }),
      },
      { description: 'The network that all workloads share; null where it cannot run on this machine' },
    ),
  ),
});
export type Model = Static<typeof ModelSchema>;

export const PinBodySchema = Type.Object(
  {
    // `null` stands first: coercion would take it for an empty text.
    forecaster: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 100 })], {
      description: 'null: the evidence decides again',
    }),
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'Why' }),
  },
  { additionalProperties: false, examples: [{ forecaster: 'autoregressive', reason: 'The season has changed' }] },
);
export const PinProposedSchema = Type.Object({
  changeId: Type.Integer({ description: 'Of the Change that waits for its approval, or is being applied' }),
  state: Type.String(),
});
