import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Day = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description, examples: ['2026-11-01'] });
const Values = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 200, description }));

const ConditionSchema = Type.Object(
  {
    dimension: Type.String({
      maxLength: 64,
      description: 'A dimension of cost, or ResourceName, whose one value here is `idle`',
      examples: ['ServiceName'],
    }),
    is: Values('A line counts where its value is one of these; an empty text stands for no value'),
    isNot: Values('... is none of these'),
    like: Values('... is like one of these; * stands for any text, case ignored'),
  },
  { ...strict, description: 'Exactly one of is, isNot and like' },
);

/** What people say of a rule that splits shared costs, in YAML and by the API alike. */
export const allocationRuleFields = {
  name: Type.String({
    minLength: 1,
    maxLength: 80,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
    description: 'Unique in the tenant',
  }),
  description: Type.Optional(Type.String({ maxLength: 500, description: 'Why it is there' })),
  target: Type.Union([Type.Literal('x_Team'), Type.Literal('x_Product'), Type.Literal('x_Customer')], {
    description: 'To whom the cost is given',
  }),
  position: Type.Integer({ minimum: 0, maximum: 10_000, description: 'A line goes to the first rule that it matches' }),
  enabled: Type.Optional(Type.Boolean({ description: 'true where absent' })),
  match: Type.Array(ConditionSchema, { minItems: 1, maxItems: 10, description: 'All must hold' }),
  except: Type.Optional(
    Type.Array(Type.Array(ConditionSchema, { minItems: 1, maxItems: 10 }), {
      maxItems: 10,
      description: 'A line is left out where all conditions of one of these hold',
    }),
  ),
  method: Type.Union([Type.Literal('even'), Type.Literal('usage'), Type.Literal('fixed')]),
  base: Type.Optional(
    Type.Union([Type.Literal('cost'), Type.Literal('tokens'), Type.Literal('gpuHours')], {
      description: 'What `usage` shares by: direct cost, tokens of language models, or GPU-hours',
    }),
  ),
  weights: Type.Optional(
    Type.Record(Type.String({ maxLength: 200 }), Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,10})?$' }), {
      maxProperties: 500,
      description: 'Of `fixed`: owner to weight. They need not add up to 1.',
    }),
  ),
  owners: Values(
    'Of `even` and `usage`: only these take part; all who have cost of their own in the month where absent',
  ),
  exclude: Values('These never take part'),
  effectiveFrom: Day('First day, UTC'),
  effectiveTo: Type.Optional(Day('Day after the last one, UTC; for good where absent')),
} as const;

export const AllocationRuleSettingsSchema = Type.Object(allocationRuleFields, strict);
export type AllocationRuleSettings = Static<typeof AllocationRuleSettingsSchema>;
