import Type, { type Static } from 'typebox';
import { allocationRuleFields as ruleFields, AllocationRuleSettingsSchema } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });

export type Owner = Static<ReturnType<typeof OwnerSchema>>;
const OwnerSchema = (description: string) =>
  Type.Union([Type.Literal('x_Team'), Type.Literal('x_Product'), Type.Literal('x_Customer')], { description });

const MetricSchema = Type.Union([
  Type.Literal('BilledCost'),
  Type.Literal('EffectiveCost'),
  Type.Literal('ListCost'),
  Type.Literal('ContractedCost'),
]);

export const RuleSchema = AllocationRuleSettingsSchema;
export type Rule = Static<typeof RuleSchema>;
export type Condition = Rule['match'][number];

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
    timeZone: Type.Optional(
      Type.String({ maxLength: 64, description: 'IANA name; UTC where absent', examples: ['Asia/Seoul'] }),
    ),
    by: Type.Optional(OwnerSchema('Owners; x_Team where absent')),
    currency: Type.Optional(Type.String({ pattern: '^[A-Za-z]{3}$' })),
    metric: Type.Optional(MetricSchema),
    filter: Type.Optional(
      Type.Unsafe<string | string[]>({
        ...Type.Union([
          Type.String({ maxLength: 8_000 }),
          Type.Array(Type.String({ maxLength: 8_000 }), { maxItems: 20 }),
        ]),
        description:
          'dimension:value,value; on the dimension of `by` it leaves owners with all that they bear, on others lines of the bills. Shares are told by all lines',
        examples: ['x_Environment:production'],
      }),
    ),
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
  timeZone: Type.String({ description: 'The span is whole days of it' }),
  from: Type.String({ description: 'Instant, UTC' }),
  to: Type.String({ description: 'Instant, UTC, excluded' }),
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
    Type.Object({
      severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
      text: Type.String(),
      ko: Type.Optional(Type.String({ description: 'The same in Korean' })),
    }),
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
