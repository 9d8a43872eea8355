import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Amount = (description: string) => Type.String({ description, examples: ['12.34'] });

export const FlushSchema = Type.Object(
  {
    policy: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Answers under this policy' })),
    tag: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 300,
        description: 'Answers with this tag: a word of x-amadeus-cache-tags, or name=value of x-amadeus-tags',
      }),
    ),
  },
  { ...strict, description: 'Both: what fits both. None: everything of the tenant' },
);
export const FlushedSchema = Type.Object({
  dropped: Type.Integer({ description: 'Answers that the store has dropped; gateways drop theirs within two seconds' }),
  at: Type.String({ format: 'date-time', description: 'What was answered before counts no more' }),
});

export const StatisticsQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ format: 'date-time', description: 'An hour ago where absent' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Now where absent' })),
  },
  strict,
);
const Counted = {
  calls: Type.Integer({ description: 'Calls under the policy' }),
  hits: Type.Integer({ description: 'Calls that a cache answered' }),
  hitRate: Type.Number({ description: 'hits / calls, 0 to 1' }),
  exact: Type.Integer(),
  semantic: Type.Integer(),
  embedding: Type.Integer(),
  saved: Amount('What providers would have charged for what was answered'),
  currency: Type.String(),
};
export const StatisticsSchema = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  total: Type.Object(Counted),
  policies: Type.Array(Type.Object({ policy: Type.String(), ...Counted }), {
    description: 'Those with most calls, up to a hundred',
  }),
});
export type Statistics = Static<typeof StatisticsSchema>;

export const FeedbackSchema = Type.Object(
  {
    requestId: Type.String({
      pattern: '^[0-9a-zA-Z._-]{8,64}$',
      description: 'What the gateway named the call in x-amadeus-request-id',
    }),
    rating: Type.Union([Type.Literal('up'), Type.Literal('down')], { description: 'Whether the answer was good' }),
    comment: Type.Optional(Type.String({ maxLength: 1000, description: 'Why; kept with personal data masked' })),
  },
  strict,
);
export type Feedback = Static<typeof FeedbackSchema>;
export const FeedbackTakenSchema = Type.Object({
  requestId: Type.String(),
  rating: Type.String(),
  learned: Type.Boolean({ description: 'The answer came from the semantic cache, which learns from it' }),
});
