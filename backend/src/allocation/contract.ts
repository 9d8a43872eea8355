import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });
const Day = (description: string) =>
  Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description, examples: ['2026-11-01'] });
const Values = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { minItems: 1, maxItems: 200, description }));

export const owners = ['x_Team', 'x_Product', 'x_Customer'] as const;
export type Owner = (typeof owners)[number];
const OwnerSchema = (description: string) =>
  Type.Union([Type.Literal('x_Team'), Type.Literal('x_Product'), Type.Literal('x_Customer')], { description });

export const MetricSchema = Type.Union([
  Type.Literal('BilledCost'),
  Type.Literal('EffectiveCost'),
  Type.Literal('ListCost'),
  Type.Literal('ContractedCost'),
]);

export const ConditionSchema = Type.Object(
  {
    dimension: Type.String({
      maxLength: 64,
      description: 'A dimension of GET /api/cost/dimensions, or ResourceName, whose one value here is `idle`',
    }),
    is: Values('The line counts where its value is one of these; an empty text stands for no value'),
    isNot: Values('... is none of these'),
    like: Values('... is like one of these; * stands for any text, case ignored'),
  },
  { ...strict, description: 'Exactly one of is, isNot and like' },
);
export type Condition = Static<typeof ConditionSchema>;

const ruleFields = {
  name: Type.String({ minLength: 1, maxLength: 80, pattern: '^[^\\p{Cc}]+$', description: 'Unique in the tenant' }),
  description: Type.Optional(Type.String({ maxLength: 500 })),
  target: OwnerSchema('To whom the cost is given'),
  position: Type.Integer({ minimum: 0, maximum: 10_000, description: 'A line goes to the first rule that it matches' }),
  enabled: Type.Optional(Type.Boolean({ default: true })),
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
      description: 'What the method `usage` shares by: direct cost, tokens of language models, or GPU-hours',
    }),
  ),
  weights: Type.Optional(
    Type.Record(Type.String({ maxLength: 200 }), Type.String({ pattern: '^\\d{1,15}(\\.\\d{1,10})?$' }), {
      maxProperties: 500,
      description: 'Of the method `fixed`: owner to weight. They need not add up to 1.',
    }),
  ),
  owners: Values('Of `even` and `usage`: only these take part; absent: all who have cost of their own in the month'),
  exclude: Values('These never take part'),
  effectiveFrom: Day('First day, UTC'),
  effectiveTo: Type.Optional(Day('Day after the last one, UTC; absent: for good')),
};

export const RuleSchema = Type.Object(ruleFields, strict);
export type Rule = Static<typeof RuleSchema>;

export const RuleUpdateSchema = Type.Object(
  { ...ruleFields, version: Type.Integer({ minimum: 1, description: 'The version that was read' }) },
  strict,
);

export const StoredRuleSchema = Type.Object({
  ...ruleFields,
  enabled: Type.Boolean(),
  id: Type.Integer(),
  version: Type.Integer(),
  origin: Type.Union([Type.Literal('api'), Type.Literal('file')], {
    description: 'file: from the configuration, and changed only there',
  }),
  updatedBy: Type.String(),
  updatedAt: Type.String(),
});
export type StoredRule = Static<typeof StoredRuleSchema>;
export const RuleListSchema = Type.Object({ rules: Type.Array(StoredRuleSchema) });

export const RuleIdSchema = Type.Object({ id: Type.Integer({ minimum: 1 }) }, strict);

const rangeFields = {
  range: Type.Optional(Type.String({ maxLength: 20, description: '30d, month or lastMonth; lastMonth where absent' })),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'First day, ISO 8601' })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'Day after the last one' })),
};
export const ReportQuerySchema = Type.Object(
  {
    ...rangeFields,
    by: Type.Optional(OwnerSchema('Owners; x_Team where absent')),
    currency: Type.Optional(Type.String({ pattern: '^[A-Za-z]{3}$' })),
    metric: Type.Optional(MetricSchema),
  },
  strict,
);
export type ReportQuery = Static<typeof ReportQuerySchema>;

export const ReportRowSchema = Type.Object({
  owner: Type.String(),
  direct: Amount('Cost of its own'),
  shared: Type.Array(Type.Object({ rule: Type.String(), amount: Amount('Its part of the shared cost') })),
  total: Amount('direct and shared'),
  lines: Type.Integer({ description: 'Lines of its own' }),
});

export const ReportSchema = Type.Object({
  by: OwnerSchema('Owners'),
  metric: MetricSchema,
  currency: Type.String({ description: 'Of every amount; empty where there is no cost' }),
  from: Type.String(),
  to: Type.String({ description: 'Excluded' }),
  bills: Amount('Total of the bills: the sum of the totals and what is not allocated'),
  rows: Type.Array(ReportRowSchema, { description: 'The largest first' }),
  unallocated: Amount('What no owner and no rule took'),
  unallocatedParts: Type.Array(
    Type.Object({
      reason: Type.String(),
      rule: Type.Optional(Type.String()),
      amount: Amount(''),
      lines: Type.Integer(),
    }),
  ),
  closes: Type.Literal(true),
  rules: Type.Array(
    Type.Object({
      name: Type.String(),
      method: Type.String(),
      base: Type.Optional(Type.String()),
      amount: Amount('What the rule matched'),
      allocated: Amount('... of which it could give to owners'),
      lines: Type.Integer(),
      note: Type.Optional(Type.String({ description: 'Why not all of it was allocated' })),
    }),
  ),
  rates: Type.Array(
    Type.Object({ currency: Type.String(), rate: Type.String(), rateDay: Type.String(), source: Type.String() }),
    { description: 'Newest rate of each currency that was converted; each day has its own' },
  ),
  freshness: Type.Object({ newestChargePeriodEnd: Type.Optional(Type.String()) }),
  notices: Type.Array(
    Type.Object({ severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]), text: Type.String() }),
  ),
});
export type AllocationReport = Static<typeof ReportSchema>;

export const PreviewSchema = Type.Object(
  {
    rule: RuleSchema,
    replaces: Type.Optional(Type.Integer({ description: 'Id of the rule in whose place it would stand' })),
    from: Type.Optional(Type.String({ maxLength: 40 })),
    to: Type.Optional(Type.String({ maxLength: 40 })),
    range: Type.Optional(Type.String({ maxLength: 20 })),
    currency: Type.Optional(Type.String({ pattern: '^[A-Za-z]{3}$' })),
  },
  strict,
);
export const EffectSchema = Type.Object({
  currency: Type.String(),
  bills: Amount(''),
  matched: Type.Object({ amount: Amount('What the rule would take'), lines: Type.Integer() }),
  note: Type.Optional(Type.String()),
  rows: Type.Array(
    Type.Object({ owner: Type.String(), before: Amount(''), after: Amount(''), difference: Amount('') }),
    { description: 'Owners whose total would change, the largest difference first' },
  ),
  unallocatedBefore: Amount(''),
  unallocatedAfter: Amount(''),
});
export type Effect = Static<typeof EffectSchema>;
